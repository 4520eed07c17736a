//! How a message gets to the server: a server that is started, a session that is opened again.

use std::sync::Arc;

use serde_json::json;
use tokio::task::AbortHandle;

use super::{
    exchange::ExchangeError,
    fallback,
    message::{Kind, Message, error},
    session::{Session, SessionState},
    start,
    upstream::{Upstream, lock},
};

impl Upstream {
    /// Delivers one message. A request is always answered, by the bridge where the server does not.
    pub async fn handle(self: Arc<Self>, message: Message) {
        let delivered = self.deliver_or_start(&message).await;
        if delivered.is_ok() && message.method() == "notifications/initialized" {
            self.listen();
        }
        let (Err(failure), Kind::Request) = (delivered, message.kind()) else {
            return;
        };
        let offline = || {
            let tools = lock(&self.tools).clone();
            fallback::answer(&message, &self.url, &self.fallback, tools.as_ref())
        };
        let answer = match failure {
            ExchangeError::Unreachable | ExchangeError::SessionLost => offline(),
            // A client that was told of no tools does not ask for them later.
            ExchangeError::Broken if message.method() == "initialize" => offline(),
            ExchangeError::Broken if message.method() == "tools/call" => fallback::broken(&message),
            ExchangeError::Broken => error(
                message.id(),
                -32603,
                "The connection to Staffel broke before it answered. Try again.",
            ),
            ExchangeError::Refused(why) => {
                error(message.id(), -32603, &format!("Staffel answered {why}"))
            }
        };
        self.send_to_client(answer).await;
    }

    /// Delivers the message. Where no server answers, one is started for a request, if that is allowed.
    async fn deliver_or_start(self: &Arc<Self>, message: &Message) -> Result<(), ExchangeError> {
        match self.deliver(message).await {
            Err(ExchangeError::Unreachable)
                if self.may_start && message.kind() == Kind::Request =>
            {
                self.start().await?;
                self.deliver(message).await
            }
            delivered => delivered,
        }
    }

    /// Starts a server, unless one answers by now.
    async fn start(&self) -> Result<(), ExchangeError> {
        let _guard = self.beginning.lock().await;
        start::start(&self.url, &self.http).await.map_err(|why| {
            tracing::warn!("{why:#}");
            ExchangeError::Unreachable
        })
    }

    /// Sends the message to the server, in the session that it belongs to.
    async fn deliver(self: &Arc<Self>, message: &Message) -> Result<(), ExchangeError> {
        if message.is_stateless() {
            return self.exchange(message, None, true).await.map(drop);
        }
        if message.method() == "initialize" {
            return self.initialize(message).await;
        }
        let (session, introduced) = {
            let now = lock(&self.state);
            (now.session.clone(), now.introduction.is_some())
        };
        if let Some(session) = &session {
            match self.exchange(message, Some(session), true).await {
                Err(ExchangeError::SessionLost) if message.kind() == Kind::Request => {}
                delivered => return delivered.map(drop),
            }
        }
        if message.kind() != Kind::Request {
            // It is about a session, and there is none that knows what it is about.
            return Ok(());
        }
        let session = match introduced {
            true => Some(self.initialize_again(session.as_ref()).await?),
            false => None,
        };
        let delivered = self.exchange(message, session.as_ref(), true).await;
        delivered.map(drop)
    }

    /// Opens the client's first session.
    async fn initialize(&self, introduction: &Message) -> Result<(), ExchangeError> {
        let _guard = self.beginning.lock().await;
        {
            let mut now = lock(&self.state);
            let listening = now.listening.take();
            listening.inspect(AbortHandle::abort);
            *now = SessionState {
                introduction: Some(introduction.clone()),
                ..SessionState::default()
            };
        }
        let session = self.exchange(introduction, None, true).await?;
        lock(&self.state).session = session;
        Ok(())
    }

    /// Opens a new session in place of the lost one, with the client's own `initialize`. The client does not notice.
    async fn initialize_again(
        self: &Arc<Self>,
        lost: Option<&Session>,
    ) -> Result<Session, ExchangeError> {
        let _guard = self.beginning.lock().await;
        let (introduction, subscriptions) = {
            let now = lock(&self.state);
            match &now.session {
                // Another message has lost it too, and was here before.
                Some(session) if Some(session) != lost => return Ok(session.clone()),
                _ => (now.introduction.clone(), now.subscriptions.clone()),
            }
        };
        let introduction = introduction.ok_or(ExchangeError::SessionLost)?;
        let session = self.exchange(&introduction, None, false).await?;
        let session = session.ok_or_else(|| {
            let why = "the client's introduction with an error. Start the client anew.";
            ExchangeError::Refused(why.to_owned())
        })?;
        let initialized = Message::own(json!({
            "jsonrpc": "2.0", "method": "notifications/initialized"
        }));
        self.exchange(&initialized, Some(&session), false).await?;
        for uri in subscriptions {
            let subscribe = Message::own(json!({
                "jsonrpc": "2.0", "id": "staffel stdio", "method": "resources/subscribe", "params": { "uri": uri }
            }));
            // What is gone cannot change any more.
            let _ = self.exchange(&subscribe, Some(&session), false).await;
            // It may have changed meanwhile, and nothing has said so.
            self.send_to_client(json!({
                "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": { "uri": uri }
            }))
            .await;
        }
        lock(&self.state).session = Some(session.clone());
        self.listen();
        Ok(session)
    }
}
