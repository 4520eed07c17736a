//! Passkeys (`WebAuthn` level 2): registered by whoever is signed in, then used to sign in and to confirm.
//!
//! A ceremony has two requests: the server gives a challenge, and the browser answers it. What the server has to remember in
//! between is kept for some minutes, for whichever node is answered; a challenge is answered once.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Uuid, Webauthn,
    WebauthnBuilder, WebauthnError,
};

use super::{PasskeyAnswer, People, secret};
use crate::{
    registry::{Kept, NodeStore, StoreError, StoredPasskey},
    relay::now,
};

/// How long a browser may take: people look for their key. And most ceremonies at once, of strangers and of people who are
/// signed in; beyond, the oldest are forgotten.
const KEPT: Kept = Kept {
    lasts: Duration::from_secs(5 * 60),
    most: 1_000,
};
/// Under which names they are kept.
const STRANGERS: &str = "passkeys of strangers";
const PEOPLE: &str = "passkeys of people";
/// Most passkeys of a person.
const PASSKEYS: usize = 20;

/// Where passkeys are made and used: they are bound to a host, which has to be a name, and to its origin.
#[derive(Debug, Clone)]
pub struct Site {
    host: String,
    origin: Url,
}

impl Site {
    /// The site with this origin. `None`: browsers have no passkeys there, since it is an address, or no secure context.
    pub fn of(origin: &str) -> Option<Self> {
        let origin = Url::parse(origin).ok()?;
        let host = origin.domain()?.to_owned();
        let secure =
            origin.scheme() == "https" || host == "localhost" || host.ends_with(".localhost");
        secure.then_some(Self { host, origin })
    }

    fn webauthn(&self) -> Result<Webauthn, PasskeyError> {
        Ok(WebauthnBuilder::new(&self.host, &self.origin)?
            .rp_name("Staffel")
            .build()?)
    }
}

