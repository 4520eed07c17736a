//! From the outbox to a receiver: what is due, how often it is tried, and when it is given up.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use domain::Timestamp;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Notifier, STORE_PAUSE, later, notice::Notice, outgoing::Failure, webhook::Receiver};
use crate::{
    registry::{NoticeEnd, StoredNotice, StoredPush},
    relay::now,
};

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(15 * 60);
/// The longest that a notice for a person waits: a reminder of a week, and a night.
pub(super) const PERSON_WAIT_MAX: Duration = Duration::from_secs(8 * 24 * 3_600);
/// The longest pause that a receiver can ask for.
const ASKED_PAUSE_MAX: Duration = Duration::from_secs(3_600);
/// After how long a notice is given up, in milliseconds: three days, a weekend and a morning.
const GIVEN_UP_AFTER: i64 = 3 * 24 * 3600 * 1000;
/// Tries after which a receiver is believed that there is nobody.
const GONE_TRIES: u32 = 3;

/// Who takes notices.
pub(super) enum Receiving<'a> {
    /// A webhook.
    Webhook(&'a Receiver),
    /// A browser.
    Push(Box<StoredPush>),
    /// A mailbox.
    Mail(String),
}

impl Receiving<'_> {
    fn longest_wait(&self) -> Duration {
        match self {
            Self::Webhook(_) => ASKED_PAUSE_MAX,
            Self::Push(_) | Self::Mail(_) => PERSON_WAIT_MAX,
        }
    }
}

impl Notifier {
    /// Sends a notice once, and gives the answer in words.
    async fn send(
        &self,
        to: &Receiving<'_>,
        delivery: &str,
        notice: &Notice,
    ) -> Result<String, Failure> {
        match to {
            Receiving::Webhook(receiver) => receiver.send(delivery, notice).await,
            Receiving::Push(push) => self.send_push(push, notice).await,
            Receiving::Mail(address) => match &self.mailer {
                Some(mailer) => mailer.send(address, delivery, notice).await,
                None => Err(Failure::new("no mail server is set")),
            },
        }
    }

    /// Sends what waits for one receiver.
    pub(super) async fn deliver(
        self: Arc<Self>,
        index: usize,
        mut news: watch::Receiver<()>,
        stop: CancellationToken,
    ) {
        let Some(receiver) = self.receivers.get(index) else {
            return;
        };
        let name = &receiver.webhook.name;
        loop {
            news.borrow_and_update();
            let pause = match self.deliver_next(name, &Receiving::Webhook(receiver)).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(%error, "{name}: notices are late: {error}");
                    Some(STORE_PAUSE)
                }
            };
            let pause = async {
                match pause {
                    Some(pause) => sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                () = pause => {}
            }
        }
    }

    /// Tries the next notice for a receiver, if it is due. Gives how long there is nothing to do; `None` until there is a
    /// new one.
    pub(super) async fn deliver_next(
        &self,
        name: &str,
        to: &Receiving<'_>,
    ) -> Result<Option<Duration>> {
        let receiver = name.to_owned();
        let next = self
            .with_outbox(move |outbox| outbox.next_notice(&receiver))
            .await?;
        let Some(stored) = next else {
            return Ok(None);
        };
        let wait = wait_until(stored.next, now(), to.longest_wait());
        if !wait.is_zero() {
            return Ok(Some(wait));
        }
        let Ok(notice) = serde_json::from_str::<Notice>(&stored.body) else {
            tracing::warn!(
                "{name}: a notice of another version cannot be read and is given up: {}",
                stored.id
            );
            self.end(&stored, NoticeEnd::GivenUp).await;
            return Ok(Some(Duration::ZERO));
        };
        if !self.is_still_news(name, &notice).await? {
            self.end(&stored, NoticeEnd::Withdrawn).await;
            return Ok(Some(Duration::ZERO));
        }
        if !self.duty.is_on() {
            // Another node sends it, perhaps already; or this one, once it has said again that it lives.
            return Ok(Some(STORE_PAUSE));
        }
        match self.send(to, &stored.delivery, &notice).await {
            Ok(_) => {
                tracing::debug!("{name}: {} was delivered", stored.id);
                self.end(&stored, NoticeEnd::Delivered).await;
            }
            Err(failure) => self.postpone(name, &stored, &failure).await?,
        }
        Ok(Some(Duration::ZERO))
    }

    async fn is_still_news(&self, receiver: &str, notice: &Notice) -> Result<bool> {
        if let Some(told) = notice.takes_back() {
            let receiver = receiver.to_owned();
            return self
                .with_outbox(move |outbox| outbox.was_delivered(&receiver, &told))
                .await;
        }
        let Some(id) = &notice.pipeline else {
            return Ok(true);
        };
        Ok(match self.pipeline(id).await? {
            Some(pipeline) => notice.is_news(&pipeline),
            None => false,
        })
    }

    async fn postpone(&self, name: &str, stored: &StoredNotice, failure: &Failure) -> Result<()> {
        let (tries, at) = (stored.tries + 1, now());
        let old = at.millis_since(stored.made) >= GIVEN_UP_AFTER;
        if old || (failure.gone && tries >= GONE_TRIES) {
            tracing::warn!(
                "{name}: {} is given up after {tries} tries: {failure}",
                stored.id
            );
            self.end(stored, NoticeEnd::GivenUp).await;
            return Ok(());
        }
        let pause = pause(self.first_pause, tries, failure.retry_after, random());
        // Not at every one of hundreds of tries.
        if tries == 1 {
            tracing::warn!(
                "{name}: {} was not delivered: {failure}. It is tried again",
                stored.id
            );
        } else {
            tracing::debug!(
                "{name}: {} was not delivered in try {tries}: {failure}",
                stored.id
            );
        }
        let delivery = stored.delivery.clone();
        let next = later(at, pause);
        self.with_outbox(move |outbox| outbox.try_notice_again(&delivery, next))
            .await
    }

    /// Notes an end, however long that takes: a delivery that is not noted would be made again.
    async fn end(&self, stored: &StoredNotice, end: NoticeEnd) {
        loop {
            let delivery = stored.delivery.clone();
            let noted = self
                .with_outbox(move |outbox| outbox.end_notice(&delivery, end, now()))
                .await;
            match noted {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(%error, "what became of a notice cannot be noted yet: {error}");
                }
            }
            sleep(STORE_PAUSE).await;
        }
    }
}

