//! Handovers as they leave the server.

use domain::{
    Actor, Decision, DocumentHash, Handover, HandoverId, PhaseName, PipelineId, Revision,
    Timestamp, Verdict,
};
use serde::{Deserialize, Serialize};

use crate::{Secret, shorten};

/// Longest line of text in a reference to a handover, in characters.
const LINE_MAX: usize = 160;
/// Longest note in the list of handovers of a [`crate::Detail`], in characters.
const NOTE_MAX: usize = 1_000;

/// A handover without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoverRef {
    /// The handover.
    pub handover: HandoverId,
    /// The phase it ends.
    pub phase: PhaseName,
    /// The phase it leads to.
    pub next_phase: Option<PhaseName>,
    /// The revision that this is about.
    pub revision: u32,
    /// The text of this revision.
    pub hash: DocumentHash,
    /// The length of that text in bytes.
    pub bytes: u64,
    /// One line of it, cut.
    pub summary: String,
    /// Who wrote that revision.
    pub by: Actor,
    /// When that revision arrived.
    pub at: Timestamp,
    /// The decision about that revision. Its note is cut; the whole is in the [`HandoverView`].
    pub decision: Option<Decision>,
}

impl HandoverRef {
    /// The newest revision, as a row shows it.
    pub fn short(handover: &Handover) -> Self {
        Self::of(handover, handover.current(), LINE_MAX)
    }

    /// A revision, as the list of handovers shows it.
    pub fn listed(handover: &Handover, revision: &Revision) -> Self {
        Self::of(handover, revision, NOTE_MAX)
    }

    /// A revision with its whole note.
    pub fn whole(handover: &Handover, revision: &Revision) -> Self {
        Self::of(handover, revision, usize::MAX)
    }

    fn of(handover: &Handover, revision: &Revision, note_max: usize) -> Self {
        Self {
            handover: handover.id.clone(),
            phase: handover.phase.clone(),
            next_phase: handover.next_phase.clone(),
            revision: revision.number,
            hash: revision.document.hash,
            bytes: revision.document.bytes,
            summary: shorten(&revision.summary, LINE_MAX),
            by: revision.by.clone(),
            at: revision.at,
            decision: revision.decision.as_ref().map(|decision| Decision {
                note: shorten(&decision.note, note_max),
                ..decision.clone()
            }),
        }
    }
}

/// A revision of a handover to be read. On the stream it has no `html`, and of a long text only the beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoverView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// What the board calls it.
    pub title: String,
    /// The handover without its text.
    #[serde(flatten)]
    pub about: HandoverRef,
    /// The text in Markdown; its beginning where `content_url` is there.
    pub content: String,
    /// Where the whole text is, when `content` is only its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_url: Option<String>,
    /// The text as sanitised HTML; over REST only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// What `html` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendering: Option<Rendering>,
    /// What in the text may be a secret; for people alone. Everybody else gets the text without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
}

/// How a text became HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rendering {
    /// As Markdown.
    Markdown,
    /// As its source: it is nested deeper than is rendered.
    TooDeep,
    /// As its source: rendering took too long or became too large.
    TooMuch,
}

/// A person decided about a handover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoverDecided {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The handover.
    pub handover: HandoverId,
    /// The revision that was read.
    pub revision: u32,
    /// The decision.
    pub decision: Verdict,
    /// Who decided.
    pub by: Actor,
    /// The review changes.
    pub note: String,
    /// When.
    pub at: Timestamp,
}
