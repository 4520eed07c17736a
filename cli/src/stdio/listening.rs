//! The stream of what the server sends on its own, and the end of the session.

use std::{mem, ops::ControlFlow, pin::pin, sync::Arc, time::Duration};

use futures::StreamExt;
use reqwest::header;
use rmcp::transport::common::http_header::HEADER_SESSION_ID;
use tokio::{task::AbortHandle, time::sleep};

use super::{
    exchange::messages,
    session::{Session, SessionState, in_session},
    upstream::{CONNECT, Upstream, lock},
};

/// The pause before the stream is opened again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

impl Upstream {
    /// Reads the stream of notifications and requests that the server sends on its own, for as long as the session
    /// lasts.
    pub fn listen(self: &Arc<Self>) {
        let mut now = lock(&self.state);
        let Some(session) = now.session.clone() else {
            return;
        };
        let upstream = Arc::downgrade(self);
        let listening = tokio::spawn(async move {
            // Not held while waiting: the bridge ends when nobody else holds it.
            while let Some(upstream) = upstream.upgrade() {
                if upstream.read_stream(&session).await.is_break() {
                    return;
                }
                drop(upstream);
                sleep(LISTEN_AGAIN).await;
            }
        });
        if let Some(before) = now.listening.replace(listening.abort_handle()) {
            before.abort();
        }
    }

    /// Reads the stream until it ends. `Break` if it is not to be opened again.
    async fn read_stream(&self, session: &Session) -> ControlFlow<()> {
        use ControlFlow::{Break, Continue};
        let request = self
            .http
            .get(format!("{}/mcp", self.url))
            .header(header::ACCEPT, "text/event-stream");
        match in_session(request, session).send().await {
            Ok(answer) if answer.status().is_success() => {
                let mut received = pin!(messages(answer));
                while let Some(Ok(said)) = received.next().await {
                    self.send_to_client(said).await;
                }
                Continue(())
            }
            // A server that offers no stream, or that has forgotten the session: the next request begins a new one.
            Ok(answer) if answer.status().is_client_error() => Break(()),
            Ok(_) | Err(_) => Continue(()),
        }
    }

    /// Ends the session, if there is one.
    pub async fn close(&self) {
        let SessionState {
            session, listening, ..
        } = mem::take(&mut *lock(&self.state));
        listening.inspect(AbortHandle::abort);
        if let Some(id) = session.and_then(|session| session.id) {
            let delete = self
                .http
                .delete(format!("{}/mcp", self.url))
                .header(HEADER_SESSION_ID, id)
                .timeout(CONNECT);
            // A server that is away has nothing to end.
            let _ = delete.send().await;
        }
    }
}
