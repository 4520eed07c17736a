//! What is said around a review.

use domain::{Actor, Decision, PhaseName, Timestamp, Verdict};
use protocol::{DiffLine, LineChange, PendingDecision, Rendering};

use super::{age, connection, draft::Row, is_reader, policy};
use crate::{Lang, api::Failure, texts::Point};

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
    if let Some(set_by) = &decision.policy_by {
        let words = policy::accepted(
            lang,
            phase.as_str(),
            &set_by.name,
            is_reader(reader, set_by),
        );
        return format!("{words}.");
    }
    made(lang, reader, decision.decision, &decision.by, phase)
}

/// Who made which decision about a phase.
pub(crate) fn made(
    lang: Lang,
    reader: &str,
    decision: Verdict,
    by: &Actor,
    phase: &PhaseName,
) -> String {
    let phase = phase.as_str();
    let who = &by.name;
    match (decision, is_reader(reader, by)) {
        (Verdict::Accept, false) => lang.elsewhere_accepted(phase, who),
        (Verdict::Accept, true) => lang.elsewhere_accepted_by_you(phase),
        (Verdict::RequestChanges, false) => lang.elsewhere_changes(phase, who),
        (Verdict::RequestChanges, true) => lang.elsewhere_changes_by_you(phase),
        (Verdict::Stop, false) => lang.elsewhere_stopped(phase, who),
        (Verdict::Stop, true) => lang.elsewhere_stopped_by_you(phase),
    }
}

/// A decision that can still be taken back: who made it, and for how long that is so.
pub(crate) fn pending(
    lang: Lang,
    reader: &str,
    pending: &PendingDecision,
    phase: &PhaseName,
    now: Timestamp,
) -> (String, String) {
    let made = made(lang, reader, pending.decision, &pending.by, phase);
    let left = pending.due.millis_since(now);
    let left = if left > 0 {
        lang.undoable_for(&age::exact_span(lang, left))
    } else {
        lang.sending().to_owned()
    };
    (made, left)
}

/// How the bar says what the reader decided.
pub(crate) fn undo(lang: Lang, decision: Verdict, phase: &PhaseName) -> String {
    let phase = phase.as_str();
    match decision {
        Verdict::Accept => lang.undo_accepted(phase),
        Verdict::RequestChanges => lang.undo_changes(phase),
        Verdict::Stop => lang.undo_stopped(phase),
    }
}

/// `Accepted by Anna`.
pub(crate) fn decided(lang: Lang, reader: &str, decision: &Decision) -> String {
    if let Some(set_by) = &decision.policy_by {
        return if is_reader(reader, set_by) {
            lang.decided_by_policy_of_yours().to_owned()
        } else {
            lang.decided_by_policy(&set_by.name)
        };
    }
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

/// Why a decision was not made. `known` is what was decided instead, where that has arrived here; `noted` says that comments
/// went along.
pub(crate) fn not_decided(
    lang: Lang,
    reader: &str,
    failure: &Failure,
    known: Option<&Decision>,
    noted: bool,
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
        (Failure::Refused(problem), _) if problem.kind() == "unsettled" => {
            lang.refused_unsettled().to_owned()
        }
        (Failure::Refused(problem), _) if problem.kind() == "invalid" && noted => {
            lang.refused_answer(&problem.detail)
        }
        // Of the words nothing visible is left.
        (Failure::Refused(problem), _) if problem.kind() == "invalid" => lang.say_what().to_owned(),
        _ => connection::failure(lang, failure),
    }
}

/// What stands over the points of earlier rounds.
pub(crate) fn asked_for(lang: Lang, reader: &str, points: &[Point]) -> String {
    let own = points.iter().all(|point| point.by.name == reader);
    let mut rounds = points.iter().map(|point| (&point.handover, point.revision));
    let first = rounds.next();
    let one = first.filter(|first| rounds.all(|round| round == *first));
    match (one.map(|(_, revision)| revision.to_string()), own) {
        (Some(revision), true) => lang.asked_for_in(&revision),
        (Some(revision), false) => lang.asked_for_by_all_in(&revision),
        (None, true) => lang.asked_for().to_owned(),
        (None, false) => lang.asked_for_by_all().to_owned(),
    }
}

/// `4 points: 2 done, 1 declined, 1 not answered`; of what is settled nothing is counted.
pub(crate) fn points(lang: Lang, points: &[Point]) -> String {
    let count = |state: &str| points.iter().filter(|point| point.state == state).count();
    let mut parts = Vec::new();
    let mut all = 0;
    for (state, says) in [
        ("done", Lang::points_done as fn(Lang, &str) -> String),
        ("declined", Lang::points_declined),
        ("unanswered", Lang::points_unanswered),
    ] {
        let count = count(state);
        all += count;
        if count > 0 {
            parts.push(says(lang, &count.to_string()));
        }
    }
    let all = lang.points(all as u64);
    if parts.is_empty() {
        return String::new();
    }
    format!("{all}: {}", parts.join(", "))
}

