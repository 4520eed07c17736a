//! What is derived from the facts: rows for lists and search, and states to begin a fold with.

use std::{fmt, str::FromStr};

use domain::{DocumentHash, PipelineId};
use protocol::MatchIn;

/// What is derived from the facts up to a position.
#[derive(Debug, Default)]
pub struct Derived {
    /// The position after which everything is here.
    pub after: u64,
    /// The position up to which everything is here.
    pub position: u64,
    /// A row for every pipeline that changed.
    pub summaries: Vec<SummaryRow>,
    /// States to begin a fold with.
    pub snapshots: Vec<Snapshot>,
    /// Texts that a search finds.
    pub texts: Vec<SearchText>,
    /// No state before this position is asked for any more, but for the newest of each pipeline.
    pub oldest_asked: u64,
}

/// A pipeline as lists know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The journal position of its newest event.
    pub position: u64,
    /// Its project.
    pub project: String,
    /// In which list it is.
    pub state: ListState,
    /// Whether a person has to decide.
    pub awaiting_review: bool,
    /// Its place in that list: the smallest comes first.
    pub sort_key: i64,
    /// When it ended, in Unix milliseconds; 0 while it is open.
    pub ended: i64,
    /// The summary as JSON.
    pub json: String,
}

/// The lists of pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListState {
    /// Not ended.
    Open,
    /// Ended, not archived.
    Ended,
    /// Archived.
    Archived,
}

impl ListState {
    /// Its name in addresses and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Archived => "archived",
        }
    }
}

/// A state to begin a fold with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The number of its newest event.
    pub revision: u64,
    /// The journal position of that event.
    pub position: u64,
    /// [`domain::Pipeline`] as JSON.
    pub json: String,
}

/// A text that a search finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    /// The pipeline it belongs to.
    pub pipeline: PipelineId,
    /// The journal position of its event.
    pub position: u64,
    /// What it is.
    pub found_in: MatchIn,
    /// The text, or where it is.
    pub place: Place,
}

/// Where a text that a search finds is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Here. A newer one of the same kind does not replace it, but for [`MatchIn::Title`].
    Text(String),
    /// In the document with this hash.
    Document(DocumentHash),
}

/// Which summaries are asked for.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// From which list; all of them where it is left out.
    pub state: Option<ListState>,
    /// Of which project.
    pub project: Option<String>,
    /// Words that all have to be found.
    pub words: Vec<String>,
    /// Only rows whose sort key is smaller than this one.
    pub keys_below: Option<i64>,
    /// Where the page begins.
    pub cursor: Option<ListCursor>,
    /// Most summaries.
    pub limit: usize,
}

/// A page of summaries.
#[derive(Debug, Default)]
pub struct Listed {
    /// The summaries as JSON.
    pub summaries: Vec<String>,
    /// Where words were found.
    pub found: Vec<Found>,
    /// Where the next page begins.
    pub next: Option<ListCursor>,
}

/// Where words were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// In what.
    pub found_in: MatchIn,
    /// The text in which the words are, up to some tens of kilobytes.
    pub text: String,
}

/// Where a page of a list begins: after the row with this key and pipeline. As text: `<key>.<pipeline>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCursor {
    /// The sort key of the last row of the page before; for a search, the place of its last match.
    pub key: i64,
    /// The pipeline of that row.
    pub pipeline: PipelineId,
}

impl fmt::Display for ListCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key, self.pipeline)
    }
}

/// A text that is not a cursor of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCursor;

impl FromStr for ListCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (key, pipeline) = text.split_once('.').ok_or(InvalidCursor)?;
        Ok(Self {
            key: key.parse().map_err(|_| InvalidCursor)?,
            pipeline: pipeline.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

/// What a match is in, as tables have it.
pub fn name(found_in: MatchIn) -> &'static str {
    match found_in {
        MatchIn::Title => "title",
        MatchIn::Message => "message",
        MatchIn::Handover => "handover",
        MatchIn::Prompt => "prompt",
    }
}

/// What tables call a match.
pub fn found_in(name: &str) -> MatchIn {
    match name {
        "title" => MatchIn::Title,
        "handover" => MatchIn::Handover,
        "prompt" => MatchIn::Prompt,
        _ => MatchIn::Message,
    }
}
