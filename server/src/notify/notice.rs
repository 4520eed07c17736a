//! What a notice says.

use domain::{
    Event, HandoverId, Language, Outcome, Pipeline, PipelineId, QuestionId, Recorded, Timestamp,
    WireHit, text,
};
use protocol::Summary;
use serde::{Deserialize, Serialize};

use super::{
    Kind,
    overdue::{Overdue, Patience, awaited},
    wires,
};

/// Whether anybody may want to know of an event: most are reports.
pub fn is_told(event: &Event) -> bool {
    matches!(
        event,
        Event::HandoverSubmitted { .. }
            | Event::HandoverRevised { .. }
            | Event::QuestionAsked { .. }
            | Event::PipelineCompleted { .. }
            | Event::PipelineFailed { .. }
            | Event::PipelineCancelled { .. }
    )
}

/// Whether an event answers or replaces what people were told about.
pub fn takes_back(event: &Event) -> bool {
    matches!(
        event,
        Event::HandoverAccepted { .. }
            | Event::HandoverAcceptedByPolicy { .. }
            | Event::ChangesRequested { .. }
            | Event::HandoverStopped { .. }
            | Event::HandoverRevised { .. }
            | Event::QuestionAnswered { .. }
    )
}

/// What is told about one event. This is also what the shape `json` sends: fields are added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub event: Kind,
    /// The pipeline; nothing in a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineId>,
    /// The project.
    pub project: String,
    /// The title of the pipeline.
    pub title: String,
    /// The phase that ends with the handover, or in which the pipeline ended.
    pub phase: String,
    /// The handover that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<HandoverId>,
    /// Which revision of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// The question that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<QuestionId>,
    /// How the pipeline ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The agent that acted last, where it is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Since when nothing has happened, where something is late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Whether the prompt waits for a person to send it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// The trip-wires that kept the policy of the phase from accepting the handover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hit: Vec<WireHit>,
    /// One line: of the handover, of the agent, or with which the pipeline ended. May be empty.
    pub summary: String,
    /// Where the board shows it.
    pub url: String,
    /// When it happened.
    pub at: Timestamp,
    /// The language of the pipeline.
    #[serde(default)]
    pub language: Language,
}

impl Notice {
    /// What is told about an event, if anything. `pipeline` is its state after the event or later, `board` the address of
    /// the board.
    pub fn of(pipeline: &Pipeline, recorded: &Recorded, board: &str) -> Option<Self> {
        let plain = |event, phase: &str, summary: &str| Self {
            phase: phase.to_owned(),
            summary: summary.to_owned(),
            ..Self::about(pipeline, event, recorded.at, board)
        };
        let waiting = |id: &HandoverId, revision, summary: &str| {
            let handover = pipeline.handover(id)?;
            let phase = handover.phase.as_str();
            Some(Self {
                hit: handover.current().hit.clone(),
                handover: Some(id.clone()),
                revision: Some(revision),
                ..plain(Kind::HandoverWaiting, phase, summary)
            })
        };
        let ended = |outcome, message: Option<&str>| {
            let phase = pipeline.phase().name.as_str();
            Some(Self {
                outcome: Some(outcome),
                ..plain(Kind::PipelineEnded, phase, message.unwrap_or_default())
            })
        };
        match &recorded.event {
            Event::HandoverSubmitted {
                handover, summary, ..
            } => waiting(handover, 1, summary),
            Event::HandoverRevised {
                handover,
                revision,
                summary,
                ..
            } => waiting(handover, *revision, summary),
            Event::QuestionAsked {
                question,
                phase,
                asked,
            } => Some(Self {
                question: Some(question.clone()),
                ..plain(
                    Kind::QuestionWaiting,
                    phase.as_str(),
                    &text::summary_of(&asked.question),
                )
            }),
            Event::PipelineCompleted { message } => ended(Outcome::Completed, message.as_deref()),
            Event::PipelineFailed { message } => ended(Outcome::Failed, message.as_deref()),
            Event::PipelineCancelled { message } => ended(Outcome::Cancelled, message.as_deref()),
            _ => None,
        }
    }

