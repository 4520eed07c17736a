//! The audit: who let whom in, who decided what, from where and when.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// Somebody signed in; about the device.
    SignedIn,
    /// A browser was signed out; about the device.
    SignedOut,
    /// Somebody tried a code that lets nobody in.
    WrongCode,
    /// A link was made that signs somebody in; about the person.
    LinkMade,
    /// A person was added.
    PersonAdded,
    /// What a person may do was changed.
    RoleChanged,
    /// A person is kept out from now on.
    KeptOut,
    /// A person is let in again.
    LetIn,
    /// An agent got a token.
    TokenMade,
    /// The token of an agent is good no longer.
    TokenRevoked,
    /// Somebody decided; about the handover and its revision.
    Decided,
    /// Somebody took a decision back before anybody acted on it; about the handover and its revision.
    TakenBack,
    /// Somebody set how the handover of a phase comes to its decision; about the phase.
    PolicySet,
    /// A backup took the place of what there was.
    Restored,
    /// A passkey was added; about the device where it was made.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// A password or a PIN was set; about which.
    SecretSet,
    /// A password or a PIN was taken away; about which.
    SecretForgotten,
    /// Somebody gave a wrong password or PIN; about which, and for whom.
    WrongSecret,
    /// Settings changed; about which.
    SettingsChanged,
    /// Something that a newer Staffel wrote.
    #[serde(other)]
    Unknown,
}

impl Happened {
    /// All that this version writes.
    pub const ALL: [Self; 20] = [
        Self::SignedIn,
        Self::SignedOut,
        Self::WrongCode,
        Self::LinkMade,
        Self::PersonAdded,
        Self::RoleChanged,
        Self::KeptOut,
        Self::LetIn,
        Self::TokenMade,
        Self::TokenRevoked,
        Self::Decided,
        Self::TakenBack,
        Self::PolicySet,
        Self::Restored,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::SecretSet,
        Self::SecretForgotten,
        Self::WrongSecret,
        Self::SettingsChanged,
    ];

    /// Its name on the wire and in the registry.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::WrongCode => "wrong_code",
            Self::LinkMade => "link_made",
            Self::PersonAdded => "person_added",
            Self::RoleChanged => "role_changed",
            Self::KeptOut => "kept_out",
            Self::LetIn => "let_in",
            Self::TokenMade => "token_made",
            Self::TokenRevoked => "token_revoked",
            Self::Decided => "decided",
            Self::TakenBack => "taken_back",
            Self::PolicySet => "policy_set",
            Self::Restored => "restored",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::SecretSet => "secret_set",
            Self::SecretForgotten => "secret_forgotten",
            Self::WrongSecret => "wrong_secret",
            Self::SettingsChanged => "settings_changed",
            Self::Unknown => "unknown",
        }
    }

    /// What has this name.
    pub fn of(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name() == name)
            .unwrap_or(Self::Unknown)
    }
}

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its number, from 1, in the order of what happened.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it; nobody where that is not known.
    pub who: Option<String>,
    /// From where: an address, `terminal` or `command`.
    pub from: String,
    /// What.
    pub what: Happened,
    /// About what or whom.
    pub about: String,
}

/// A page of the audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Audit {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// For `before`, where there is more.
    pub next: Option<u64>,
}
