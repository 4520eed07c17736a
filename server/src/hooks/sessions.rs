//! The sessions that hooks have told of: on which pipelines they work, what they were given, and whether they wait.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{PipelineId, Session};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Most sessions that are remembered. What is forgotten is still in the journal, and is told again by the next tool call.
const MOST: usize = 10_000;
/// Most pipelines of a session that are looked at, the newest: each is a wait.
const PIPELINES: usize = 16;
/// Open pipelines, the newest, whose sessions are read from the journal after a start.
pub const LOADED: usize = 1_000;
/// So often a session is given one prompt, note or answer. More than once, since an answer may get lost; not for ever, since some
/// assistants run a hook again and again without asking the model.
pub const GIVEN: u8 = 3;

/// Between two notes of what a session does: every tool call is too much for the journal.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// What names a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    client: String,
    id: String,
}

impl Key {
    /// The key of a session.
    pub fn of(session: &Session) -> Self {
        Self {
            client: session.client.clone(),
            id: session.id.clone(),
        }
    }
}

/// The sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    known: Mutex<Known>,
    /// One at a time reads them from the journal, or takes a pipeline over.
    pub turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<Key, State>,
    loaded: bool,
}

#[derive(Debug)]
struct State {
    /// The folder in which it was when it was told of first.
    folder: String,
    pipelines: Vec<PipelineId>,
    given: HashMap<String, u8>,
    wait: Option<CancellationToken>,
    calls: u32,
    noted: Option<Instant>,
    last: Instant,
}

impl Sessions {
    /// Notes that a session works on a pipeline, and no other one any more.
    pub fn join(&self, session: &Session, pipeline: &PipelineId) {
        let key = &Key::of(session);
        let mut known = self.lock();
        let state = known.state(key, &session.folder);
        if state.pipelines.last() == Some(pipeline) {
            return;
        }
        for state in known.sessions.values_mut() {
            state.pipelines.retain(|other| other != pipeline);
        }
        let state = known.state(key, &session.folder);
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

    /// The pipelines of all sessions in a folder or in one above it, the newest first.
    pub fn pipelines_in(&self, folder: &str) -> Vec<PipelineId> {
        let known = self.lock();
        let here = known.sessions.values().filter(|state| {
            let below = folder.strip_prefix(&state.folder);
            below.is_some_and(|below| below.is_empty() || below.starts_with(['/', '\\']))
        });
        let mut all: Vec<_> = here.flat_map(|state| &state.pipelines).cloned().collect();
        all.sort_unstable_by(|a, b| b.as_str().cmp(a.as_str()));
        all.truncate(PIPELINES);
        all
    }

    /// Begins a wait of a session and ends an older one. The wait is over when the answer is cancelled or dropped.
    pub fn wait(&self, key: &Key) -> Turn {
        let token = CancellationToken::new();
        if let Some(state) = self.lock().sessions.get_mut(key)
            && let Some(older) = state.wait.replace(token.clone())
        {
            older.cancel();
        }
        Turn {
            token: token.clone(),
            _guard: token.drop_guard(),
        }
    }

    /// Whether a session waits at the end of its turn.
    pub fn waits(&self, session: &Session) -> bool {
        let known = self.lock();
        let state = known.sessions.get(&Key::of(session));
        state.is_some_and(State::waits)
    }

    /// Counts that a session is given something, and says whether it may be: at most so often.
    pub fn give(&self, session: &Session, what: &str, most: u8) -> bool {
        let mut known = self.lock();
        let state = known.state(&Key::of(session), &session.folder);
        let given = state.given.entry(what.to_owned()).or_default();
        if *given >= most {
            return false;
        }
        *given += 1;
        true
    }

    /// Counts a tool call of a session that works on a pipeline. From time to time it says how many there were since.
    pub fn called(&self, key: &Key) -> Option<(PipelineId, u32)> {
        let mut known = self.lock();
        let state = known.sessions.get_mut(key)?;
        let pipeline = state.pipelines.last()?.clone();
        state.calls += 1;
        if state
            .noted
            .is_some_and(|noted| noted.elapsed() < NOTED_EVERY)
        {
            return None;
        }
        state.noted = Some(Instant::now());
        Some((pipeline, std::mem::take(&mut state.calls)))
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
    fn state(&mut self, key: &Key, folder: &str) -> &mut State {
        if !self.sessions.contains_key(key) && self.sessions.len() >= MOST {
            self.forget_oldest();
        }
        let state = self.sessions.entry(key.clone()).or_insert_with(|| State {
            folder: folder.to_owned(),
            pipelines: Vec::new(),
            given: HashMap::new(),
            wait: None,
            calls: 0,
            noted: None,
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
        self.sessions
            .retain(|_, state| state.last > limit || state.waits());
    }
}

impl State {
    fn waits(&self) -> bool {
        let wait = self.wait.as_ref();
        wait.is_some_and(|wait| !wait.is_cancelled())
    }
}

/// One wait of a session.
#[derive(Debug)]
pub struct Turn {
    token: CancellationToken,
    _guard: DropGuard,
}

impl Turn {
    /// Whether a newer wait of the session has begun.
    pub fn is_over(&self) -> bool {
        self.token.is_cancelled()
    }

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

    fn session(id: &str) -> Session {
        Session {
            client: "codex".to_owned(),
            id: id.to_owned(),
            folder: "/p".to_owned(),
        }
    }

    fn key(id: &str) -> Key {
        Key::of(&session(id))
    }

    fn pipeline(number: u16) -> PipelineId {
        PipelineId::new(Timestamp::from_millis(1_800_000_000_000), number)
    }

    #[test]
    fn a_pipeline_is_worked_on_by_one_session() {
        let sessions = Sessions::default();
        sessions.join(&session("a"), &pipeline(1));
        sessions.join(&session("a"), &pipeline(2));
        sessions.join(&session("b"), &pipeline(1));
        assert_eq!(sessions.pipelines(&key("a")), [pipeline(2)]);
        assert_eq!(sessions.pipelines(&key("b")), [pipeline(1)]);
        assert_eq!(sessions.pipelines_in("/p"), [pipeline(2), pipeline(1)]);
        assert_eq!(sessions.pipelines_in("/p/below").len(), 2);
        assert!(sessions.pipelines_in("/q").is_empty());
        assert!(sessions.pipelines_in("/pq").is_empty());
    }

    #[test]
    fn a_session_waits_once_and_is_given_a_prompt_three_times() {
        let sessions = Sessions::default();
        sessions.join(&session("a"), &pipeline(1));
        let older = sessions.wait(&key("a"));
        let newer = sessions.wait(&key("a"));
        assert!(older.cancelled().now_or_never().is_some());
        assert!(newer.cancelled().now_or_never().is_none());
        let prompt = "02kx9m4t7q-p1";
        let given = [(); 5].map(|()| sessions.give(&session("a"), prompt, GIVEN));
        assert_eq!(given, [true, true, true, false, false]);
        assert!(sessions.give(&session("b"), prompt, GIVEN));
    }

    #[test]
    fn very_many_sessions_are_not_remembered_for_ever() {
        let sessions = Sessions::default();
        sessions.join(&session("patient"), &pipeline(1));
        let _wait = sessions.wait(&key("patient"));
        for number in 0..3 * MOST {
            sessions.join(&session(&number.to_string()), &pipeline(1));
            if number % 1_000 == 0 {
                assert!(sessions.lock().sessions.len() <= MOST);
            }
        }
        assert!(sessions.lock().sessions.len() <= MOST);
        assert!(sessions.waits(&session("patient")));
    }
}