    /// What is told when something is late.
    pub fn late(pipeline: &Pipeline, overdue: Overdue, board: &str) -> Self {
        Self {
            agent: pipeline.agent.clone(),
            since: Some(overdue.since),
            held: pipeline.held_prompt().is_some(),
            summary: pipeline.message.clone().unwrap_or_default(),
            ..Self::about(pipeline, overdue.kind, overdue.late, board)
        }
    }

    fn about(pipeline: &Pipeline, event: Kind, at: Timestamp, board: &str) -> Self {
        Self {
            event,
            pipeline: Some(pipeline.id.clone()),
            project: pipeline.project.clone(),
            title: pipeline.title.clone(),
            phase: pipeline.phase().name.to_string(),
            url: format!("{board}/pipelines/{}", pipeline.id),
            language: pipeline.language,
            summary: String::new(),
            ..Self::test(board, at)
        }
    }

    /// A notice that says only that it arrives.
    pub fn test(board: &str, at: Timestamp) -> Self {
        Self {
            event: Kind::Test,
            pipeline: None,
            project: "Staffel".to_owned(),
            title: "a test".to_owned(),
            phase: "TEST".to_owned(),
            handover: None,
            revision: None,
            question: None,
            outcome: None,
            agent: None,
            since: None,
            held: false,
            hit: Vec::new(),
            summary: "Notices of this Staffel arrive here.".to_owned(),
            url: board.to_owned(),
            at,
            language: Language::En,
        }
    }

    /// What takes the notice about a revision back.
    pub fn withdrawn(
        pipeline: &Pipeline,
        handover: &HandoverId,
        revision: u32,
        at: Timestamp,
        board: &str,
    ) -> Option<Self> {
        let phase = pipeline.handover(handover)?.phase.to_string();
        Some(Self {
            handover: Some(handover.clone()),
            revision: Some(revision),
            phase,
            ..Self::about(pipeline, Kind::Withdrawn, at, board)
        })
    }

    /// What takes the notice about a question back.
    pub fn answered(
        pipeline: &Pipeline,
        question: &QuestionId,
        at: Timestamp,
        board: &str,
    ) -> Self {
        Self {
            question: Some(question.clone()),
            ..Self::about(pipeline, Kind::Withdrawn, at, board)
        }
    }

    /// What tells it from other notices to the same receiver.
    pub fn id(&self) -> String {
        let gone = match self.event {
            Kind::Withdrawn => "gone:",
            _ => "",
        };
        if let (Some(handover), Some(revision)) = (&self.handover, self.revision) {
            return format!("{gone}handover:{handover}:{revision}");
        }
        if let Some(question) = &self.question {
            return format!("{gone}question:{question}");
        }
        let event = self.event.name();
        match (&self.pipeline, self.since) {
            (Some(pipeline), Some(since)) => format!("{event}:{pipeline}:{}", since.millis()),
            (Some(pipeline), None) => format!("{event}:{pipeline}"),
            (None, _) => event.to_owned(),
        }
    }

    /// Whether it still is news: a handover that was decided or replaced is none, nor is a silence that is over.
    pub fn is_news(&self, pipeline: &Pipeline) -> bool {
        if self.event == Kind::Withdrawn {
            return true;
        }
        if let (Some(id), Some(revision)) = (&self.handover, self.revision) {
            let open = pipeline.open_handover();
            return open.is_some_and(|open| open.id == *id && open.current().number == revision);
        }
        if let Some(id) = &self.question {
            return pipeline.open_questions().any(|question| question.id == *id);
        }
        let Some(since) = self.since else {
            return true;
        };
        self.held == pipeline.held_prompt().is_some()
            && awaited(&Summary::from(pipeline), Patience::default())
                .is_some_and(|awaited| awaited.kind == self.event && awaited.since == since)
    }

