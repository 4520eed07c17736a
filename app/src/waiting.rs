//! What waits for a person.

use domain::{HandoverId, PipelineId, QuestionId, Timestamp};
use protocol::Summary;

use crate::standing;

/// Something that waits for a person. A pipeline can have one of each kind at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// What waits there.
    pub awaited: Awaited,
    /// Since when.
    pub since: Timestamp,
}

/// What a person is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// To decide about the newest revision of a handover.
    Decision(HandoverId, u32),
    /// To answer a question, the first of so many.
    Answer(QuestionId, u32),
    /// To let an agent go on that a person has paused.
    GoOn,
    /// To send a prompt that was held.
    Send,
}

impl Waiting {
    /// What waits in this pipeline.
    pub fn of(summary: &Summary) -> Vec<Self> {
        let handover = standing::open_handover(summary)
            .map(|it| (Awaited::Decision(it.handover.clone(), it.revision), it.at));
        let question = summary.question.as_ref();
        let question = question.map(|it| (Awaited::Answer(it.question.clone(), it.open), it.at));
        let paused = summary.paused.map(|since| (Awaited::GoOn, since));
        let held = standing::held(summary).map(|_| (Awaited::Send, summary.baton_since));
        let all = [handover, question, paused, held].into_iter().flatten();
        let waiting = |(awaited, since)| Self {
            pipeline: summary.pipeline.clone(),
            awaited,
            since,
        };
        all.map(waiting).collect()
    }

    /// The handover that waits, with its revision; nothing where something else does.
    pub fn handover(&self) -> Option<(&HandoverId, u32)> {
        match &self.awaited {
            Awaited::Decision(handover, revision) => Some((handover, *revision)),
            Awaited::Answer(..) | Awaited::GoOn | Awaited::Send => None,
        }
    }

    /// What tells it from everything else that waits. Notifications about it replace each other by this, also those that
    /// the server sends (`server/src/notify/notice.rs`).
    pub fn key(&self) -> String {
        match &self.awaited {
            Awaited::Decision(handover, revision) => format!("{handover}-{revision}"),
            Awaited::Answer(question, _) => question.to_string(),
            Awaited::GoOn => format!("{}-paused", self.pipeline),
            Awaited::Send => format!("prompt_waiting:{}:{}", self.pipeline, self.since.millis()),
        }
    }
}
