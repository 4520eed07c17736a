//! What rmcp asks of the sessions: it begins, finds and ends them, and opens their streams.

use std::{
    sync::Arc,
    task::{Poll, ready},
    time::Duration,
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
            local::{
                LocalSessionManager, LocalSessionManagerError, LocalSessionWorker, SessionError,
            },
        },
    },
};

use super::{
    Sessions, event_id,
    usage::{Use, lock},
};

/// How soon a client comes back whose stream broke off.
pub const RETRY: Duration = Duration::from_secs(3);

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

/// An event of the answer to a call with the id for clients. Whoever has the answer has nothing to repeat.
fn labelled(mut event: ServerSseMessage, label: &str, call: Option<&str>) -> ServerSseMessage {
    let call = call.filter(|_| !is_answer(&event));
    let inside = event.event_id.as_deref();
    event.event_id = inside.map(|inside| event_id::outside(label, inside, call));
    event
}

impl Sessions {
    /// Whether the client of a session can resume, and the name of the session in this memory.
    fn resumption(&self, id: &SessionId) -> (bool, Arc<str>) {
        let used = lock(&self.used);
        let how = used.get(id);
        how.map_or((true, Arc::from("")), |how| {
            (how.resumes, Arc::clone(&how.label))
        })
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
        let (resumes, label) = self.resumption(id);
        let call = resumes
            .then(|| event_id::to_repeat(id, &message, self.waits))
            .flatten();
        let stream = self.local.create_stream(id, message).await?;
        let hung_up = request
            .filter(|_| !resumes)
            .map(|request| HungUp::new(Arc::clone(&self.local), id.clone(), request));
        let mut stream = Box::pin(self.counted(id, stream, false));
        let mut hung_up = hung_up;
        Ok(stream::poll_fn(move |context| {
            loop {
                let mut event = ready!(stream.as_mut().poll_next(context));
                if resumes {
                    event = event.map(|event| labelled(event, &label, call.as_deref()));
                } else {
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
        let (resumes, _) = self.resumption(id);
        let advice = resumes.then(|| ServerSseMessage::priming("0", RETRY));
        Ok(stream::iter(advice).chain(self.counted(id, stream, true)))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Answer<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let (_, label) = self.resumption(id);
        let last = event_id::inside(&label, &last_event_id).ok_or(SessionError::InvalidEventId)?;
        let of_call = last.contains('/');
        let stream = self.local.resume(id, last.to_owned()).await?;
        self.listens_anew(id);
        let stream = self.counted(id, stream, true);
        Ok(stream.map(move |event| {
            if of_call {
                labelled(event, &label, event_id::said(&last_event_id))
            } else {
                event
            }
        }))
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
