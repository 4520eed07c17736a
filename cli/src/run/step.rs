//! What comes next when no turn runs. Pure: where the pipeline stands and what this run did decide it.

use std::collections::HashSet;

use domain::{DeliveryState, NoteKind, PromptId, Question, Status, Via};
use protocol::PromptRef;

use super::staffel::Standing;

/// Turns in a row without a handover after which the agent is reminded; after one more the run stops.
pub const REMINDERS: u32 = 3;
/// The reminder before which the agent is started anew: one that did not reach Staffel when it began has no tools to hand over with.
pub const ANEW: u32 = 2;

/// What this run has done so far.
#[derive(Debug, Default)]
pub struct Memory {
    /// The prompts that it has sent.
    pub sent: HashSet<PromptId>,
    /// Whether a first prompt was sent.
    pub begun: bool,
    /// Turns in a row that ended without a handover.
    pub unfinished: u32,
    /// The newest note that lets the work go on which the agent knows, or knew before this run.
    pub go_on: Option<u32>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The pipeline has ended.
    Ended(Status),
    /// The agent gets a prompt that was written after a decision.
    Prompt(PromptId),
    /// It is told to begin, or to go on where a run before it was.
    Begin,
    /// It is told what people said.
    Tell,
    /// A person has to act, or the prompt is being written.
    Wait(Why),
    /// It is reminded that it has not handed over.
    Remind,
    /// It was reminded often enough.
    GiveUp,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A decision about the handover.
    Decision,
    /// The prompt.
    Prompt,
    /// That the paused work may go on.
    Pause,
    /// An answer to a question.
    Answer,
}

/// What comes next.
pub fn step(standing: &Standing, memory: &Memory) -> Step {
    let summary = &standing.summary;
    match summary.status {
        ended if ended.has_ended() => Step::Ended(ended),
        Status::AwaitingReview => Step::Wait(Why::Decision),
        Status::HandingOver => match in_transit(standing) {
            Some(prompt) => Step::Prompt(prompt.prompt_id.clone()),
            None => Step::Wait(Why::Prompt),
        },
        _ if summary.paused.is_some() => Step::Wait(Why::Pause),
        _ => at_work(standing, memory),
    }
}

fn at_work(standing: &Standing, memory: &Memory) -> Step {
    if !memory.begun {
        return match waits_for_answer(standing) {
            true => Step::Wait(Why::Answer),
            false => Step::Begin,
        };
    }
    if let Some(prompt) = unread(standing, memory) {
        return Step::Prompt(prompt.prompt_id.clone());
    }
    if untold_answers(standing).next().is_some() || untold_go_on(standing, memory) {
        return Step::Tell;
    }
    if waits_for_answer(standing) {
        return Step::Wait(Why::Answer);
    }
    match memory.unfinished {
        0..REMINDERS => Step::Remind,
        _ => Step::GiveUp,
    }
}

/// The prompt for the newest decision, if no agent has it.
fn in_transit(standing: &Standing) -> Option<&PromptRef> {
    let handover = standing.summary.handover.as_ref()?;
    let prompt = standing.more.prompts.last()?;
    let is_its = prompt.handover == handover.handover && prompt.revision == handover.revision;
    // A person may look at it first.
    (is_its && prompt.held.is_none() && prompt.state < DeliveryState::PickedUp).then_some(prompt)
}

/// The prompt of the running phase, where the agent cannot have read it: its phase began since the agent reported something just
/// when a person had decided.
fn unread<'a>(standing: &'a Standing, memory: &Memory) -> Option<&'a PromptRef> {
    let prompt = newest_prompt(standing)?;
    let read = prompt
        .deliveries
        .iter()
        .any(|delivery| match delivery.state {
            DeliveryState::PickedUp => delivery.via != Some(Via::Report),
            DeliveryState::Acknowledged => true,
            _ => false,
        });
    (!read && !memory.sent.contains(&prompt.prompt_id)).then_some(prompt)
}

/// The newest prompt, if it is for the running phase.
pub fn newest_prompt(standing: &Standing) -> Option<&PromptRef> {
    let prompt = standing.more.prompts.last()?;
    (prompt.phase == standing.summary.phase).then_some(prompt)
}

/// Answers that no agent has.
pub fn untold_answers(standing: &Standing) -> impl Iterator<Item = &Question> {
    standing.more.questions.iter().filter(|question| {
        question
            .answer
            .as_ref()
            .is_some_and(|answer| answer.delivered.is_none())
    })
}

/// The number of the newest note that let the work go on.
pub fn newest_go_on(standing: &Standing) -> Option<u32> {
    let notes = standing.more.notes.iter();
    notes
        .filter(|note| note.kind == NoteKind::GoOn)
        .map(|note| note.number)
        .max()
}

fn untold_go_on(standing: &Standing, memory: &Memory) -> bool {
    newest_go_on(standing) > memory.go_on
}

