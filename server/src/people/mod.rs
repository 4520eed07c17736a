//! People: who is let in, and which browsers have proven who sits at them.
//!
//! A person signs in once with a code, and the browser keeps a cookie from then on. Codes and cookies are kept as hashes.

mod alike;
mod audit;
mod confirmation;
mod memory;
mod passkeys;
mod secret;
mod secrets;
mod signing_in;
mod telling;
mod throttle;
mod tokens;

use std::sync::{Arc, Mutex, RwLock};

use domain::{Actor, ActorKind, Deciders, Timestamp, text};
use protocol::{DeviceView, Devices, PersonView, Role, Scope};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    registry::{Alone, Changed, NodeStore, PeopleStore, StoreError, StoredPerson},
    relay::now,
};
use memory::Memory;
use signing_in::CODE_GOOD;

pub use audit::By;
pub use confirmation::{Confirm, ConfirmBy, Confirmed};
pub use passkeys::{Challenge, PasskeyError, Site};
pub use secrets::{GuessError, SecretError};
pub use signing_in::{Cookie, PasskeyAnswer, SignInError, SignInWith};
pub use throttle::Throttle;
pub use tokens::TOKEN_DAYS;

/// How long a browser stays signed in without being used, in milliseconds: 90 days.
pub const SESSION_GOOD: i64 = 90 * 24 * 3600 * 1000;
/// How exactly it is known when a device was used, in milliseconds: not every request writes to the disk.
const USED_WITHIN: i64 = 3600 * 1000;
/// Most characters of the words for a device.
const LABEL_MAX: usize = 80;

/// A person who has proven it.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The name on the board and in the journal.
    pub name: Arc<str>,
    /// What the person may do.
    pub role: Role,
    /// What proves it.
    pub with: With,
    /// Cancelled when the device is signed out, or the token is void.
    pub ended: CancellationToken,
    /// When a token ends by itself.
    pub expires: Option<Timestamp>,
}

/// What proves a person.
#[derive(Debug, Clone)]
pub enum With {
    /// A browser in which the person is signed in: the id of the device.
    Browser(Arc<str>),
    /// A token of the person's scripts.
    Token {
        /// Which one.
        id: Arc<str>,
        /// What it allows.
        scope: Scope,
    },
}

impl SignedIn {
    /// The browser in which the person is signed in; nothing for a script.
    pub fn device(&self) -> Option<&Arc<str>> {
        match &self.with {
            With::Browser(device) => Some(device),
            With::Token { .. } => None,
        }
    }
}

/// Everybody who may come in.
pub struct People {
    store: Arc<dyn PeopleStore>,
    /// One reads the store at a time; nobody who looks something up waits for that.
    loading: Mutex<()>,
    known: RwLock<Memory>,
    instance: String,
    /// Who has guessed wrong lately.
    pub throttle: Throttle,
    /// Which decisions have to be confirmed.
    pub confirm: Confirm,
    /// Who has confirmed lately.
    pub confirmed: Confirmed,
    ceremonies: passkeys::Ceremonies,
    guess_queue: Arc<Semaphore>,
    guess_turn: Arc<Semaphore>,
}

impl Deciders for People {
    fn may_decide(&self, person: &Actor) -> bool {
        let role = self.role(&person.name);
        person.kind == ActorKind::Person && role.is_some_and(|role| role >= Role::Reviewer)
    }

    fn others_may_decide(&self, person: &Actor) -> bool {
        !self.others_who_decide(&person.name).is_empty()
    }
}

