//! How the handover of a phase comes to its decision, in words.

use domain::Policy;

use crate::Lang;

/// The policy in a few words: `two people accept`.
pub(crate) fn rule(lang: Lang, policy: Policy) -> &'static str {
    match policy {
        Policy::Ask => lang.policy_ask(),
        Policy::AcceptUnless(_) => lang.policy_unless(),
        Policy::TwoPeople => lang.policy_two(),
    }
}

/// A handover was accepted by a policy; whose, is said.
pub(crate) fn accepted(lang: Lang, phase: &str, set_by: &str, is_own: bool) -> String {
    if is_own {
        lang.log_accepted_by_policy_of_yours(phase)
    } else {
        lang.log_accepted_by_policy(phase, set_by)
    }
}
