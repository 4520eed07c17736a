//! People: who there is, the devices they are signed in on, and the codes that let one in.
//!
//! The rules hold for every engine: of two names that read alike the second is refused; the first person is added while
//! there is nobody, and by one of many at once; a code is taken once; there is always an owner who is let in.

use domain::Timestamp;
use protocol::{AuditEntry, Happened, Role};

use super::{CredentialStore, StoreError, WishStore};

/// Most lines of the audit: years of a team, in some 20 MB.
pub const AUDIT_KEPT: u64 = 100_000;

/// How the audit calls it that somebody did it at a terminal of the machine itself.
pub const FROM_TERMINAL: &str = "terminal";

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPerson {
    /// The name on the board and in the journal.
    pub name: String,
    /// What names that read alike have in common.
    pub alike: String,
    /// What the person may do.
    pub role: Role,
    /// When the person was added.
    pub added: Timestamp,
    /// Since when the person is kept out.
    pub disabled: Option<Timestamp>,
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDevice {
    /// Which one it is; not secret.
    pub id: String,
    /// SHA-256 of what its cookie holds.
    pub hash: [u8; 32],
    /// Whose it is.
    pub person: String,
    /// What it is, in words.
    pub label: String,
    /// Since when.
    pub added: Timestamp,
    /// When it was used last, within the hour.
    pub used: Timestamp,
}

/// What a code is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeFor {
    /// To become the first owner.
    First,
    /// To sign this person in.
    Person(String),
}

/// A code that signs somebody in, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCode {
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// What it is for.
    pub purpose: CodeFor,
    /// Until when it is good.
    pub expires: Timestamp,
}

/// What came of a change to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is so now.
    Done,
    /// There is nobody with this name.
    Nobody,
    /// Nobody would be left who manages people.
    LastOwner,
}

/// A line of the audit, before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// When.
    pub at: Timestamp,
    /// Who did it; nobody where that is not known.
    pub who: Option<String>,
    /// From where.
    pub from: String,
    /// What.
    pub what: Happened,
    /// About what or whom.
    pub about: String,
}

/// What an engine keeps about people.
pub trait PeopleStore: CredentialStore + WishStore {
    /// Another number when somebody else, in this process or in another, has changed something here.
    ///
    /// # Errors
    /// It cannot be read.
    fn people_version(&self) -> Result<i64, StoreError>;

    /// What tells this Staffel from others on the same host: made with the file, eight letters and digits.
    ///
    /// # Errors
    /// It cannot be read.
    fn instance(&self) -> Result<String, StoreError>;

    /// Everybody, by name.
    ///
    /// # Errors
    /// It cannot be read.
    fn people(&self) -> Result<Vec<StoredPerson>, StoreError>;

    /// Adds a person. `false`: there is one with this name, or one that reads like it; or `first` was asked for and there
    /// is somebody.
    ///
    /// # Errors
    /// It cannot be written.
    fn add_person(&self, person: &StoredPerson, first: bool) -> Result<bool, StoreError>;

    /// Changes what a person may do.
    ///
    /// # Errors
    /// It cannot be written.
    fn set_role(&self, name: &str, role: Role) -> Result<Changed, StoreError>;

    /// Keeps a person out since `disabled`, or lets the person in again. Whoever is kept out has no device and no token any
    /// more.
    ///
    /// # Errors
    /// It cannot be written.
    fn set_disabled(&self, name: &str, disabled: Option<Timestamp>) -> Result<Changed, StoreError>;

    /// All devices.
    ///
    /// # Errors
    /// It cannot be read.
    fn devices(&self) -> Result<Vec<StoredDevice>, StoreError>;

    /// Adds a device, and forgets the longest unused ones of this person beyond `most`.
    ///
    /// # Errors
    /// It cannot be written.
    fn add_device(&self, device: &StoredDevice, most: usize) -> Result<(), StoreError>;

    /// Notes that a device is used.
    ///
    /// # Errors
    /// It cannot be written.
    fn use_device(&self, id: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Forgets a device of a person, and the person's codes: it may have made them. `false` if there is none.
    ///
    /// # Errors
    /// It cannot be written.
    fn remove_device(&self, person: &str, id: &str) -> Result<bool, StoreError>;

    /// Forgets all devices, codes and tokens: whoever has a copy of an older registry must not be let in by it.
    ///
    /// # Errors
    /// It cannot be written.
    fn sign_everybody_out(&self) -> Result<(), StoreError>;

    /// Stores a code. It replaces one for the first owner; expired ones are forgotten. `false`: this person has `most`
    /// already.
    ///
    /// # Errors
    /// It cannot be written.
    fn put_code(&self, code: &StoredCode, at: Timestamp, most: usize) -> Result<bool, StoreError>;

    /// Takes a code: nobody can take it again. `None` if there is none, or it has expired.
    ///
    /// # Errors
    /// It cannot be written.
    fn take_code(&self, hash: &[u8; 32], at: Timestamp) -> Result<Option<StoredCode>, StoreError>;

    /// Adds a line to the audit, and forgets the oldest ones beyond [`AUDIT_KEPT`].
    ///
    /// # Errors
    /// It cannot be written.
    fn note(&self, noted: &Noted) -> Result<(), StoreError>;

    /// The lines about links that were made at a terminal since this person was added, and that the person has not seen; at
    /// most so many, the newest first.
    ///
    /// # Errors
    /// It cannot be read.
    fn unseen_links(&self, person: &str, most: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// What the settings were at the last start, as text; nothing before the first.
    ///
    /// # Errors
    /// It cannot be read.
    fn settings(&self) -> Result<Option<String>, StoreError>;

    /// Notes what the settings are.
    ///
    /// # Errors
    /// It cannot be written.
    fn put_settings(&self, settings: &str) -> Result<(), StoreError>;

    /// Notes that a person has seen the lines up to this number.
    ///
    /// # Errors
    /// It cannot be written.
    fn see(&self, person: &str, number: u64) -> Result<(), StoreError>;

    /// At most so many lines of the audit, the newest first; only those with a number below `before`, where given.
    ///
    /// # Errors
    /// It cannot be read.
    fn audit(&self, before: Option<u64>, most: usize) -> Result<Vec<AuditEntry>, StoreError>;
}
