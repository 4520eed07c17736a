//! What is said about a pipeline: its chip, its row, its legs, its prompt.

use domain::{
    DeliveryState, Held, Phase, PhaseStatus, ProgressSource, ReviewWait, Status, TaskStatus,
    Timestamp, Verdict, Via, Writer, WriterKind,
};
use protocol::{PromptRef, ShortForm, Summary};

use super::{age, quoted};
use crate::{
    Lang,
    standing::{self, Standing},
};

/// The name that the server gives the template that comes with it.
const BUILT_IN: &str = "built-in";
/// The name that the server gives the track of tasks for which an agent names none.
const DEFAULT_TRACK: &str = "Tasks";

/// The word on the chip.
pub(crate) fn chip(lang: Lang, standing: Standing) -> &'static str {
    match standing {
        Standing::Idle => lang.idle(),
        Standing::Agent => lang.agent_runs(),
        Standing::Quiet => lang.quiet(),
        Standing::Silent => lang.no_sign_of_life(),
        Standing::You | Standing::Held => lang.you_have_it(),
        Standing::Asks => lang.asks_you(),
        Standing::Paused => lang.paused(),
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
        ProgressSource::Claimed => lang.says(&super::percent(lang, percent)),
        ProgressSource::Tasks { done, total } => {
            lang.tasks_done(u64::from(total), &done.to_string())
        }
    }
}

/// The leg a row is about: `CREATE`, or `PLAN → CREATE` while the baton is between two.
pub(crate) fn leg(status: &Summary) -> String {
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
pub(crate) fn leg_progress(lang: Lang, status: &Summary, now: Timestamp) -> String {
    match status.status {
        Status::Running if standing::waits_for_person(status) => {
            lang.waiting(&age::span(lang, now.millis_since(status.baton_since)))
        }
        Status::Running => progress(lang, status.progress, status.progress_source),
        Status::AwaitingReview => match standing::pending(status) {
            Some(pending) => outcome(lang, pending.decision).to_owned(),
            None => lang.handed_over().to_owned(),
        },
        Status::HandingOver => {
            let span = age::span(lang, now.millis_since(status.baton_since));
            if standing::held(status).is_some() {
                return lang.waiting(&span);
            }
            lang.on_its_way_for(&span)
        }
        Status::Completed => lang.accepted().to_owned(),
        Status::Idle | Status::Failed | Status::Cancelled => String::new(),
    }
}

/// The line under the title: the newest thing worth saying.
pub(crate) fn line(lang: Lang, status: &Summary, now: Timestamp) -> String {
    if let Some(paused) = status.paused {
        return lang.paused_for(&age::span(lang, now.millis_since(paused)));
    }
    let asks = status.question.as_ref();
    let asks = asks.filter(|_| status.status != Status::AwaitingReview);
    if let Some(question) = asks {
        return lang.asks(&quoted(lang, &question.text));
    }
    match status.status {
        Status::Running => match (standing::silence(status, now), &status.message) {
            (Some(silence), _) => silent_for(
                lang,
                status.progress,
                status.progress_source,
                silence.millis,
            ),
            (None, Some(message)) => quoted(lang, message),
            (None, None) => lang.nothing_reported().to_owned(),
        },
        Status::AwaitingReview => {
            if let Some(pending) = standing::pending(status) {
                return lang.undoable(outcome(lang, pending.decision));
            }
            let revision = status
                .handover
                .as_ref()
                .map_or(1, |handover| handover.revision);
            lang.ready(u64::from(revision))
        }
        Status::HandingOver => transit(lang, status),
        Status::Completed | Status::Failed | Status::Cancelled => ended(lang, status),
        Status::Idle => lang.not_started_yet().to_owned(),
    }
}

/// What a decision makes of a handover, in a word or two.
pub(crate) fn outcome(lang: Lang, decision: Verdict) -> &'static str {
    match decision {
        Verdict::Accept => lang.accepted(),
        Verdict::RequestChanges => lang.changes_requested(),
        Verdict::Stop => lang.stopped_here(),
    }
}

fn silent_for(lang: Lang, percent: u8, source: ProgressSource, silent: i64) -> String {
    let span = age::span(lang, silent);
    match source {
        ProgressSource::Unknown => lang.quiet_for(&span),
        ProgressSource::Claimed | ProgressSource::Tasks { .. } => {
            lang.last_said(&super::percent(lang, percent), &span)
        }
    }
}

