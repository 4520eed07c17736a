//! Carries out decisions once the time in which their person can take them back is over.

use std::time::Duration;

use domain::{Command, PipelineId};

use crate::relay::{Relay, RelayError, now};

/// The pause after a failure, before the next try.
const RETRY: Duration = Duration::from_secs(1);

/// Carries out what is due, for as long as the server runs. What waited when it was stopped or killed is in the state, and is
/// due then.
pub async fn run(relay: Relay) {
    loop {
        let mut next = Duration::from_secs(3_600);
        for (id, due) in relay.pending_decisions() {
            let left = due.millis_since(now());
            if left > 0 {
                next = next.min(Duration::from_millis(left.unsigned_abs()));
                continue;
            }
            if let Err(error) = carry_out(&relay, &id).await {
                tracing::error!(pipeline = %id, %error, "the decision about pipeline {id} is not carried out yet: {error}");
                next = next.min(RETRY);
            }
        }
        tokio::select! {
            () = relay.decision_pending() => {}
            () = tokio::time::sleep(next) => {}
        }
    }
}

async fn carry_out(relay: &Relay, id: &PipelineId) -> Result<(), RelayError> {
    let pipeline = relay.pipeline(id).await?;
    let Some(pending) = pipeline.pending.as_deref() else {
        return Ok(());
    };
    let (handover, revision) = (pending.proposal.handover.clone(), pending.proposal.revision);
    let command = Command::CarryOut {
        handover: handover.clone(),
        revision,
    };
    match relay.execute(id, &command, &pending.by, None).await {
        // What the agent has said since stands in the way: the review is open again, and nothing was decided.
        Err(RelayError::Refused(why)) => {
            tracing::warn!(pipeline = %id, "a decision about {handover} could not be carried out, and is taken back: {why}");
            let command = Command::TakeBack { handover, revision };
            match relay.execute(id, &command, &pending.by, None).await {
                Ok(_) | Err(RelayError::Refused(_)) => Ok(()),
                Err(error) => Err(error),
            }
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}
