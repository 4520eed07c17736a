//! What is said about a pipeline: its chip, its row, its legs, its prompt.

use domain::{
    DeliveryState, Phase, PhaseStatus, ProgressSource, Status, TaskStatus, Timestamp, Verdict, Via,
    What,
    view::{PipelineStatus, PromptRef, ShortForm},
};

use super::{age, quoted};
use crate::{
    Lang,
    standing::{self, Standing},
};

/// The word on the chip.
pub(crate) fn chip(lang: Lang, standing: Standing) -> &'static str {
    match standing {
        Standing::Idle => lang.idle(),
        Standing::Agent => lang.agent_runs(),
        Standing::Silent => lang.no_sign_of_life(),
        Standing::You => lang.you_have_it(),
        Standing::Transit => lang.in_transit(),
        Standing::Done => lang.finished(),
        Standing::Failed => lang.failed(),
        Standing::Stopped => lang.stopped(),
    }
}

/// A progress figure never goes without its source.
pub(crate) fn progress(lang: Lang, percent: u8, source: ProgressSource) -> String {
    match source {
        ProgressSource::Unknown => lang.not_reported().to_owned(),
        ProgressSource::Claimed => format!("{percent} % {}", lang.pick("claimed", "behauptet")),
        ProgressSource::Tasks { done, total } => {
            let tasks = if total == 1 {
                lang.pick("task", "Aufgabe")
            } else {
                lang.pick("tasks", "Aufgaben")
            };
            format!(
                "{percent} % · {done} {} {total} {tasks}",
                lang.pick("of", "von")
            )
        }
    }
}

/// The leg a row is about: `CREATE`, or `PLAN → CREATE` while the baton is between two.
pub(crate) fn leg(status: &PipelineStatus) -> String {
    let next = status
        .handover
        .as_ref()
        .and_then(|handover| handover.next_phase.as_ref());
    match (status.status, standing::decided(status), next) {
        (Status::HandingOver, Some(Verdict::Accept), Some(next)) => {
            format!("{} → {next}", status.phase)
        }
        _ => status.phase.to_string(),
    }
}

/// How far that leg is.
pub(crate) fn leg_progress(lang: Lang, status: &PipelineStatus, now: Timestamp) -> String {
    match status.status {
        Status::Running => progress(lang, status.progress, status.progress_source),
        Status::AwaitingReview => lang.handed_over().to_owned(),
        Status::HandingOver => {
            let span = age::span(lang, now.millis_since(status.baton_since));
            format!("{}, {span}", lang.pick("in transit", "unterwegs"))
        }
        Status::Completed => lang.accepted().to_owned(),
        Status::Idle | Status::Failed | Status::Cancelled => String::new(),
    }
}

/// The line under the title: the newest thing worth saying.
pub(crate) fn line(lang: Lang, status: &PipelineStatus, now: Timestamp) -> String {
    match status.status {
        Status::Running => match (standing::silence(status, now), &status.message) {
            (Some(silent), _) => silent_for(lang, status.progress, status.progress_source, silent),
            (None, Some(message)) => quoted(lang, message),
            (None, None) => lang.pick("no word yet", "noch kein Wort").to_owned(),
        },
        Status::AwaitingReview => {
            let revision = status
                .handover
                .as_ref()
                .map_or(1, |handover| handover.revision);
            format!(
                "{} {revision}",
                lang.pick("handover, revision", "Übergabe, Fassung")
            )
        }
        Status::HandingOver => transit(lang, status),
        Status::Completed | Status::Failed | Status::Cancelled => ended(lang, status),
        Status::Idle => lang
            .pick("no phase has begun", "noch keine Phase hat begonnen")
            .to_owned(),
    }
}

fn silent_for(lang: Lang, percent: u8, source: ProgressSource, silent: i64) -> String {
    let span = age::span(lang, silent);
    match (lang, source) {
        (Lang::En, ProgressSource::Claimed) => format!("claims {percent} %, silent for {span}"),
        (Lang::De, ProgressSource::Claimed) => {
            format!("behauptet {percent} %, schweigt seit {span}")
        }
        (Lang::En, _) => format!("silent for {span}"),
        (Lang::De, _) => format!("schweigt seit {span}"),
    }
}

fn transit(lang: Lang, status: &PipelineStatus) -> String {
    let Some(prompt) = standing::prompt_of_decision(status) else {
        return lang.writing_prompt().to_owned();
    };
    let ways = offered(lang, prompt);
    if ways.is_empty() {
        return lang
            .pick("the prompt is written", "der Prompt ist geschrieben")
            .to_owned();
    }
    format!(
        "{}: {ways}",
        lang.pick("prompt offered", "Prompt angeboten")
    )
}

