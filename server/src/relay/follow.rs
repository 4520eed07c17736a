//! Reading the journal on: facts are folded into the state and pushed to the live log as frames.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, PoisonError},
    time::Duration,
};

use domain::{Pipeline, Recorded, Session};
use futures::FutureExt;

use super::{PAGE, Relay, SEEN_LATER};
use crate::{
    journal::{Epoch, ReadError, Stored},
    projections::frames_of,
};

/// How often is looked for facts when nobody has said that there are some.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause after a failure, before the next try.
const RETRY: Duration = Duration::from_millis(500);

impl Relay {
    /// Reads the journal on for as long as the server runs. When that fails, whoever waits for it is told so, and it is
    /// tried again: what is not folded yet is not lost.
    pub async fn follow(self) {
        let mut changes = self.shared.journal.changes();
        let mut epochs = self.shared.journal.epochs();
        let mut look = true;
        loop {
            // A panic is a bug of ours. It must not leave every later command waiting for ever.
            let known = Arc::clone(&epochs.borrow_and_update());
            let caught_up = async {
                self.enter_epoch(&known).await?;
                self.catch_up(look).await
            };
            let caught_up = AssertUnwindSafe(caught_up).catch_unwind().await;
            let trouble = match caught_up {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("an internal error; the log has the details".to_owned()),
            };
            if let Some(why) = &trouble {
                tracing::error!("what is shown does not follow the journal: {why}");
            }
            let failed = trouble.is_some();
            self.shared
                .stuck
                .send_if_modified(|stuck| std::mem::replace(stuck, trouble.clone()) != trouble);
            if failed {
                tokio::time::sleep(RETRY).await;
                look = true;
            } else {
                // The notification is a hint only: a commit that was reported as failed may be durable all the same. Where nobody
                // writes, as on a full disk, there is nobody to give one.
                let told = tokio::time::timeout(LOOK_EVERY, async {
                    tokio::select! {
                        Ok(()) = changes.changed() => {}
                        Ok(()) = epochs.changed() => {}
                        else => std::future::pending().await,
                    }
                });
                look = told.await.is_err();
            }
        }
    }

    /// Goes on in the newest epoch. Where it does not know all that is shown, everything is read anew.
    async fn enter_epoch(&self, epochs: &[Epoch]) -> Result<(), ReadError> {
        let live = &self.shared.live;
        match epoch_change(epochs, &live.epoch(), live.bounds().1) {
            EpochChange::None => {}
            EpochChange::Known(epoch) => live.enter(&epoch),
            EpochChange::Replaced(epoch) => {
                tracing::warn!(
                    "the journal was replaced by another copy of itself: everything is read anew"
                );
                self.read_anew(&epoch).await?;
            }
        }
        Ok(())
    }

    fn is_in_newest_epoch(&self) -> bool {
        let epochs = Arc::clone(&self.shared.journal.epochs().borrow());
        let ours = self.shared.live.epoch();
        epochs.last().is_none_or(|newest| *newest.name == *ours)
    }

    /// Folds what is new. Without `look` only what the journal has told.
    async fn catch_up(&self, look: bool) -> Result<(), ReadError> {
        loop {
            let (_, head) = self.shared.live.bounds();
            if !look && *self.shared.journal.changes().borrow() <= head {
                return Ok(());
            }
            let page = batches(self.shared.journal.read(head, PAGE).await?);
            let Some(last) = page.last else {
                return Ok(());
            };
            if !self.is_in_newest_epoch() {
                // They may belong to an epoch that has begun since: that is entered first.
                return Ok(());
            }
            for batch in page.batches {
                self.publish(&batch).await?;
            }
            // Facts that belong to no whole append are passed over, once.
            self.shared.live.reach(last);
        }
    }