/// How long until `next`. A time beyond the `longest` wait is one of a clock that was set back: it is due.
pub(super) fn wait_until(next: Timestamp, now: Timestamp, longest: Duration) -> Duration {
    let wait = Duration::from_millis(next.millis_since(now).unsigned_abs());
    if wait > longest { Duration::ZERO } else { wait }
}

/// The pause after so many failed tries: doubled each time, and between half and all of it by `random`, from 0 to 1, so
/// that many Staffels do not come back at once. A longer one that the receiver asks for is heeded within bounds.
fn pause(first: Duration, tries: u32, asked: Option<Duration>, random: f64) -> Duration {
    let doubled = first.saturating_mul(1 << tries.saturating_sub(1).min(20));
    let pause = doubled.min(PAUSE_MAX).mul_f64(0.5 + random / 2.0);
    pause.max(asked.unwrap_or_default().min(ASKED_PAUSE_MAX))
}

fn random() -> f64 {
    // Without random bytes the pause is the longest.
    getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_heed_what_is_asked() {
        let second = Duration::from_secs(1);
        let of = |tries, asked: Option<u64>, random| {
            pause(second, tries, asked.map(Duration::from_secs), random).as_millis()
        };
        assert_eq!((of(1, None, 0.0), of(1, None, 1.0)), (500, 1_000));
        assert_eq!((of(4, None, 0.0), of(4, None, 1.0)), (4_000, 8_000));
        assert_eq!(of(1_000, None, 1.0), 900_000);
        assert_eq!(of(1, Some(30), 1.0), 30_000);
        assert_eq!(of(10, Some(1), 1.0), 512_000, "never sooner");
        assert_eq!(of(1, Some(u64::MAX), 1.0), 3_600_000);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_wait_for_years() {
        let at = Timestamp::from_millis(1_800_000_000_000);
        let next = later(at, Duration::from_secs(60));
        assert_eq!(
            wait_until(next, at, ASKED_PAUSE_MAX),
            Duration::from_secs(60)
        );
        assert_eq!(wait_until(at, next, ASKED_PAUSE_MAX), Duration::ZERO);
        let before = Timestamp::from_millis(at.millis() - 365 * 24 * 3_600_000);
        assert_eq!(wait_until(next, before, ASKED_PAUSE_MAX), Duration::ZERO);
    }
}
