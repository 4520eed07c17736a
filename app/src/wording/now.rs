//! Who has the baton, in a sentence.

use domain::{ProgressSource, Status, Timestamp};
use protocol::Summary;

use super::{age, percent, pipeline, quoted};
use crate::{Lang, standing};

/// What is happening, and what can be done about it.
/// `last_words` are those with which the pipeline ended.
pub(crate) fn words(
    lang: Lang,
    status: &Summary,
    last_words: Option<&str>,
    now: Timestamp,
) -> (String, String) {
    let agent = status.agent.as_deref().unwrap_or(lang.the_agent());
    let phase = status.phase.as_str();
    let since = age::span(lang, now.millis_since(status.baton_since));
    let plain = |said: &str, next: &str| (said.to_owned(), next.to_owned());
    let ended = |said: &str| {
        let more = last_words.map_or_else(
            || super::sentence(&format!("{}.", pipeline::line(lang, status, now))),
            |words| quoted(lang, words),
        );
        (said.to_owned(), more)
    };
    match status.status {
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
        Status::AwaitingReview => (lang.now_review(phase), lang.now_review_since(&since)),
        Status::HandingOver if standing::prompt_is_being_written(status) => {
            plain(lang.now_writing(), "")
        }
        Status::HandingOver => (lang.now_transit(&since), lang.now_transit_next().to_owned()),
        Status::Idle => plain(lang.now_idle(), lang.now_idle_next()),
        Status::Completed => ended(lang.now_completed()),
        Status::Failed => ended(lang.now_failed()),
        Status::Cancelled => ended(lang.now_cancelled()),
    }
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
