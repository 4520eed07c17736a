//! Signing in: the codes of links, and what lets a browser in.

use domain::{Refusal, Timestamp, text};
use protocol::Role;

use super::{
    LABEL_MAX, People, SignedIn, name_of, new,
    passkeys::{PasskeyError, Site},
    secret, system_name, tokens,
};
use crate::{
    registry::{CodeFor, StoreError, StoredCode, StoredDevice},
    relay::now,
};

/// How long a code is good, in milliseconds: long enough to find the phone, and no longer.
pub(super) const CODE_GOOD: i64 = 10 * 60 * 1000;
/// Most codes of a person that are good at once.
const CODES: usize = 5;
/// Most devices of a person. The longest unused are signed out.
const DEVICES: usize = 50;

/// A passkey's answer to a challenge, as it came in.
#[derive(Debug)]
pub struct PasskeyAnswer {
    /// Where.
    pub site: Site,
    /// The ceremony of the challenge.
    pub ceremony: String,
    /// What the browser says.
    pub credential: serde_json::Value,
}

/// What somebody signs in with.
#[derive(Debug)]
pub enum SignInWith {
    /// The code of a link. The first owner says the name; for anybody else it stands in the registry.
    Code {
        /// The code.
        code: String,
        /// The name.
        name: Option<String>,
    },
    /// The password of this person, which was right.
    PasswordOf(String),
    /// A passkey.
    Passkey(PasskeyAnswer),
}

/// What the browser keeps: the value of its cookie.
pub struct Cookie(String);

impl Cookie {
    /// The value, for the one header that sets it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The code is not one of this Staffel's, was used, or is too old.
    #[error(
        "This code does not let anybody in: it was used already, it is older than ten minutes, or it is not one of this Staffel's."
    )]
    Code,
    /// The name has no such password.
    #[error("There is nobody with this name and this password.")]
    Password,
    /// The passkey does not prove anybody.
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    /// The name cannot be had.
    #[error(transparent)]
    Name(#[from] Refusal),
    /// Somebody has a name that reads like it.
    #[error("The name {0:?} is taken, or reads like another one.")]
    Taken(String),
    /// So many links for one person are good that nobody needs another.
    #[error("There are {CODES} links for this person already that nobody has used yet.")]
    TooMany,
    /// So many tokens are good that nobody needs another.
    #[error("There are {} tokens already.", tokens::TOKENS)]
    TooManyTokens,
    /// The registry cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random bytes.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
}

impl People {
    /// A code that makes the first owner; `None` when there is somebody. One of an earlier start is void then.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn first_code(&self) -> Result<Option<String>, SignInError> {
        if !self.nobody_yet() {
            return Ok(None);
        }
        self.new_code(CodeFor::First).map(|(code, _)| Some(code))
    }

    /// A code that signs this person in, and until when it is good. `None` if there is no such person, or one who is kept
    /// out. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn code_for(&self, person: &str) -> Result<Option<(String, Timestamp)>, SignInError> {
        let known = self
            .memory()
            .person(person)
            .is_some_and(|person| person.disabled.is_none());
        if !known {
            return Ok(None);
        }
        self.new_code(CodeFor::Person(person.to_owned())).map(Some)
    }

    fn new_code(&self, purpose: CodeFor) -> Result<(String, Timestamp), SignInError> {
        let code = secret::code()?;
        let at = now();
        let expires = Timestamp::from_millis(at.millis() + CODE_GOOD);
        let stored = StoredCode {
            hash: secret::hash(&code),
            purpose,
            expires,
        };
        if !self.store.put_code(&stored, at, CODES)? {
            return Err(SignInError::TooMany);
        }
        Ok((code, expires))
    }

    /// Signs in. Blocks.
    ///
    /// # Errors
    /// A [`SignInError`]. With a name that cannot be had the code of a link stays good.
    pub fn sign_in(
        &self,
        with: SignInWith,
        label: &str,
    ) -> Result<(Cookie, SignedIn), SignInError> {
        let person = match with {
            SignInWith::Code { code, name } => self.take_code(&code, name.as_deref())?,
            SignInWith::PasswordOf(name) => name,
            SignInWith::Passkey(answer) => self.proven_by_passkey(answer)?,
        };
        self.let_in(&person, label)
    }

    /// Whom a code lets in.
    fn take_code(&self, code: &str, name: Option<&str>) -> Result<String, SignInError> {
        // Before the code is taken: a name that is not allowed must not cost it.
        let name = name.map(name_of).transpose()?;
        let hash = secret::hash(code.trim());
        let taken = self
            .store
            .take_code(&hash, now())?
            .ok_or(SignInError::Code)?;
        match taken.purpose {
            CodeFor::Person(name) => Ok(name),
            CodeFor::First => {
                let name = name.unwrap_or_else(system_name);
                if !self.store.add_person(&new(&name, Role::Owner), true)? {
                    return Err(SignInError::Code);
                }
                Ok(name)
            }
        }
    }

    /// Signs a person in on a new device.
    fn let_in(&self, person: &str, label: &str) -> Result<(Cookie, SignedIn), SignInError> {
        self.load()?;
        if self.role(person).is_none() {
            return Err(SignInError::Code);
        }
        let (id, secret, at) = (secret::id()?, secret::session()?, now());
        let label =
            text::line("device", label, LABEL_MAX).unwrap_or_else(|_| "a browser".to_owned());
        let device = StoredDevice {
            id: id.clone(),
            hash: secret::hash(&secret),
            person: person.to_owned(),
            label,
            added: at,
            used: at,
        };
        self.store.add_device(&device, DEVICES)?;
        self.load()?;
        let cookie = Cookie(format!("{id}.{secret}"));
        // Somebody may have kept the person out in the meantime.
        let signed_in = self.look_up(&cookie.0).ok_or(SignInError::Code)?;
        Ok((cookie, signed_in))
    }
}
