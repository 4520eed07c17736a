//! The live connection: one `EventSource` a tab, for as long as the page is open.
//!
//! The browser could reconnect by itself, but it gives up for good on an answer that is not 200, and
//! it does not tell when it tries again. So every broken connection is closed and made anew here,
//! with the id of the newest event in the address.

use std::{pin::pin, time::Duration};

use domain::Timestamp;
use futures::{
    StreamExt,
    future::{Either, select},
    stream::select_all,
};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::sleep;
use leptos::{prelude::*, task::spawn_local};
use protocol::event_name;

use crate::{
    board::Board,
    incoming::Incoming,
    link::{self, Link, Lost},
    paths,
};

/// The server sends a heartbeat every 15 s; a connection that is silent for longer than this is dead.
const WATCHDOG: Duration = Duration::from_secs(40);
/// How often a wait looks whether somebody is in a hurry.
const GLANCE: Duration = Duration::from_millis(200);

/// Why a connection ended.
struct Ended {
    /// Whether it had been open.
    was_open: bool,
    /// When the server wants to see us again, if it said so.
    retry_ms: Option<u64>,
}

/// Follows the live connection for ever.
pub(crate) fn follow(board: Board) {
    for name in ["online", "pageshow"] {
        // After a sleep or a trip through the browser's history the connection may be dead without knowing.
        window_event_listener_untyped(name, move |_| {
            if board.link.with_untracked(|link| link.lost().is_some()) {
                board.hurry.set(true);
            }
        });
    }
    window_event_listener_untyped("offline", move |_| {
        board.link.update(|link| {
            if let Link::Lost(lost) = link {
                lost.no_network = true;
            }
        });
    });
    spawn_local(connect_again_and_again(board));
}

async fn connect_again_and_again(board: Board) {
    let mut attempt = 0;
    loop {
        let ended = listen(board).await;
        if ended.was_open {
            attempt = 0;
        }
        attempt += 1;
        let now = board.clock();
        let since = board
            .link
            .with_untracked(|link| link.lost().map_or(now, |lost| lost.since));
        let mut wait = link::wait_ms(attempt, js_sys::Math::random()) as i64;
        if let Some(retry) = ended.retry_ms {
            wait += i64::try_from(retry).unwrap_or(0);
        }
        let due = Timestamp::from_millis(now.millis() + wait);
        let lost = |next_try| Lost {
            since,
            attempt,
            next_try,
            no_network: !window().navigator().on_line(),
        };
        board.link.set(Link::Lost(lost(Some(due))));
        while board.clock() < due && !board.hurry.get_untracked() {
            sleep(GLANCE).await;
        }
        board.hurry.set(false);
        board.link.set(Link::Lost(lost(None)));
    }
}

/// One connection from its beginning to its end.
async fn listen(board: Board) -> Ended {
    let mut ended = Ended {
        was_open: false,
        retry_ms: None,
    };
    let url = board.last_event_id.with_untracked(|id| paths::sse(id));
    let Ok(mut source) = EventSource::new(&url) else {
        return ended;
    };
    let names = event_name::ALL.into_iter().chain(["open", "error"]);
    let Ok(streams) = names
        .map(|name| source.subscribe(name))
        .collect::<Result<Vec<_>, _>>()
    else {
        return ended;
    };
    let mut events = select_all(streams);
    loop {
        // Events first: after a sleep both are ready, and then the connection is not silent.
        let next = match select(events.next(), pin!(sleep(WATCHDOG))).await {
            Either::Left((next, _)) => next,
            Either::Right(_) => return ended,
        };
        let Some(Ok((name, message))) = next else {
            return ended;
        };
        match name.as_str() {
            "error" => return ended,
            "open" => {
                ended.was_open = true;
                board.link.set(Link::Live);
            }
            name => {
                let data = message.data().as_string().unwrap_or_default();
                // Only the last event of a group carries an id: up to there the group would be sent again.
                let id = message.last_event_id();
                if let Some(event) = Incoming::read(name, &data) {
                    if let Incoming::Shutdown(shutdown) = &event {
                        ended.retry_ms = Some(shutdown.retry_ms);
                    }
                    board.take(event);
                }
                if !id.is_empty() && board.last_event_id.with_untracked(|known| *known != id) {
                    board.last_event_id.set(id);
                }
            }
        }
    }
}
