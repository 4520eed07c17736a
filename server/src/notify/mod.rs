//! Tells people and programs outside that a person is needed, or that a pipeline ended: webhooks, messages to browsers, e-mail.
//!
//! One task follows the journal and puts notices into the outbox, from the position that is kept there; another one looks
//! for what no event says, such as silence (`collect`). One task for each receiver sends what is due, so that a receiver
//! that hangs delays no other (`deliver`). Whatever was taken with a 2xx is not sent again; only a crash between the answer
//! and the note about it makes a second delivery, with the same id.

mod addresses;
mod collect;
mod deliver;
mod mail;
mod notice;
mod outgoing;
mod overdue;
mod people;
mod push;
mod settings;
mod shape;
mod webhook;
mod wires;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use domain::{Pipeline, PipelineId, Reason, Refusal, Timestamp};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    people::People,
    registry::{Followed, Outbox, StoreError, StoredPush},
    relay::{Relay, RelayError, now},
};

pub use mail::{MailConfig, Mailer, check_address};
pub use notice::Notice;
pub use outgoing::Failure;
pub use overdue::Patience;
pub use protocol::NoticeKind as Kind;
pub use push::{BrowserKeys, PushConfig, Pusher, random_key};
pub use settings::{NotifyConfig, NotifyTable, Webhook};
pub use webhook::Receiver;

/// Under which name it is noted how far the journal was followed for people. No webhook can have it.
const PEOPLE: &str = "people/";
/// The pause after the outbox or the journal could not be used.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Sends notices about what happens to pipelines.
pub struct Notifier {
    outbox: Arc<dyn Outbox>,
    /// Each with the position after which it is told.
    receivers: Vec<(Receiver, u64)>,
    /// The position after which people are told.
    people_start: u64,
    people: Arc<People>,
    pusher: Arc<Pusher>,
    mailer: Option<Arc<Mailer>>,
    relay: Relay,
    board: String,
    first_pause: Duration,
    patience: Patience,
    look_every: Duration,
    /// When this one was made.
    started: Timestamp,
}