impl People {
    /// The people of this registry.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(store: Arc<dyn PeopleStore>) -> Result<Self, StoreError> {
        let (guess_queue, guess_turn) = secrets::places();
        let alone: Arc<dyn NodeStore> = Arc::new(Alone::default());
        let people = Self {
            instance: store.instance()?,
            store,
            loading: Mutex::default(),
            known: RwLock::default(),
            throttle: Throttle::default(),
            confirm: Confirm::default(),
            confirmed: Confirmed::of(Arc::clone(&alone)),
            ceremonies: passkeys::Ceremonies::of(alone),
            guess_queue,
            guess_turn,
        };
        people.load()?;
        Ok(people)
    }

    /// With what these nodes know of confirmations and passkeys.
    pub fn known_by(mut self, nodes: &Arc<dyn NodeStore>) -> Self {
        self.confirmed = Confirmed::of(Arc::clone(nodes));
        self.ceremonies = passkeys::Ceremonies::of(Arc::clone(nodes));
        self
    }

    /// The name of the cookie. Browsers send cookies to every port of a host: two Staffels on it must not take each other's.
    pub fn cookie_name(&self) -> String {
        format!("staffel_{}", self.instance)
    }

    /// What somebody who is let in may do.
    pub fn role(&self, name: &str) -> Option<Role> {
        let memory = self.memory();
        let person = memory.person(name)?;
        person.disabled.is_none().then_some(person.role)
    }

    /// Who else may decide about handovers, by name.
    pub fn others_who_decide(&self, person: &str) -> Vec<String> {
        let memory = self.memory();
        let others = memory
            .people
            .iter()
            .filter(|it| it.disabled.is_none() && it.role >= Role::Reviewer && it.name != person);
        others.map(|it| it.name.clone()).collect()
    }

    /// Whether there is nobody yet.
    pub fn nobody_yet(&self) -> bool {
        self.memory().people.is_empty()
    }

    /// Everybody, by name.
    pub fn view(&self) -> Vec<PersonView> {
        let memory = self.memory();
        let view = |person: &StoredPerson| PersonView {
            name: person.name.clone(),
            role: person.role,
            added: person.added,
            disabled: person.disabled,
            devices: memory
                .devices
                .values()
                .filter(|(device, _)| device.person == person.name)
                .count() as u32,
        };
        memory.people.iter().map(view).collect()
    }

    /// The devices of a person, the most recently used first.
    pub fn devices(&self, person: &str, current: Option<&str>) -> Devices {
        let memory = self.memory();
        let devices = memory.devices.values().map(|(device, _)| device);
        let mut devices: Vec<_> = devices
            .filter(|device| device.person == person)
            .map(|device| DeviceView {
                device: device.id.clone(),
                label: device.label.clone(),
                added: device.added,
                used: device.used,
                current: current == Some(&device.id),
            })
            .collect();
        devices.sort_by(|one, other| (other.used, &one.device).cmp(&(one.used, &other.device)));
        Devices { devices }
    }

    /// Whom a cookie proves.
    pub fn verify(&self, cookie: &str) -> Option<SignedIn> {
        self.look_up(cookie).or_else(|| {
            // A moment ago another process may have let it in.
            // Whoever looks by the clock may have taken it in since the first look: then nothing is new here.
            self.refresh().ok()?;
            self.look_up(cookie)
        })
    }

    fn look_up(&self, cookie: &str) -> Option<SignedIn> {
        let (id, secret) = cookie.split_once('.')?;
        let memory = self.memory();
        let (device, ended) = memory.devices.get(id)?;
        let person = memory.person(&device.person)?;
        let good = bool::from(device.hash.ct_eq(&secret::hash(secret)))
            && person.disabled.is_none()
            && now().millis() < device.used.millis().saturating_add(SESSION_GOOD);
        good.then(|| SignedIn {
            name: person.name.as_str().into(),
            role: person.role,
            with: With::Browser(device.id.as_str().into()),
            ended: ended.clone(),
            expires: None,
        })
    }

    /// Whether it is time to note that a device or a token is used.
    pub fn is_due(&self, with: &With) -> bool {
        match with {
            With::Browser(device) => {
                let memory = self.memory();
                let used = memory.devices.get(&**device).map(|(device, _)| device.used);
                used.is_some_and(|used| now().millis() >= used.millis().saturating_add(USED_WITHIN))
            }
            With::Token { id, .. } => self.is_token_due(id),
        }
    }

    /// Notes that a device or a token is used, at most once an hour. `true` if it was noted: the cookie of a device is to be
    /// renewed then. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn note_use(&self, with: &With) -> Result<bool, StoreError> {
        if !self.is_due(with) {
            return Ok(false);
        }
        match with {
            With::Browser(device) => self.store.use_device(device, now())?,
            With::Token { id, .. } => self.store.use_token(id, now())?,
        }
        self.load()?;
        Ok(true)
    }

    /// Adds a person, and says how the name is written. Blocks.
    ///
    /// # Errors
    /// The name cannot be had, or the registry cannot be written.
    pub fn add(&self, name: &str, role: Role) -> Result<String, SignInError> {
        let name = name_of(name)?;
        if !self.store.add_person(&new(&name, role), false)? {
            return Err(SignInError::Taken(name));
        }
        self.load()?;
        Ok(name)
    }

    /// Changes what a person may do. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn set_role(&self, name: &str, role: Role) -> Result<Changed, StoreError> {
        let changed = self.store.set_role(name, role)?;
        self.load()?;
        Ok(changed)
    }

    /// Keeps a person out, or lets the person in again. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn set_disabled(&self, name: &str, disabled: bool) -> Result<Changed, StoreError> {
        let changed = self.store.set_disabled(name, disabled.then(now))?;
        self.load()?;
        Ok(changed)
    }

    /// Signs everybody out, and makes all codes void. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn sign_everybody_out(&self) -> Result<(), StoreError> {
        self.store.sign_everybody_out()?;
        self.load()
    }

    /// Signs a device of a person out. `false` if there is none. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn sign_out(&self, person: &str, device: &str) -> Result<bool, StoreError> {
        let removed = self.store.remove_device(person, device)?;
        self.load()?;
        Ok(removed)
    }

    /// Whether somebody is signed in on a device: it was used within [`SESSION_GOOD`].
    fn is_signed_in(&self, id: &str) -> bool {
        let used = self.memory().devices.get(id).map(|(device, _)| device.used);
        used.is_some_and(|used| now().millis() < used.millis().saturating_add(SESSION_GOOD))
    }

    /// Whether a device has signed in only just: with a link that somebody has only just made.
    pub fn is_new_device(&self, id: &str) -> bool {
        let added = self
            .memory()
            .devices
            .get(id)
            .map(|(device, _)| device.added);
        added.is_some_and(|added| now().millis_since(added) < CODE_GOOD)
    }

    /// Forgets what a person has confirmed, on every device: it was with what is there no longer.
    ///
    /// # Errors
    /// It cannot be forgotten.
    pub fn forget_confirmations(&self, person: &str) -> Result<(), StoreError> {
        let devices = {
            let memory = self.memory();
            let devices = memory.devices.values().map(|(device, _)| device);
            let devices = devices.filter(|device| device.person == person);
            devices.map(|device| device.id.clone()).collect::<Vec<_>>()
        };
        let mut devices = devices.iter();
        devices.try_for_each(|device| self.confirmed.forget(device))
    }
}

/// A name as it is kept. `me` is nobody's: addresses call whoever asks so.
fn name_of(given: &str) -> Result<String, SignInError> {
    let name = text::line("name", given, text::NAME_MAX)?;
    if alike::alike(&name) == alike::alike("me") {
        return Err(SignInError::Taken(name));
    }
    Ok(name)
}

fn new(name: &str, role: Role) -> StoredPerson {
    StoredPerson {
        name: name.to_owned(),
        alike: alike::alike(name),
        role,
        added: now(),
        disabled: None,
    }
}

/// How the system calls the person who started the server: a name to begin with.
pub fn system_name() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|variable| {
        let name = std::env::var(variable).ok()?;
        text::line("name", &name, text::NAME_MAX).ok()
    });
    named.unwrap_or_else(|| "owner".to_owned())
}
