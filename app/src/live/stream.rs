//! One connection from its beginning to its end.

use std::{pin::pin, time::Duration};

use futures::{
    StreamExt,
    future::{Either, select},
    stream::select_all,
};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::sleep;
use leptos::prelude::*;
use protocol::event_name;

use super::WATCHDOG;
use crate::{
    board::Board,
    incoming::Incoming,
    link::{Link, has_seen},
    paths,
};

/// After so many events in a row the browser gets its turn, to draw and to answer: a thousand may arrive together.
const IN_A_ROW: u32 = 8;

/// An event as it arrived.
pub(super) struct Received {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: String,
    /// The newest id: its own, or that of an event before it. Of events that belong together only the last one has an
    /// id of its own: up to there all of them would be sent again.
    pub id: String,
}

impl Received {
    /// Takes the event in. Says when the server wants to see us again, if this is what it said, in milliseconds.
    pub fn take(&self, board: Board) -> Option<u64> {
        let event = Incoming::read(&self.name, &self.data);
        let retry_ms = match &event {
            Some(Incoming::Shutdown(shutdown)) => Some(shutdown.retry_ms),
            _ => None,
        };
        event.into_iter().for_each(|event| board.take(event));
        let newer = board
            .last_event_id
            .with_untracked(|known| !has_seen(known, &self.id));
        if newer && !self.id.is_empty() {
            board.last_event_id.set(self.id.clone());
        }
        retry_ms
    }
}

/// Reads a stream from the newest event on, until it breaks, is silent for too long, or `take` wants no more.
/// Says whether it had been open.
pub(super) async fn read(board: Board, take: &mut dyn FnMut(&Received) -> bool) -> bool {
    let mut was_open = false;
    let url = board.last_event_id.with_untracked(|id| paths::sse(id));
    let Ok(mut source) = EventSource::new(&url) else {
        return was_open;
    };
    let names = event_name::ALL.into_iter().chain(["open", "error"]);
    let Ok(streams) = names
        .map(|name| source.subscribe(name))
        .collect::<Result<Vec<_>, _>>()
    else {
        return was_open;
    };
    let mut events = select_all(streams);
    let mut taken: u32 = 0;
    loop {
        // Events first: after a sleep both are ready, and then the connection is not silent.
        let next = match select(events.next(), pin!(sleep(WATCHDOG))).await {
            Either::Left((next, _)) => next,
            Either::Right(_) => return was_open,
        };
        let Some(Ok((name, message))) = next else {
            return was_open;
        };
        match name.as_str() {
            "error" => return was_open,
            "open" => {
                was_open = true;
                board.link.set(Link::Live);
            }
            _ => {
                let received = Received {
                    name,
                    data: message.data().as_string().unwrap_or_default(),
                    id: message.last_event_id(),
                };
                if !take(&received) {
                    return was_open;
                }
                taken = taken.wrapping_add(1);
                if taken.is_multiple_of(IN_A_ROW) {
                    sleep(Duration::ZERO).await;
                }
            }
        }
    }
}
