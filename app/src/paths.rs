//! Every address the board uses, in one place.

use std::sync::OnceLock;

use domain::{DocumentHash, HandoverId, PhaseName, PipelineId, PromptId};

use crate::lists::List;

static BASE: OnceLock<String> = OnceLock::new();

/// What stands before every path: nothing, or `/staffel` where a proxy has the board under a sub-path.
pub fn base() -> &'static str {
    BASE.get().map_or("", String::as_str)
}

/// Says where the board is: on the server from its settings, in the browser from the page. The first word counts.
pub fn set_base(base: &str) {
    let _ = BASE.set(base.to_owned());
}

/// All pipelines.
pub fn overview() -> String {
    format!("{}/", base())
}

/// Whether the server can work.
pub(crate) fn health() -> String {
    format!("{}/health", base())
}

/// One list of the overview.
pub(crate) fn list(list: List) -> String {
    match list {
        List::Open => overview(),
        List::Ended => format!("{}/ended", base()),
        List::Archived => format!("{}/archived", base()),
    }
}

/// The agents, and how to connect one.
pub fn agents() -> String {
    format!("{}/agents", base())
}

/// Where a person signs in.
pub fn sign_in_page() -> String {
    format!("{}/sign-in", base())
}

/// Where a person signs in, with the code of a link.
pub fn sign_in(code: &str) -> String {
    format!("{}/sign-in#code={code}", base())
}

/// A path without what stands before every path. Another one that only begins with the same letters stays as it is.
pub(crate) fn without_base(path: &str) -> &str {
    let rest = path.strip_prefix(base());
    rest.filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .unwrap_or(path)
}

/// The page of the people.
pub(crate) fn people_page() -> String {
    format!("{}/people", base())
}

/// Everybody, or one of them; `me` is whoever asks.
pub(crate) fn people(person: &str) -> String {
    format!("{}/api/people{person}", base())
}

/// What the audit says before the line with this number, or at last.
pub(crate) fn audit(before: Option<u64>) -> String {
    let before = before.map_or_else(String::new, |before| format!("?before={before}"));
    format!("{}/api/audit{before}", base())
}

/// The whole audit as a file.
pub(crate) fn audit_file() -> String {
    format!("{}/api/audit/export", base())
}

/// Where it is confirmed that the person is there.
pub(crate) fn confirmation() -> String {
    format!("{}/api/session/confirmation", base())
}

/// Who is signed in.
pub(crate) fn session() -> String {
    format!("{}/api/session", base())
}

/// One pipeline.
pub fn pipeline(id: &PipelineId) -> String {
    format!("{}/pipelines/{id}", base())
}

/// The page of a revision of a handover.
pub fn handover_page(handover: &HandoverId, revision: u32) -> String {
    let pipeline = handover.pipeline();
    format!(
        "{}/pipelines/{pipeline}/handovers/{handover}/{revision}",
        base()
    )
}

/// The page of a prompt.
pub fn prompt_page(prompt: &PromptId) -> String {
    let pipeline = prompt.pipeline();
    format!("{}/pipelines/{pipeline}/prompts/{prompt}", base())
}

/// The live connection, resumed after the event with this id.
pub(crate) fn sse(last_event_id: &str) -> String {
    format!("{}/sse?last_event_id={last_event_id}", base())
}

/// A page of pipelines; `query` says of which list, and where the page begins.
pub(crate) fn pipelines(query: &str) -> String {
    format!("{}/api/pipelines?{query}", base())
}

/// A file beside a handover.
pub fn attachment(pipeline: &PipelineId, hash: &DocumentHash) -> String {
    format!("{}/api/pipelines/{pipeline}/attachments/{hash}", base())
}

/// Where pipelines are archived, or brought back.
pub(crate) fn archive(back: bool) -> String {
    let what = if back { "unarchive" } else { "archive" };
    format!("{}/api/pipelines/{what}", base())
}

/// A pipeline with everything but its texts.
pub(crate) fn detail(pipeline: &PipelineId) -> String {
    format!("{}/api/pipelines/{pipeline}", base())
}

/// Where the question with this id is answered. The id begins with that of its pipeline.
pub(crate) fn answer(question: &str) -> String {
    let pipeline = question.split('-').next().unwrap_or_default();
    format!(
        "{}/api/pipelines/{pipeline}/questions/{question}/answer",
        base()
    )
}

/// Where an agent at work is told something.
pub(crate) fn notes(pipeline: &PipelineId) -> String {
    format!("{}/api/pipelines/{pipeline}/notes", base())
}

/// A revision of a handover with its text.
pub(crate) fn handover(handover: &HandoverId, revision: u32) -> String {
    let pipeline = handover.pipeline();
    format!(
        "{}/api/pipelines/{pipeline}/handovers/{handover}?revision={revision}",
        base()
    )
}

/// What one revision of a handover has that an earlier one has not.
pub(crate) fn changes(handover: &HandoverId, from: u32, to: u32) -> String {
    let pipeline = handover.pipeline();
    format!(
        "{}/api/pipelines/{pipeline}/handovers/{handover}/changes?from={from}&to={to}",
        base()
    )
}

/// Where a person's decision goes.
pub(crate) fn decision(handover: &HandoverId) -> String {
    let pipeline = handover.pipeline();
    format!(
        "{}/api/pipelines/{pipeline}/handovers/{handover}/decision",
        base()
    )
}

/// A prompt with its text.
pub(crate) fn prompt(pipeline: &PipelineId, prompt: &PromptId) -> String {
    format!("{}/api/pipelines/{pipeline}/prompts/{prompt}", base())
}

/// What can write a prompt.
pub(crate) fn prompt_writers() -> String {
    format!("{}/api/prompt-writers", base())
}

/// Which prompts people look at before they leave.
pub(crate) fn held_phases(pipeline: &PipelineId) -> String {
    format!("{}/api/pipelines/{pipeline}/held-phases", base())
}

/// Where it is said how the handover of a phase is accepted.
pub(crate) fn policy(pipeline: &PipelineId, phase: &PhaseName) -> String {
    format!("{}/api/pipelines/{pipeline}/phases/{phase}/policy", base())
}

/// Where it is noted that a person offered a prompt.
pub(crate) fn offers(pipeline: &PipelineId, prompt: &PromptId) -> String {
    format!(
        "{}/api/pipelines/{pipeline}/prompts/{prompt}/offers",
        base()
    )
}

/// All events of a pipeline.
pub(crate) fn events(pipeline: &PipelineId) -> String {
    format!("{}/api/pipelines/{pipeline}/events?after=0", base())
}

/// The address agents connect to.
pub fn mcp(origin: &str) -> String {
    format!("{origin}{}/mcp", base())
}

/// A file of `style/assets`.
pub fn asset(name: &str) -> String {
    format!("{}/{name}", base())
}
