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

use anyhow::{Context, Result, ensure};
use domain::{Pipeline, PipelineId, Reason, Refusal, Timestamp};
use tokio::{sync::watch, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    journal::{Epoch, last_of_epoch},
    live::EventId,
    nodes::Duty,
    people::People,
    registry::{Followed, Outbox, Reached, StoreError, StoredPush},
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
    receivers: Vec<Receiver>,
    /// Whether it is this node that tells.
    duty: Duty,
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

/// The positions after which everybody is told.
struct Starts {
    /// The epoch that they belong to.
    epoch: String,
    /// In the order of the receivers.
    receivers: Vec<u64>,
    people: u64,
}

impl Starts {
    fn first(&self) -> Reached {
        let receivers = self.receivers.iter().copied();
        Reached {
            epoch: self.epoch.clone(),
            position: receivers.min().unwrap_or(self.people).min(self.people),
        }
    }
}

impl Notifier {
    /// A notifier that tells while this node is on duty. `board` is the address of the board.
    ///
    /// # Errors
    /// An HTTP client cannot be made.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        config: &NotifyConfig,
        (relay, duty): (Relay, Duty),
        (people, pusher, mailer): (Arc<People>, Arc<Pusher>, Option<Arc<Mailer>>),
        board: &str,
    ) -> Result<Self> {
        let receivers = config.webhooks.iter().map(|webhook| {
            let receiver = Receiver::new(webhook.clone());
            receiver.with_context(|| format!("the HTTP client of the webhook {}", webhook.name))
        });
        Ok(Self {
            outbox,
            receivers: receivers.collect::<Result<_>>()?,
            duty,
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

    /// Goes on where this node, or another one, ended. A receiver that is new begins with what happens from now on, and
    /// so do all of them when the journal is another one than before, as after a restored backup.
    ///
    /// # Errors
    /// The outbox cannot be used, or the journal does not answer.
    pub async fn begin(self: &Arc<Self>) -> Result<()> {
        self.starts().await.map(drop)
    }

    async fn starts(self: &Arc<Self>) -> Result<Starts> {
        let known = self.with_outbox(|outbox| outbox.followed()).await?;
        // After that question: what another node has followed is no other journal where this one only does not show it yet.
        ensure!(
            self.relay.catch_up_with_others().await,
            "what other nodes have written is not known"
        );
        let notifier = Arc::clone(self);
        Ok(tokio::task::spawn_blocking(move || notifier.starts_after(&known)).await??)
    }

    /// The starts where this is known of them. Blocks.
    fn starts_after(&self, known: &[Followed]) -> Result<Starts, StoreError> {
        let (outbox, relay) = (&*self.outbox, &self.relay);
        let EventId {
            epoch,
            position: head,
        } = relay.live().newest_id();
        let epochs = relay.epochs();
        let names = self
            .receivers
            .iter()
            .map(|receiver| &*receiver.webhook.name);
        let names: Vec<_> = names.chain([PEOPLE]).collect();
        for gone in known
            .iter()
            .filter(|known| !names.contains(&&*known.receiver))
        {
            outbox.remove_receiver(&gone.receiver)?;
        }
        let begin = |name: &str| -> Result<u64, StoreError> {
            let known = known.iter().find(|known| known.receiver == name);
            let position = match known.map(|known| resumed(&known.reached, &epochs, head)) {
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
                reached: Reached {
                    epoch: epoch.clone(),
                    position,
                },
            })?;
            Ok(position)
        };
        let receivers = self.receivers.iter();
        let receivers = receivers.map(|receiver| begin(&receiver.webhook.name));
        Ok(Starts {
            receivers: receivers.collect::<Result<_, _>>()?,
            people: begin(PEOPLE)?,
            epoch: epoch.clone(),
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
        let mut receivers = self.receivers.iter();
        let receiver = receivers.find(|receiver| receiver.webhook.name == name)?;
        let delivery = format!("test-{}", now().millis());
        Some(
            receiver
                .send(&delivery, &Notice::test(&self.board, now()))
                .await,
        )
    }

    /// Tells, while this node is on duty, until `stop` is cancelled; what is on its way then is waited for.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (mut duty, mut restarts) = (self.duty.clone(), self.relay.restarts());
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                begun = duty.begins() => if begun.is_err() { return },
            }
            restarts.borrow_and_update();
            let starts = match self.starts().await {
                Ok(starts) => starts,
                Err(error) => {
                    tracing::warn!(%error, "nothing is told yet: {error}");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = sleep(STORE_PAUSE) => continue,
                    }
                }
            };
            let term = stop.child_token();
            let telling = Arc::clone(&self).tell(starts, term.clone());
            tokio::pin!(telling);
            tokio::select! {
                () = &mut telling => return,
                _ = duty.ends() => {}
                _ = restarts.changed() => {}
            }
            term.cancel();
            telling.await;
        }
    }

    async fn tell(self: Arc<Self>, starts: Starts, stop: CancellationToken) {
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
        tasks.spawn(notifier.follow(starts, news, stop));
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

/// Where following goes on, if what was reached is in the journal that has these epochs and ends at `head`.
pub fn resumed(reached: &Reached, epochs: &[Epoch], head: u64) -> Option<u64> {
    let last = last_of_epoch(epochs, &reached.epoch, head)?;
    (reached.position <= last).then_some(reached.position)
}

fn later(at: Timestamp, pause: Duration) -> Timestamp {
    let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.millis().saturating_add(pause))
}
