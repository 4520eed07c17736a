//! People: who is let in, and which browsers have proven who sits at them.
//!
//! A person signs in once with a code, and the browser keeps a cookie from then on. Codes and cookies are kept as hashes.
//! Commands write the registry while the server runs, so what is in memory is looked at again and again.

mod alike;
mod confirmation;
mod passkeys;
mod secret;
mod secrets;
mod telling;
mod throttle;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{IsTerminal, stdin},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use domain::{
    Actor, ActorKind, Deciders, HandoverId, PhaseName, PipelineId, Policy, Proposal, Refusal,
    Timestamp, TripWires, text,
};
use protocol::{Audit, AuditEntry, DeviceView, Devices, Happened, PersonView, Role, Scope};
use subtle::ConstantTimeEq;
use tokio::{
    sync::Semaphore,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    registry::{
        Alone, Changed, CodeFor, FROM_TERMINAL, NodeStore, Noted, PeopleStore, StoreError,
        StoredCode, StoredDevice, StoredPerson, StoredToken,
    },
    relay::now,
};

pub use confirmation::{Confirm, ConfirmBy, Confirmed};
pub use passkeys::{Challenge, PasskeyError, Site};
pub use secrets::{GuessError, SecretError};
pub use throttle::Throttle;
pub use tokens::TOKEN_DAYS;

/// How soon takes effect what another process does.
const LOOK: Duration = Duration::from_millis(500);
/// How long a code is good, in milliseconds: long enough to find the phone, and no longer.
const CODE_GOOD: i64 = 10 * 60 * 1000;
/// Most codes of a person that are good at once.
const CODES: usize = 5;
/// How long a browser stays signed in without being used, in milliseconds: 90 days.
pub const SESSION_GOOD: i64 = 90 * 24 * 3600 * 1000;
/// How exactly it is known when a device was used, in milliseconds: not every request writes to the disk.
const USED_WITHIN: i64 = 3600 * 1000;
/// Most devices of a person. The longest unused are signed out.
const DEVICES: usize = 50;
/// Most links that are said to be made until somebody has seen them.
const UNSEEN: usize = 20;
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

/// Who does something, and from where, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The name; nobody where that is not known.
    pub who: Option<String>,
    /// An address, or what else it is: `terminal`, `command`, `client`.
    pub from: String,
}

impl By {
    /// A command on the machine itself: at a terminal a person, else whatever runs it.
    pub fn command() -> Self {
        let from = if stdin().is_terminal() {
            FROM_TERMINAL
        } else {
            "command"
        };
        Self {
            who: None,
            from: from.to_owned(),
        }
    }
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

#[derive(Default)]
struct Memory {
    version: i64,
    people: Vec<StoredPerson>,
    /// By their ids.
    devices: HashMap<String, (StoredDevice, CancellationToken)>,
    /// By their ids.
    tokens: HashMap<String, (StoredToken, CancellationToken)>,
}

impl Memory {
    fn person(&self, name: &str) -> Option<&StoredPerson> {
        self.people.iter().find(|person| person.name == name)
    }
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

    /// Adds a line to the audit. What happened has happened: a line that cannot be written is said in the log. Blocks.
    pub fn note(&self, by: &By, what: Happened, about: &str) {
        let noted = Noted {
            at: now(),
            who: by.who.clone(),
            from: by.from.clone(),
            what,
            about: about.to_owned(),
        };
        if let Err(error) = self.store.note(&noted) {
            tracing::error!("the audit misses a line: {error}");
        }
    }

    /// Adds to the audit which settings are not those of the last start. `now` has a hash of each table. Blocks.
    ///
    /// # Errors
    /// The registry cannot be used.
    pub fn note_settings(&self, now: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let text = serde_json::to_string(now).map_err(|error| StoreError(error.to_string()))?;
        let before = self.store.settings()?;
        if before.as_ref() == Some(&text) {
            return Ok(());
        }
        let by = By {
            who: None,
            from: "start".to_owned(),
        };
        let known: Option<BTreeMap<String, String>> =
            before.and_then(|before| serde_json::from_str(&before).ok());
        if let Some(known) = known {
            let names: BTreeSet<_> = known.keys().chain(now.keys()).collect();
            let changed = names
                .into_iter()
                .filter(|name| known.get(*name) != now.get(*name));
            let changed: Vec<_> = changed.map(String::as_str).collect();
            self.note(&by, Happened::SettingsChanged, &changed.join(", "));
        }
        self.store.put_settings(&text)
    }