/// The ways a prompt was offered, each once, in order.
pub(crate) fn offered(lang: Lang, prompt: &PromptRef) -> String {
    let mut ways: Vec<&str> = Vec::new();
    for delivery in prompt
        .deliveries
        .iter()
        .filter(|delivery| delivery.state == DeliveryState::Offered)
    {
        let way = delivery.via.map_or("", |by| via(lang, by));
        if !way.is_empty() && !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways.join(", ")
}

fn ended(lang: Lang, status: &PipelineStatus) -> String {
    let last_words = status.log.last().and_then(|entry| match &entry.what {
        What::Completed { note } | What::Failed { note } | What::Cancelled { note } => {
            note.as_deref()
        }
        What::Stopped { note } => Some(note.as_str()).filter(|note| !note.is_empty()),
        _ => None,
    });
    if let Some(words) = last_words {
        return quoted(lang, words);
    }
    let run = status
        .phases
        .iter()
        .filter(|phase| phase.started.is_some())
        .count();
    let phases = if run == 1 {
        lang.pick("phase", "Phase")
    } else {
        lang.pick("phases", "Phasen")
    };
    let span = age::span(lang, ended_at(status).millis_since(status.started));
    format!("{run} {phases} in {span}")
}

/// When the last thing happened.
pub(crate) fn ended_at(status: &PipelineStatus) -> Timestamp {
    status
        .log
        .last()
        .map_or(status.last_sign_of_life, |entry| entry.at)
}

/// The words under a leg's name.
pub(crate) fn leg_words(lang: Lang, phase: &Phase, next: bool) -> String {
    let revisions = || {
        (phase.revisions > 1).then(|| {
            format!(
                ", {} {}",
                phase.revisions,
                lang.pick("revisions", "Fassungen")
            )
        })
    };
    match phase.status {
        PhaseStatus::Pending => (if next { lang.next_leg() } else { "" }).to_owned(),
        PhaseStatus::Running => progress(lang, phase.progress, phase.progress_source),
        PhaseStatus::HandedOver => {
            format!("{}{}", lang.handed_over(), revisions().unwrap_or_default())
        }
        PhaseStatus::ChangesRequested => lang.changes_requested().to_owned(),
        PhaseStatus::Accepted => format!("{}{}", lang.accepted(), revisions().unwrap_or_default()),
        PhaseStatus::Ended => lang.pick("ended here", "hier beendet").to_owned(),
    }
}

/// How long a leg took, or has taken so far.
pub(crate) fn leg_time(lang: Lang, phase: &Phase, now: Timestamp) -> String {
    phase.started.map_or_else(String::new, |started| {
        age::span(lang, phase.ended.unwrap_or(now).millis_since(started))
    })
}

/// How far a task is.
pub(crate) fn task(lang: Lang, status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Pending => lang.task_pending(),
        TaskStatus::InProgress => lang.task_in_progress(),
        TaskStatus::Completed => lang.task_completed(),
        TaskStatus::Failed => lang.task_failed(),
    }
}

/// `5 of 7`.
pub(crate) fn tasks_done(lang: Lang, tasks: &[domain::Task]) -> String {
    let done = tasks
        .iter()
        .filter(|task| task.status == TaskStatus::Completed)
        .count();
    format!("{done} {} {}", lang.pick("of", "von"), tasks.len())
}

/// The way of a prompt, as people call it.
pub(crate) fn via(lang: Lang, via: Via) -> &'static str {
    match via {
        Via::Stream => lang.pick("stream", "Stream"),
        Via::Wait => lang.pick("waiting call", "wartender Aufruf"),
        Via::Pull => "get_next_prompt",
        Via::McpPrompt => "/next_phase",
        Via::Report => lang.pick("its next report", "seine nächste Meldung"),
        Via::Copy => lang.pick("copy", "Kopie"),
        Via::Cursor => "Cursor",
        Via::VsCode => "VS Code",
        Via::ClaudeCode => "Claude Code",
        Via::ClaudeDesktop => "Claude Desktop",
    }
}

/// Why a link carries only the short form.
pub(crate) fn short_form(lang: Lang, short: ShortForm) -> &'static str {
    match short {
        ShortForm::TooLong => lang.short_too_long(),
        ShortForm::Forbidden => lang.short_forbidden(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_names_its_source() {
        let tasks = |done, total| ProgressSource::Tasks { done, total };
        for (percent, source, en, de) in [
            (
                62,
                tasks(8, 13),
                "62 % · 8 of 13 tasks",
                "62 % · 8 von 13 Aufgaben",
            ),
            (0, tasks(0, 1), "0 % · 0 of 1 task", "0 % · 0 von 1 Aufgabe"),
            (
                80,
                ProgressSource::Claimed,
                "80 % claimed",
                "80 % behauptet",
            ),
            (
                0,
                ProgressSource::Unknown,
                "no progress reported",
                "kein Fortschritt gemeldet",
            ),
        ] {
            assert_eq!(progress(Lang::En, percent, source), en);
            assert_eq!(progress(Lang::De, percent, source), de);
        }
    }

    #[test]
    fn silence_says_what_was_claimed() {
        for (percent, source, millis, en, de) in [
            (
                80,
                ProgressSource::Claimed,
                14 * 60_000,
                "claims 80 %, silent for 14 min",
                "behauptet 80 %, schweigt seit 14 min",
            ),
            (
                0,
                ProgressSource::Unknown,
                180_000,
                "silent for 3 min",
                "schweigt seit 3 min",
            ),
        ] {
            assert_eq!(silent_for(Lang::En, percent, source, millis), en);
            assert_eq!(silent_for(Lang::De, percent, source, millis), de);
        }
    }
}