/// What goes along with the decision beside the words; nothing where nothing does.
pub(crate) fn goes_along(lang: Lang, comments: u64, again: u64, settled: u64) -> Option<String> {
    let mut parts = Vec::new();
    for (count, says) in [
        (comments, Lang::goes_comments as fn(Lang, u64) -> String),
        (again, Lang::goes_again),
        (settled, Lang::goes_settled),
    ] {
        if count > 0 {
            parts.push(says(lang, count));
        }
    }
    (!parts.is_empty()).then(|| lang.goes_along(&parts.join(", ")))
}

/// What is not sent because somebody else was faster; nothing where nothing was prepared. `words`: some were typed.
pub(crate) fn kept(lang: Lang, comments: u64, words: bool) -> Option<String> {
    match comments {
        0 if words => Some(lang.kept_words().to_owned()),
        0 => None,
        count => Some(lang.kept_as_draft(count)),
    }
}

/// Why nobody can accept yet: the points that are not done, and whether the agent declined each.
pub(crate) fn blocked(lang: Lang, blockers: &[(u32, bool)]) -> Option<String> {
    match blockers {
        [] => None,
        [(number, true)] => Some(lang.blocked_declined(&number.to_string())),
        [(number, false)] => Some(lang.blocked_unanswered(&number.to_string())),
        several => {
            let numbers: Vec<_> = several
                .iter()
                .map(|(number, _)| number.to_string())
                .collect();
            let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
            Some(lang.blocked_points(&super::list(lang, &numbers)))
        }
    }
}

/// The lines of a comparison.
pub(crate) fn lines(lang: Lang, lines: &[DiffLine]) -> Vec<Row> {
    let row = |line: &DiffLine| {
        let (class, mark) = match line.change {
            LineChange::Added => ("added", "+"),
            LineChange::Removed => ("removed", "−"),
            LineChange::Skipped => ("skipped", "…"),
            LineChange::Same => ("", " "),
        };
        let said = match line.change {
            LineChange::Skipped => lang.unchanged_lines(&line.text),
            _ => line.text.clone(),
        };
        Row {
            class,
            mark,
            said,
            ..Row::default()
        }
    };
    lines.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;

    #[test]
    fn the_bar_says_what_goes_along_and_what_stands_in_the_way() {
        assert_eq!(goes_along(Lang::En, 0, 0, 0), None);
        let along = goes_along(Lang::En, 2, 1, 1);
        assert_eq!(
            along.as_deref(),
            Some("Goes along: 2 comments, 1 point again, 1 point settled")
        );
        assert_eq!(
            blocked(Lang::En, &[(4, false)]).as_deref(),
            Some("Point 4 is not answered. Settle it, then you can accept.")
        );
        assert_eq!(
            blocked(Lang::De, &[(3, true), (4, false)]).as_deref(),
            Some("Die Punkte 3 und 4 sind nicht erledigt. Klär sie, dann kannst du annehmen.")
        );
    }

    #[test]
    fn the_points_are_counted_by_what_became_of_them() {
        let point = |number, state: &str, by: &str| {
            let mut point = Point {
                number,
                revision: 1,
                state: state.to_owned(),
                ..Point::default()
            };
            by.clone_into(&mut point.by.name);
            point
        };
        let mut all = vec![
            point(1, "settled", "Ada"),
            point(2, "done", "Ada"),
            point(3, "declined", "Ada"),
            point(4, "unanswered", "Ada"),
        ];
        assert_eq!(
            points(Lang::En, &all),
            "3 points: 1 done, 1 declined, 1 not answered"
        );
        assert_eq!(
            asked_for(Lang::En, "Ada", &all),
            "What you asked for in revision 1"
        );
        all.push(point(5, "done", "Ben"));
        assert_eq!(
            asked_for(Lang::De, "Ada", &all),
            "Was zu Fassung 1 verlangt wurde"
        );
    }

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
            policy_by: None,
        };
        let now = Timestamp::from_millis(125_000);
        let anna = decision(Actor::person("Anna"));
        let said =
            |lang, known: Option<&Decision>| not_decided(lang, "Ada", &late, known, false, now);
        assert_eq!(said(Lang::En, Some(&anna)), "Anna accepted this 2 min ago.");
        assert_eq!(
            said(Lang::De, Some(&decision(Actor::person("Ada")))),
            "Du hast das vor 2 Min. angenommen."
        );
        assert_eq!(said(Lang::En, None), "This has been decided already.");
    }
}
