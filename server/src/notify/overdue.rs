//! What no event says: an agent is silent, a prompt lies there.

use std::time::Duration;

use domain::{Baton, Status, Timestamp};
use protocol::Summary;

use super::Kind;

/// After how long silence is told.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// No agent is told to be silent before this, and none before four times its usual time between two reports.
    pub agent: Duration,
    /// How long a decision may wait for an agent to pick its prompt up.
    pub prompt: Duration,
}

impl Default for Patience {
    /// As long as the board takes to say that an agent does not respond (`app/src/standing.rs`); a waiting agent
    /// picks a prompt up within seconds.
    fn default() -> Self {
        Self {
            agent: Duration::from_secs(15 * 60),
            prompt: Duration::from_secs(5 * 60),
        }
    }
}

/// Something that should have happened by now, or will be late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Overdue {
    /// What is told about it.
    pub kind: Kind,
    /// Since when nothing has happened.
    pub since: Timestamp,
    /// When it is late.
    pub late: Timestamp,
}

/// What is waited for in a pipeline, late or not. A person is waited for without a notice: the handover was one.
pub fn awaited(pipeline: &Summary, patience: Patience) -> Option<Overdue> {
    let (kind, since, after) = match pipeline.status {
        // Whoever is paused, or waits for an answer, has nothing to say.
        Status::Running if pipeline.baton == Baton::Agent => {
            let usual = Duration::from_millis(pipeline.usual_gap_ms).saturating_mul(4);
            // A phase that has just begun has had no time to speak.
            let heard = pipeline.last_sign_of_life.max(pipeline.baton_since);
            (Kind::AgentSilent, heard, usual.max(patience.agent))
        }
        Status::HandingOver => (Kind::PromptWaiting, pipeline.baton_since, patience.prompt),
        _ => return None,
    };
    Some(Overdue {
        kind,
        since,
        late: super::later(since, after),
    })
}

#[cfg(test)]
mod tests {
    use domain::{Actor, Event, Pipeline, PipelineId, Recorded};

    use super::*;

    const START: i64 = 1_800_000_000_000;

    fn recorded(position: u64, millis: i64, event: Event) -> Recorded {
        Recorded {
            position,
            pipeline: PipelineId::new(Timestamp::from_millis(START), 0),
            revision: position,
            at: Timestamp::from_millis(START + millis),
            actor: Actor::system(),
            key: None,
            event,
        }
    }

    fn minutes(overdue: Option<Overdue>) -> Option<(Kind, i64)> {
        let minutes = |time: Timestamp| (time.millis() - START) / 60_000;
        overdue.map(|overdue| (overdue.kind, minutes(overdue.late)))
    }

    #[test]
    fn an_agent_is_late_by_its_own_pace_and_a_prompt_by_minutes() {
        let event = serde_json::json!({
            "type": "PipelineStarted", "project": "p", "title": "t", "phases": ["PLAN"],
        });
        let event = serde_json::from_value(event).expect("an event");
        let mut pipeline = Pipeline::begin(&recorded(1, 0, event)).expect("a pipeline");
        let awaited = |pipeline: &Pipeline| {
            minutes(super::awaited(
                &Summary::from(pipeline),
                Patience::default(),
            ))
        };
        assert_eq!(awaited(&pipeline), None, "nothing has begun");
        let phase = pipeline.phase().name.clone();
        pipeline.apply(&recorded(2, 60_000, Event::PhaseStarted { phase }));
        assert_eq!(pipeline.status, Status::Running);
        assert_eq!(awaited(&pipeline), Some((Kind::AgentSilent, 16)));
        pipeline.usual_gap_ms = 60_000;
        assert_eq!(awaited(&pipeline), Some((Kind::AgentSilent, 16)));
        pipeline.usual_gap_ms = 10 * 60_000;
        assert_eq!(awaited(&pipeline), Some((Kind::AgentSilent, 41)));
        pipeline.status = Status::AwaitingReview;
        assert_eq!(awaited(&pipeline), None, "the handover itself was told");
        pipeline.status = Status::HandingOver;
        assert_eq!(awaited(&pipeline), Some((Kind::PromptWaiting, 6)));
    }
}
