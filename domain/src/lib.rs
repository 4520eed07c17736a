//! The rules of the relay, and nothing else.
//!
//! A [`Command`] comes in with an [`Actor`]; [`decide()`] answers with [`Changes`] or a [`Refusal`];
//! [`Pipeline::apply`] folds recorded events into the state. Texts are named by their content ([`Document`]) and
//! lie beside events and state, which hold a [`DocumentRef`].
//! This crate does no I/O and reads no clock: time, ids and the actor are arguments, so that every
//! rule can be tested in microseconds and runs the same on a server and in a browser.
//!
//! `command`, `decide`, `event` and `pipeline` name what there is and hand it on. Each subject has a file where its types
//! stand beside the function that decides about a command and the method that applies the event: `start`, `phase`,
//! `progress`, `tasks`, `handover`, `recap`, `attachment`, `decision`, `pending`, `policy`, `wire`, `approval`, `comment`, `prompt`, `draft`, `delivery`, `question`, `note`, `session`, `activity`, `version`, `lifecycle` and `archive`. `baton`, `gaps`
//! and `log` follow from every event; `waits` is read from the state. What all of them need is in `text`, `invisible`, `limits` and `refusal`.

mod activity;
mod actor;
mod approval;
mod archive;
pub mod attachment;
mod baton;
mod command;
mod comment;
mod decide;
mod decision;
mod delivery;
mod document;
mod draft;
mod event;
mod gaps;
mod handover;
mod id;
mod invisible;
mod known;
mod language;
mod lifecycle;
pub mod limits;
mod log;
mod note;
mod pending;
mod phase;
mod phase_name;
mod pipeline;
mod policy;
mod progress;
mod prompt;
mod question;
mod recap;
mod refusal;
mod session;
mod start;
mod summary;
mod tasks;
pub mod text;
mod time;
mod version;
mod waits;
mod wire;

pub use activity::Activity;
pub use actor::{Actor, ActorKind};
pub use approval::Approval;
pub use attachment::{Attachment, Media};
pub use baton::Baton;
pub use command::Command;
pub use comment::{
    AnswerOutcome, Comment, CommentAnswer, CommentReply, CommentState, Insisted, NewComment,
    Passage, Review, Settled,
};
pub use decide::{Changes, decide, decide_in};
pub use decision::{Decision, Proof, Proposal, ProvenBy, Verdict};
pub use delivery::{Delivery, DeliveryState, Via};
pub use document::{Document, DocumentHash, DocumentRef, InvalidHash};
pub use draft::{Held, PromptVersion};
pub use event::{Event, Recorded};
pub use gaps::Gaps;
pub use handover::{Handover, Revision};
pub use id::{HandoverId, InvalidId, PipelineId, PromptId, QuestionId};
pub use language::Language;
pub use lifecycle::{Outcome, Status};
pub use log::{Entry, What};
pub use note::{Note, NoteKind, Receipt};
pub use pending::Pending;
pub use phase::{Phase, PhaseStatus};
pub use phase_name::{DEFAULT_PHASES, PhaseName};
pub use pipeline::Pipeline;
pub use policy::{
    Context, Deciders, NoDeciders, PhasePolicy, Policy, PolicyPlan, TextCheck, TripWires,
};
pub use progress::ProgressSource;
pub use prompt::{Prompt, Purpose, Writer, WriterKind};
pub use question::{Answered, Asked, FieldKind, Question, QuestionField, QuestionKind, Reply};
pub use recap::{Evidence, EvidenceLink, Recap, TestRun};
pub use refusal::{Reason, Refusal};
pub use session::Session;
pub use start::{Start, decide_start, decide_start_by};
pub use tasks::{Task, TaskPlan, TaskReport, TaskStatus, Track, TrackPlan};
pub use time::Timestamp;
pub use version::Version;
pub use waits::{ReviewWait, Reviewed, review_waits};
pub use wire::{Wire, WireHit};
