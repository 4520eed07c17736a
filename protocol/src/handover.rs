//! Handovers as they leave the server.

use domain::{
    Actor, Comment, CommentState, Decision, DocumentHash, Evidence, Handover, HandoverId,
    PhaseName, PhasePolicy, Pipeline, PipelineId, Recap, Revision, Timestamp, Verdict, WireHit,
};
use serde::{Deserialize, Serialize};

use crate::{DiffLine, Secret, shorten};

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
    /// What a decision about this revision names as read, where it is more than the text: something is said beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<DocumentHash>,
    /// The length of that text in bytes.
    pub bytes: u64,
    /// The decision about this revision that its person can still take back. In a box: hardly any handover has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Box<PendingDecision>>,
    /// One line of it, cut.
    pub summary: String,
    /// Who wrote that revision.
    pub by: Actor,
    /// When that revision arrived.
    pub at: Timestamp,
    /// The first acceptance of this revision, where its phase needs two people, in the shape of a decision: it becomes one. Its
    /// note is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Box<Decision>>,
    /// The decision about that revision. Its note is cut; the whole is in the [`HandoverView`].
    pub decision: Option<Decision>,
}

impl HandoverRef {
    /// What a decision about this revision names as read.
    pub fn read(&self) -> DocumentHash {
        self.shown.unwrap_or(self.hash)
    }

    /// The newest revision of the newest handover, as a row shows it.
    pub fn newest(pipeline: &Pipeline) -> Option<Self> {
        let handover = pipeline.handovers.last()?;
        Some(Self {
            pending: pipeline.pending.as_deref().map(|pending| {
                Box::new(PendingDecision {
                    decision: pending.proposal.decision,
                    by: pending.by.clone(),
                    due: pending.due,
                })
            }),
            ..Self::of(handover, handover.current(), LINE_MAX)
        })
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
            shown: revision.recap.as_ref().map(|_| revision.shown()),
            bytes: revision.document.bytes,
            pending: None,
            summary: shorten(&revision.summary, LINE_MAX),
            by: revision.by.clone(),
            at: revision.at,
            approval: revision.approval.as_ref().map(|approval| {
                Box::new(Decision {
                    decision: Verdict::Accept,
                    note: shorten(&approval.note, note_max),
                    by: approval.by.clone(),
                    at: approval.at,
                    proof: approval.proof.clone(),
                    policy_by: None,
                })
            }),
            decision: revision.decision.as_ref().map(|decision| Decision {
                note: shorten(&decision.note, note_max),
                ..decision.clone()
            }),
        }
    }
}

/// A decision that its person can still take back. Nobody acts on it before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PendingDecision {
    /// The decision.
    pub decision: Verdict,
    /// Who decided.
    pub by: Actor,
    /// When it is carried out.
    pub due: Timestamp,
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
    /// What it says beside its text; over REST only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recap: Option<Recap>,
    /// The evidence of the newest revision before this one that had some, where this one has none; over REST only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<EarlierEvidence>,
    /// How a handover of its phase comes to its decision, where a person has set that; over REST only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PhasePolicy>,
    /// The trip-wires that kept the policy from accepting this revision; over REST only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hit: Vec<WireHit>,
    /// Who may accept it beside the reader, where its phase needs two people; over REST, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_accept: Option<Vec<String>>,
    /// What the writer forgot to fill in; over REST only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<Placeholder>,
    /// The names of the pictures that the text shows and that are not attached; over REST only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_attached: Vec<String>,
    /// The comments on this handover and those before it that are not settled, the oldest first; over REST only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CommentView>,
}

/// Evidence for a text that there is a newer one of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EarlierEvidence {
    /// The revision that it came with.
    pub revision: u32,
    /// What it was.
    pub evidence: Evidence,
}

/// Something that stands for what was to be written there, such as `[Goal 1]` or `{date}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Placeholder {
    /// It, as it stands there.
    pub text: String,
    /// The line of the source in which it stands, from 1.
    pub line: u32,
}

/// A comment, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CommentView {
    /// The comment.
    #[serde(flatten)]
    pub comment: Comment,
    /// Where it stands.
    pub state: CommentState,
}

impl From<&Comment> for CommentView {
    fn from(comment: &Comment) -> Self {
        Self {
            comment: comment.clone(),
            state: comment.state(),
        }
    }
}

/// What one revision of a handover has that an earlier one has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HandoverChanges {
    /// The revision that it is compared with.
    pub from: u32,
    /// The revision that is compared.
    pub to: u32,
    /// As it is read, block by block.
    pub blocks: Vec<DiffBlock>,
    /// As it is written, line by line. Long runs of equal lines are left out.
    pub lines: Vec<DiffLine>,
    /// Whether the texts are too long, or too different, to show every change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// A heading, paragraph, list, table or the like, as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DiffBlock {
    /// What became of it.
    pub change: BlockChange,
    /// Sanitised HTML; where it is changed, with `ins` and `del` around words.
    pub html: String,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockChange {
    /// It is in both.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Some words of it are other ones.
    Changed,
    /// Equal blocks that are not shown; `html` is how many.
    Skipped,
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
    /// The person who set the policy, where that decided and nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_by: Option<Actor>,
}
