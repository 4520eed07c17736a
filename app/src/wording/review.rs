//! What is said around a review.

use domain::{Actor, Decision, PhaseName, Timestamp, Verdict};
use protocol::Rendering;

use super::{age, connection, is_reader};
use crate::{Lang, api::Failure};

/// `PLAN → CREATE`; after the last phase `REFLECT → finish`.
pub(crate) fn gate(lang: Lang, next: Option<&PhaseName>) -> String {
    next.map_or_else(|| lang.end_of_relay().to_owned(), ToString::to_string)
}

/// `revision 2`.
pub(crate) fn revision(lang: Lang, number: u32) -> String {
    lang.revision(&number.to_string())
}

/// Read aloud once when a review opens.
pub(crate) fn arrived(lang: Lang, phase: &PhaseName, title: &str) -> String {
    lang.arrived(phase.as_str(), title)
}

/// A newer revision is shown than the one that was being read.
pub(crate) fn replaced(lang: Lang, number: u32) -> String {
    lang.replaced(&number.to_string())
}

/// A newer revision is here than the one that is being read.
pub(crate) fn newer(lang: Lang, shown: u32, newer: u32) -> String {
    lang.newer_revision(&newer.to_string(), &shown.to_string())
}

/// The button that shows it.
pub(crate) fn show_revision(lang: Lang, number: u32) -> String {
    lang.show_revision(&number.to_string())
}

/// A handover is here, and somebody is busy with something else.
pub(crate) fn arrival(lang: Lang, phase: &PhaseName, title: &str) -> String {
    lang.arrival(phase.as_str(), title)
}

/// How long a handover has waited.
pub(crate) fn waiting(lang: Lang, span: &str) -> String {
    lang.waiting(span)
}

/// The reader's own decision arrived.
pub(crate) fn own(
    lang: Lang,
    verdict: Verdict,
    phase: &PhaseName,
    next: Option<&PhaseName>,
) -> String {
    let phase = phase.as_str();
    match (verdict, next) {
        (Verdict::Accept, Some(next)) => lang.own_accepted(next.as_str(), phase),
        (Verdict::Accept, None) => lang.own_accepted_last(phase),
        (Verdict::RequestChanges, _) => lang.own_changes().to_owned(),
        (Verdict::Stop, _) => lang.own_stopped().to_owned(),
    }
}

/// It was decided somewhere else first.
pub(crate) fn elsewhere(
    lang: Lang,
    reader: &str,
    decision: &Decision,
    phase: &PhaseName,
) -> String {
    let phase = phase.as_str();
    let who = &decision.by.name;
    match (decision.decision, is_reader(reader, &decision.by)) {
        (Verdict::Accept, false) => lang.elsewhere_accepted(phase, who),
        (Verdict::Accept, true) => lang.elsewhere_accepted_by_you(phase),
        (Verdict::RequestChanges, false) => lang.elsewhere_changes(phase, who),
        (Verdict::RequestChanges, true) => lang.elsewhere_changes_by_you(phase),
        (Verdict::Stop, false) => lang.elsewhere_stopped(phase, who),
        (Verdict::Stop, true) => lang.elsewhere_stopped_by_you(phase),
    }
}

/// `Accepted by Anna`.
pub(crate) fn decided(lang: Lang, reader: &str, decision: &Decision) -> String {
    let Actor { name: who, .. } = &decision.by;
    match (decision.decision, is_reader(reader, &decision.by)) {
        (Verdict::Accept, false) => lang.decided_accepted(who),
        (Verdict::Accept, true) => lang.decided_accepted_by_you().to_owned(),
        (Verdict::RequestChanges, false) => lang.decided_changes(who),
        (Verdict::RequestChanges, true) => lang.decided_changes_by_you().to_owned(),
        (Verdict::Stop, false) => lang.decided_stopped(who),
        (Verdict::Stop, true) => lang.decided_stopped_by_you().to_owned(),
    }
}

/// The handover closed without a decision: the pipeline ended.
pub(crate) fn gone(lang: Lang) -> String {
    lang.gone().to_owned()
}

/// Why a text is shown as its source, if it is.
pub(crate) fn as_source(lang: Lang, rendering: Option<Rendering>) -> Option<String> {
    match rendering? {
        Rendering::Markdown => None,
        Rendering::TooDeep => Some(lang.as_source_deep().to_owned()),
        Rendering::TooMuch => Some(lang.as_source_much().to_owned()),
    }
}

/// Why a decision was not made. `known` is what was decided instead, where that has arrived here.
pub(crate) fn not_decided(
    lang: Lang,
    reader: &str,
    failure: &Failure,
    known: Option<&Decision>,
    now: Timestamp,
) -> String {
    match (failure, known) {
        (Failure::Refused(problem), Some(decision)) if problem.kind() == "already-decided" => {
            let ago = age::ago(lang, now.millis_since(decision.at));
            let who = &decision.by.name;
            match (decision.decision, is_reader(reader, &decision.by)) {
                (Verdict::Accept, false) => lang.refused_accepted(&ago, who),
                (Verdict::Accept, true) => lang.refused_accepted_by_you(&ago),
                (Verdict::RequestChanges, false) => lang.refused_changes(&ago, who),
                (Verdict::RequestChanges, true) => lang.refused_changes_by_you(&ago),
                (Verdict::Stop, false) => lang.refused_stopped(&ago, who),
                (Verdict::Stop, true) => lang.refused_stopped_by_you(&ago),
            }
        }
        // Of what a decision carries only the words can be invalid: nothing visible is left of them.
        (Failure::Refused(problem), _) if problem.kind() == "invalid" => lang.say_what().to_owned(),
        _ => connection::failure(lang, failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;

    #[test]
    fn a_decision_that_came_too_late_names_who_decided() {
        let late = Failure::Refused(Problem {
            kind: "urn:staffel:problem:already-decided".to_owned(),
            ..Problem::default()
        });
        let decision = |by| Decision {
            decision: Verdict::Accept,
            note: String::new(),
            by,
            at: Timestamp::from_millis(0),
            proof: None,
        };
        let now = Timestamp::from_millis(125_000);
        let anna = decision(Actor::person("Anna"));
        let said = |lang, known: Option<&Decision>| not_decided(lang, "Ada", &late, known, now);
        assert_eq!(said(Lang::En, Some(&anna)), "Anna accepted this 2 min ago.");
        assert_eq!(
            said(Lang::De, Some(&decision(Actor::person("Ada")))),
            "Du hast das vor 2 Min. angenommen."
        );
        assert_eq!(said(Lang::En, None), "This has been decided already.");
    }
}
