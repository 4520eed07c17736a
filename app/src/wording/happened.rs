//! One line of the log, in words.

use domain::{Actor, ActorKind, Entry, NoteKind, TaskStatus, Via, What};

use super::{is_reader, pipeline, policy, quoted};
use crate::Lang;

/// What is said first, and what is quoted after it: a note, a task, the agent's words.
pub(crate) fn line(lang: Lang, reader: &str, entry: &Entry) -> (String, Option<String>) {
    let who = &entry.by.name;
    // Nobody is told about themselves in the third person.
    let by = |other: String, you: &dyn Fn() -> String| {
        if is_reader(reader, &entry.by) {
            you()
        } else {
            other
        }
    };
    let said = match &entry.what {
        What::Archived => by(lang.log_archived(who), &|| {
            lang.log_archived_by_you().to_owned()
        }),
        What::Unarchived => by(lang.log_unarchived(who), &|| {
            lang.log_unarchived_by_you().to_owned()
        }),
        What::Started => by(lang.log_started(who), &|| {
            lang.log_started_by_you().to_owned()
        }),
        What::PhaseStarted { phase } => lang.log_phase_started(phase.as_str()),
        What::PhaseReopened { phase } => lang.log_phase_reopened(phase.as_str()),
        What::Said { .. } => lang.log_said(who),
        What::Task { status, added, .. } => task(lang, *status, *added).to_owned(),
        What::HandedOver { phase, number: 1 } => lang.log_handed_over(phase.as_str(), who),
        What::HandedOver { phase, number } => {
            lang.log_handed_over_again(phase.as_str(), &number.to_string(), who)
        }
        What::Accepted {
            phase, number: 1, ..
        } => by(lang.log_accepted(phase.as_str(), who), &|| {
            lang.log_accepted_by_you(phase.as_str())
        }),
        What::Accepted { phase, number, .. } => {
            let number = number.to_string();
            by(
                lang.log_accepted_revision(phase.as_str(), &number, who),
                &|| lang.log_accepted_revision_by_you(phase.as_str(), &number),
            )
        }
        What::AcceptedByPolicy { phase, set_by, .. } => {
            policy::accepted(lang, phase.as_str(), set_by, set_by == reader)
        }
        What::Approved { phase, .. } => by(lang.log_approved(phase.as_str(), who), &|| {
            lang.log_approved_by_you(phase.as_str())
        }),
        What::ApprovalTakenBack { phase, .. } => {
            by(lang.log_approval_taken_back(phase.as_str(), who), &|| {
                lang.log_approval_taken_back_by_you(phase.as_str())
            })
        }
        What::PolicySet { phase, policy } => {
            let rule = policy::rule(lang, *policy);
            by(lang.log_policy_set(phase.as_str(), rule, who), &|| {
                lang.log_policy_set_by_you(phase.as_str(), rule)
            })
        }
        What::ChangesRequested { phase, .. } => by(lang.log_changes(phase.as_str(), who), &|| {
            lang.log_changes_by_you(phase.as_str())
        }),
        What::Stopped { .. } => by(lang.log_stopped(who), &|| {
            lang.log_stopped_by_you().to_owned()
        }),
        What::PromptWritten { writer, phase } => {
            lang.log_prompt_written(phase.as_str(), pipeline::writer_name(lang, writer))
        }
        What::PromptVersion { version } => {
            let version = version.to_string();
            by(lang.log_prompt_version(&version, who), &|| {
                lang.log_prompt_version_by_you(&version)
            })
        }
        What::PromptOffered { via } => offered(lang, reader, &entry.by, *via),
        What::PromptPickedUp { .. } => lang.log_prompt_picked_up(who),
        What::PromptAcknowledged => lang.log_prompt_confirmed(who),
        What::Asked { .. } => lang.log_asked(who),
        What::Answered { .. } => by(lang.log_answered(who), &|| {
            lang.log_answered_by_you().to_owned()
        }),
        What::NoteSent { kind, .. } => match kind {
            NoteKind::Word => by(lang.log_note(who), &|| lang.log_note_by_you().to_owned()),
            NoteKind::Pause => by(lang.log_paused(who), &|| {
                lang.log_paused_by_you().to_owned()
            }),
            NoteKind::GoOn => by(lang.log_goes_on(who), &|| {
                lang.log_goes_on_by_you().to_owned()
            }),
        },
        What::NotesRead { .. } => lang.log_note_read(who),
        What::SessionJoined { client, folder } => lang.log_session(client, folder),
        What::VersionChanged { current } => lang.log_version(current.as_deref().unwrap_or("–")),
        What::Completed { .. } => lang.finished().to_owned(),
        What::Failed { .. } => lang.failed().to_owned(),
        What::Cancelled { .. } => lang.stopped().to_owned(),
    };
    (said, with_it(lang, &entry.what))
}

