//! How people want to be told: their wishes, and the browsers that take messages with the page closed.
//!
//! The rules hold for every engine: a device has one subscription, and whoever is signed out has none.

use protocol::Wishes;

use super::StoreError;

/// A browser that takes messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPush {
    /// The device, as signed in.
    pub device: String,
    /// Whose it is.
    pub person: String,
    /// Where its push service takes messages. Whoever knows it could send rubbish, so it is in no log.
    pub endpoint: String,
    /// Its public key.
    pub p256dh: Vec<u8>,
    /// Its secret.
    pub auth: Vec<u8>,
    /// The language of its reader, as `de`.
    pub lang: String,
}

/// What an engine keeps about telling people.
pub trait WishStore: Send + Sync {
    /// The key that push services know this Staffel by; the first call keeps what `make` gives.
    ///
    /// # Errors
    /// It cannot be read or written.
    fn push_key(&self, make: [u8; 32]) -> Result<[u8; 32], StoreError>;

    /// All browsers that take messages.
    ///
    /// # Errors
    /// It cannot be read.
    fn pushes(&self) -> Result<Vec<StoredPush>, StoreError>;

    /// Adds a browser, or what is new about it.
    ///
    /// # Errors
    /// It cannot be written.
    fn put_push(&self, push: &StoredPush) -> Result<(), StoreError>;

    /// Forgets a browser. `false` if it is not known.
    ///
    /// # Errors
    /// It cannot be written.
    fn remove_push(&self, device: &str) -> Result<bool, StoreError>;

    /// What a person wishes; what is usual where nothing was said.
    ///
    /// # Errors
    /// It cannot be read.
    fn wishes(&self, person: &str) -> Result<Wishes, StoreError>;

    /// Everybody who is let in, and what each wishes.
    ///
    /// # Errors
    /// It cannot be read.
    fn all_wishes(&self) -> Result<Vec<(String, Wishes)>, StoreError>;

    /// Notes what a person wishes.
    ///
    /// # Errors
    /// It cannot be written.
    fn put_wishes(&self, person: &str, wishes: &Wishes) -> Result<(), StoreError>;
}
