//! The live connection: one for a browser, however many tabs show the board.
//!
//! Browsers allow six connections to a server over HTTP/1.1, so ten tabs with a stream each would block one another.
//! One tab holds the stream and passes on what arrives ([`tabs`]); when it closes, the next one goes on from the id
//! that it has seen last. Without Web Locks, as on an address that is no secure context, every tab has a stream.

mod stream;
mod tabs;

use std::{pin::pin, time::Duration};

use domain::Timestamp;
use futures::{
    StreamExt,
    channel::mpsc::Receiver,
    future::{Either, select},
};
use gloo_timers::future::sleep;
use leptos::{prelude::*, task::spawn_local};

use self::tabs::{Heard, Voice};
use crate::{
    board::Board,
    follow::effect,
    link::{self, Link, Lost, has_seen},
};

/// The server sends a heartbeat every 15 s; a connection that is silent for longer than this is dead.
const WATCHDOG: Duration = Duration::from_secs(40);
/// How often a wait looks whether somebody is in a hurry.
const GLANCE: Duration = Duration::from_millis(200);
/// After a failed try to catch up: every event that is passed on would ask for the next one.
const CATCH_UP_AGAIN: Duration = Duration::from_secs(1);

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
    match tabs::join() {
        Some((voice, heard)) => share(board, voice, heard),
        None => spawn_local(hold(board, None)),
    }
}

/// Follows the tab that holds the stream, and holds it as soon as no other tab does.
fn share(board: Board, voice: Voice, mut heard: Receiver<Heard>) {
    let say = voice.clone();
    effect(move || {
        let link = board.link.get();
        if say.holds() {
            board.last_event_id.with_untracked(|id| say.link(id, &link));
        }
    });
    let say = voice.clone();
    // Whoever makes the next try has to know that somebody wants it at once.
    effect(move || {
        if board.hurry.get() && !say.holds() {
            board.hurry.set(false);
            say.hurry();
        }
    });
    spawn_local(async move {
        listen(board, &voice, &mut heard).await;
        spawn_local(hold(board, Some(voice.clone())));
        while let Some(heard) = heard.next().await {
            match heard {
                Heard::Hello => {
                    let link = board.link.get_untracked();
                    board
                        .last_event_id
                        .with_untracked(|id| voice.link(id, &link));
                }
                Heard::Hurry => board.hurry.set(true),
                Heard::Turn | Heard::Link { .. } | Heard::Event { .. } => {}
            }
        }
    });
}

/// Takes in what the tab that holds the stream passes on, until it is this one's turn.
async fn listen(board: Board, voice: &Voice, heard: &mut Receiver<Heard>) {
    voice.hello();
    while !voice.holds() {
        let next = match select(heard.next(), pin!(sleep(WATCHDOG))).await {
            Either::Left((next, _)) => next,
            // The other tab is stuck. Until it speaks again this one has a stream of its own.
            Either::Right(_) => match select(heard.next(), pin!(hold(board, None))).await {
                Either::Left((next, _)) => next,
                Either::Right(_) => continue,
            },
        };
        match next {
            Some(Heard::Turn) | None => return,
            Some(Heard::Hello | Heard::Hurry) => {}
            Some(Heard::Link { id, link }) => {
                let live = link == Link::Live;
                board.link.set(link);
                if live {
                    catch_up(board, &id).await;
                }
            }
            Some(Heard::Event { before, received }) => {
                catch_up(board, &before).await;
                received.take(board);
            }
        }
    }
}

/// Reads what this tab has not seen, up to the event with this id.
async fn catch_up(board: Board, until: &str) {
    let behind = || {
        board
            .last_event_id
            .with_untracked(|id| !has_seen(id, until))
    };
    if behind() {
        stream::read(board, &mut |received| {
            received.take(board);
            behind()
        })
        .await;
        if behind() {
            sleep(CATCH_UP_AGAIN).await;
        }
    }
}

/// Holds the stream, for ever, and passes on what arrives where there are other tabs.
///
/// The browser could reconnect by itself, but it gives up for good on an answer that is not 200, and
/// it does not tell when it tries again. So every broken connection is closed and made anew here,
/// with the id of the newest event in the address.
async fn hold(board: Board, voice: Option<Voice>) {
    let mut attempt = 0;
    loop {
        // When the server wants to see us again, if it says so.
        let mut retry_ms = None;
        let was_open = stream::read(board, &mut |received| {
            let before = board.last_event_id.get_untracked();
            retry_ms = received.take(board).or(retry_ms);
            if let Some(voice) = &voice {
                voice.event(&before, received);
            }
            true
        })
        .await;
        if was_open {
            attempt = 0;
        }
        attempt += 1;
        let now = board.clock();
        let since = board
            .link
            .with_untracked(|link| link.lost().map_or(now, |lost| lost.since));
        let mut wait = link::wait_ms(attempt, js_sys::Math::random()) as i64;
        if let Some(retry) = retry_ms {
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
