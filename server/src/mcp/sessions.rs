//! The sessions of clients of the legacy protocol (2025-11-25 and before): bounded in number, and known after a restart.
//!
//! Clients leave sessions open and forget them; some cannot make a new one when theirs is gone. So at
//! most [`MOST`] live in memory, the longest unused one goes first, and any of them comes back from the
//! [`StoredSessions`] when its client calls again.

use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures::{Stream, StreamExt, stream};
use rmcp::{
    model::{
        CancelledNotification, CancelledNotificationParam, ClientJsonRpcMessage, ProtocolVersion,
        RequestId, ServerJsonRpcMessage, ServerResult,
    },
    transport::{
        WorkerTransport,
        common::server_side_http::{ServerSseMessage, SessionId},
        streamable_http_server::session::{
            RestoreOutcome, SessionManager,
            local::{LocalSessionManager, LocalSessionManagerError, LocalSessionWorker},
        },
    },
};

use super::{stored_sessions::StoredSessions, watching::Watched};
use crate::agents::{Agents, Open};

/// Most sessions in memory at once.
const MOST: usize = 1_000;
/// An agent may be silent for as long as a person takes to decide. rmcp's 5 minutes would end its
/// session in the middle of a wait.
const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Holds the sessions.
pub struct Sessions {
    local: Arc<LocalSessionManager>,
    file: Arc<StoredSessions>,
    used: Arc<Mutex<HashMap<SessionId, Use>>>,
    /// Left memory to make room, and their ends are not yet through: rmcp closes them once more then.
    evicted: Mutex<HashSet<SessionId>>,
    /// Held while a session comes in: who makes room takes it.
    entrance: tokio::sync::Mutex<()>,
    most: usize,
}

/// How a session is used.
struct Use {
    last: Instant,
    /// Streams that are open to its client now.
    streams: usize,
    /// Those of them on which it only listens.
    listening: usize,
    /// Under which name the board shows its client.
    shown: Option<(Arc<Agents>, String)>,
    /// What the board is shown of those on which it listens.
    shown_streams: Vec<Open>,
    /// The agent whose token began it.
    agent: Option<Arc<str>>,
    /// The resources that its client watches.
    watched: Weak<Watched>,
    /// Whether answers to POST can be resumed: see [`resumes`].
    resumes: bool,
}

impl Use {
    fn by(agent: Option<Arc<str>>) -> Self {
        Self {
            last: Instant::now(),
            streams: 0,
            listening: 0,
            shown: None,
            shown_streams: vec![],
            agent,
            watched: Weak::new(),
            resumes: true,
        }
    }

    /// Shows the board how many streams there are.
    fn show(&mut self) {
        self.shown_streams.truncate(self.listening);
        if let Some((agents, name)) = &self.shown {
            let missing = self.listening - self.shown_streams.len();
            let new = (0..missing).map(|_| agents.presence.listens(name));
            self.shown_streams.extend(new);
        }
    }
}

impl Sessions {
    /// No sessions yet; those in the file come back when they are used.
    pub fn new(file: StoredSessions) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(IDLE);
        // Notices to a slow reader, and the progress of parallel waits to one that comes back, must fit; every call
        // and every session takes memory for as many.
        local.session_config.channel_capacity = 64;
        Self {
            local: Arc::new(local),
            file: Arc::new(file),
            used: Arc::default(),
            evicted: Mutex::default(),
            entrance: tokio::sync::Mutex::default(),
            most: MOST,
        }
    }

    /// How many there are.
    pub async fn count(&self) -> usize {
        self.local.sessions.read().await.len()
    }

    /// How many there are, without waiting.
    pub fn in_memory(&self) -> usize {
        lock(&self.used).len()
    }

    /// What holds them in memory.
    pub fn local(&self) -> &LocalSessionManager {
        &self.local
    }

    /// Where they are found again.
    pub fn file(&self) -> Arc<StoredSessions> {
        Arc::clone(&self.file)
    }

    fn touch(&self, id: &SessionId) {
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.last = Instant::now();
        }
    }

    /// Notes under which name the board shows the client of a session.
    pub fn shown_as(&self, id: &str, agents: &Arc<Agents>, name: String) {
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.shown = Some((Arc::clone(agents), name));
            how.show();
        }
    }

    /// Notes what the client of a session watches; it is watched again when the session comes back.
    pub async fn watch(&self, id: &str, watched: &Arc<Watched>) {
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.watched = Arc::downgrade(watched);
        }
        self.file.watch(id, Arc::clone(watched)).await;
    }

    /// What the client of a session watched before the session left memory; `None` if it watched nothing.
    pub async fn watched(&self, id: &str) -> Option<Vec<String>> {
        self.file.watched(id).await
    }

    /// A client that listens anew has missed what was told meanwhile.
    fn listens_anew(&self, id: &SessionId) {
        let watched = lock(&self.used).get(id).map(|how| how.watched.clone());
        if let Some(watched) = watched.and_then(|watched| watched.upgrade()) {
            watched.miss();
        }
    }

    /// Whether a session is the one of this agent; without a token, whether no token began it. One that does not exist
    /// counts as begun without.
    pub async fn belongs_to(&self, id: &SessionId, agent: Option<&str>) -> bool {
        let known = lock(&self.used).get(id).map(|how| how.agent.clone());
        let owner = match known {
            Some(owner) => owner,
            None => self.file.agent(id).await,
        };
        owner.as_deref() == agent
    }

    /// Notes whose a new session is.
    pub async fn bind(&self, id: &SessionId, agent: Arc<str>) {
        self.file.bind(id, &agent).await;
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.agent = Some(agent);
        }
    }

    /// Makes room for one more: the longest unused goes, and of those a client listens to only when
    /// there is no other.
    async fn make_room(&self) {
        while self.count().await >= self.most {
            let oldest = lock(&self.used)
                .iter()
                .min_by_key(|(_, how)| (how.streams > 0, how.last))
                .map(|(id, _)| id.clone());
            let Some(id) = oldest else {
                return;
            };
            tracing::debug!(
                "{} MCP sessions: the longest unused one leaves memory",
                self.most
            );
            lock(&self.used).remove(&id);
            lock(&self.evicted).insert(id.clone());
            // It may have ended by itself a moment ago.
            let _ = self.local.close_session(&id).await;
        }
    }

    /// Counts a stream as open until it is dropped.
    fn counted<S>(&self, id: &SessionId, stream: S, listens: bool) -> Counted<S> {
        self.touch(id);
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.streams += 1;
            how.listening += usize::from(listens);
            how.show();
        }
        Counted {
            stream: Box::pin(stream),
            listens,
            id: id.clone(),
            used: Arc::clone(&self.used),
        }
    }
}

