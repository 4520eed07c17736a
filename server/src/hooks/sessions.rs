//! The sessions that hooks have told of: on which pipelines they work, what they were given, and whether they wait.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use domain::{PipelineId, PromptId, Session};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Most sessions that are remembered. What is forgotten is still in the journal, and is told again by the next tool call.
const MOST: usize = 10_000;
/// Most pipelines of a session that are looked at, the newest: each is a wait.
const PIPELINES: usize = 16;
/// Open pipelines, the newest, whose sessions are read from the journal after a start.
pub const LOADED: usize = 1_000;
/// So often a session is given one prompt. More than once, since an answer may get lost; not for ever, since some
/// assistants run a hook again and again without asking the model.
const GIVEN: u8 = 3;

/// What names a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    client: String,
    id: String,
    folder: String,
}

impl Key {
    /// The key of a session.
    pub fn of(session: &Session) -> Self {
        Self {
            client: session.client.clone(),
            id: session.id.clone(),
            folder: session.folder.clone(),
        }
    }
}

/// The sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    known: Mutex<Known>,
    /// One at a time reads them from the journal.
    pub loading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<Key, State>,
    loaded: bool,
}

#[derive(Debug)]
struct State {
    pipelines: Vec<PipelineId>,
    given: HashMap<PromptId, u8>,
    wait: Option<CancellationToken>,
    last: Instant,
}

impl Sessions {
    /// Notes that a session works on a pipeline, and no other one any more.
    pub fn join(&self, key: &Key, pipeline: &PipelineId) {
        let mut known = self.lock();
        let state = known.state(key);
        if state.pipelines.last() == Some(pipeline) {
            return;
        }
        for state in known.sessions.values_mut() {
            state.pipelines.retain(|other| other != pipeline);
        }
        let state = known.state(key);
        state.pipelines.push(pipeline.clone());
        if state.pipelines.len() > PIPELINES {
            state.pipelines.remove(0);
        }
    }

    /// The pipelines of a session, the newest first.
    pub fn pipelines(&self, key: &Key) -> Vec<PipelineId> {
        let known = self.lock();
        let state = known.sessions.get(key);
        state.map_or_else(Vec::new, |state| {
            state.pipelines.iter().rev().cloned().collect()
        })
    }

    /// The pipelines of all sessions in a folder, the newest first.
    pub fn pipelines_in(&self, folder: &str) -> Vec<PipelineId> {
        let known = self.lock();
        let here = known
            .sessions
            .iter()
            .filter(|(key, _)| key.folder == folder);
        let all: HashSet<_> = here.flat_map(|(_, state)| &state.pipelines).collect();
        let mut all: Vec<_> = all.into_iter().cloned().collect();
        all.sort_unstable_by(|a, b| b.as_str().cmp(a.as_str()));
        all.truncate(PIPELINES);
        all
    }

    /// Begins a wait of a session and ends an older one. The wait is over when the answer is cancelled or dropped.
    pub fn wait(&self, key: &Key) -> Turn {
        let token = CancellationToken::new();
        let mut known = self.lock();
        let state = known.state(key);
        if let Some(older) = state.wait.replace(token.clone()) {
            older.cancel();
        }
        Turn {
            token: token.clone(),
            _guard: token.drop_guard(),
        }
    }

    /// Counts that a session is given a prompt, and says whether it may be.
    pub fn give(&self, key: &Key, prompt: &PromptId) -> bool {
        let mut known = self.lock();
        let given = known.state(key).given.entry(prompt.clone()).or_default();
        *given = given.saturating_add(1);
        *given <= GIVEN
    }

    /// Whether nothing has to be read from the journal for this one.
    pub fn knows(&self, key: &Key) -> bool {
        let known = self.lock();
        known.loaded || known.sessions.contains_key(key)
    }

    /// Whether the journal was read.
    pub fn is_loaded(&self) -> bool {
        self.lock().loaded
    }

    /// Notes that the journal was read.
    pub fn loaded(&self) {
        self.lock().loaded = true;
    }

    /// Nothing is half done while this is held, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn state(&mut self, key: &Key) -> &mut State {
        if !self.sessions.contains_key(key) && self.sessions.len() >= MOST {
            self.forget_oldest();
        }
        let state = self.sessions.entry(key.clone()).or_insert_with(|| State {
            pipelines: Vec::new(),
            given: HashMap::new(),
            wait: None,
            last: Instant::now(),
        });
        state.last = Instant::now();
        state
    }

    /// A tenth of them, so that this is rare.
    fn forget_oldest(&mut self) {
        let mut times: Vec<_> = self.sessions.values().map(|state| state.last).collect();
        times.sort_unstable();
        let Some(limit) = times.get(MOST / 10).copied() else {
            return;
        };
        self.sessions.retain(|_, state| state.last > limit);
    }
}

/// One wait of a session.
#[derive(Debug)]
pub struct Turn {
    token: CancellationToken,
    _guard: DropGuard,
}

impl Turn {
    /// Completes when a newer wait of the session has begun.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use futures::FutureExt;

    use super::*;

    fn key(id: &str) -> Key {
        Key {
            client: "codex".to_owned(),
            id: id.to_owned(),
            folder: "/p".to_owned(),
        }
    }

    fn pipeline(number: u16) -> PipelineId {
        PipelineId::new(Timestamp::from_millis(1_800_000_000_000), number)
    }

    #[test]
    fn a_pipeline_is_worked_on_by_one_session() {
        let sessions = Sessions::default();
        sessions.join(&key("a"), &pipeline(1));
        sessions.join(&key("a"), &pipeline(2));
        sessions.join(&key("b"), &pipeline(1));
        assert_eq!(sessions.pipelines(&key("a")), [pipeline(2)]);
        assert_eq!(sessions.pipelines(&key("b")), [pipeline(1)]);
        assert_eq!(sessions.pipelines_in("/p"), [pipeline(2), pipeline(1)]);
        assert!(sessions.pipelines_in("/q").is_empty());
    }

    #[test]
    fn a_session_waits_once_and_is_given_a_prompt_three_times() {
        let sessions = Sessions::default();
        let older = sessions.wait(&key("a"));
        let newer = sessions.wait(&key("a"));
        assert!(older.cancelled().now_or_never().is_some());
        assert!(newer.cancelled().now_or_never().is_none());
        let prompt = PromptId::new(pipeline(1), 1);
        let given = [(); 5].map(|()| sessions.give(&key("a"), &prompt));
        assert_eq!(given, [true, true, true, false, false]);
        assert!(sessions.give(&key("b"), &prompt));
    }

    #[test]
    fn very_many_sessions_are_not_remembered_for_ever() {
        let sessions = Sessions::default();
        for number in 0..3 * MOST {
            sessions.join(&key(&number.to_string()), &pipeline(1));
            if number % 1_000 == 0 {
                assert!(sessions.lock().sessions.len() <= MOST);
            }
        }
        assert!(sessions.lock().sessions.len() <= MOST);
    }
}
