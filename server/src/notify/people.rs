//! What people are told where they are: from their wishes to notices, and from there to their browsers and mailboxes.
//!
//! Each browser and each mailbox is a receiver like a webhook, with `push/` or `mail/` before its name; they come and go with
//! people and devices, so that one task looks after all of them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Result;
use domain::{Event, Handover, Language, Pipeline, Recorded, Timestamp, text::visible};
use protocol::{Quiet, Wishes};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Kind, Notifier, STORE_PAUSE,
    deliver::{PERSON_WAIT_MAX, Receiving, wait_until},
    later,
    notice::Notice,
    outgoing::Failure,
    push::MESSAGE_MAX,
};
use crate::{
    registry::{NewNotice, StoredPush},
    relay::now,
};

/// How the names of browsers begin among the receivers.
pub const PUSH: &str = "push/";
/// How the names of mailboxes begin among the receivers.
pub const MAIL: &str = "mail/";
/// Most deliveries to people at once.
const AT_ONCE: usize = 8;
/// A handover of one line of so many characters is read whole in a notification, and can be accepted there: every system
/// shows so much, also on a lock screen.
const SHORT: usize = 100;
/// Most bytes of a document that may be so short.
const SHORT_BYTES: u64 = 4 * SHORT as u64;
/// Most characters of a body of a notification.
const BODY_MAX: usize = 300;

impl Notifier {
    /// This notice for everybody who wants it.
    pub(super) async fn for_people(&self, notice: &Notice) -> Result<Vec<NewNotice>> {
        let people = Arc::clone(&self.people);
        let (wishes, pushes) =
            tokio::task::spawn_blocking(move || people.wishes_and_pushes()).await??;
        let body = serde_json::to_string(notice)?;
        let mut new = Vec::new();
        for (person, wishes) in wishes {
            let withdrawn = notice.event == Kind::Withdrawn;
            if !withdrawn && !wishes.wants(notice.event, &notice.project) {
                continue;
            }
            let devices = pushes.iter().filter(|push| push.person == person);
            let mut receivers: Vec<_> = devices
                .map(|push| format!("{PUSH}{}", push.device))
                .collect();
            // What was sent by e-mail cannot be taken back.
            if wishes.mail.is_some() && self.mailer.is_some() && !withdrawn {
                receivers.push(format!("{MAIL}{person}"));
            }
            for receiver in receivers {
                let new_notice = |id, due| NewNotice {
                    receiver: receiver.clone(),
                    id,
                    body: body.clone(),
                    made: notice.at,
                    due,
                };
                let due = if withdrawn {
                    now()
                } else {
                    loud(wishes.quiet, now())
                };
                new.push(new_notice(notice.id(), due));
                if let Some(again) = reminder(&wishes, notice, due) {
                    let due = loud(wishes.quiet, again);
                    new.push(new_notice(format!("again:{}", notice.id()), due));
                }
            }
        }
        Ok(new)
    }

    /// What is to be taken back because of an event: the handover or question that it answers or replaces.
    pub(super) fn withdrawn(&self, pipeline: &Pipeline, recorded: &Recorded) -> Option<Notice> {
        let (handover, revision) = match &recorded.event {
            Event::HandoverAccepted {
                handover, revision, ..
            }
            | Event::HandoverAcceptedByPolicy {
                handover, revision, ..
            }
            | Event::ChangesRequested {
                handover, revision, ..
            }
            | Event::HandoverStopped {
                handover, revision, ..
            } => (handover, *revision),
            Event::HandoverRevised {
                handover, revision, ..
            } => (handover, revision.checked_sub(1)?),
            Event::QuestionAnswered { question, .. } => {
                let at = recorded.at;
                return Some(Notice::answered(pipeline, question, at, &self.board));
            }
            _ => return None,
        };
        Notice::withdrawn(pipeline, handover, revision, recorded.at, &self.board)
    }

