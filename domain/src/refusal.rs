//! Why a command is refused, and what to do instead.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::PipelineId;

/// Why a command is refused, in words that an agent or a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// The kind, for programs.
    pub reason: Reason,
    /// What was wrong, naming the thing and the value.
    pub what: String,
    /// What is allowed now.
    pub allowed: String,
    /// What to do next.
    pub next: String,
}

/// The kind of a refusal. A kind exists only where a caller acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A value is outside what is allowed.
    Invalid,
    /// A document or field is too long.
    TooLarge,
    /// There is no such pipeline, handover or prompt.
    NotFound,
    /// The named phase is not the one that runs.
    WrongPhase,
    /// Somebody else has the baton.
    NotYourTurn,
    /// The handover revision has its decision.
    AlreadyDecided,
    /// A newer revision exists.
    StaleRevision,
    /// Comments are left about which something is to be done.
    Unsettled,
    /// An agent tried to decide.
    OnlyPeopleDecide,
    /// The pipeline has ended.
    Ended,
    /// The token of the agent does not allow it, or the name belongs to another.
    NotPermitted,
}

impl Refusal {
    /// A refusal of this kind.
    pub fn new(
        reason: Reason,
        what: impl Into<String>,
        allowed: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            reason,
            what: what.into(),
            allowed: allowed.into(),
            next: next.into(),
        }
    }

    /// There is no handover or prompt of this id.
    pub(crate) fn not_found(kind: &str, id: &str, pipeline: &PipelineId, known: &[String]) -> Self {
        let allowed = if known.is_empty() {
            format!("the pipeline has no {kind} yet.")
        } else {
            format!("{}.", known.join(", "))
        };
        Self::new(
            Reason::NotFound,
            format!("There is no {kind} {id}."),
            allowed,
            format!("Call get_pipeline_status with pipeline={pipeline}."),
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} Allowed: {} Next: {}",
            self.what, self.allowed, self.next
        )
    }
}

impl std::error::Error for Refusal {}
