//! Personal tokens: for the scripts of a person, which act in the person's name and decide nothing.

use domain::{Timestamp, text};
use protocol::{PersonalToken, PersonalTokenView, Scope};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{LABEL_MAX, Memory, People, SignInError, SignedIn, USED_WITHIN, With};
use crate::{
    registry::{StoreError, StoredToken},
    relay::now,
};

/// Most tokens of a person.
pub(super) const TOKENS: usize = 50;
/// Allowed days of a token.
pub const TOKEN_DAYS: std::ops::RangeInclusive<u32> = 1..=365;

impl People {
    /// Makes a token for the scripts of a person, good for so many days. Blocks.
    ///
    /// # Errors
    /// What it is for cannot be a label, the person has too many, or the registry cannot be written.
    pub fn add_token(
        &self,
        person: &str,
        label: &str,
        scope: Scope,
        days: u32,
    ) -> Result<(PersonalToken, PersonalTokenView), SignInError> {
        let label = text::line("label", label, LABEL_MAX)?;
        let mut bytes = [0; PersonalToken::BYTES];
        getrandom::fill(&mut bytes)?;
        let token = PersonalToken::from_bytes(bytes);
        let added = now();
        let stored = StoredToken {
            id: token.id().to_owned(),
            hash: hash(&token),
            person: person.to_owned(),
            label,
            scope,
            added,
            expires: Timestamp::from_millis(added.millis() + i64::from(days) * 24 * 3_600_000),
            used: None,
        };
        if !self.store.add_token(&stored, TOKENS)? {
            return Err(SignInError::TooManyTokens);
        }
        self.load()?;
        Ok((token, view(&stored)))
    }

    /// The tokens of a person, the newest first.
    pub fn tokens(&self, person: &str) -> Vec<PersonalTokenView> {
        let memory = self.memory();
        let tokens = memory.tokens.values().map(|(token, _)| token);
        let mut tokens: Vec<_> = tokens
            .filter(|token| token.person == person)
            .map(view)
            .collect();
        tokens.sort_by(|one, other| (other.added, &one.token).cmp(&(one.added, &other.token)));
        tokens
    }

    /// Makes a token of a person void. `false` if there is none. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn remove_token(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        let removed = self.store.remove_token(person, id)?;
        self.load()?;
        Ok(removed)
    }

    /// Whom a token proves.
    pub fn verify_token(&self, token: &PersonalToken) -> Option<SignedIn> {
        self.look_up_token(token).or_else(|| {
            // A moment ago another process may have made it.
            // Whoever looks by the clock may have taken it in since the first look: then nothing is new here.
            self.refresh().ok()?;
            self.look_up_token(token)
        })
    }

    fn look_up_token(&self, token: &PersonalToken) -> Option<SignedIn> {
        let memory: &Memory = &self.memory();
        let (stored, ended) = memory.tokens.get(token.id())?;
        let person = memory.person(&stored.person)?;
        let good = bool::from(stored.hash.ct_eq(&hash(token)))
            && person.disabled.is_none()
            && now() < stored.expires;
        good.then(|| SignedIn {
            name: person.name.as_str().into(),
            role: person.role,
            with: With::Token {
                id: stored.id.as_str().into(),
                scope: stored.scope,
            },
            ended: ended.clone(),
            expires: Some(stored.expires),
        })
    }

    /// Whether it is time to note that a token is used.
    pub(super) fn is_token_due(&self, id: &str) -> bool {
        let memory = self.memory();
        let used = memory.tokens.get(id).map(|(token, _)| token.used);
        used.is_some_and(|used| {
            used.is_none_or(|used| now().millis() >= used.millis().saturating_add(USED_WITHIN))
        })
    }
}

fn view(token: &StoredToken) -> PersonalTokenView {
    PersonalTokenView {
        token: token.id.clone(),
        label: token.label.clone(),
        scope: token.scope,
        added: token.added,
        expires: token.expires,
        used: token.used,
    }
}

/// What is kept of a token: its secret has 256 random bits.
fn hash(token: &PersonalToken) -> [u8; 32] {
    Sha256::digest(token.reveal()).into()
}
