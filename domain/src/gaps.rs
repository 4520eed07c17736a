//! How often an agent is heard of.

use serde::{Deserialize, Serialize};

use crate::{
    Baton, Pipeline, Recorded,
    limits::{GAP_MAX_MS, GAP_MIN_MS},
};

/// The gaps between the signs of life of an agent that has the baton, in one phase, as a running estimate.
///
/// It rises by half of what a gap is longer and falls by an eighth of what it is shorter: an agent that works now in
/// short steps and now in long ones is measured by the long ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Gaps {
    /// How many were measured.
    count: u32,
    /// The estimate, in milliseconds.
    estimate_ms: u64,
}

impl Gaps {
    /// Takes in one more gap. Calls that follow each other at once are one sign of life.
    pub(crate) fn measure(&mut self, gap_ms: i64) {
        let gap = match u64::try_from(gap_ms) {
            Ok(gap) if gap >= GAP_MIN_MS => gap.min(GAP_MAX_MS),
            _ => return,
        };
        let estimate = self.estimate_ms;
        self.estimate_ms = match self.count {
            0 => gap,
            _ if gap > estimate => estimate + (gap - estimate) / 2,
            _ => estimate - (estimate - gap) / 8,
        };
        self.count = self.count.saturating_add(1);
    }

    /// The usual gap in milliseconds; 0 before there were two.
    pub(crate) fn usual_ms(self) -> u64 {
        if self.count < 2 { 0 } else { self.estimate_ms }
    }
}

impl Pipeline {
    /// Measures how often an agent is heard of, while others wait for it.
    pub(crate) fn hear(&mut self, recorded: &Recorded) {
        if !recorded.actor.is_agent() {
            return;
        }
        if self.baton() == Baton::Agent {
            let heard = self.last_sign_of_life.max(self.baton_since);
            self.gaps.measure(recorded.at.millis_since(heard));
            self.usual_gap_ms = self.gaps.usual_ms();
        }
        self.agent = Some(recorded.actor.name.clone());
        self.last_sign_of_life = recorded.at;
    }

    /// The phase is another: its pace is not known yet.
    pub(crate) fn forget_gaps(&mut self) {
        self.gaps = Gaps::default();
        self.usual_gap_ms = self.gaps.usual_ms();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(gaps: &[i64]) -> u64 {
        let mut measured = Gaps::default();
        gaps.iter().for_each(|gap| measured.measure(*gap));
        measured.usual_ms()
    }

    #[test]
    fn an_estimate_rests_on_two_gaps_or_more() {
        assert_eq!(after(&[]), 0);
        assert_eq!(after(&[40_000]), 0);
        assert_eq!(after(&[40_000, 40_000]), 40_000);
        assert_eq!(after(&[40_000, 80_000]), 60_000);
        assert_eq!(after(&[80_000, 40_000]), 75_000);
    }

    #[test]
    fn what_is_no_gap_is_not_measured() {
        assert_eq!(after(&[40_000, 999, 0, -5, i64::MIN]), 0);
        assert_eq!(after(&[40_000, 999, 40_000]), 40_000);
    }

    #[test]
    fn very_long_gaps_count_as_an_hour() {
        assert_eq!(after(&[i64::MAX, i64::MAX]), GAP_MAX_MS);
    }
}
