//! Archives pipelines that ended long ago, where the settings say after how long.

use std::time::Duration;

use domain::{Actor, Command, Timestamp};
use tokio::time::{MissedTickBehavior, interval};

use crate::relay::{Relay, RelayError, now};

/// How often is looked for pipelines that are due. The setting counts days.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// Pipelines that are archived in one go: between two goes others have their turn.
const AT_ONCE: usize = 100;

/// Archives what ended more than `age` ago, for as long as the server runs.
pub async fn run(relay: Relay, age: Duration) {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = archive(&relay, age).await {
            tracing::warn!(%error, "old pipelines could not be archived: {error}");
        }
    }
}

async fn archive(relay: &Relay, age: Duration) -> Result<(), RelayError> {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp::from_millis(now().millis().saturating_sub(age));
    let mut last = Vec::new();
    loop {
        let due = relay.ended_before(before, AT_ONCE).await?;
        if due == last {
            // What was archived could not be stored in the list yet; the next look finds out.
            return Ok(());
        }
        for id in &due {
            match relay
                .execute(id, &Command::Archive, &Actor::system(), None)
                .await
            {
                // It may have been archived or removed by somebody else meanwhile.
                Ok(_) | Err(RelayError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if due.len() < AT_ONCE {
            return Ok(());
        }
        // The next page is read from what is stored.
        relay.store_derived().await;
        last = due;
    }
}
