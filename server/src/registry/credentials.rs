//! What people prove themselves with beside a link: passkeys, passwords, PINs, and tokens for their scripts.
//!
//! The rules hold for every engine: whoever is added while there are `most` is refused, and a credential of somebody else
//! is neither shown nor removed.

use domain::Timestamp;
use protocol::Scope;

use super::StoreError;

/// A secret that a person types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// Signs in.
    Password,
    /// Confirms a decision.
    Pin,
}

impl SecretKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Password, Self::Pin];

    /// Its name in addresses and in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Pin => "pin",
        }
    }
}

/// A passkey of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPasskey {
    /// The id of the credential, as base64url.
    pub id: String,
    /// Whose it is.
    pub person: String,
    /// The user handle that authenticators keep for this person: random, and the same for all passkeys of one person.
    pub user: String,
    /// The site that it is for, as `WebAuthn`'s relying party id: `localhost`, or the host of the public address.
    pub site: String,
    /// What it is, in words.
    pub label: String,
    /// Public key and counter, as JSON.
    pub key: String,
    /// Since when.
    pub added: Timestamp,
    /// When it was used last.
    pub used: Option<Timestamp>,
}

/// A token for the scripts of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Which one it is; not secret.
    pub id: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Whose it is.
    pub person: String,
    /// What it is for, in words.
    pub label: String,
    /// What it allows.
    pub scope: Scope,
    /// Since when.
    pub added: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// When it was used last, within the hour.
    pub used: Option<Timestamp>,
}

/// What an engine keeps about credentials.
pub trait CredentialStore: Send + Sync {
    /// The passkeys of a person, the oldest first.
    ///
    /// # Errors
    /// It cannot be read.
    fn passkeys(&self, person: &str) -> Result<Vec<StoredPasskey>, StoreError>;

    /// The passkey with this id.
    ///
    /// # Errors
    /// It cannot be read.
    fn passkey(&self, id: &str) -> Result<Option<StoredPasskey>, StoreError>;

    /// Adds a passkey. `false`: its id is known, or the person has `most`.
    ///
    /// # Errors
    /// It cannot be written.
    fn add_passkey(&self, passkey: &StoredPasskey, most: usize) -> Result<bool, StoreError>;

    /// Notes that a passkey was used, and what it is since then.
    ///
    /// # Errors
    /// It cannot be written.
    fn use_passkey(&self, id: &str, key: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Forgets a passkey of a person. `false` if there is none.
    ///
    /// # Errors
    /// It cannot be written.
    fn remove_passkey(&self, person: &str, id: &str) -> Result<bool, StoreError>;

    /// What is kept of a secret: a salted hash in the PHC format.
    ///
    /// # Errors
    /// It cannot be read.
    fn secret(&self, person: &str, kind: SecretKind) -> Result<Option<String>, StoreError>;

    /// Sets a secret, or forgets it.
    ///
    /// # Errors
    /// It cannot be written.
    fn set_secret(
        &self,
        person: &str,
        kind: SecretKind,
        hash: Option<&str>,
    ) -> Result<(), StoreError>;

    /// All tokens, the newest first.
    ///
    /// # Errors
    /// It cannot be read.
    fn tokens(&self) -> Result<Vec<StoredToken>, StoreError>;

    /// Adds a token, and forgets those that have expired. `false`: the person has `most`.
    ///
    /// # Errors
    /// It cannot be written.
    fn add_token(&self, token: &StoredToken, most: usize) -> Result<bool, StoreError>;

    /// Notes that a token is used.
    ///
    /// # Errors
    /// It cannot be written.
    fn use_token(&self, id: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Forgets a token of a person. `false` if there is none.
    ///
    /// # Errors
    /// It cannot be written.
    fn remove_token(&self, person: &str, id: &str) -> Result<bool, StoreError>;
}
