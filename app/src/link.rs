//! The state of the live connection, and how long to wait before the next try.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// After so many failed tries in a row the board calls itself offline. It goes on trying.
const TRIES_BEFORE_OFFLINE: u32 = 5;
/// The bound of the first wait.
const FIRST_WAIT_MS: f64 = 1_000.0;
/// The bound of all later waits.
const LONGEST_WAIT_MS: f64 = 30_000.0;
/// A shorter interruption is not worth greying out the page.
const GRACE_MS: i64 = 2_000;

/// What connects the board to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Link {
    /// The page came with the true state; the first connection is being made.
    Connecting,
    /// Events arrive.
    Live,
    /// The connection broke.
    Lost(Lost),
}

/// A broken connection. All times are the server's, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lost {
    /// Since when nothing arrives.
    pub since: Timestamp,
    /// The number of the next try, from 1.
    pub attempt: u32,
    /// When the next try is due; `None` while it is being made.
    pub next_try: Option<Timestamp>,
    /// Whether the browser itself says that there is no network.
    pub no_network: bool,
}

impl Lost {
    /// Whether it has been tried often enough to call it offline.
    pub fn is_offline(&self) -> bool {
        self.no_network || self.attempt > TRIES_BEFORE_OFFLINE
    }

    /// Whole seconds until the next try.
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        self.next_try
            .map_or(0, |at| (at.millis_since(now) + 999) / 1_000)
    }
}

impl Link {
    /// The broken connection, if it is broken.
    pub fn lost(&self) -> Option<&Lost> {
        match self {
            Self::Lost(lost) => Some(lost),
            Self::Connecting | Self::Live => None,
        }
    }

    /// Since when what is shown may be out of date.
    pub fn stale_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.lost()
            .map(|lost| lost.since)
            .filter(|since| now.millis_since(*since) >= GRACE_MS)
    }
}

/// Full jitter: anything between 0 and a bound that doubles with every try, so that many boards
/// do not all come back in the same moment. `random` lies in 0..1.
pub(crate) fn wait_ms(attempt: u32, random: f64) -> f64 {
    let doubled = FIRST_WAIT_MS * f64::from(2_u32.saturating_pow(attempt.saturating_sub(1)));
    doubled.min(LONGEST_WAIT_MS) * random
}

/// Whether who has seen the event `seen` has seen `other` as well: both are of one epoch, and `other` is not newer.
pub(crate) fn has_seen(seen: &str, other: &str) -> bool {
    match (parts(seen), parts(other)) {
        (Some(seen), Some(other)) => seen.0 == other.0 && seen.1 >= other.1,
        _ => seen == other,
    }
}

/// Epoch and position.
fn parts(id: &str) -> Option<(&str, u64)> {
    let (epoch, position) = id.rsplit_once('-')?;
    Some((epoch, position.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_bound_and_are_spread() {
        let bounds: Vec<f64> = (1..=7).map(|attempt| wait_ms(attempt, 1.0)).collect();
        assert_eq!(
            bounds,
            [
                1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0, 30_000.0, 30_000.0
            ]
        );
        assert_eq!(wait_ms(3, 0.25), 1_000.0);
        assert_eq!(wait_ms(4_000_000, 0.5), 15_000.0);
    }

    #[test]
    fn offline_comes_after_five_tries_and_short_breaks_are_not_stale() {
        let at = |millis| Timestamp::from_millis(millis);
        let lost = |attempt| Lost {
            since: at(10_000),
            attempt,
            next_try: Some(at(13_400)),
            no_network: false,
        };
        assert!(!lost(5).is_offline());
        assert!(lost(6).is_offline());
        assert_eq!(lost(1).seconds_left(at(10_000)), 4);
        assert_eq!(lost(1).seconds_left(at(20_000)), 0);
        assert_eq!(Link::Lost(lost(1)).stale_since(at(11_000)), None);
        assert_eq!(
            Link::Lost(lost(1)).stale_since(at(12_000)),
            Some(at(10_000))
        );
    }

    #[test]
    fn an_event_is_seen_when_it_is_not_newer_and_of_the_same_epoch() {
        assert!(has_seen("abc-7", "abc-7"));
        assert!(has_seen("abc-10", "abc-9"));
        assert!(!has_seen("abc-9", "abc-10"));
        assert!(!has_seen("abc-10", "abd-9"), "another epoch");
        assert!(!has_seen("", "abc-1"));
        assert!(has_seen("", ""));
    }
}