impl Notifier {
    /// A notifier that goes on where an earlier one ended. A receiver that is new begins with what happens from now on, and
    /// so do all of them when the journal is another one than before, as after a restored backup. `board` is the address of
    /// the board. Blocks.
    ///
    /// # Errors
    /// The outbox cannot be used, or an HTTP client cannot be made.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        config: &NotifyConfig,
        relay: Relay,
        (people, pusher, mailer): (Arc<People>, Arc<Pusher>, Option<Arc<Mailer>>),
        board: &str,
    ) -> Result<Self> {
        let (_, head) = relay.live().bounds();
        let known = outbox.followed()?;
        let named = |name: &str| {
            name == PEOPLE || config.webhooks.iter().any(|webhook| webhook.name == name)
        };
        for gone in known.iter().filter(|known| !named(&known.receiver)) {
            outbox.remove_receiver(&gone.receiver)?;
        }
        let begin = |name: &str| -> Result<u64> {
            let known = known.iter().find(|known| known.receiver == name);
            let position = match known.map(|known| resumed(&relay, known, head)) {
                Some(Some(position)) => position,
                Some(None) => {
                    tracing::warn!(
                        "{name}: the journal is another one than before; notices from now on are sent, and those that waited are forgotten"
                    );
                    outbox.remove_receiver(name)?;
                    if name == PEOPLE {
                        for (receiver, _) in
                            [outbox.waiting(people::PUSH)?, outbox.waiting(people::MAIL)?].concat()
                        {
                            outbox.remove_receiver(&receiver)?;
                        }
                    }
                    head
                }
                None => head,
            };
            outbox.put_receiver(&Followed {
                receiver: name.to_owned(),
                epoch: relay.live().epoch().to_owned(),
                position,
            })?;
            Ok(position)
        };
        let people_start = begin(PEOPLE)?;
        let mut receivers = Vec::new();
        for webhook in &config.webhooks {
            let name = &webhook.name;
            let position = begin(name)?;
            let receiver = Receiver::new(webhook.clone())
                .with_context(|| format!("the HTTP client of the webhook {name}"))?;
            receivers.push((receiver, position));
        }
        Ok(Self {
            outbox,
            receivers,
            people_start,
            people,
            pusher,
            mailer,
            relay,
            board: board.to_owned(),
            first_pause: config.first_pause,
            patience: config.patience,
            look_every: config.look_every,
            started: now(),
        })
    }

    /// For how many receivers something waits, and when the oldest of what was tried and not taken was made. Blocks.
    ///
    /// # Errors
    /// The outbox cannot be read.
    pub fn waiting(&self) -> Result<(usize, Option<Timestamp>), StoreError> {
        let receivers = self.outbox.waiting("")?.len();
        Ok((receivers, self.outbox.oldest_tried()?))
    }

    /// The key that browsers are given when they subscribe.
    pub fn push_key(&self) -> String {
        self.pusher.public_key()
    }

    /// Whether there is a mail server.
    pub fn has_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// Checks what a browser says about itself.
    ///
    /// # Errors
    /// See [`Pusher::check`].
    pub fn check_push(&self, endpoint: &str, keys: &BrowserKeys) -> Result<(), Refusal> {
        self.pusher.check(endpoint, keys)
    }

    /// Sends a test message to a browser, once.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn try_push(&self, push: &StoredPush) -> Result<String, Failure> {
        self.send_push(push, &Notice::test(&self.board, now()))
            .await
    }

    /// Sends a test message by e-mail, once.
    ///
    /// # Errors
    /// It was not taken, or there is no mail server.
    pub async fn try_mail(&self, address: &str) -> Result<String, Failure> {
        let Some(mailer) = &self.mailer else {
            return Err(Failure::new("no mail server is set: [notify.mail]"));
        };
        let delivery = format!("test-{}", now().millis());
        let notice = Notice::test(&self.board, now());
        mailer.send(address, &delivery, &notice).await
    }

    /// Sends a test message to a webhook, once. `None`: there is none with this name.
    pub async fn try_webhook(&self, name: &str) -> Option<Result<String, Failure>> {
        let mut receivers = self.receivers.iter().map(|(receiver, _)| receiver);
        let receiver = receivers.find(|receiver| receiver.webhook.name == name)?;
        let delivery = format!("test-{}", now().millis());
        Some(
            receiver
                .send(&delivery, &Notice::test(&self.board, now()))
                .await,
        )
    }

    /// Tells until `stop` is cancelled; what is on its way then is waited for.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let notifier = self;
        let news = watch::Sender::new(());
        let mut tasks = JoinSet::new();
        for index in 0..notifier.receivers.len() {
            let notifier = Arc::clone(&notifier);
            tasks.spawn(notifier.deliver(index, news.subscribe(), stop.clone()));
        }
        let to_people = Arc::clone(&notifier).deliver_to_people(news.subscribe(), stop.clone());
        tasks.spawn(to_people);
        tasks.spawn(Arc::clone(&notifier).look(news.clone(), stop.clone()));
        tasks.spawn(notifier.follow(news, stop));
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(
                    "some notices for webhooks are not sent until the next start: {error}"
                );
            }
        }
    }

    async fn pipeline(&self, id: &PipelineId) -> Result<Option<Arc<Pipeline>>, RelayError> {
        match self.relay.pipeline(id).await {
            Ok(pipeline) => Ok(Some(pipeline)),
            Err(RelayError::Refused(refusal)) if refusal.reason == Reason::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn with_outbox<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Outbox) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        let outbox = Arc::clone(&self.outbox);
        Ok(tokio::task::spawn_blocking(move || work(&*outbox)).await??)
    }
}

/// Where following goes on, if what was noted is a place in this journal. What an epoch wrote after the next one began is
/// not in it: a backup was restored.
fn resumed(relay: &Relay, known: &Followed, head: u64) -> Option<u64> {
    let epochs = relay.epochs();
    let at = epochs.iter().position(|epoch| epoch.name == known.epoch)?;
    let end = epochs.get(at + 1).map_or(head, |next| next.start);
    (known.position <= end.min(head)).then_some(known.position)
}

fn later(at: Timestamp, pause: Duration) -> Timestamp {
    let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.millis().saturating_add(pause))
}