    /// Sends what is due to people, as soon as it is.
    pub(super) async fn deliver_to_people(
        self: Arc<Self>,
        mut news: watch::Receiver<()>,
        stop: CancellationToken,
    ) {
        // Who is being delivered to, by the task.
        let mut busy = HashMap::new();
        let mut tasks = JoinSet::new();
        loop {
            news.borrow_and_update();
            let waiting = self.waiting_people().await;
            let failed = waiting.is_err();
            if let Err(error) = &waiting {
                tracing::warn!(%error, "notices for people are late: {error}");
            }
            let mut pause = failed.then_some(STORE_PAUSE);
            for (receiver, next) in waiting.unwrap_or_default() {
                if busy.values().any(|known| *known == receiver) {
                    continue;
                }
                let wait = wait_until(next, now(), PERSON_WAIT_MAX);
                if wait.is_zero() && tasks.len() < AT_ONCE {
                    let (notifier, name) = (Arc::clone(&self), receiver.clone());
                    let task = tasks.spawn(async move {
                        if let Err(error) = notifier.deliver_to_person(&name).await {
                            tracing::warn!(%error, "{name}: notices are late: {error}");
                            // Not again at once.
                            sleep(STORE_PAUSE).await;
                        }
                    });
                    busy.insert(task.id(), receiver);
                } else if !wait.is_zero() {
                    pause = Some(pause.map_or(wait, |pause: Duration| pause.min(wait)));
                }
            }
            let pause = async {
                match pause {
                    Some(pause) => sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                changed = news.changed() => if changed.is_err() { break },
                Some(ended) = tasks.join_next_with_id() => {
                    let task = match ended {
                        Ok((task, ())) => task,
                        Err(error) => {
                            tracing::error!("a delivery to a person broke off: {error}");
                            error.id()
                        }
                    };
                    busy.remove(&task);
                }
                () = pause => {}
            }
        }
        // What is on its way is waited for.
        while tasks.join_next().await.is_some() {}
    }

    async fn waiting_people(&self) -> Result<Vec<(String, Timestamp)>> {
        self.with_outbox(|outbox| {
            let mut waiting = outbox.waiting(PUSH)?;
            waiting.extend(outbox.waiting(MAIL)?);
            Ok(waiting)
        })
        .await
    }

    async fn deliver_to_person(&self, receiver: &str) -> Result<()> {
        let people = Arc::clone(&self.people);
        let receiving = if let Some(device) = receiver.strip_prefix(PUSH) {
            let device = device.to_owned();
            let push = tokio::task::spawn_blocking(move || people.push_of(&device)).await??;
            push.map(|push| Receiving::Push(Box::new(push)))
        } else {
            let person = receiver.strip_prefix(MAIL).unwrap_or_default().to_owned();
            let wishes = tokio::task::spawn_blocking(move || people.wishes_of(&person)).await??;
            let to = wishes.and_then(|wishes| wishes.mail);
            to.map(Receiving::Mail)
        };
        let Some(receiving) = receiving else {
            // Signed out, kept out, or not wanted any more.
            let name = receiver.to_owned();
            return self
                .with_outbox(move |outbox| outbox.remove_receiver(&name))
                .await;
        };
        self.deliver_next(receiver, &receiving).await.map(drop)
    }

    /// Sends a notice to a browser.
    pub(super) async fn send_push(
        &self,
        push: &StoredPush,
        notice: &Notice,
    ) -> Result<String, Failure> {
        let text = self.message(push, notice).await;
        let sent = self.pusher.send(push, &notice.topic(), &text).await;
        if sent.as_ref().is_err_and(|failure| failure.gone) {
            tracing::info!(
                "the push service knows the browser {} no longer",
                push.device
            );
            let (people, device) = (Arc::clone(&self.people), push.device.clone());
            let endpoint = push.endpoint.clone();
            let forgotten =
                tokio::task::spawn_blocking(move || people.forget_push(&device, &endpoint)).await;
            if let Ok(Err(error)) = forgotten {
                tracing::warn!("it cannot be forgotten: {error}");
            }
        }
        sent
    }

    /// What the service worker (style/assets/worker.js) is told.
    async fn message(&self, push: &StoredPush, notice: &Notice) -> Vec<u8> {
        let german = push.lang == "de";
        let notice = Notice {
            language: if german { Language::De } else { Language::En },
            ..notice.clone()
        };
        // What a policy left to a person is looked at on the board.
        let short = match notice.hit.is_empty() {
            true => self.short_handover(push, &notice).await,
            false => None,
        };
        let place = protocol::shorten(&notice.place(), 120);
        // What can be accepted stands there first, and alone in its line.
        let text = match &short {
            Some(short) => format!("{}\n{place}", short.text),
            None => {
                let said = format!("{}\n{}", notice.why_for_you(), notice.summary);
                let said = protocol::shorten(said.trim_start(), BODY_MAX);
                format!("{place}\n{}", visible(&said))
            }
        };
        let accept = short.as_ref().map(|short| {
            json!({
                "label": if german { "Annehmen" } else { "Accept" },
                "path": short.path,
                "revision": notice.revision,
                "read": short.hash,
            })
        });
        let message = |body: &str, accept: Option<Value>| {
            json!({
                "tag": notice.tag(),
                "title": format!("{}: {}", notice.happened(), protocol::shorten(&notice.title, 80)),
                "body": body.trim_end(),
                "path": notice.path(),
                "open": if german { "Öffnen" } else { "Open" },
                "accept": accept,
                "gone": notice.event == Kind::Withdrawn,
            })
            .to_string()
            .into_bytes()
        };
        let whole = message(&text, accept);
        // Every character of it may take several bytes.
        if whole.len() <= MESSAGE_MAX {
            whole
        } else {
            message(&place, None)
        }
    }

    /// A handover that can be read whole in a notification, and be accepted there: by somebody who may, where nothing has to
    /// confirm it.
    async fn short_handover(&self, push: &StoredPush, notice: &Notice) -> Option<Short> {
        if notice.event != Kind::HandoverWaiting {
            return None;
        }
        let pipeline = self.pipeline(notice.pipeline.as_ref()?).await.ok()??;
        let handover: &Handover = pipeline.open_handover()?;
        let revision = handover.current();
        let may = self.people.may_decide(&push.person);
        let confirmed = self.people.confirm.needed(handover.phase.as_str(), false);
        if Some(&handover.id) != notice.handover.as_ref()
            || Some(revision.number) != notice.revision
            || revision.document.bytes > SHORT_BYTES
            || !may
            || confirmed.is_some()
        {
            return None;
        }
        let documents = self.relay.documents();
        if !documents.secrets(&revision.document).await.ok()?.is_empty() {
            // What lies on a locked screen is seen by everybody around.
            return None;
        }
        let text = documents.text(&revision.document).await.ok()?;
        let line = text.trim();
        let all_is_seen = line.chars().count() <= SHORT
            && !line.contains(char::is_control)
            && visible(line) == line;
        if !all_is_seen {
            return None;
        }
        Some(Short {
            text: line.to_owned(),
            hash: revision.document.hash.to_string(),
            path: format!(
                "/api/pipelines/{}/handovers/{}/decision",
                pipeline.id, handover.id
            ),
        })
    }
}

/// A handover that fits into a notification.
struct Short {
    text: String,
    hash: String,
    path: String,
}

/// When it is not quiet any more, `at` or later.
fn loud(quiet: Option<Quiet>, at: Timestamp) -> Timestamp {
    let minute = at.millis().div_euclid(60_000);
    let left = quiet.map_or(0, |quiet| quiet.left(minute));
    if left == 0 {
        return at;
    }
    Timestamp::from_millis((minute + left) * 60_000)
}

/// When a handover is told again that is told first at `told`.
fn reminder(wishes: &Wishes, notice: &Notice, told: Timestamp) -> Option<Timestamp> {
    let minutes = wishes.remind_minutes?;
    let waits = matches!(notice.event, Kind::HandoverWaiting | Kind::QuestionWaiting);
    waits.then(|| later(told, Duration::from_secs(60 * u64::from(minutes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_quiet_hours_is_told_at_their_end() {
        let quiet = Quiet {
            from: 22 * 60,
            to: 7 * 60,
            offset: 0,
        };
        let hour = 3_600_000;
        let at = |hours: i64| Timestamp::from_millis(hours * hour + 1);
        assert_eq!(loud(Some(quiet), at(21)), at(21));
        assert_eq!(loud(None, at(23)), at(23));
        let morning = Timestamp::from_millis(31 * hour);
        assert_eq!(loud(Some(quiet), at(23)), morning);
        assert_eq!(loud(Some(quiet), at(30)), morning);
    }
}
