//! Handovers and prompts with their texts.

use domain::{Handover, Pipeline, Prompt, Revision};
use protocol::{HandoverRef, HandoverView, Link, PromptRef, PromptView, beginning};

use crate::handoff;

/// Longest text in an event of the stream, in bytes. Longer ones are fetched by those who read them.
pub const STREAMED_MAX: usize = 64 * 1024;
/// What the stream shows of a longer text, in bytes.
const BEGINNING: usize = 4 * 1024;

/// A revision of a handover with its whole text.
pub fn handover_view(
    pipeline: &Pipeline,
    handover: &Handover,
    revision: &Revision,
    text: &str,
) -> HandoverView {
    HandoverView {
        pipeline: pipeline.id.clone(),
        title: pipeline.title.clone(),
        about: HandoverRef::whole(handover, revision),
        content: text.to_owned(),
        content_url: None,
        html: None,
        rendering: None,
        secrets: Vec::new(),
        recap: None,
        earlier: None,
        policy: None,
        hit: Vec::new(),
        may_accept: None,
        placeholders: Vec::new(),
        not_attached: Vec::new(),
        comments: Vec::new(),
    }
}

/// A revision of a handover as the stream sends it.
pub fn streamed_handover(
    pipeline: &Pipeline,
    handover: &Handover,
    revision: &Revision,
    text: &str,
) -> HandoverView {
    let (content, cut) = streamed(text);
    let content_url = cut.then(|| {
        format!(
            "{}/api/pipelines/{}/handovers/{}?revision={}",
            app::paths::base(),
            pipeline.id,
            handover.id,
            revision.number
        )
    });
    HandoverView {
        content_url,
        ..handover_view(pipeline, handover, revision, content)
    }
}

/// A prompt with its whole text and its ways into assistants.
pub fn prompt_view(pipeline: &Pipeline, prompt: &Prompt, text: &str) -> PromptView {
    PromptView {
        pipeline: pipeline.id.clone(),
        about: PromptRef::whole(prompt),
        prompt: text.to_owned(),
        content_url: None,
        links: links_of(pipeline, prompt, text),
        secrets: Vec::new(),
    }
}

/// A prompt as the stream sends it.
pub fn streamed_prompt(pipeline: &Pipeline, prompt: &Prompt, text: &str) -> PromptView {
    let (content, cut) = streamed(text);
    let content_url = cut.then(|| {
        format!(
            "{}/api/pipelines/{}/prompts/{}",
            app::paths::base(),
            pipeline.id,
            prompt.id
        )
    });
    PromptView {
        pipeline: pipeline.id.clone(),
        about: PromptRef::whole(prompt),
        prompt: content.to_owned(),
        content_url,
        links: links_of(pipeline, prompt, text),
        secrets: Vec::new(),
    }
}

/// A prompt that waits for a person has none: a link would take it along.
fn links_of(pipeline: &Pipeline, prompt: &Prompt, text: &str) -> Vec<Link> {
    if prompt.held.is_some() {
        return Vec::new();
    }
    handoff::links(&pipeline.id, text)
}

fn streamed(text: &str) -> (&str, bool) {
    if text.len() <= STREAMED_MAX {
        (text, false)
    } else {
        (beginning(text, BEGINNING), true)
    }
}
