//! Passwords and PINs: what people type. A salted, slow hash is all that is kept of them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{self, SaltString},
};
use domain::{Reason, Refusal};
use protocol::Happened;
use tokio::sync::Semaphore;

use super::{By, People};
use crate::registry::{SecretKind, StoreError};

/// Allowed characters of a password. It may be all that proves a person, so it is no shorter; what is longer is a mistake, and
/// costs time to hash.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=200;
/// Allowed digits of a PIN. It confirms what a signed-in browser does, and whoever guesses waits.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;
/// Random bytes in a salt, as the PHC format recommends.
const SALT_BYTES: usize = 16;

/// Most guesses that wait for their turn; beyond, whoever comes is told to come again.
const GUESSES: usize = 32;

/// Why it was not looked whether a secret is right.
#[derive(Debug, thiserror::Error)]
pub enum GuessError {
    /// There were many wrong guesses.
    #[error("there were many wrong guesses")]
    Wait(Duration),
    /// Many others guess at this moment.
    #[error("many others are signing in at this moment")]
    Busy,
    /// The registry cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a secret was not set.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It is too short, too long, or no PIN.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The registry cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random bytes.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
    /// The hash cannot be made.
    #[error("the secret cannot be hashed: {0}")]
    Hash(password_hash::Error),
}

impl People {
    /// Whether a person has a secret. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn has_secret(&self, person: &str, kind: SecretKind) -> Result<bool, StoreError> {
        Ok(self.store.secret(person, kind)?.is_some())
    }

    /// Sets a secret of a person. Blocks, for some tens of milliseconds.
    ///
    /// # Errors
    /// A [`SecretError`]; then the one before stays.
    pub fn set_secret(
        &self,
        person: &str,
        kind: SecretKind,
        secret: &str,
    ) -> Result<(), SecretError> {
        check(kind, secret)?;
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt)?;
        let salt = SaltString::encode_b64(&salt).map_err(SecretError::Hash)?;
        let hash = Argon2::default().hash_password(secret.as_bytes(), &salt);
        let hash = hash.map(|hash| hash.to_string());
        self.store
            .set_secret(person, kind, Some(&hash.map_err(SecretError::Hash)?))?;
        Ok(())
    }

    /// Forgets a secret of a person. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn forget_secret(&self, person: &str, kind: SecretKind) -> Result<(), StoreError> {
        self.store.set_secret(person, kind, None)
    }

    /// Whether this is the secret of the person, where nobody with one of these keys has guessed too often. It counts as wrong
    /// until it is known to be right, and guesses are looked at one after the other: neither many at once nor whoever does not
    /// wait for the answer guesses more often.
    ///
    /// # Errors
    /// A [`GuessError`].
    pub async fn guess(
        self: &Arc<Self>,
        keys: &[String],
        person: &str,
        kind: SecretKind,
        given: String,
        by: &By,
    ) -> Result<bool, GuessError> {
        let Ok(queue) = Arc::clone(&self.guess_queue).try_acquire_owned() else {
            return Err(GuessError::Busy);
        };
        let closed = |_| GuessError::Busy;
        let turn = Arc::clone(&self.guess_turn)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let waits = keys
            .iter()
            .filter_map(|key| self.throttle.wait(key, Instant::now()));
        if let Some(wait) = waits.max() {
            return Err(GuessError::Wait(wait));
        }
        keys.iter()
            .for_each(|key| self.throttle.wrong(key, Instant::now()));
        let (people, person, by) = (Arc::clone(self), person.to_owned(), by.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let (_queue, _turn) = (queue, turn);
            let right = people.is_secret(&person, kind, &given)?;
            if !right {
                let about = format!("{} of {person}", kind.name());
                people.note(&by, Happened::WrongSecret, &about);
            }
            Ok::<_, StoreError>(right)
        });
        let right = looked
            .await
            .map_err(|error| StoreError(error.to_string()))??;
        if right {
            keys.iter().for_each(|key| self.throttle.right(key));
        }
        Ok(right)
    }

    /// Whether this is the secret of the person. Takes as long for somebody who has none. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    fn is_secret(&self, person: &str, kind: SecretKind, given: &str) -> Result<bool, StoreError> {
        let kept = self.store.secret(person, kind)?;
        let known = kept.is_some();
        let kept = kept.unwrap_or_else(|| NOBODYS.to_owned());
        let hash = PasswordHash::new(&kept).map_err(|error| StoreError(error.to_string()))?;
        let too_long = given.chars().count() > *PASSWORD_CHARS.end();
        let right = !too_long
            && Argon2::default()
                .verify_password(given.as_bytes(), &hash)
                .is_ok();
        Ok(right && known)
    }
}

/// The places of guesses: in the queue, and at work. One at a time, since each takes 19 MiB and a processor.
pub(super) fn places() -> (Arc<Semaphore>, Arc<Semaphore>) {
    (
        Arc::new(Semaphore::new(GUESSES)),
        Arc::new(Semaphore::new(1)),
    )
}

/// A hash with the parameters of [`Argon2::default`] that no password has.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$c3RhZmZlbC1ub2JvZHkx$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn check(kind: SecretKind, secret: &str) -> Result<(), Refusal> {
    let count = secret.chars().count();
    let (good, what, allowed) = match kind {
        SecretKind::Password => (
            PASSWORD_CHARS.contains(&count),
            format!("The password has {count} characters."),
            format!(
                "{} to {} characters.",
                PASSWORD_CHARS.start(),
                PASSWORD_CHARS.end()
            ),
        ),
        SecretKind::Pin => (
            PIN_DIGITS.contains(&count)
                && secret.bytes().all(|byte| byte.is_ascii_digit())
                && !is_a_row(secret),
            format!("The PIN has {count} characters, others than digits, or digits in a row."),
            format!(
                "{} to {} digits, not all the same and not counting up or down.",
                PIN_DIGITS.start(),
                PIN_DIGITS.end()
            ),
        ),
    };
    if good {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::Invalid,
        what,
        allowed,
        "Choose another one.",
    ))
}

/// Whether the digits are all the same, or count up or down.
fn is_a_row(digits: &str) -> bool {
    let steps = digits
        .as_bytes()
        .windows(2)
        .map(|pair| i16::from(pair[1]) - i16::from(pair[0]));
    [-1, 0, 1]
        .iter()
        .any(|step| steps.clone().all(|taken| taken == *step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_and_passwords_have_bounds() {
        for good in ["314159", "271828182845", "111112"] {
            assert!(check(SecretKind::Pin, good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "31415",
            "3141592653589",
            "31415a",
            "111111",
            "123456",
            "987654",
            "٣١٤١٥٩",
        ] {
            let refusal = check(SecretKind::Pin, bad).expect_err(bad).to_string();
            assert!(refusal.contains("6 to 12 digits"), "{refusal}");
            assert!(bad.is_empty() || !refusal.contains(bad), "{refusal}");
        }
        assert!(check(SecretKind::Password, "twelve chars").is_ok());
        assert!(check(SecretKind::Password, "eleven char").is_err());
        assert!(check(SecretKind::Password, &"x".repeat(201)).is_err());
    }

    #[test]
    fn nobodys_hash_can_be_read() {
        let hash = PasswordHash::new(NOBODYS).expect("a hash");
        assert!(Argon2::default().verify_password(b"", &hash).is_err());
    }
}
