//! How sessions are used: when last, by whose client, and how many streams are open to it.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::Instant,
};

use futures::Stream;
use rmcp::transport::common::server_side_http::SessionId;

use crate::{
    agents::{Agents, Open},
    mcp::{sessions::event_id, watching::Watched},
};

/// How a session is used.
pub struct Use {
    pub(super) last: Instant,
    /// Streams that are open to its client now.
    pub(super) streams: usize,
    /// Those of them on which it only listens.
    pub(super) listening: usize,
    /// Under which name the board shows its client.
    pub(super) shown: Option<(Arc<Agents>, String)>,
    /// What the board is shown of those on which it listens.
    pub(super) shown_streams: Vec<Open>,
    /// The agent whose token began it.
    pub(super) agent: Option<Arc<str>>,
    /// The resources that its client watches.
    pub(super) watched: Weak<Watched>,
    /// Whether answers to POST can be resumed: see `resumes` in `manager`.
    pub(super) resumes: bool,
    /// Its name in this memory.
    pub(super) label: Arc<str>,
}

impl Use {
    /// Begun by this agent, and not used yet.
    pub fn by(agent: Option<Arc<str>>) -> Self {
        Self {
            last: Instant::now(),
            streams: 0,
            listening: 0,
            shown: None,
            shown_streams: vec![],
            agent,
            watched: Weak::new(),
            resumes: true,
            label: event_id::label().into(),
        }
    }

    /// Shows the board how many streams there are.
    pub fn show(&mut self) {
        self.shown_streams.truncate(self.listening);
        if let Some((agents, name)) = &self.shown {
            let missing = self.listening - self.shown_streams.len();
            let new = (0..missing).map(|_| agents.presence.listens(name));
            self.shown_streams.extend(new);
        }
    }
}

/// Nothing is half done while one of these is held, so a panic elsewhere spoils nothing.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream to a client, counted while it is open.
pub struct Counted<S> {
    pub(super) stream: Pin<Box<S>>,
    pub(super) listens: bool,
    pub(super) id: SessionId,
    pub(super) used: Arc<Mutex<HashMap<SessionId, Use>>>,
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
