//! The time of facts. It follows the wall clock, but a clock that jumps does not turn the order of facts around.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use domain::Timestamp;

/// 2026-01-01T00:00:00Z in Unix milliseconds: before it there was no Staffel, so a clock that says less is wrong.
const EARLIEST: i64 = 1_767_225_600_000;
/// Corrections of a clock up to this size are usual (NTP, leap seconds): time stands still until it is reached again.
const SMALL_STEP_MS: i64 = 60 * 60 * 1_000;
/// How far the wall clock may be from what the steady clock expects and still be believed, in milliseconds.
const AGREES_MS: i64 = 10 * 60 * 1_000;

/// How far the wall clock of this machine may be from the time that all nodes share, in milliseconds: machines that are kept in
/// step differ by less.
const IN_STEP_MS: i64 = 1_000;
/// What is added to the wall clock, in milliseconds. One process is one node.
static CORRECTION: AtomicI64 = AtomicI64::new(0);

/// The wall clock; in step with the time that all nodes share, where there is one.
pub fn wall() -> Timestamp {
    let wall = Timestamp::from(SystemTime::now()).millis();
    Timestamp::from_millis(wall.saturating_add(CORRECTION.load(Ordering::Relaxed)))
}

/// Takes in the time that all nodes share, which was asked for `ago`.
pub fn correct(shared: Timestamp, ago: Duration) {
    let wall = Timestamp::from(SystemTime::now()).millis();
    let off = shared.millis().saturating_add(millis(ago) / 2) - wall;
    let correction = if off.abs() > IN_STEP_MS { off } else { 0 };
    let before = CORRECTION.swap(correction, Ordering::Relaxed);
    if (correction - before).abs() > IN_STEP_MS {
        tracing::warn!(
            "the clock of this machine is {} s off the one of the database, which counts",
            -off / 1_000
        );
    }
}

/// The clock of facts.
#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    state: Mutex<State>,
}

/// Pure, so that its rules can be tested without waiting.
#[derive(Debug, Clone, Copy)]
struct State {
    /// The time when `steady` was 0, as far as is known.
    base: i64,
    /// The newest time that was told.
    told: i64,
}

impl Clock {
    /// A clock that begins after a journal whose newest fact is of this time.
    pub fn after(newest: Timestamp) -> Self {
        let wall = wall().millis();
        Self {
            begun: Instant::now(),
            state: Mutex::new(State::begin(wall, newest.millis())),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let wall = wall().millis();
        let steady = millis(self.begun.elapsed());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp::from_millis(state.tell(wall, steady))
    }
}

impl State {
    /// The wall clock is believed, unless it is before the first Staffel. It goes on from the newest fact when that
    /// is a little later; when the newest fact is far in the future, a wrong clock wrote it and this one is right.
    fn begin(wall: i64, newest: i64) -> Self {
        let base = if wall < EARLIEST {
            newest.max(EARLIEST)
        } else if (wall..=wall.saturating_add(SMALL_STEP_MS)).contains(&newest) {
            newest
        } else {
            wall
        };
        Self { base, told: base }
    }

    fn tell(&mut self, wall: i64, steady: i64) -> i64 {
        let expected = self.base.saturating_add(steady);
        let time = if wall >= expected.saturating_sub(AGREES_MS) {
            // It agrees, or it is ahead: the machine slept, or the clock was set right.
            wall
        } else {
            // It jumped back. The steady clock knows how much time has passed.
            expected
        };
        // A clock that was far ahead and is right again: the jump is known, so it is taken back.
        let jump_taken_back =
            (time - expected).abs() <= AGREES_MS && self.told - time > SMALL_STEP_MS;
        if !jump_taken_back {
            self.told = self.told.max(time);
            return self.told;
        }
        self.told = time;
        time
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const YEAR: i64 = 365 * 24 * 3_600_000;

    #[test]
    fn time_never_goes_back_by_a_small_step() {
        let mut state = State::begin(NOW, NOW - 5);
        assert_eq!(state.tell(NOW + 10, 10), NOW + 10);
        assert_eq!(state.tell(NOW - 200, 20), NOW + 10);
        assert_eq!(state.tell(NOW + 30, 40), NOW + 30);
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_take_time_with_it() {
        let mut state = State::begin(NOW, NOW - 5);
        for steady in [1_000, 2_000, 3_000] {
            assert_eq!(state.tell(steady, steady), NOW + steady, "it says 1970");
        }
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_is_right_again_at_once() {
        let mut state = State::begin(NOW, NOW - 5);
        assert_eq!(state.tell(NOW + YEAR, 1_000), NOW + YEAR);
        assert_eq!(state.tell(NOW + 2_000, 2_000), NOW + 2_000);
    }

    #[test]
    fn a_start_believes_the_wall_clock_over_facts_from_the_far_future() {
        assert_eq!(State::begin(NOW, NOW + YEAR).base, NOW);
        assert_eq!(State::begin(NOW, NOW + 1_000).base, NOW + 1_000);
    }

    #[test]
    fn a_clock_before_the_first_staffel_goes_on_from_the_newest_fact() {
        let mut state = State::begin(0, NOW);
        assert_eq!(state.tell(5, 5), NOW + 5);
        assert_eq!(State::begin(0, 0).base, EARLIEST);
    }

    #[test]
    fn a_machine_that_slept_goes_on_with_the_wall_clock() {
        let mut state = State::begin(NOW, NOW);
        assert_eq!(state.tell(NOW + YEAR, 5), NOW + YEAR);
        assert_eq!(state.tell(NOW + YEAR + 10, 15), NOW + YEAR + 10);
    }
}