    /// What happened, in a few words.
    pub fn happened(&self) -> &'static str {
        match (self.event, self.outcome, self.language) {
            (Kind::HandoverWaiting, _, Language::En) => "A handover waits for you",
            (Kind::HandoverWaiting, _, Language::De) => "Eine Übergabe wartet auf dich",
            (Kind::QuestionWaiting, _, Language::En) => "An agent asks you",
            (Kind::QuestionWaiting, _, Language::De) => "Ein Agent fragt dich",
            (Kind::PipelineEnded, Some(Outcome::Failed), Language::En) => "Failed",
            (Kind::PipelineEnded, Some(Outcome::Failed), Language::De) => "Fehlgeschlagen",
            (Kind::PipelineEnded, Some(Outcome::Cancelled), Language::En) => "Stopped",
            (Kind::PipelineEnded, Some(Outcome::Cancelled), Language::De) => "Gestoppt",
            (Kind::PipelineEnded, _, Language::En) => "Completed",
            (Kind::PipelineEnded, _, Language::De) => "Abgeschlossen",
            (Kind::AgentSilent, _, Language::En) => "The agent does not respond",
            (Kind::AgentSilent, _, Language::De) => "Der Agent reagiert nicht",
            (Kind::PromptWaiting, _, Language::En) if self.held => {
                "A prompt waits for you to send it"
            }
            (Kind::PromptWaiting, _, Language::De) if self.held => {
                "Ein Prompt wartet darauf, dass du ihn sendest"
            }
            (Kind::PromptWaiting, _, Language::En) => "No agent has picked up the prompt",
            (Kind::PromptWaiting, _, Language::De) => "Kein Agent hat den Prompt abgeholt",
            (Kind::Test, ..) => "Test",
            (Kind::Withdrawn, _, Language::En) => "Done",
            (Kind::Withdrawn, _, Language::De) => "Erledigt",
        }
    }

    /// The notice that this one takes back.
    pub fn takes_back(&self) -> Option<String> {
        let id = self.id();
        id.strip_prefix("gone:").map(str::to_owned)
    }

    /// What notifications replace each other by, in a browser: also those of an open page (`app/src/actions/tell.rs`).
    pub fn tag(&self) -> String {
        match (&self.handover, self.revision) {
            (Some(handover), Some(revision)) => format!("{handover}-{revision}"),
            _ => match &self.question {
                Some(question) => question.to_string(),
                None => self.id(),
            },
        }
    }

    /// What messages replace each other by, on their way to a browser that is away.
    pub fn topic(&self) -> String {
        self.tag()
    }

    /// Where the board shows it, as a path.
    pub fn path(&self) -> String {
        match &self.pipeline {
            Some(pipeline) => format!("/pipelines/{pipeline}"),
            None => "/".to_owned(),
        }
    }

    /// The whole message as plain text, with the address of the board.
    pub fn plain(&self) -> String {
        let lines = [
            self.place(),
            self.why_for_you(),
            self.summary.clone(),
            String::new(),
            self.url.clone(),
        ];
        let lines = lines.iter().enumerate();
        // Only the empty line before the address is meant.
        let lines = lines.filter(|(index, line)| *index != 1 || !line.is_empty());
        let lines: Vec<_> = lines.map(|(_, line)| line.as_str()).collect();
        lines.join("\n")
    }

    /// Why the policy of the phase leaves it to a person; empty where it has no say.
    pub fn why_for_you(&self) -> String {
        wires::not_accepted(&self.hit, self.language)
    }

    /// Where it happened: project and phase.
    pub fn place(&self) -> String {
        format!("{} · {}", self.project, self.phase)
    }

    /// What a link to the board says.
    pub fn open(&self) -> &'static str {
        match self.language {
            Language::En => "Open the board",
            Language::De => "Board öffnen",
        }
    }
}
