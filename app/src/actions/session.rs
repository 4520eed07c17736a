//! Who is signed in: a browser that is signed out elsewhere learns it when its stream, which ends with that, comes back.

use leptos::{prelude::*, task::spawn_local};
use protocol::Session;

use crate::{api, board::Board, browser, json, link::Link};

/// Begins the page anew as soon as it is somebody else's, or nobody's.
pub(crate) fn follow(board: Board) {
    let broken = StoredValue::new(false);
    Effect::new(move || {
        let live = board.link.with(|link| *link == Link::Live);
        if !live {
            broken.set_value(board.link.with_untracked(|link| link.lost().is_some()));
        } else if broken.get_value() {
            broken.set_value(false);
            spawn_local(check(board));
        }
    });
}

async fn check(board: Board) {
    let Ok(text) = api::session().await else {
        return;
    };
    let session: Option<Session> = json::read(&text);
    let Some(session) = session else {
        return;
    };
    let person = session.person.map(|person| (person.name, person.role));
    let known = board
        .me
        .with_value(|me| me.as_ref().map(|me| (me.name.clone(), me.role)));
    if person != known {
        browser::reload_once_a_minute();
    }
}
