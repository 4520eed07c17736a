//! What people are told about where they are, and how they wish it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What notices are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A handover waits for a person.
    HandoverWaiting,
    /// An agent asks a person.
    QuestionWaiting,
    /// A pipeline ended.
    PipelineEnded,
    /// An agent that should run says nothing.
    AgentSilent,
    /// No agent picks up the prompt of a decision.
    PromptWaiting,
    /// Somebody tries a way out.
    Test,
    /// What was told waits no longer. Only those who were told hear of it.
    Withdrawn,
}

impl NoticeKind {
    /// What settings and people can choose.
    pub const CHOICES: [Self; 5] = [
        Self::HandoverWaiting,
        Self::QuestionWaiting,
        Self::PipelineEnded,
        Self::AgentSilent,
        Self::PromptWaiting,
    ];

    /// Its name in settings and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::HandoverWaiting => "handover_waiting",
            Self::QuestionWaiting => "question_waiting",
            Self::PipelineEnded => "pipeline_ended",
            Self::AgentSilent => "agent_silent",
            Self::PromptWaiting => "prompt_waiting",
            Self::Test => "test",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What a person wants to be told, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// About what.
    pub events: BTreeSet<NoticeKind>,
    /// Of which projects; of all, where none are named.
    #[serde(default)]
    pub projects: BTreeSet<String>,
    /// After how many minutes a handover that still waits is told again; never where nothing is said.
    #[serde(default)]
    pub remind_minutes: Option<u32>,
    /// When nothing is told. What comes meanwhile is told at the end, if it still waits.
    #[serde(default)]
    pub quiet: Option<Quiet>,
    /// The address that gets e-mail.
    #[serde(default)]
    pub mail: Option<String>,
}

/// Hours in which nothing is told, every day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// From this minute of the day, where the person is.
    pub from: u16,
    /// To this one; earlier than `from` is the next day.
    pub to: u16,
    /// How many minutes the person's clock is ahead of UTC.
    pub offset: i16,
}

/// How one is told, and which ways there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Telling {
    /// What one wants to be told.
    pub wishes: Wishes,
    /// Whether this browser takes messages with the page closed.
    pub push: bool,
    /// The key with which a browser subscribes to messages, as base64url.
    pub push_key: Option<String>,
    /// Whether there is a mail server.
    pub mail: bool,
}

/// What came of trying a way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TriedOut {
    /// What the other side says.
    pub answer: String,
}

impl Default for Wishes {
    /// Whatever waits for somebody.
    fn default() -> Self {
        Self {
            events: [
                NoticeKind::HandoverWaiting,
                NoticeKind::QuestionWaiting,
                NoticeKind::AgentSilent,
                NoticeKind::PromptWaiting,
            ]
            .into(),
            projects: BTreeSet::new(),
            remind_minutes: None,
            quiet: None,
            mail: None,
        }
    }
}

impl Wishes {
    /// Whether the person is told about this.
    pub fn wants(&self, kind: NoticeKind, project: &str) -> bool {
        let here = self.projects.is_empty() || self.projects.contains(project);
        here && self.events.contains(&kind)
    }
}

impl Quiet {
    const DAY: i64 = 24 * 60;

    /// How many minutes it stays quiet after this one, counted from 1970; 0 where it is not.
    pub fn left(&self, minute: i64) -> i64 {
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        let now = (minute + i64::from(self.offset)).rem_euclid(Self::DAY);
        let length = (to - from).rem_euclid(Self::DAY);
        let passed = (now - from).rem_euclid(Self::DAY);
        if passed < length { length - passed } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight_and_follow_the_persons_clock() {
        let quiet = Quiet {
            from: 22 * 60,
            to: 7 * 60,
            offset: 60,
        };
        let at = |hour: i64, minute: i64| quiet.left(hour * 60 + minute);
        assert_eq!(at(20, 59), 0);
        assert_eq!(at(21, 0), 9 * 60);
        assert_eq!(at(23, 30), 6 * 60 + 30);
        assert_eq!(at(5, 59), 1);
        assert_eq!(at(6, 0), 0);
        let never = Quiet {
            from: 60,
            to: 60,
            offset: 0,
        };
        assert_eq!(never.left(60), 0);
    }
}
