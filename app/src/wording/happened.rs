//! One line of "What happened", in words.

use domain::{Entry, TaskStatus, What};

use super::{pipeline, quoted};
use crate::Lang;

/// What is said first, and what is quoted after it: a note, a task, the agent's words.
pub(crate) fn line(lang: Lang, entry: &Entry) -> (String, Option<String>) {
    let by = &entry.by.name;
    match &entry.what {
        What::Started => (
            lang.pick(
                format_args!("{by} started it"),
                format_args!("{by} hat begonnen"),
            )
            .to_string(),
            None,
        ),
        What::PhaseStarted { phase } => {
            (format!("{phase} {}", lang.pick("begins", "beginnt")), None)
        }
        What::PhaseReopened { phase } => (
            format!("{phase} {}", lang.pick("goes on", "geht weiter")),
            None,
        ),
        What::Said { text } => (format!("{by}:"), Some(text.clone())),
        What::Task { name, status } => (task(lang, *status).to_owned(), Some(name.clone())),
        What::HandedOver { phase, number: 1 } => {
            (format!("{by}: {phase} {}", lang.handed_over()), None)
        }
        What::HandedOver { phase, number } => match lang {
            Lang::En => (
                format!("{by}: {phase} handed over again, revision {number}"),
                None,
            ),
            Lang::De => (
                format!("{by}: {phase} erneut übergeben, Fassung {number}"),
                None,
            ),
        },
        What::Accepted {
            phase,
            number,
            note,
        } => {
            let said = match lang {
                Lang::En => format!("{by} accepted {phase}, revision {number}"),
                Lang::De => format!("{by} hat {phase} angenommen, Fassung {number}"),
            };
            (said, noted(lang, note))
        }
        What::ChangesRequested { phase, note, .. } => {
            let said = match lang {
                Lang::En => format!("{by} asked for changes to {phase}"),
                Lang::De => format!("{by} hat Änderungen an {phase} erbeten"),
            };
            (said, noted(lang, note))
        }
        What::Stopped { note } => (
            format!("{by} {}", lang.pick("stopped it", "hat sie angehalten")),
            noted(lang, note),
        ),
        What::PromptWritten { writer, phase } => match lang {
            Lang::En => (format!("{writer} wrote the prompt for {phase}"), None),
            Lang::De => (
                format!("{writer} hat den Prompt für {phase} geschrieben"),
                None,
            ),
        },
        What::PromptOffered { via } => {
            let way = pipeline::via(lang, *via);
            (
                format!(
                    "{by} {}: {way}",
                    lang.pick("offered the prompt", "hat den Prompt angeboten")
                ),
                None,
            )
        }
        What::PromptPickedUp { via } => {
            let way = pipeline::via(lang, *via);
            (
                format!(
                    "{by} {}: {way}",
                    lang.pick("picked the prompt up", "hat den Prompt abgeholt")
                ),
                None,
            )
        }
        What::PromptAcknowledged => (
            format!(
                "{by} {}",
                lang.pick("confirmed the prompt", "hat den Prompt bestätigt")
            ),
            None,
        ),
        What::VersionChanged { current } => {
            let version = current.as_deref().unwrap_or("–");
            (
                format!(
                    "{} {version}",
                    lang.pick("Cycle version is now", "Zyklusversion ist jetzt")
                ),
                None,
            )
        }
        What::Completed { note } => (
            lang.finished().to_owned(),
            note.as_deref().and_then(|note| noted(lang, note)),
        ),
        What::Failed { note } => (
            lang.failed().to_owned(),
            note.as_deref().and_then(|note| noted(lang, note)),
        ),
        What::Cancelled { note } => (
            lang.stopped().to_owned(),
            note.as_deref().and_then(|note| noted(lang, note)),
        ),
    }
}

fn noted(lang: Lang, note: &str) -> Option<String> {
    let note = note.trim();
    (!note.is_empty()).then(|| quoted(lang, note))
}

const fn task(lang: Lang, status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Pending => lang.pick("Task open again:", "Aufgabe wieder offen:"),
        TaskStatus::InProgress => lang.pick("Task begun:", "Aufgabe begonnen:"),
        TaskStatus::Completed => lang.pick("Task done:", "Aufgabe erledigt:"),
        TaskStatus::Failed => lang.pick("Task failed:", "Aufgabe gescheitert:"),
    }
}