    /// Adds a decision to the audit, wherever it came in.
    pub async fn note_decision(self: &Arc<Self>, by: By, decided: &Proposal) {
        let Proposal {
            handover,
            revision,
            decision,
            ..
        } = decided;
        let about = format!("{handover}, revision {revision}: {}", decision.name());
        self.note_later(by, Happened::Decided, about).await;
    }

    /// Adds to the audit that somebody took a decision back.
    pub async fn note_taken_back(self: &Arc<Self>, by: By, handover: &HandoverId, revision: u32) {
        let about = format!("{handover}, revision {revision}");
        self.note_later(by, Happened::TakenBack, about).await;
    }

    /// Notes in the audit how the handovers of a phase come to their decisions from now on.
    pub async fn note_policy(
        self: &Arc<Self>,
        by: By,
        pipeline: &PipelineId,
        phase: &PhaseName,
        policy: Policy,
    ) {
        let how = match policy {
            Policy::Ask => "ask".to_owned(),
            Policy::TwoPeople => "two_people".to_owned(),
            Policy::AcceptUnless(TripWires {
                max_files,
                needs_tests,
            }) => format!("accept_unless, max_files {max_files}, needs_tests {needs_tests}"),
        };
        self.note_later(
            by,
            Happened::PolicySet,
            format!("{pipeline}, {phase}: {how}"),
        )
        .await;
    }

    /// Adds a line to the audit where nothing may block.
    async fn note_later(self: &Arc<Self>, by: By, what: Happened, about: String) {
        let people = Arc::clone(self);
        let noting = move || people.note(&by, what, &about);
        if let Err(error) = tokio::task::spawn_blocking(noting).await {
            tracing::error!("the audit misses a line: {error}");
        }
    }

    /// The links that were made at a terminal and that this person has not seen yet, the newest first. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn unseen_links(&self, person: &str) -> Result<Vec<AuditEntry>, StoreError> {
        self.store.unseen_links(person, UNSEEN)
    }

    /// Notes that a person has seen the lines of the audit up to this number. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn see(&self, person: &str, number: u64) -> Result<(), StoreError> {
        self.store.see(person, number)
    }

    /// A page of the audit, the newest first. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn audit(&self, before: Option<u64>, most: usize) -> Result<Audit, StoreError> {
        let entries = self.store.audit(before, most)?;
        let full = entries.len() == most;
        let oldest = entries.last().map(|entry| entry.number);
        Ok(Audit {
            next: oldest.filter(|oldest| full && *oldest > 1),
            entries,
        })
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

    /// Takes in what another process has written. `true` if there was something. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn refresh(&self) -> Result<bool, StoreError> {
        let changed = self.store.people_version()? != self.memory().version;
        if changed {
            self.load()?;
            self.confirmed.changed_elsewhere()?;
        }
        Ok(changed)
    }

    /// Takes in what other processes write. Never ends.
    pub async fn follow(self: Arc<Self>) {
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let people = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || people.refresh()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!("the people cannot be read: {error}"),
                Err(error) => tracing::warn!("the people cannot be read: {error}"),
            }
        }
    }

    fn load(&self) -> Result<(), StoreError> {
        let _turn = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        // The version first: what is written between the two is found by the next look.
        let mut memory = Memory {
            version: self.store.people_version()?,
            people: self.store.people()?,
            ..Memory::default()
        };
        let (devices, tokens) = (self.store.devices()?, self.store.tokens()?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for device in devices {
            let in_again = memory
                .person(&device.person)
                .is_some_and(|person| person.disabled.is_none());
            if in_again {
                let ended = known.devices.remove(&device.id).map(|(_, ended)| ended);
                let entry = (device, ended.unwrap_or_default());
                memory.devices.insert(entry.0.id.clone(), entry);
            }
        }
        for token in tokens {
            let ended = known.tokens.remove(&token.id).map(|(_, ended)| ended);
            memory
                .tokens
                .insert(token.id.clone(), (token, ended.unwrap_or_default()));
        }
        let before = std::mem::replace(&mut *known, memory);
        drop(known);
        // What is left there proves nobody any longer.
        let ended = before.devices.into_values().map(|(_, ended)| ended);
        for ended in ended.chain(before.tokens.into_values().map(|(_, ended)| ended)) {
            ended.cancel();
        }
        Ok(())
    }

    fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
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
