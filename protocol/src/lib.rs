//! What crosses a wire: the shapes of SSE events and REST answers, shared by the server, the board and the
//! command line, so that each shape is written once.
//!
//! A pipeline leaves the server in three sizes. A [`Summary`] is what a row of the overview shows, and about
//! a kilobyte. A [`Detail`] adds what the page of one pipeline shows. A text (a [`HandoverView`] or a [`PromptView`])
//! is fetched by its own address.
//!
//! Beside them stands what processes of different age have to agree on: how a [`Token`] and an agent's name are written,
//! and where a server is that nobody configured.

mod agent_name;
mod agents;
mod asking;
mod audit;
mod detail;
mod event;
mod handover;
mod list;
mod notice;
mod people;
mod program;
mod prompt;
mod setup;
mod shorten;
mod summary;
mod token;

pub use agent_name::parse_name;
pub use agents::{AgentView, Agents, Scope};
pub use asking::{NoteView, QuestionRef, QuestionView};
pub use audit::{Audit, AuditEntry, Happened};
pub use detail::{Detail, DetailMore};
pub use event::{
    Changed, Heartbeat, PipelineStatus, Reset, ResetReason, Shutdown, Snapshot, TaskChange,
    VersionView, event_name,
};
pub use handover::{
    BlockChange, CommentView, DiffBlock, EarlierEvidence, HandoverChanges, HandoverDecided,
    HandoverRef, HandoverView, PendingDecision, Placeholder, Rendering,
};
pub use list::{Archive, Archived, Counts, Match, MatchIn, Page, Refused};
pub use notice::{NoticeKind, Quiet, Telling, TriedOut, Wishes};
pub use people::{
    Credentials, DeviceView, Devices, Me, PasskeyView, People, PersonView, PersonalTokenView, Role,
    Session, SignInLink,
};
pub use program::{DEFAULT_LISTEN, PROBE, VERSION};
pub use prompt::{
    ColdRead, DiffLine, LineChange, Link, ModelTest, PromptDelivery, PromptDiff, PromptRef,
    PromptView, PromptWriters, Secret, ShortForm,
};
pub use setup::Setup;
pub use shorten::{beginning, shorten};
pub use summary::{PhaseSummary, Summary, TaskCounts};
pub use token::{PersonalToken, Token, looks_like_token};
