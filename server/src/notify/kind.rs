//! The kinds of notices, as settings and JSON name them.

use serde::{Deserialize, Serialize};

/// What notices are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A handover waits for a person.
    HandoverWaiting,
    /// A pipeline ended.
    PipelineEnded,
    /// An agent that should run says nothing.
    AgentSilent,
    /// No agent picks up the prompt of a decision.
    PromptWaiting,
    /// Somebody tries a webhook out.
    Test,
}

impl Kind {
    /// What settings can choose.
    pub const CHOICES: [Self; 4] = [
        Self::HandoverWaiting,
        Self::PipelineEnded,
        Self::AgentSilent,
        Self::PromptWaiting,
    ];

    /// Its name in settings and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::HandoverWaiting => "handover_waiting",
            Self::PipelineEnded => "pipeline_ended",
            Self::AgentSilent => "agent_silent",
            Self::PromptWaiting => "prompt_waiting",
            Self::Test => "test",
        }
    }
}
