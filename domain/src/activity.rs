//! What a hook has seen an agent do, beside what the agent says of itself.

use serde::{Deserialize, Serialize};

use crate::{Event, Pipeline, Recorded, Refusal, Status, Timestamp, lifecycle};

/// So many of the newest are kept: a hook tells once a minute, and people look back some minutes.
const KEPT: usize = 10;

/// Tool calls that a hook has seen since it told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Activity {
    /// When it told.
    pub at: Timestamp,
    /// How many.
    pub calls: u32,
}

/// Decides about tool calls that were seen. No events means: nobody works on the pipeline just now.
pub(crate) fn see(pipeline: &Pipeline, calls: u32) -> Result<Vec<Event>, Refusal> {
    lifecycle::refuse_when_ended(pipeline)?;
    Ok(match pipeline.status {
        Status::Running if calls > 0 => vec![Event::ActivitySeen { calls }],
        _ => vec![],
    })
}

impl Pipeline {
    pub(crate) fn apply_activity(&mut self, recorded: &Recorded, calls: u32) {
        if self.activity.len() == KEPT {
            self.activity.remove(0);
        }
        self.activity.push(Activity {
            at: recorded.at,
            calls,
        });
    }
}
