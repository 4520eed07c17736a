//! The agents with a token, as the registry has them: commands write there while the server runs.
//!
//! A revoked agent stays there: its name is taken for ever, so that nobody can go on in its name
//! without a token.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use domain::Timestamp;
use protocol::{Scope, Token};
use subtle::ConstantTimeEq;
use tokio_util::sync::CancellationToken;

use super::token;
use crate::{
    registry::{Store, StoreError, StoredAgent},
    relay::now,
};

/// Who a request comes from, as its token proves.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The agent's name.
    pub name: Arc<str>,
    /// What it may do.
    pub scope: Scope,
    /// Cancelled when the token is revoked.
    pub revoked: CancellationToken,
}

/// An agent, as the file knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// What its token allows.
    pub scope: Scope,
    /// Which token it is; not secret.
    pub token: String,
    /// When it was added.
    pub added: Timestamp,
    /// Since when its token is void.
    pub revoked: Option<Timestamp>,
}

/// Why an agent cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Somebody has this name.
    #[error("there is an agent called {0} already, with a token that is valid")]
    Taken(String),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] StoreError),
    /// The system has no random bytes.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
}

/// The agents with a token.
pub struct Registry {
    store: Arc<dyn Store>,
    /// One reads the store at a time; nobody who looks something up waits for that.
    loading: Mutex<()>,
    known: RwLock<Memory>,
}

/// The agents in memory: no request with a known token waits for the disk.
#[derive(Default)]
struct Memory {
    /// [`Store::agents_version`] when they were read.
    version: i64,
    agents: Vec<Known>,
    /// By the id of the token: its hash, and whom it proves.
    tokens: HashMap<String, ([u8; 32], Identity)>,
}

