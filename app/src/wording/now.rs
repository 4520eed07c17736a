//! Who has the baton, in a sentence.

use domain::{Held, Note, ProgressSource, Purpose, Status, Timestamp};
use protocol::Summary;

use super::{age, is_reader, percent, pipeline, quoted};
use crate::{Lang, standing};

/// What is said beside what a row knows, as far as it is here.
pub(crate) struct More {
    /// The words with which the pipeline ended.
    pub last_words: Option<String>,
    /// The newest note that paused the agent.
    pub pause: Option<Note>,
    /// The name of the reader.
    pub reader: String,
    /// Whether the reader may send a prompt.
    pub decides: bool,
}

/// What is happening, and what can be done about it.
pub(crate) fn words(lang: Lang, status: &Summary, more: &More, now: Timestamp) -> (String, String) {
    let agent = status.agent.as_deref().unwrap_or(lang.the_agent());
    let phase = status.phase.as_str();
    let since = age::span(lang, now.millis_since(status.baton_since));
    let plain = |said: &str, next: &str| (said.to_owned(), next.to_owned());
    let ended = |said: &str| {
        let more = more.last_words.as_deref().map_or_else(
            || super::sentence(&format!("{}.", pipeline::line(lang, status, now))),
            |words| quoted(lang, words),
        );
        (said.to_owned(), more)
    };
    match status.status {
        Status::Running if status.paused.is_some() => {
            let at = status.paused.unwrap_or(status.baton_since);
            paused(lang, agent, &age::ago(lang, now.millis_since(at)), more)
        }
        Status::Running if standing::waits_for_person(status) => {
            (lang.now_asks(agent), lang.now_review_since(&since))
        }
        Status::Running => match standing::silence(status, now) {
            Some(silent) if silent.lost => (
                silence(lang, agent, status, silent.millis),
                lang.now_silent_next().to_owned(),
            ),
            _ => {
                let said = status.message.as_ref().map_or_else(String::new, |message| {
                    format!("{} · ", quoted(lang, message))
                });
                let heard = age::ago(lang, now.millis_since(status.last_sign_of_life));
                (lang.now_running(agent, phase), format!("{said}{heard}"))
            }
        },
        Status::AwaitingReview => match standing::pending(status) {
            Some(pending) => {
                super::review::pending(lang, &more.reader, pending, &status.phase, now)
            }
            None => (lang.now_review(phase), lang.now_review_since(&since)),
        },
        Status::HandingOver if standing::prompt_is_being_written(status) => {
            plain(lang.now_writing(), "")
        }
        Status::HandingOver if standing::held(status).is_some() => {
            (held(lang, status, more), lang.now_review_since(&since))
        }
        Status::HandingOver => (lang.now_transit(&since), lang.now_transit_next().to_owned()),
        Status::Idle => plain(lang.now_idle(), lang.now_idle_next()),
        Status::Completed => ended(lang.now_completed()),
        Status::Failed => ended(lang.now_failed()),
        Status::Cancelled => ended(lang.now_cancelled()),
    }
}

/// What was decided, and what is to be done about the prompt that was written for it.
fn held(lang: Lang, status: &Summary, more: &More) -> String {
    let handover = status.handover.as_ref();
    let decision = handover.and_then(|handover| handover.decision.as_ref());
    let (Some(prompt), Some(decision)) = (&status.prompt, decision) else {
        return String::new();
    };
    if !more.decides {
        return lang.now_held_by(&decision.by.name);
    }
    if prompt.held == Some(Held::Secrets) {
        return lang.now_held_secret().to_owned();
    }
    let decided = super::review::elsewhere(lang, &more.reader, decision, &status.phase);
    let next = match prompt.purpose {
        Purpose::NextPhase => lang.now_held(prompt.phase.as_str()),
        Purpose::Revision => lang.now_held_revision(prompt.phase.as_str()),
    };
    format!("{decided} {next}")
}

/// Who has paused the agent, why, and whether it knows.
fn paused(lang: Lang, agent: &str, ago: &str, more: &More) -> (String, String) {
    let Some(pause) = &more.pause else {
        return (lang.now_paused(ago), String::new());
    };
    let said = if is_reader(&more.reader, &pause.by) {
        lang.now_paused_by_you(ago)
    } else {
        lang.now_paused_by(ago, &pause.by.name)
    };
    let told = match pause.delivered {
        Some(_) => lang.now_paused_told(agent),
        None => lang.now_paused_untold(agent),
    };
    let why = match pause.text.as_str() {
        "" => String::new(),
        why => format!("{} ", quoted(lang, why)),
    };
    (said, format!("{why}{told}"))
}

/// Nothing was heard of the agent for so long; what it said last.
fn silence(lang: Lang, agent: &str, status: &Summary, silent: i64) -> String {
    let span = age::span(lang, silent);
    match status.progress_source {
        ProgressSource::Unknown => lang.now_silent(agent, &span),
        ProgressSource::Claimed | ProgressSource::Tasks { .. } => {
            lang.now_silent_said(agent, &percent(lang, status.progress), &span)
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Actor, NoteKind, Receipt};

    use super::*;
    use crate::samples;

    #[test]
    fn a_held_prompt_says_who_decided_and_what_is_to_be_done() {
        let said = |lang, why, reader: &str, decides| {
            let more = More {
                last_words: None,
                pause: None,
                reader: reader.to_owned(),
                decides,
            };
            let status = Summary::from(&samples::held(1, why));
            words(lang, &status, &more, status.baton_since).0
        };
        assert_eq!(
            said(Lang::En, Held::ToLook, "Anna", true),
            "You accepted VAN. Check the prompt for PLAN, then send it."
        );
        assert_eq!(
            said(Lang::De, Held::Changed, "Ben", true),
            "Anna hat VAN angenommen. Prüf den Prompt für PLAN und sende ihn."
        );
        assert_eq!(
            said(Lang::En, Held::Secrets, "Anna", true),
            "This prompt may contain a secret. Check it, then send it."
        );
        assert_eq!(
            said(Lang::En, Held::ToLook, "Vic", false),
            "Anna is checking the prompt before it leaves."
        );
    }

    #[test]
    fn a_pause_says_who_since_when_and_whether_the_agent_knows() {
        let mut status = samples::summary(1);
        status.status = Status::Running;
        status.paused = Some(status.started);
        status.agent = Some("codex".to_owned());
        let now = Timestamp::from_millis(status.started.millis() + 180_000);
        let mut note = Note {
            number: 1,
            kind: NoteKind::Pause,
            text: String::new(),
            by: Actor::person("Anna"),
            at: status.started,
            delivered: None,
            acknowledged: None,
        };
        let said = |lang, reader: &str, note: &Note| {
            let more = More {
                last_words: None,
                pause: Some(note.clone()),
                reader: reader.to_owned(),
                decides: true,
            };
            let (said, next) = words(lang, &status, &more, now);
            format!("{said} {next}")
        };
        assert_eq!(
            said(Lang::En, "Anna", &note),
            "Paused by you 3 min ago. codex doesn't know yet. It will be told with its next call."
        );
        note.delivered = Some(Receipt {
            with: "hook".to_owned(),
            by: Actor::agent("codex"),
            at: now,
        });
        note.text = "Lunch.".to_owned();
        assert_eq!(
            said(Lang::De, "Ben", &note),
            "Von Anna vor 3 Min. pausiert. „Lunch.“ codex weiß Bescheid."
        );
    }
}
