//! What agents write as one line goes into lists, notifications and streams, to everybody: a secret in it is masked before
//! it is stored. Documents are stored as they came, and masked for all but people.

use std::borrow::Cow;

use domain::{Asked, Command, CommentAnswer, Start, TaskReport, text::summary_of};

use super::mask;

/// From how many bytes on a document is long.
const LONG: usize = 16 * 1024;

/// The command without secrets in its lines. A long document is looked at beside the threads that serve requests.
pub async fn guarded(command: &Command) -> Cow<'_, Command> {
    match command {
        Command::HandOver { content, .. } if content.len() > LONG => {
            let copy = command.clone();
            let guarded = move || guarded_now(&copy).into_owned();
            let guarded = tokio::task::spawn_blocking(guarded).await;
            guarded.map_or(Cow::Borrowed(command), Cow::Owned)
        }
        _ => guarded_now(command),
    }
}

fn guarded_now(command: &Command) -> Cow<'_, Command> {
    let guarded = match command {
        Command::Report {
            phase,
            progress,
            message,
            tasks,
        } => Command::Report {
            phase: phase.clone(),
            progress: *progress,
            message: message.as_deref().map(masked),
            tasks: tasks
                .iter()
                .map(|task| TaskReport {
                    name: masked(&task.name),
                    ..task.clone()
                })
                .collect(),
        },
        Command::HandOver {
            phase,
            content,
            summary,
            recap,
            answers,
        } => {
            let line = match summary {
                Some(line) => mask(line).into_owned(),
                // Of the whole text: its line alone may hold the half of a secret.
                None => summary_of(&mask(content)),
            };
            let clean = match summary {
                Some(given) => *given == line,
                None => line == summary_of(content),
            };
            let notes = answers.iter().map(|answer| &answer.note);
            let recap_lines = recap.texts();
            let mut lines = recap_lines.iter().chain(notes);
            if clean && lines.all(|line| matches!(mask(line), Cow::Borrowed(_))) {
                return Cow::Borrowed(command);
            }
            Command::HandOver {
                phase: phase.clone(),
                content: content.clone(),
                summary: Some(line),
                recap: recap.map_texts(masked),
                answers: answers
                    .iter()
                    .map(|answer| CommentAnswer {
                        note: masked(&answer.note),
                        ..answer.clone()
                    })
                    .collect(),
            }
        }
        Command::Ask(asked) => Command::Ask(Asked {
            question: masked(&asked.question),
            ..asked.clone()
        }),
        Command::Finish { outcome, message } => Command::Finish {
            outcome: *outcome,
            message: message.as_deref().map(masked),
        },
        _ => return Cow::Borrowed(command),
    };
    Cow::Owned(guarded)
}

/// A start without secrets in its lines and its goal.
pub fn guarded_start(start: &Start) -> Start {
    Start {
        title: masked(&start.title),
        goal: masked(&start.goal),
        ..start.clone()
    }
}

fn masked(line: &str) -> String {
    mask(line).into_owned()
}