impl Registry {
    /// The agents of this registry.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let registry = Self {
            store,
            loading: Mutex::default(),
            known: RwLock::default(),
        };
        registry.load()?;
        Ok(registry)
    }

    /// Adds an agent, or gives a revoked one a new token.
    ///
    /// # Errors
    /// The name is taken, or the file cannot be written.
    pub fn add(&self, name: &str, scope: Scope) -> Result<Token, AddError> {
        let token = token::generate()?;
        let added = self.store.add_agent(&StoredAgent {
            name: name.to_owned(),
            scope,
            token: token.id().to_owned(),
            hash: token::hash(&token),
            added: now(),
            revoked: None,
        })?;
        if !added {
            return Err(AddError::Taken(name.to_owned()));
        }
        self.load()?;
        Ok(token)
    }

    /// Makes the token of an agent void. `false` if there is none with a valid one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn revoke(&self, name: &str) -> Result<bool, StoreError> {
        let revoked = self.store.revoke_agent(name, now())?;
        self.load()?;
        Ok(revoked)
    }

    /// Takes an agent out whose token has reached nobody: its name is as free as before it was added.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn undo(&self, token: &Token) -> Result<(), StoreError> {
        self.store.remove_agent(token.id())?;
        self.load()
    }

    /// Takes in what another process has written. `true` if there was something.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn refresh(&self) -> Result<bool, StoreError> {
        let changed = self.store.agents_version()? != self.memory().version;
        if changed {
            self.load()?;
        }
        Ok(changed)
    }

    /// Whom a token proves.
    pub fn verify(&self, token: &Token) -> Option<Identity> {
        self.look_up(token).or_else(|| {
            // A moment ago another process may have added it.
            // Whoever looks by the clock may have taken it in since the first look: then nothing is new here.
            self.refresh().ok()?;
            self.look_up(token)
        })
    }

    fn look_up(&self, token: &Token) -> Option<Identity> {
        let memory = self.memory();
        let (hash, identity) = memory.tokens.get(token.id())?;
        bool::from(hash.ct_eq(&token::hash(token))).then(|| identity.clone())
    }

    /// Whether an agent with a token has or had this name.
    pub fn is_reserved(&self, name: &str) -> bool {
        self.memory().agents.iter().any(|agent| agent.name == name)
    }

    /// All agents, revoked ones too, by name.
    pub fn all(&self) -> Vec<Known> {
        self.memory().agents.clone()
    }

    /// Those whose token is valid, by name.
    pub fn active(&self) -> Vec<Known> {
        let memory = self.memory();
        let agents = memory.agents.iter();
        agents
            .filter(|agent| agent.revoked.is_none())
            .cloned()
            .collect()
    }

    fn load(&self) -> Result<(), StoreError> {
        let _turn = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        // The version first: what is written between the two is found by the next look.
        let mut memory = Memory {
            version: self.store.agents_version()?,
            ..Memory::default()
        };
        let agents = self.store.agents()?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for agent in agents {
            if agent.revoked.is_none() {
                let entry = known.tokens.remove(&agent.token);
                let entry = entry.unwrap_or_else(|| {
                    let identity = Identity {
                        name: agent.name.as_str().into(),
                        scope: agent.scope,
                        revoked: CancellationToken::new(),
                    };
                    (agent.hash, identity)
                });
                memory.tokens.insert(agent.token.clone(), entry);
            }
            memory.agents.push(Known {
                name: agent.name,
                scope: agent.scope,
                token: agent.token,
                added: agent.added,
                revoked: agent.revoked,
            });
        }
        let before = std::mem::replace(&mut *known, memory);
        drop(known);
        // What is left there is valid no longer.
        for (_, identity) in before.tokens.values() {
            identity.revoked.cancel();
        }
        Ok(())
    }

    fn memory(&self) -> std::sync::RwLockReadGuard<'_, Memory> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::registry::{AGENTS_FILE, Sqlite};

    fn open(path: &Path) -> Result<Registry, StoreError> {
        Registry::of(Arc::new(Sqlite::open_agents_file(path)?))
    }

    #[test]
    fn another_process_adds_and_revokes_while_the_server_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("agents.db");
        let server = open(&path).expect("a registry");
        let command = open(&path).expect("the same file");

        let token = command.add("builder", Scope::Report).expect("added");
        let identity = server.verify(&token).expect("known at once");
        assert_eq!(
            (&*identity.name, identity.scope),
            ("builder", Scope::Report)
        );

        // An addition must not touch the streams of others.
        command.add("reader", Scope::Read).expect("added");
        assert!(server.refresh().expect("readable"));
        assert!(!identity.revoked.is_cancelled());
        assert!(!server.refresh().expect("readable"), "nothing new");

        assert!(command.revoke("builder").expect("writable"));
        assert!(server.refresh().expect("readable"));
        assert!(identity.revoked.is_cancelled());
        assert!(server.verify(&token).is_none());
        assert!(server.is_reserved("builder"));
        assert!(!command.revoke("builder").expect("writable"), "only once");
    }

    #[test]
    fn many_make_the_file_at_once() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join(AGENTS_FILE);
            let start = std::sync::Barrier::new(8);
            std::thread::scope(|threads| {
                for number in 0..8 {
                    let (start, path) = (&start, &path);
                    threads.spawn(move || {
                        start.wait();
                        let registry = open(path).expect("a registry");
                        let name = format!("agent-{number}");
                        registry.add(&name, Scope::Read).expect("added");
                    });
                }
            });
            let registry = open(&path).expect("a registry");
            assert_eq!(registry.active().len(), 8);
        }
    }

    #[test]
    fn a_name_has_one_valid_token() {
        let registry = open(Path::new(":memory:")).expect("a registry");
        let first = registry.add("builder", Scope::Read).expect("added");
        assert!(matches!(
            registry.add("builder", Scope::Report),
            Err(AddError::Taken(name)) if name == "builder"
        ));
        assert_eq!(registry.verify(&first).expect("valid").scope, Scope::Read);
        registry.revoke("builder").expect("revoked");
        let second = registry.add("builder", Scope::Report).expect("added again");
        assert!(registry.verify(&first).is_none());
        assert_eq!(
            registry.verify(&second).expect("valid").scope,
            Scope::Report
        );
        assert_eq!(registry.all().len(), 1);
    }

    #[test]
    fn a_name_whose_token_was_undone_is_free() {
        let registry = open(Path::new(":memory:")).expect("a registry");
        let token = registry.add("builder", Scope::Report).expect("added");
        let other = registry.add("reader", Scope::Read).expect("added");
        let identity = registry.verify(&token).expect("valid");
        registry.undo(&token).expect("undone");
        assert!(identity.revoked.is_cancelled() && registry.verify(&token).is_none());
        assert!(!registry.is_reserved("builder"));
        assert!(registry.verify(&other).is_some());
    }

    #[test]
    fn the_secret_counts_and_not_the_id() {
        let registry = open(Path::new(":memory:")).expect("a registry");
        let token = registry.add("builder", Scope::Report).expect("added");
        let mut forged = token.reveal().to_owned();
        let last = if forged.ends_with('0') { '1' } else { '0' };
        forged.pop();
        forged.push(last);
        let forged = Token::parse(&forged).expect("well-formed");
        assert_eq!(forged.id(), token.id());
        assert!(registry.verify(&forged).is_none());
    }
}