/// What is quoted after the line.
fn with_it(lang: Lang, what: &What) -> Option<String> {
    match what {
        What::Said { text }
        | What::Asked { question: text }
        | What::Answered { answer: text, .. } => Some(text.clone()),
        What::NoteSent { text, .. } => noted(lang, text),
        What::Task { name, .. } => Some(name.clone()),
        What::Accepted { note, .. }
        | What::Approved { note, .. }
        | What::ChangesRequested { note, .. }
        | What::Stopped { note } => noted(lang, note),
        What::Completed { note } | What::Failed { note } | What::Cancelled { note } => {
            noted(lang, note.as_deref()?)
        }
        _ => None,
    }
}

fn offered(lang: Lang, reader: &str, by: &Actor, via: Via) -> String {
    let way = pipeline::via(lang, via);
    match (via, is_reader(reader, by)) {
        // By a person: one that was held has left.
        (Via::Stream, true) => lang.log_prompt_sent_by_you().to_owned(),
        (Via::Stream, false) if by.kind == ActorKind::Person => lang.log_prompt_sent(&by.name),
        (Via::Copy, true) => lang.log_prompt_copied_by_you().to_owned(),
        (Via::Copy, false) => lang.log_prompt_copied(&by.name),
        (Via::Cursor | Via::VsCode | Via::ClaudeCode | Via::ClaudeDesktop, true) => {
            lang.log_prompt_opened_by_you(way)
        }
        (Via::Cursor | Via::VsCode | Via::ClaudeCode | Via::ClaudeDesktop, false) => {
            lang.log_prompt_opened(way, &by.name)
        }
        _ => lang.log_prompt_offered(way),
    }
}

/// The words with which a pipeline ended, if this line is its end.
pub(crate) fn last_words(entry: &Entry) -> Option<String> {
    let words = match &entry.what {
        What::Completed { note } | What::Failed { note } | What::Cancelled { note } => {
            note.as_deref()
        }
        What::Stopped { note } => Some(note.as_str()),
        _ => None,
    };
    words
        .map(str::trim)
        .filter(|words| !words.is_empty())
        .map(str::to_owned)
}

fn noted(lang: Lang, note: &str) -> Option<String> {
    let note = note.trim();
    (!note.is_empty()).then(|| quoted(lang, note))
}

fn task(lang: Lang, status: TaskStatus, added: bool) -> &'static str {
    match status {
        TaskStatus::Pending if added => lang.log_task_added(),
        TaskStatus::Pending => lang.log_task_pending(),
        TaskStatus::InProgress => lang.log_task_in_progress(),
        TaskStatus::Completed => lang.log_task_completed(),
        TaskStatus::Failed => lang.log_task_failed(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{PhaseName, Timestamp};

    use super::*;

    fn accepted(by: Actor, number: u32) -> Entry {
        Entry {
            revision: 1,
            at: Timestamp::from_millis(0),
            by,
            what: What::Accepted {
                phase: PhaseName::parse("PLAN").expect("a phase"),
                number,
                note: " Keep it. ".to_owned(),
            },
        }
    }

    #[test]
    fn the_reader_is_you_and_others_have_names() {
        let line = |lang, entry| line(lang, "Ada", entry);
        let by_ada = accepted(Actor::person("Ada"), 1);
        assert_eq!(line(Lang::En, &by_ada).0, "You accepted PLAN");
        assert_eq!(line(Lang::De, &by_ada).0, "Du hast PLAN angenommen");
        let by_anna = accepted(Actor::person("Anna"), 2);
        assert_eq!(
            line(Lang::En, &by_anna).0,
            "Anna accepted PLAN (revision 2)"
        );
        assert_eq!(
            line(Lang::De, &by_anna),
            (
                "Anna hat PLAN angenommen (Fassung 2)".to_owned(),
                Some("„Keep it.“".to_owned())
            )
        );
    }

    #[test]
    fn a_prompt_that_a_person_sent_is_not_called_offered() {
        let said = |by| {
            let what = What::PromptOffered { via: Via::Stream };
            let entry = Entry {
                what,
                ..accepted(by, 1)
            };
            line(Lang::En, "Ada", &entry).0
        };
        assert_eq!(said(Actor::person("Ada")), "You sent the prompt");
        assert_eq!(said(Actor::person("Anna")), "Anna sent the prompt");
        assert_eq!(said(Actor::system()), "Prompt offered: live connection");
    }

    #[test]
    fn a_new_task_is_not_called_reopened() {
        let said = |status, added| {
            let what = What::Task {
                name: "Measure".to_owned(),
                status,
                added,
            };
            let entry = Entry {
                what,
                ..accepted(Actor::agent("cursor"), 1)
            };
            line(Lang::En, "", &entry)
        };
        let name = Some("Measure".to_owned());
        for (status, added, words) in [
            (TaskStatus::Pending, true, "Task added:"),
            (TaskStatus::Pending, false, "Task reopened:"),
            (TaskStatus::Completed, true, "Task done:"),
        ] {
            assert_eq!(said(status, added), (words.to_owned(), name.clone()));
        }
    }
}