/// Why a passkey does not do.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The challenge is not one of this server's, was answered, or is too old.
    #[error(
        "The challenge was answered already, is older than five minutes, or is not one of this server's."
    )]
    Ceremony,
    /// The passkey is not known, or the answer does not fit the challenge.
    #[error("The passkey does not prove this: {0}.")]
    Answer(#[from] WebauthnError),
    /// What the browser sent is no answer.
    #[error("The answer of the browser cannot be read: {0}.")]
    Unreadable(#[from] serde_json::Error),
    /// There is no passkey for this site.
    #[error("There is no passkey for this site.")]
    None,
    /// The person has so many that nobody needs another, or this one is known.
    #[error("This passkey is known already, or there are {PASSKEYS}.")]
    TooMany,
    /// The registry cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random bytes.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
}

impl PasskeyError {
    /// Whether it counts as a guess: the answer proves nobody.
    pub fn is_guess(&self) -> bool {
        !matches!(self, Self::Store(_) | Self::Random(_))
    }
}

/// What a ceremony is for.
#[derive(Serialize, Deserialize)]
enum Purpose {
    Register {
        person: String,
        user: Uuid,
        state: PasskeyRegistration,
    },
    SignIn(DiscoverableAuthentication),
    Confirm {
        device: String,
        state: PasskeyAuthentication,
    },
}

impl Purpose {
    /// Whether strangers can begin it.
    fn is_for_strangers(&self) -> bool {
        matches!(self, Self::SignIn(_))
    }
}

/// The ceremonies that have begun. Those of strangers push out none of those who are signed in.
pub struct Ceremonies(Arc<dyn NodeStore>);

impl Ceremonies {
    /// Those that these nodes know.
    pub fn of(nodes: Arc<dyn NodeStore>) -> Self {
        Self(nodes)
    }

    fn begin(&self, purpose: &Purpose) -> Result<String, PasskeyError> {
        let id = secret::code()?;
        let kind = if purpose.is_for_strangers() {
            STRANGERS
        } else {
            PEOPLE
        };
        self.0
            .remember(kind, &id, &serde_json::to_string(purpose)?, KEPT)?;
        Ok(id)
    }

    /// Takes a ceremony: nobody can answer it again.
    fn take(&self, id: &str) -> Result<Purpose, PasskeyError> {
        let taken = match self.0.take(PEOPLE, id)? {
            Some(taken) => taken,
            None => self.0.take(STRANGERS, id)?.ok_or(PasskeyError::Ceremony)?,
        };
        serde_json::from_str(&taken).map_err(|_| PasskeyError::Ceremony)
    }
}

/// A challenge, and which ceremony its answer belongs to.
#[derive(Debug)]
pub struct Challenge {
    /// The ceremony.
    pub ceremony: String,
    /// What the browser is asked for, as `WebAuthn`'s JSON.
    pub options: Value,
}

/// Every method blocks: the registry is a file.
impl People {
    /// Begins to register a passkey of a person.
    ///
    /// # Errors
    /// A [`PasskeyError`].
    pub fn begin_passkey(&self, site: &Site, person: &str) -> Result<Challenge, PasskeyError> {
        let known = self.store.passkeys(person)?;
        let user = known.first().and_then(|known| known.user.parse().ok());
        let user = match user {
            Some(user) => user,
            None => {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes)?;
                Uuid::from_bytes(bytes)
            }
        };
        let ids = here(&known, site)?
            .iter()
            .map(|key| key.cred_id().clone())
            .collect();
        let (challenge, state) =
            site.webauthn()?
                .start_passkey_registration(user, person, person, Some(ids))?;
        let mut options = serde_json::to_value(&challenge)?["publicKey"].take();
        // One that can be found without a name lets its owner in without typing one.
        options["authenticatorSelection"]["residentKey"] = json!("preferred");
        let ceremony = self.ceremonies.begin(&Purpose::Register {
            person: person.to_owned(),
            user,
            state,
        })?;
        Ok(Challenge { ceremony, options })
    }

    /// Keeps the passkey that the browser has made.
    ///
    /// # Errors
    /// A [`PasskeyError`]; then no passkey was added.
    pub fn add_passkey(
        &self,
        person: &str,
        answer: PasskeyAnswer,
        label: &str,
    ) -> Result<(), PasskeyError> {
        let PasskeyAnswer {
            site,
            ceremony,
            credential,
        } = answer;
        let Purpose::Register {
            person: of,
            user,
            state,
        } = self.ceremonies.take(&ceremony)?
        else {
            return Err(PasskeyError::Ceremony);
        };
        if of != person {
            return Err(PasskeyError::Ceremony);
        }
        let answer: RegisterPublicKeyCredential = serde_json::from_value(credential)?;
        let key = site
            .webauthn()?
            .finish_passkey_registration(&answer, &state)?;
        let passkey = StoredPasskey {
            id: URL_SAFE_NO_PAD.encode(key.cred_id()),
            person: of,
            user: user.to_string(),
            site: site.host.clone(),
            label: label.to_owned(),
            key: serde_json::to_string(&key)?,
            added: now(),
            used: None,
        };
        if !self.store.add_passkey(&passkey, PASSKEYS)? {
            return Err(PasskeyError::TooMany);
        }
        Ok(())
    }

    /// Begins to sign in with a passkey: whose, its answer says.
    ///
    /// # Errors
    /// A [`PasskeyError`].
    pub fn begin_passkey_sign_in(&self, site: &Site) -> Result<Challenge, PasskeyError> {
        let (challenge, state) = site.webauthn()?.start_discoverable_authentication()?;
        let options = serde_json::to_value(&challenge)?["publicKey"].take();
        let ceremony = self.ceremonies.begin(&Purpose::SignIn(state))?;
        Ok(Challenge { ceremony, options })
    }

    /// The person whom the answer to such a challenge proves.
    ///
    /// # Errors
    /// A [`PasskeyError`].
    pub(super) fn proven_by_passkey(&self, answer: PasskeyAnswer) -> Result<String, PasskeyError> {
        let PasskeyAnswer {
            site,
            ceremony,
            credential,
        } = answer;
        let Purpose::SignIn(state) = self.ceremonies.take(&ceremony)? else {
            return Err(PasskeyError::Ceremony);
        };
        let answer: PublicKeyCredential = serde_json::from_value(credential)?;
        let webauthn = site.webauthn()?;
        let (user, id) = webauthn.identify_discoverable_authentication(&answer)?;
        let stored = self.store.passkey(&URL_SAFE_NO_PAD.encode(id))?;
        let stored =
            stored.filter(|stored| stored.user == user.to_string() && stored.site == site.host);
        let stored = stored.ok_or(PasskeyError::None)?;
        let key: Passkey = serde_json::from_str(&stored.key)?;
        let result = webauthn.finish_discoverable_authentication_v2(&answer, state, &key)?;
        self.used(&stored, key, &result)?;
        Ok(stored.person)
    }

    /// Begins to confirm with a passkey on a device of the person.
    ///
    /// # Errors
    /// A [`PasskeyError`].
    pub fn begin_passkey_confirmation(
        &self,
        site: &Site,
        person: &str,
        device: &str,
    ) -> Result<Challenge, PasskeyError> {
        let keys = here(&self.store.passkeys(person)?, site)?;
        if keys.is_empty() {
            return Err(PasskeyError::None);
        }
        let (challenge, state) = site.webauthn()?.start_passkey_authentication(&keys)?;
        let options = serde_json::to_value(&challenge)?["publicKey"].take();
        let device = device.to_owned();
        let ceremony = self.ceremonies.begin(&Purpose::Confirm { device, state })?;
        Ok(Challenge { ceremony, options })
    }

    /// Takes in the answer to such a challenge.
    ///
    /// # Errors
    /// A [`PasskeyError`].
    pub fn check_passkey_confirmation(
        &self,
        device: &str,
        answer: PasskeyAnswer,
    ) -> Result<(), PasskeyError> {
        let PasskeyAnswer {
            site,
            ceremony,
            credential,
        } = answer;
        let Purpose::Confirm { device: of, state } = self.ceremonies.take(&ceremony)? else {
            return Err(PasskeyError::Ceremony);
        };
        if of != device {
            return Err(PasskeyError::Ceremony);
        }
        let answer: PublicKeyCredential = serde_json::from_value(credential)?;
        let result = site
            .webauthn()?
            .finish_passkey_authentication(&answer, &state)?;
        let id = URL_SAFE_NO_PAD.encode(result.cred_id());
        // It may have been taken away in the meantime.
        let stored = self.store.passkey(&id)?.ok_or(PasskeyError::None)?;
        let key = serde_json::from_str(&stored.key)?;
        self.used(&stored, key, &result)
    }

    fn used(
        &self,
        stored: &StoredPasskey,
        mut key: Passkey,
        result: &AuthenticationResult,
    ) -> Result<(), PasskeyError> {
        key.update_credential(result);
        let key = serde_json::to_string(&key)?;
        Ok(self.store.use_passkey(&stored.id, &key, now())?)
    }

    /// The passkeys of a person, the oldest first.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn passkeys(&self, person: &str) -> Result<Vec<StoredPasskey>, StoreError> {
        self.store.passkeys(person)
    }

    /// Forgets a passkey of a person. `false` if there is none.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn remove_passkey(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        self.store.remove_passkey(person, id)
    }
}

