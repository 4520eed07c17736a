//! From what happens, and from what does not, to notices in the outbox.

use std::{collections::HashSet, sync::Arc};

use anyhow::Result;
use domain::{PipelineId, Recorded};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    Notifier, STORE_PAUSE, Starts,
    notice::{self, Notice},
    overdue::{self, Overdue},
};
use crate::{
    live::EventId,
    registry::{NewNotice, Outbox, Reached},
    relay::{RelayError, now},
};

/// Most notices that wait for one receiver. The oldest are given up: whoever was away so long looks at the board.
const WAITING_MAX: usize = 1_000;
/// Most open pipelines that are looked at for silence, in the order of the board.
const LOOKED_AT: usize = 1_000;
/// Positions of the journal without a notice after which it is noted how far it was followed: a start reads no more than
/// these again.
const NOTED_EVERY: u64 = 1_000;

impl Notifier {
    /// Puts notices about what happens into the outbox.
    pub(super) async fn follow(
        self: Arc<Self>,
        starts: Starts,
        news: watch::Sender<()>,
        stop: CancellationToken,
    ) {
        let mut reached = starts.first();
        let mut noted = reached.position;
        let mut signal = self.relay.live().signal();
        loop {
            signal.borrow_and_update();
            let caught_up = self.catch_up(&starts, &mut reached, &mut noted, &news);
            let failed = caught_up.await.err();
            if let Some(error) = &failed {
                tracing::warn!(%error, "notices for webhooks are late: {error}");
            }
            let has_failed = failed.is_some();
            let pause = async {
                if has_failed {
                    sleep(STORE_PAUSE).await;
                } else {
                    std::future::pending().await
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    // The next start reads nothing again, and tells nobody who comes later what was before.
                    if let Err(error) = self.put(vec![], Some(reached)).await {
                        tracing::warn!("how far was told cannot be noted: {error}");
                    }
                    return;
                }
                () = pause => {}
                changed = signal.changed(), if !has_failed => if changed.is_err() { return },
            }
        }
    }

    /// Takes in what is shown and was not looked at yet. `noted` is the position that the outbox has.
    async fn catch_up(
        &self,
        starts: &Starts,
        reached: &mut Reached,
        noted: &mut u64,
        news: &watch::Sender<()>,
    ) -> Result<()> {
        loop {
            let (appends, EventId { epoch, position }) =
                self.relay.appends_after(reached.position).await?;
            if position == reached.position {
                return Ok(());
            }
            for append in appends {
                let end = append.last().map_or(reached.position, |last| last.position);
                let notices = self.notices_of(starts, &append).await?;
                // In the epoch in which it was read: another one may have begun since what was read before.
                let end = Reached {
                    epoch: epoch.clone(),
                    position: end,
                };
                if !notices.is_empty() {
                    self.put(notices, Some(end.clone())).await?;
                    *noted = end.position;
                    news.send_replace(());
                }
                *reached = end;
            }
            *reached = Reached { epoch, position };
            if position - *noted >= NOTED_EVERY {
                self.put(vec![], Some(reached.clone())).await?;
                *noted = position;
            }
        }
    }

    async fn notices_of(&self, starts: &Starts, append: &[Recorded]) -> Result<Vec<NewNotice>> {
        let mut notices = Vec::new();
        for recorded in append {
            if !notice::is_told(&recorded.event) && !notice::takes_back(&recorded.event) {
                continue;
            }
            let pipeline = match self.relay.pipeline(&recorded.pipeline).await {
                Err(RelayError::Refused(_)) => continue,
                read => read?,
            };
            let for_people = recorded.position > starts.people;
            if for_people && let Some(notice) = self.withdrawn(&pipeline, recorded) {
                notices.extend(self.for_people(&notice).await?);
            }
            let Some(notice) = Notice::of(&pipeline, recorded, &self.board) else {
                continue;
            };
            if !notice.is_news(&pipeline) {
                continue;
            }
            let is_later = |index: usize| {
                let start = starts.receivers.get(index);
                start.is_none_or(|start| recorded.position > *start)
            };
            notices.extend(self.for_receivers(&notice, is_later)?);
            if for_people {
                notices.extend(self.for_people(&notice).await?);
            }
        }
        Ok(notices)
    }

    /// The notice for each receiver that wants it, where `is_news` agrees, which is asked with the number of that receiver.
    fn for_receivers(
        &self,
        notice: &Notice,
        is_news: impl Fn(usize) -> bool,
    ) -> Result<Vec<NewNotice>> {
        let body = serde_json::to_string(notice)?;
        let wanting = self
            .receivers
            .iter()
            .enumerate()
            .filter(|(index, receiver)| {
                is_news(*index) && receiver.webhook.wants(notice.event, &notice.project)
            });
        let new = wanting.map(|(_, receiver)| NewNotice {
            receiver: receiver.webhook.name.clone(),
            id: notice.id(),
            body: body.clone(),
            made: notice.at,
            due: now(),
        });
        Ok(new.collect())
    }

    /// Puts notices about what is late into the outbox.
    pub(super) async fn look(self: Arc<Self>, news: watch::Sender<()>, stop: CancellationToken) {
        let mut tick = interval(self.look_every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // So that nothing is written again at every look; the outbox would know it as well.
        let mut told = HashSet::new();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            match self.look_once(&mut told).await {
                Ok(true) => {
                    news.send_replace(());
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "notices for webhooks about silence are late: {error}");
                }
            }
        }
    }

    /// Takes in what is late by now; says whether there was something new. What was late before the start is old news: no
    /// agent could report while there was no server.
    async fn look_once(&self, told: &mut HashSet<(PipelineId, Overdue)>) -> Result<bool> {
        let at = now();
        let is_late = |overdue: &Overdue| self.started < overdue.late && overdue.late <= at;
        let open = self.relay.open_summaries(LOOKED_AT);
        let late = open.iter().filter_map(|summary| {
            let overdue = overdue::awaited(summary, self.patience).filter(is_late)?;
            Some((summary.pipeline.clone(), overdue))
        });
        let late: HashSet<_> = late.collect();
        let mut notices = Vec::new();
        for (id, overdue) in late.difference(told) {
            if let Some(pipeline) = self.pipeline(id).await? {
                let notice = Notice::late(&pipeline, *overdue, &self.board);
                notices.extend(self.for_receivers(&notice, |_| true)?);
                notices.extend(self.for_people(&notice).await?);
            }
        }
        let is_new = !notices.is_empty();
        if is_new {
            // This was not read from the journal.
            self.put(notices, None).await?;
        }
        *told = late;
        Ok(is_new)
    }

    async fn put(&self, notices: Vec<NewNotice>, reached: Option<Reached>) -> Result<()> {
        let put = move |outbox: &dyn Outbox| {
            outbox.put_notices(&notices, reached.as_ref(), now(), WAITING_MAX)
        };
        let given_up = self.with_outbox(put).await?;
        if given_up > 0 {
            tracing::warn!(
                "{given_up} notices for webhooks are given up: more than {WAITING_MAX} wait for one receiver"
            );
        }
        Ok(())
    }
}
