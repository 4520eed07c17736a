//! What agents are told about the policy of a phase: in few words, and only where one person alone does not decide.

use domain::{Handover, PhaseName, Pipeline, Policy, TripWires, WireHit};

/// How the handover of a phase is accepted; nothing where a person is asked.
pub fn rule(pipeline: &Pipeline, phase: &PhaseName) -> Option<String> {
    match pipeline.policy(phase) {
        Policy::Ask => None,
        Policy::TwoPeople => Some("Two people have to accept.".to_owned()),
        Policy::AcceptUnless(TripWires {
            max_files,
            needs_tests,
        }) => {
            let tests = if needs_tests {
                "tests fail or are missing"
            } else {
                "tests fail"
            };
            Some(format!(
                "Accepted at once unless: {tests}, placeholders, pictures not attached, open questions, comments not done, over {max_files} files."
            ))
        }
    }
}

/// What became of a handover by the policy of its phase, where that has a say.
pub fn outcome(handover: &Handover) -> Option<String> {
    let current = handover.current();
    match &current.decision {
        Some(made) => {
            let by = made.policy_by.as_ref()?;
            Some(format!("Accepted by the policy that {} set.", by.name))
        }
        None if current.hit.is_empty() => None,
        None => Some(format!(
            "Not accepted at once: {}. A person decides, unless you send it again with that mended.",
            hits(&current.hit)
        )),
    }
}

fn hits(hit: &[WireHit]) -> String {
    let hits: Vec<_> = hit.iter().map(ToString::to_string).collect();
    hits.join(", ")
}
