//! Who is signed in: a browser that is signed out elsewhere learns it when its stream, which ends with that, comes back.

use leptos::{prelude::*, task::spawn_local};
use protocol::{Role, Session};

use crate::{Route, api, board::Board, browser, follow::effect, json};

/// Tells an owner of links that were made at a terminal, until they were seen on the page of the people.
pub(crate) fn tell_of_links(board: Board) {
    let owner = board
        .me
        .with_value(|me| me.as_ref().is_some_and(|me| me.role == Role::Owner));
    if !owner || board.route.with_untracked(|route| *route == Route::People) {
        return;
    }
    spawn_local(async move {
        let text = api::session().await.unwrap_or_default();
        let session: Option<Session> = json::read(&text);
        let link = session.and_then(|session| session.unseen_links.into_iter().next());
        if let Some(link) = link {
            board.say(
                board
                    .lang
                    .get_untracked()
                    .link_made_at_terminal(&link.about),
            );
        }
    });
}

/// Begins the page anew as soon as it is somebody else's, or nobody's.
pub(crate) fn follow(board: Board) {
    let broken = StoredValue::new(false);
    effect(move || {
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
