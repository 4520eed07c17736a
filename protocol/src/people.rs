//! People: who may decide here, and on which devices they are signed in.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AuditEntry, Scope};

/// What a person may do. Each may also do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Decides, hands prompts on, archives.
    Reviewer,
    /// Manages people and agents.
    Owner,
}

impl Role {
    /// All of them, those that may do least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Reviewer, Self::Owner];

    /// Its name on the wire and in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Reviewer => "reviewer",
            Self::Owner => "owner",
        }
    }

    /// The role with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Whether somebody is signed in where the question comes from, and who.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Session {
    /// Who it is; nobody without a sign-in.
    pub person: Option<Me>,
    /// Whether there is nobody yet at all: the code that the start has printed makes the first owner.
    pub nobody_yet: bool,
    /// For owners: the links that were made at a terminal and that this person has not seen yet, the newest first.
    #[serde(default)]
    pub unseen_links: Vec<AuditEntry>,
}

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Me {
    /// The name on the board and in the journal.
    pub name: String,
    /// What this person may do.
    pub role: Role,
    /// The device of this session; none with a token.
    pub device: Option<String>,
}

/// Everybody who was ever let in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct People {
    /// By name.
    pub people: Vec<PersonView>,
}

/// A person, as owners see one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PersonView {
    /// The name on the board and in the journal.
    pub name: String,
    /// What this person may do.
    pub role: Role,
    /// When the person was added.
    pub added: Timestamp,
    /// Since when the person is kept out.
    pub disabled: Option<Timestamp>,
    /// On how many devices the person is signed in.
    pub devices: u32,
}

/// The devices of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Devices {
    /// The most recently used first.
    pub devices: Vec<DeviceView>,
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeviceView {
    /// Which one it is.
    pub device: String,
    /// What it is, such as `Firefox on Linux`.
    pub label: String,
    /// Since when.
    pub added: Timestamp,
    /// When it was used last, within the hour.
    pub used: Timestamp,
    /// Whether the question came from it.
    pub current: bool,
}

/// A link that signs somebody in once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SignInLink {
    /// The address, with the code behind `#`: browsers send nothing of that to a server or to another page.
    pub link: String,
    /// Until when it is good.
    pub expires: Timestamp,
    /// The address as a QR code: a picture as a `data:` address.
    pub qr: String,
    /// Whether it leads to this machine's own name for itself: no other device can open it then.
    pub near: bool,
}

/// What a person can prove herself or himself with beside a link. No secret is in here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Credentials {
    /// The passkeys, the oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// Whether there is a password.
    pub password: bool,
    /// Whether there is a PIN.
    pub pin: bool,
    /// The tokens for scripts, the newest first.
    pub tokens: Vec<PersonalTokenView>,
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PasskeyView {
    /// Which one it is.
    pub passkey: String,
    /// Where it was made, such as `Firefox on Linux`.
    pub label: String,
    /// The host that it is for.
    pub site: String,
    /// Since when.
    pub added: Timestamp,
    /// When it was used last.
    pub used: Option<Timestamp>,
}

/// A token for the scripts of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PersonalTokenView {
    /// Which one it is.
    pub token: String,
    /// What it is for.
    pub label: String,
    /// What it allows. No token decides.
    pub scope: Scope,
    /// Since when.
    pub added: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// When it was used last, within the hour.
    pub used: Option<Timestamp>,
}