/// Nothing is half done while one of these is held, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream to a client, counted while it is open.
struct Counted<S> {
    stream: Pin<Box<S>>,
    listens: bool,
    id: SessionId,
    used: Arc<Mutex<HashMap<SessionId, Use>>>,
}

impl<S: Stream> Stream for Counted<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.as_mut().poll_next(context)
    }
}

impl<S> Drop for Counted<S> {
    fn drop(&mut self) {
        if let Some(how) = lock(&self.used).get_mut(&self.id) {
            how.streams = how.streams.saturating_sub(1);
            how.listening = how.listening.saturating_sub(usize::from(self.listens));
            how.last = Instant::now();
            how.show();
        }
    }
}

/// Whether the clients of a protocol version can resume the answer to a POST. The empty event with an id that makes it
/// possible came with 2025-11-25 (SEP-1699). SDKs of the versions before cannot parse it, and take any id in a finished
/// answer as a reason to ask for more, again and again.
fn resumes(version: &ProtocolVersion) -> bool {
    *version >= ProtocolVersion::V_2025_11_25
}

/// Whether this event ends the answer to a request.
fn is_answer(event: &ServerSseMessage) -> bool {
    matches!(
        event.message.as_deref(),
        Some(ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_))
    )
}

/// Ends a call whose client hangs up before the answer, in a session that cannot resume: nobody can hear it any more.
struct HungUp(Option<(Arc<LocalSessionManager>, SessionId, RequestId)>);

impl HungUp {
    fn new(local: Arc<LocalSessionManager>, session: SessionId, request: RequestId) -> Self {
        Self(Some((local, session, request)))
    }

    /// The answer is on its way.
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for HungUp {
    fn drop(&mut self) {
        let Some((local, session, request)) = self.0.take() else {
            return;
        };
        let reason = Some("the client hung up".to_owned());
        let cancelled =
            CancelledNotification::new(CancelledNotificationParam::new(Some(request), reason));
        let message = ClientJsonRpcMessage::notification(cancelled.into());
        // Streams are dropped inside the runtime, except at its own end.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // The session may have ended too.
                let _ = local.accept_message(&session, message).await;
            });
        }
    }
}