/// Those that are for this site.
fn here(known: &[StoredPasskey], site: &Site) -> Result<Vec<Passkey>, serde_json::Error> {
    let here = known.iter().filter(|known| known.site == site.host);
    here.map(|known| serde_json::from_str(&known.key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Alone;

    #[test]
    fn passkeys_are_for_names_in_a_secure_context() {
        for good in [
            "http://localhost:4700",
            "https://staffel.example",
            "https://a.example:8443",
        ] {
            let site = Site::of(good).expect(good);
            assert!(site.webauthn().is_ok(), "{good}");
        }
        for bad in [
            "http://127.0.0.1:4700",
            "https://192.0.2.1",
            "http://staffel.example",
            "https://[::1]",
            "",
            "http://",
        ] {
            assert!(Site::of(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_challenge_is_answered_once_and_not_kept_for_ever() {
        let ceremonies = Ceremonies::of(Arc::new(Alone::default()));
        let site = Site::of("http://localhost:4700").expect("a site");
        let begin = || {
            let (_, state) = site
                .webauthn()
                .expect("webauthn")
                .start_discoverable_authentication()
                .expect("a challenge");
            ceremonies.begin(&Purpose::SignIn(state)).expect("begun")
        };
        let first = begin();
        assert!(ceremonies.take(&first).is_ok());
        assert!(matches!(
            ceremonies.take(&first),
            Err(PasskeyError::Ceremony)
        ));
        let oldest = begin();
        let later = [(); KEPT.most].map(|()| begin());
        assert!(ceremonies.take(&oldest).is_err());
        assert!(later.iter().all(|id| ceremonies.take(id).is_ok()));
    }
}