    async fn publish(&self, batch: &[Recorded]) -> Result<(), ReadError> {
        let Some(first) = batch.first() else {
            return Ok(());
        };
        let before = self.state_before(first).await?;
        let Some(after) = fold(before.as_deref(), batch) else {
            // Facts about nothing we know: the log still moves past them.
            if let Some(last) = batch.last() {
                self.shared.live.reach(last.position);
            }
            return Ok(());
        };
        let after = Arc::new(after);
        let texts = self.texts_of(&after, batch).await?;
        // Encoding may take milliseconds for a long handover: no lock is held for it.
        let epoch = self.shared.live.epoch();
        let unit = frames_of(&epoch, before.as_deref(), &after, batch, &texts);
        self.shared.deriver.note(&after, batch);
        let was_held = |before: &Pipeline| before.held_prompt().is_some();
        let sent = before.as_deref().is_some_and(was_held) && after.prompt_in_transit().is_some();
        let wants_prompt = after.wants_prompt().is_some();
        let pending = after.pending.is_some();
        let mut state = self
            .shared
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let at = batch.last().map_or(first.at, |last| last.at);
        state.change(before.as_deref(), Arc::clone(&after), at);
        self.shared.live.push(unit);
        drop(state);
        self.shared.waiters.notify(before.as_deref(), &after);
        let joins = |session: &&Session| {
            before
                .as_ref()
                .is_none_or(|before| before.session.as_ref() != Some(session))
        };
        if let Some(session) = after.session.as_ref().filter(joins) {
            let joined = &self.shared.joined;
            let mut joined = joined.lock().unwrap_or_else(PoisonError::into_inner);
            joined.push_back((session.clone(), after.id.clone()));
            if joined.len() > SEEN_LATER {
                joined.pop_front();
            }
        }
        if sent {
            let sent = &self.shared.sent;
            let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.push_back(after.id.clone());
            if sent.len() > SEEN_LATER {
                sent.pop_front();
            }
        }
        if pending {
            self.shared.pending.notify_one();
        }
        if wants_prompt || sent {
            self.shared.wants_prompt.notify_one();
        }
        Ok(())
    }
}

/// What another epoch means for somebody who shows a journal.
#[derive(Debug, PartialEq, Eq)]
pub enum EpochChange {
    /// There is none.
    None,
    /// All that is shown is in it: the journal goes on, under this name.
    Known(String),
    /// What is shown may not be in it: the journal was replaced by another copy of itself.
    Replaced(String),
}

/// What these epochs of a journal, the current one last, mean for somebody who shows it up to `head` and is in epoch `ours`.
pub fn epoch_change(epochs: &[Epoch], ours: &str, head: u64) -> EpochChange {
    let Some(newest) = epochs.last().filter(|newest| newest.name != ours) else {
        return EpochChange::None;
    };
    let known = epochs.iter().position(|epoch| epoch.name == ours);
    let next = known.and_then(|known| epochs.get(known + 1));
    if next.is_some_and(|next| head <= next.start) {
        EpochChange::Known(newest.name.clone())
    } else {
        EpochChange::Replaced(newest.name.clone())
    }
}

/// Folds one append. `None` when it belongs to no pipeline that can be read.
pub fn fold(before: Option<&Pipeline>, batch: &[Recorded]) -> Option<Pipeline> {
    let (first, rest) = batch.split_first()?;
    let mut after = match before {
        Some(pipeline) => {
            let mut pipeline = Pipeline::clone(pipeline);
            pipeline.apply(first);
            pipeline
        }
        None => Pipeline::begin(first)?,
    };
    rest.iter().for_each(|recorded| after.apply(recorded));
    Some(after)
}

/// Rows of the journal, append by append.
#[derive(Default)]
pub struct Batches {
    /// The whole appends.
    pub batches: Vec<Vec<Recorded>>,
    /// The position to read on after; none when there were no rows.
    pub last: Option<u64>,
}

/// Groups rows by append, and leaves out a last one that the page has cut. An append of which a part is missing, as in a
/// journal that was recovered from a damaged file, is passed over.
pub fn batches(rows: Vec<Stored>) -> Batches {
    let mut found = Batches::default();
    let mut current: Vec<Recorded> = Vec::new();
    let newest = rows.last().map(|row| row.position);
    for row in rows {
        let (position, end) = (row.position, row.batch_end);
        if current
            .last()
            .is_some_and(|before| before.position + 1 != position)
        {
            current.clear();
        }
        current.push(row.decode());
        if position == end {
            found.batches.push(std::mem::take(&mut current));
            found.last = Some(end);
        }
    }
    if found.last.is_none() {
        found.last = newest;
    }
    found
}