fn waits_for_answer(standing: &Standing) -> bool {
    let mut questions = standing.more.questions.iter();
    questions.any(|question| question.is_open() && question.waits)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A pipeline in this status, with these changes.
    fn standing(status: &str, changes: Value) -> Standing {
        let mut whole = json!({
            "pipeline": "01k9zq3v7m", "project": "shop", "title": "t", "version": {}, "phase": "PLAN", "progress": 0,
            "progress_source": "unknown", "status": status, "baton": "agent", "baton_since": "2026-11-26T10:00:00.000Z",
            "phases": [{"name": "PLAN", "status": "running"}], "tasks": {"done": 0, "total": 0},
            "started": "2026-11-26T10:00:00.000Z", "last_sign_of_life": "2026-11-26T10:00:00.000Z", "revision": 1, "position": 1,
            "full_title": "t", "goal": "", "language": "en", "phase_details": [], "tracks": [], "log": [], "handovers": [],
            "prompts": [],
        });
        let changes = changes.as_object().expect("an object").clone();
        whole.as_object_mut().expect("an object").extend(changes);
        serde_json::from_value(whole).expect("a standing")
    }

    fn prompt(state: &str, via: Option<&str>) -> Value {
        let by = json!({"kind": "agent", "name": "a"});
        let at = "2026-11-26T10:00:00.000Z";
        json!([{
            "prompt_id": "01k9zq3v7m-p1", "handover": "01k9zq3v7m-h1", "revision": 1, "phase": "PLAN", "purpose": "next_phase",
            "hash": "0".repeat(64), "bytes": 1, "writer": {"kind": "template", "name": "t", "took_ms": 0}, "state": state, "written": at,
            "deliveries": [{"state": state, "via": via, "by": by, "at": at}],
        }])
    }

    fn handover() -> Value {
        json!({
            "handover": "01k9zq3v7m-h1", "phase": "VAN", "next_phase": "PLAN", "revision": 1, "hash": "0".repeat(64), "bytes": 1,
            "summary": "", "by": {"kind": "agent", "name": "a"}, "at": "2026-11-26T10:00:00.000Z", "decision": null,
        })
    }

    fn question(answer: Value, waits: bool) -> Value {
        json!([{
            "id": "01k9zq3v7m-q1", "question": "?", "kind": "text", "blocking": true, "phase": "PLAN",
            "by": {"kind": "agent", "name": "a"}, "at": "2026-11-26T10:00:00.000Z", "waits": waits, "answer": answer,
        }])
    }

    fn begun() -> Memory {
        Memory {
            begun: true,
            ..Memory::default()
        }
    }

    #[test]
    fn a_person_who_has_to_act_is_waited_for() {
        let memory = begun();
        assert_eq!(
            step(&standing("awaiting_review", json!({})), &memory),
            Step::Wait(Why::Decision)
        );
        assert_eq!(
            step(&standing("handing_over", json!({})), &memory),
            Step::Wait(Why::Prompt)
        );
        let paused = json!({"paused": "2026-11-26T10:00:00.000Z"});
        assert_eq!(
            step(&standing("running", paused), &memory),
            Step::Wait(Why::Pause)
        );
        let asked = json!({"questions": question(Value::Null, true)});
        assert_eq!(
            step(&standing("running", asked), &memory),
            Step::Wait(Why::Answer)
        );
        for ended in ["completed", "failed", "cancelled"] {
            assert!(matches!(
                step(&standing(ended, json!({})), &memory),
                Step::Ended(_)
            ));
        }
    }

    #[test]
    fn a_prompt_is_sent_once_and_only_if_no_agent_has_it() {
        let with =
            |state: &str, via| json!({"handover": handover(), "prompts": prompt(state, via)});
        let id = || "01k9zq3v7m-p1".parse::<PromptId>().expect("an id");
        let waits = standing("handing_over", with("written", None));
        assert_eq!(step(&waits, &Memory::default()), Step::Prompt(id()));
        let hooked = standing("running", with("picked_up", Some("hook")));
        assert_eq!(step(&hooked, &begun()), Step::Remind);
        let unread = standing("running", with("picked_up", Some("report")));
        assert_eq!(step(&unread, &begun()), Step::Prompt(id()));
        let mut memory = begun();
        memory.sent.insert(id());
        assert_eq!(step(&unread, &memory), Step::Remind);
        // After a restart the agent is told where the work stands, which has the prompt in it.
        assert_eq!(step(&unread, &Memory::default()), Step::Begin);
    }

    #[test]
    fn what_people_said_is_told_before_a_reminder_and_reminders_are_bounded() {
        let by = json!({"kind": "person", "name": "Dana"});
        let answer = json!({"answer": "yes", "by": by, "at": "2026-11-26T10:00:00.000Z"});
        let answered = standing("running", json!({"questions": question(answer, true)}));
        assert_eq!(step(&answered, &begun()), Step::Tell);
        let note = json!([{"number": 2, "kind": "go_on", "text": "", "by": by, "at": "2026-11-26T10:00:00.000Z"}]);
        let goes_on = standing("running", json!({"notes": note}));
        assert_eq!(step(&goes_on, &begun()), Step::Tell);
        let mut memory = begun();
        memory.go_on = Some(2);
        assert_eq!(step(&goes_on, &memory), Step::Remind);
        memory.unfinished = REMINDERS;
        assert_eq!(step(&goes_on, &memory), Step::GiveUp);
    }
}
