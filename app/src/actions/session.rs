//! Who is signed in: a browser that is signed out elsewhere learns it when its stream, which ends with that, comes back.

use leptos::{prelude::*, task::spawn_local};
use protocol::Session;

use crate::{api, board::Board, browser, json};

/// Begins the page anew as soon as it is somebody else's, or nobody's.
pub(crate) fn follow(board: Board) {
    let broken = StoredValue::new(false);
    Effect::new(move || {
        // While a try is made, too: where reading needs a sign-in no stream comes back.
        let (lost, tries) = board.link.with(|link| {
            let lost = link.lost();
            (
                lost.is_some(),
                lost.is_some_and(|lost| lost.next_try.is_none()),
            )
        });
        if tries || broken.get_value() && !lost {
            spawn_local(check(board));
        }
        broken.set_value(lost);
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