fn transit(lang: Lang, status: &Summary) -> String {
    let said = match standing::prompt_of_decision(status) {
        None => lang.writing_prompt(),
        Some(prompt) if prompt.held.is_some() => held(lang, status),
        Some(prompt) if prompt.state < DeliveryState::Offered => lang.prompt_ready(),
        Some(_) => lang.prompt_sent(),
    };
    said.to_owned()
}

/// Why a prompt has not left.
pub(crate) fn held(lang: Lang, status: &Summary) -> &'static str {
    match standing::held(status) {
        Some(Held::Secrets) => lang.prompt_has_secret(),
        _ => lang.prompt_held(),
    }
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
    super::list(lang, &ways)
}

fn ended(lang: Lang, status: &Summary) -> String {
    let run = status
        .phases
        .iter()
        .filter(|phase| phase.status != PhaseStatus::Pending)
        .count();
    let run = run as u64;
    let millis = status.baton_since.millis_since(status.started);
    if millis < 60_000 {
        lang.ended_quickly(run)
    } else {
        lang.ended_after(run, &age::span(lang, millis))
    }
}

/// The words under a leg's name. `held` is what is said about a prompt that has not left, or about a decision that can still
/// be taken back, if there is one.
pub(crate) fn leg_words(
    lang: Lang,
    phase: &Phase,
    next: bool,
    held: Option<&'static str>,
) -> String {
    let revised = |what: &str| match phase.revisions {
        ..=1 => what.to_owned(),
        more => lang.revisions(u64::from(more), what),
    };
    match phase.status {
        PhaseStatus::Pending if !next => String::new(),
        PhaseStatus::Pending => held.unwrap_or(lang.next_leg()).to_owned(),
        PhaseStatus::Running => progress(lang, phase.progress, phase.progress_source),
        PhaseStatus::HandedOver => revised(held.unwrap_or(lang.handed_over())),
        PhaseStatus::ChangesRequested => held.unwrap_or(lang.changes_requested()).to_owned(),
        PhaseStatus::Accepted => revised(lang.accepted()),
        PhaseStatus::Ended => lang.stopped_here().to_owned(),
    }
}

/// Who decided the reviews that waited, and how many these were; `still waiting` where nobody has.
pub(crate) fn wait(lang: Lang, reader: &str, wait: &ReviewWait) -> Option<String> {
    let who = match &wait.by {
        _ if wait.since.is_some() => return Some(lang.still_waits().to_owned()),
        None => return Some(lang.never_decided().to_owned()),
        Some(by) if by == reader => lang.waited_for_you().to_owned(),
        // Nobody waits for Staffel: another revision was accepted by the policy.
        Some(by) if *by == domain::Actor::system().name => lang.waited_until_policy().to_owned(),
        Some(by) => lang.waited_for(by),
    };
    let reviews = u64::from(wait.reviews);
    Some(if reviews > 1 {
        lang.waited_reviews(reviews, &who)
    } else {
        who
    })
}

/// How long it was all together, and how much of the run.
pub(crate) fn waited(lang: Lang, waited: i64, run: i64) -> String {
    let run_or_one = run.max(1);
    let of_run = waited.saturating_mul(100).saturating_add(run_or_one / 2) / run_or_one;
    let of_run = of_run.clamp(0, 100);
    let (span, run) = (age::short_span(lang, waited), age::short_span(lang, run));
    let part = super::percent(lang, u8::try_from(of_run).unwrap_or(100));
    lang.waited_of_run(&part, &run, &span)
}

/// How long a leg took, or has taken so far.
pub(crate) fn leg_time(lang: Lang, phase: &Phase, now: Timestamp) -> String {
    phase.started.map_or_else(String::new, |started| {
        age::short_span(lang, phase.ended.unwrap_or(now).millis_since(started))
    })
}

/// The name of a track; the one that nobody named has one in every language.
pub(crate) fn track(lang: Lang, name: &str) -> &str {
    match name {
        DEFAULT_TRACK => lang.tasks(),
        name => name,
    }
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
    lang.done_of(&tasks.len().to_string(), &done.to_string())
}

/// The way of a prompt, as people call it.
pub(crate) fn via(lang: Lang, via: Via) -> &'static str {
    match via {
        Via::Stream => lang.via_stream(),
        Via::Wait => lang.via_wait(),
        Via::Hook => lang.via_hook(),
        Via::Pull => lang.via_pull(),
        Via::McpPrompt => "/next_phase",
        Via::Report => lang.via_report(),
        Via::File => lang.via_file(),
        Via::Copy => lang.via_copy(),
        Via::Cursor => "Cursor",
        Via::VsCode => "VS Code",
        Via::ClaudeCode => "Claude Code",
        Via::ClaudeDesktop => "Claude Desktop",
    }
}

