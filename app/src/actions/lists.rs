//! Fetching lists: open pipelines beyond the beginning of the page, what has ended, the archive, and what a search finds.

use std::time::Duration;

use domain::PipelineId;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api,
    board::Board,
    follow::effect,
    listing::{Listing, Progress},
    lists::List,
};

/// So many open pipelines are fetched by themselves; more when somebody asks.
const OPEN_MAX: usize = 1_000;
/// A search is asked for when nobody has typed for so long.
const PAUSE: Duration = Duration::from_millis(250);
/// Shorter words are looked for only among what is here.
const FIND_MIN: usize = 2;
/// The server takes no longer text, in characters.
const FIND_MAX: usize = 200;
/// The figures are asked for at most so often.
const RECOUNT: Duration = Duration::from_secs(2);

/// Fetches what the page needs beyond its beginning, for as long as it is open.
pub(super) fn follow(board: Board) {
    Effect::new(move |before: Option<()>| {
        board.renewed.track();
        complete(board);
        if before.is_some() {
            // What was missed may have changed the list that is shown.
            ask(board, board.listed, &board.listed.query());
        }
    });
    effect(move || {
        if board.uncounted.get() {
            set_timeout(move || recount(board), RECOUNT);
        }
    });
    effect(move || {
        let Listing { ids, progress, .. } = board.opened;
        if progress.get() == Progress::More && ids.with_untracked(Vec::len) < OPEN_MAX {
            more(board, board.opened);
        }
    });
    effect(move || {
        let query = match board.list() {
            Some(List::Ended) => "state=ended",
            Some(List::Archived) => "state=archived",
            Some(List::Open) | None => "",
        };
        ask(board, board.listed, query);
    });
    let turn = StoredValue::new(0_u32);
    effect(move || {
        let find = board.find.get();
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        let ask = move || {
            if turn.get_value() == mine {
                ask(board, board.found, &query(&find));
            }
        };
        set_timeout(ask, PAUSE);
    });
}

/// Lists the open pipelines that did not fit into the beginning of the page.
fn complete(board: Board) {
    let here = untrack(|| board.ids_of(List::Open)).len() as u64;
    if board.counts.with_untracked(|counts| counts.open > here) {
        ask(board, board.opened, "state=open&limit=150");
    }
}

/// A search in everything; empty for what is too short.
pub(super) fn query(find: &str) -> String {
    let words: String = find.trim().chars().take(FIND_MAX).collect();
    if words.chars().count() < FIND_MIN || !words.contains(char::is_alphanumeric) {
        return String::new();
    }
    format!("state=all&q={}", js_sys::encode_uri_component(&words))
}

/// Lists something from its beginning; nothing where the query is empty.
fn ask(board: Board, listing: Listing, query: &str) {
    listing.begin(query);
    more(board, listing);
    board.forget();
}

/// Fetches the next page, unless one is on its way or there is none.
pub(crate) fn more(board: Board, listing: Listing) {
    let Some(asked) = listing.next() else { return };
    let query = listing.query();
    spawn_local(async move {
        let answer = api::pipelines(&asked).await;
        // Meanwhile something else may be asked for.
        if listing.query() != query {
            return;
        }
        let Ok(page) = answer else {
            listing.failed();
            return;
        };
        board.counts.set(page.counts);
        let ids: Vec<PipelineId> = page
            .pipelines
            .iter()
            .map(|summary| summary.pipeline.clone())
            .collect();
        page.pipelines
            .into_iter()
            .for_each(|summary| board.learn(summary));
        listing.put(ids, page.matches, page.next_cursor);
    });
}

/// Asks for the figures.
fn recount(board: Board) {
    board.uncounted.set(false);
    spawn_local(async move {
        if let Ok(page) = api::pipelines("limit=1").await {
            board.counts.set(page.counts);
        }
    });
}
