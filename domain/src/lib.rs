//! The rules of the relay, and nothing else.
//!
//! A [`Command`] comes in with an [`Actor`]; [`decide()`] answers with [`Changes`] or a [`Refusal`];
//! [`Pipeline::apply`] folds recorded events into the state. Texts are named by their content ([`Document`]) and
//! lie beside events and state, which hold a [`DocumentRef`].
//! This crate does no I/O and reads no clock: time, ids and the actor are arguments, so that every
//! rule can be tested in microseconds and runs the same on a server and in a browser.

mod actor;
mod archive;
mod baton;
mod command;
mod decide;
mod document;
mod event;
mod gaps;
mod handover;
mod id;
mod invisible;
pub mod limits;
mod log;
mod phase;
mod pipeline;
mod prompt;
mod refusal;
mod tasks;
pub mod text;
mod time;
mod track;
mod version;

pub use actor::{Actor, ActorKind};
pub use baton::Baton;
pub use command::{Command, Outcome, Start, TaskReport, TrackPlan};
pub use decide::{Changes, decide, decide_start};
pub use document::{Document, DocumentHash, DocumentRef, InvalidHash};
pub use event::{Event, Recorded};
pub use gaps::Gaps;
pub use handover::{Decision, Handover, Revision, Verdict};
pub use id::{HandoverId, InvalidId, PipelineId, PromptId};
pub use log::{Entry, What};
pub use phase::{DEFAULT_PHASES, Phase, PhaseName, PhaseStatus, ProgressSource};
pub use pipeline::{Pipeline, Status};
pub use prompt::{Delivery, DeliveryState, Language, Prompt, Purpose, Via, Writer, WriterKind};
pub use refusal::{Reason, Refusal};
pub use time::Timestamp;
pub use track::{Task, TaskPlan, TaskStatus, Track};
pub use version::Version;
