//! Whoever guesses waits: longer after each wrong guess, for each address and for each name.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Wrong guesses that cost nothing: people mistype.
const FREE: u32 = 5;
/// The longest wait. It stays short: somebody else at the same address may only want to sign in.
const LONGEST: Duration = Duration::from_secs(300);
/// After how long without a guess all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// Most addresses and names that are remembered; beyond, the longest quiet ones are forgotten.
const REMEMBERED: usize = 4_096;

/// Who has guessed wrong lately.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, Guesses>>);

#[derive(Debug)]
struct Guesses {
    wrong: u32,
    last: Instant,
}

impl Guesses {
    fn wait(&self) -> Duration {
        match self.wrong.checked_sub(FREE) {
            None | Some(0) => Duration::ZERO,
            Some(over) => Duration::from_secs(1 << over.min(10)).min(LONGEST),
        }
    }
}

impl Throttle {
    /// How long this address or name still has to wait; `None` if it need not.
    pub fn wait(&self, who: &str, now: Instant) -> Option<Duration> {
        let known = self.lock();
        let guesses = known.get(who)?;
        let left = (guesses.last + guesses.wait()).saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Notes a wrong guess.
    pub fn wrong(&self, who: &str, now: Instant) {
        let mut known = self.lock();
        known.retain(|_, guesses| now.saturating_duration_since(guesses.last) < FORGOTTEN);
        if known.len() >= REMEMBERED && !known.contains_key(who) {
            let quiet = known.iter().min_by_key(|(_, guesses)| guesses.last);
            if let Some(quiet) = quiet.map(|(who, _)| who.clone()) {
                known.remove(&quiet);
            }
        }
        let guesses = known.entry(who.to_owned()).or_insert(Guesses {
            wrong: 0,
            last: now,
        });
        guesses.wrong = guesses.wrong.saturating_add(1);
        guesses.last = now;
    }

    /// Notes that it was right: all is forgotten.
    pub fn right(&self, who: &str) {
        self.lock().remove(who);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Guesses>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_grows_up_to_its_limit_and_ends() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        let mut longest = Duration::ZERO;
        for guess in 1..40 {
            throttle.wrong("192.0.2.1", now);
            let wait = throttle.wait("192.0.2.1", now);
            assert_eq!(wait.is_none(), guess <= FREE, "{guess}");
            let wait = wait.unwrap_or_default();
            assert!(wait >= longest && wait <= LONGEST);
            longest = wait;
            now += wait;
            assert_eq!(throttle.wait("192.0.2.1", now), None);
        }
        assert_eq!(longest, LONGEST);
        assert_eq!(throttle.wait("192.0.2.2", now), None, "others do not wait");
        throttle.right("192.0.2.1");
        throttle.wrong("192.0.2.1", now);
        assert_eq!(throttle.wait("192.0.2.1", now), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for number in 0..2 * REMEMBERED {
            let now = start + Duration::from_micros(number as u64);
            throttle.wrong(&format!("address {number}"), now);
        }
        assert_eq!(throttle.lock().len(), REMEMBERED);
        throttle.wrong("later", start + FORGOTTEN + Duration::from_secs(1));
        assert_eq!(throttle.lock().len(), 1);
    }
}