/// The name of the writer; the built-in template has one in every language.
pub(crate) fn writer_name(lang: Lang, name: &str) -> &str {
    match name {
        BUILT_IN => lang.template(),
        name => name,
    }
}

/// Who wrote a version of a prompt: `template`, `gpt-5`, `yours`, `by Anna`.
pub(crate) fn written_by(lang: Lang, reader: &str, writer: &Writer) -> String {
    match writer.kind {
        WriterKind::Person if writer.name == reader => lang.yours().to_owned(),
        WriterKind::Person => lang.by_person(&writer.name),
        WriterKind::Model | WriterKind::Template | WriterKind::Unknown => {
            writer_name(lang, &writer.name).to_owned()
        }
    }
}

/// Why that one wrote the prompt. The server says it in English, so its kind is recognised here; words
/// that are not known are told as they came.
pub(crate) fn why(lang: Lang, writer: &Writer) -> Option<String> {
    let why = writer.why.as_deref()?;
    // Both may be said: why no model wrote, and what was wrong with the user's own template.
    let (model, own) = match why.split_once("; ") {
        Some((model, own)) => (model, own.split_once(" failed: ").map(|(_, error)| error)),
        None => (why, None),
    };
    let model = match model.split_once(" did not write: ") {
        Some((name, error)) => Some(lang.why_model_failed(error, name)),
        None if model == "no model is configured" => {
            (writer.name == BUILT_IN).then(|| lang.why_template().to_owned())
        }
        None => Some(model.to_owned()),
    };
    let own = own.map(|error| lang.why_own_template_failed(error));
    let said: Vec<_> = model.into_iter().chain(own).collect();
    (!said.is_empty()).then(|| said.join(". "))
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
            (62, tasks(8, 13), "8 of 13 tasks", "8 von 13 Aufgaben"),
            (0, tasks(0, 1), "0 of 1 task", "0 von 1 Aufgabe"),
            (
                80,
                ProgressSource::Claimed,
                "says 80%",
                "laut Agent 80\u{202f}%",
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
    fn a_track_that_nobody_named_has_a_name_in_every_language() {
        assert_eq!(track(Lang::En, "Tasks"), "Tasks");
        assert_eq!(track(Lang::De, "Tasks"), "Aufgaben");
        assert_eq!(track(Lang::De, "Gateway"), "Gateway");
    }

    #[test]
    fn silence_says_what_was_said_last() {
        for (percent, source, millis, en, de) in [
            (
                80,
                ProgressSource::Claimed,
                14 * 60_000,
                "last said 80%, quiet for 14 min",
                "zuletzt 80\u{202f}%, seit 14 Min. still",
            ),
            (
                0,
                ProgressSource::Unknown,
                180_000,
                "quiet for 3 min",
                "seit 3 Min. still",
            ),
        ] {
            assert_eq!(silent_for(Lang::En, percent, source, millis), en);
            assert_eq!(silent_for(Lang::De, percent, source, millis), de);
        }
    }

    #[test]
    fn why_the_template_wrote_is_said_in_the_language_of_the_board() {
        let writer = |name: &str, why: &str| Writer {
            kind: domain::WriterKind::Template,
            name: name.to_owned(),
            why: Some(why.to_owned()),
            took_ms: 0,
        };
        let said = |name, why| super::why(Lang::De, &writer(name, why));
        assert_eq!(
            said(BUILT_IN, "no model is configured").as_deref(),
            Some("Aus der eingebauten Vorlage: Es ist kein Modell eingerichtet")
        );
        // Somebody set up a template of their own and no model: there is nothing to explain.
        assert_eq!(said("mine.md", "no model is configured"), None);
        assert_eq!(
            said(
                BUILT_IN,
                "gpt-5 did not write: no answer within 30 seconds; mine.md failed: line 3"
            )
            .as_deref(),
            Some(
                "gpt-5 hat nicht geantwortet, daher die Vorlage: no answer within 30 seconds. \
                 Deine eigene Vorlage war nicht zu gebrauchen: line 3"
            )
        );
        assert_eq!(
            said(BUILT_IN, "of tomorrow").as_deref(),
            Some("of tomorrow")
        );
    }
}