type Answer<T> = Result<T, LocalSessionManagerError>;

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = WorkerTransport<LocalSessionWorker>;

    async fn create_session(&self) -> Answer<(SessionId, Self::Transport)> {
        let _alone = self.entrance.lock().await;
        self.make_room().await;
        let (id, transport) = self.local.create_session().await?;
        lock(&self.used).insert(id.clone(), Use::by(None));
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Answer<ServerJsonRpcMessage> {
        let answer = self.local.initialize_session(id, message).await?;
        if let ServerJsonRpcMessage::Response(response) = &answer
            && let ServerResult::InitializeResult(result) = &response.result
            && let Some(how) = lock(&self.used).get_mut(id)
        {
            how.resumes = resumes(&result.protocol_version);
        }
        Ok(answer)
    }

    async fn has_session(&self, id: &SessionId) -> Answer<bool> {
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Answer<()> {
        if lock(&self.evicted).remove(id) {
            // The late end of one that made room; by now its client may have brought it back.
            return Ok(());
        }
        lock(&self.used).remove(id);
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Answer<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let request = match &message {
            ClientJsonRpcMessage::Request(request) => Some(request.id.clone()),
            _ => None,
        };
        let stream = self.local.create_stream(id, message).await?;
        let resumes = lock(&self.used).get(id).is_none_or(|how| how.resumes);
        let hung_up = request
            .filter(|_| !resumes)
            .map(|request| HungUp::new(Arc::clone(&self.local), id.clone(), request));
        let mut stream = Box::pin(self.counted(id, stream, false));
        let mut hung_up = hung_up;
        Ok(stream::poll_fn(move |context| {
            loop {
                let mut event = ready!(stream.as_mut().poll_next(context));
                if !resumes {
                    match &mut event {
                        // Nothing but the advice to come back with an id.
                        Some(event) if event.message.is_none() => continue,
                        Some(event) => {
                            event.event_id = None;
                            if is_answer(event)
                                && let Some(hung_up) = hung_up.take()
                            {
                                hung_up.disarm();
                            }
                        }
                        None => {}
                    }
                }
                return Poll::Ready(event);
            }
        }))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Answer<()> {
        self.touch(id);
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Answer<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let stream = self.local.create_standalone_stream(id).await?;
        self.listens_anew(id);
        let resumes = lock(&self.used).get(id).is_none_or(|how| how.resumes);
        let advice = resumes.then(|| ServerSseMessage::priming("0", RETRY));
        Ok(stream::iter(advice).chain(self.counted(id, stream, true)))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Answer<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let stream = self.local.resume(id, last_event_id).await?;
        self.listens_anew(id);
        Ok(self.counted(id, stream, true))
    }

    async fn restore_session(&self, id: SessionId) -> Answer<RestoreOutcome<Self::Transport>> {
        let agent = self.file.agent(&id).await;
        let version = self.file.version(&id).await;
        let _alone = self.entrance.lock().await;
        self.make_room().await;
        let how = Use {
            resumes: version.as_ref().is_none_or(resumes),
            ..Use::by(agent)
        };
        lock(&self.used).insert(id.clone(), how);
        self.local.restore_session(id).await
    }
}

/// How soon a client comes back whose stream broke off.
const RETRY: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::registry;

    fn three() -> Sessions {
        let registry = registry::Sqlite::open_agents_file(Path::new(":memory:"));
        let file = StoredSessions::of(Arc::new(registry.expect("a registry")));
        Sessions {
            most: 3,
            ..Sessions::new(file)
        }
    }

    async fn come(sessions: &Sessions) -> SessionId {
        let (id, _) = sessions.create_session().await.expect("a session");
        // Two moments that are the same would have no order.
        tokio::time::sleep(Duration::from_millis(2)).await;
        id
    }

    async fn here(sessions: &Sessions, id: &SessionId) -> bool {
        sessions.has_session(id).await.expect("an answer")
    }

    #[tokio::test]
    async fn the_longest_unused_leaves_first_and_whoever_is_listened_to_last() {
        let sessions = three();
        let (listened, called, idle) = (
            come(&sessions).await,
            come(&sessions).await,
            come(&sessions).await,
        );
        let stream = sessions.counted(&listened, futures::stream::pending::<()>(), true);
        sessions.touch(&called);
        let next = come(&sessions).await;
        assert!(!here(&sessions, &idle).await);
        come(&sessions).await;
        assert!(!here(&sessions, &called).await);
        come(&sessions).await;
        assert!(!here(&sessions, &next).await);
        assert!(here(&sessions, &listened).await);
        drop(stream);
        tokio::time::sleep(Duration::from_millis(2)).await;
        for _ in 0..3 {
            come(&sessions).await;
        }
        assert!(!here(&sessions, &listened).await);
        assert_eq!(sessions.count().await, 3);
    }

    #[tokio::test]
    async fn the_late_end_of_one_that_made_room_does_not_end_what_came_back() {
        let sessions = three();
        let first = come(&sessions).await;
        for _ in 0..3 {
            come(&sessions).await;
        }
        assert!(!here(&sessions, &first).await);
        let back = sessions.restore_session(first.clone()).await;
        assert!(matches!(back, Ok(RestoreOutcome::Restored(_))));
        sessions.close_session(&first).await.expect("closed");
        assert!(here(&sessions, &first).await);
        sessions.close_session(&first).await.expect("closed");
        assert!(!here(&sessions, &first).await);
    }

    #[tokio::test]
    async fn one_that_has_gone_is_not_noted_again() {
        let sessions = three();
        let id = come(&sessions).await;
        sessions.close_session(&id).await.expect("closed");
        sessions.touch(&id);
        sessions.bind(&id, "builder".into()).await;
        drop(sessions.counted(&id, futures::stream::pending::<()>(), true));
        assert!(lock(&sessions.used).is_empty());
    }
}
