//! Pipelines that the server lists page by page: what has ended, the archive, and what a search finds.

use std::{collections::HashSet, time::Duration};

use domain::PipelineId;
use leptos::{prelude::*, task::spawn_local};
use protocol::Match;

use crate::{api, board::Board, route::List};

/// So many open pipelines are fetched by themselves; more when somebody asks.
const OPEN_MAX: usize = 1_000;
/// A search is asked for when nobody has typed for so long.
const PAUSE: Duration = Duration::from_millis(250);
/// Shorter words are looked for only among what is here.
const FIND_MIN: usize = 2;
/// The server takes no longer text, in characters.
const FIND_MAX: usize = 200;

/// How far a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing was asked for.
    Rest,
    /// A page is on its way.
    Asking,
    /// There are more.
    More,
    /// That was all.
    Whole,
    /// The page did not come.
    Failed,
}

/// A list as far as it is here.
#[derive(Clone, Copy)]
pub(crate) struct Listing {
    /// The pipelines, in the server's order.
    pub ids: RwSignal<Vec<PipelineId>>,
    /// Whether there are more.
    pub progress: RwSignal<Progress>,
    /// Where the words of a search were found.
    matches: StoredValue<Vec<Match>>,
    /// What is listed, as the query of an address; empty for nothing.
    query: StoredValue<String>,
    /// Where the next page begins.
    cursor: StoredValue<Option<String>>,
}

impl Listing {
    /// A list of nothing.
    pub fn new() -> Self {
        Self {
            ids: RwSignal::new(Vec::new()),
            progress: RwSignal::new(Progress::Rest),
            matches: StoredValue::new(Vec::new()),
            query: StoredValue::new(String::new()),
            cursor: StoredValue::new(None),
        }
    }

    /// Lists something else from its beginning. The empty query lists nothing.
    pub fn ask(self, board: Board, query: &str) {
        self.query.set_value(query.to_owned());
        self.cursor.set_value(None);
        self.matches.update_value(Vec::clear);
        self.ids.set(Vec::new());
        self.progress.set(Progress::Rest);
        if !query.is_empty() {
            self.more(board);
        }
        board.forget();
    }

    /// Lists the same anew.
    pub fn again(self, board: Board) {
        self.ask(board, &self.query.get_value());
    }

    /// Fetches the next page, unless one is on its way or there is none.
    pub fn more(self, board: Board) {
        let query = self.query.get_value();
        let idle = !matches!(
            self.progress.get_untracked(),
            Progress::Asking | Progress::Whole
        );
        if !idle || query.is_empty() {
            return;
        }
        self.progress.set(Progress::Asking);
        let cursor = self.cursor.get_value();
        spawn_local(async move {
            let asked = match cursor {
                Some(cursor) => format!("{query}&cursor={cursor}"),
                None => query.clone(),
            };
            let answer = api::pipelines(&asked).await;
            // Meanwhile something else may be asked for.
            if self.query.with_value(|asked| *asked != query) {
                return;
            }
            let Ok(page) = answer else {
                self.progress.set(Progress::Failed);
                return;
            };
            board.counts.set(page.counts);
            self.matches
                .update_value(|matches| matches.extend(page.matches));
            let ids: Vec<PipelineId> = page
                .pipelines
                .iter()
                .map(|summary| summary.pipeline.clone())
                .collect();
            for summary in page.pipelines {
                board.learn(summary);
            }
            self.append(ids);
            let rest = page.next_cursor.is_some();
            self.cursor.set_value(page.next_cursor);
            self.progress.set(if rest {
                Progress::More
            } else {
                Progress::Whole
            });
        });
    }

    fn append(self, ids: Vec<PipelineId>) {
        let known: HashSet<PipelineId> = self.ids.get_untracked().into_iter().collect();
        let new: Vec<_> = ids.into_iter().filter(|id| !known.contains(id)).collect();
        if !new.is_empty() {
            self.ids.update(|ids| ids.extend(new));
        }
    }

    /// Puts a pipeline at the top that came onto this list just now.
    pub fn arrive(self, id: &PipelineId) {
        if self.ids.with_untracked(|ids| !ids.contains(id)) {
            self.ids.update(|ids| ids.insert(0, id.clone()));
        }
    }

    /// Where in this pipeline the words were found.
    pub fn found(self, id: &PipelineId) -> Option<Match> {
        self.matches
            .with_value(|matches| matches.iter().find(|found| found.pipeline == *id).cloned())
    }
}

/// Fetches what the page needs beyond its beginning, for as long as it is open.
pub(crate) fn follow(board: Board) {
    complete(board);
    Effect::new(move || {
        let Listing { ids, progress, .. } = board.opened;
        if progress.get() == Progress::More && ids.with_untracked(Vec::len) < OPEN_MAX {
            board.opened.more(board);
        }
    });
    Effect::new(move || {
        let query = match board.list() {
            Some(List::Ended) => "state=ended",
            Some(List::Archived) => "state=archived",
            Some(List::Open) | None => "",
        };
        board.listed.ask(board, query);
    });
    let turn = StoredValue::new(0_u32);
    Effect::new(move || {
        let find = board.find.get();
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        let ask = move || {
            if turn.get_value() == mine {
                board.found.ask(board, &query(&find));
            }
        };
        set_timeout(ask, PAUSE);
    });
}

/// Lists the open pipelines that did not fit into the beginning of the page.
pub(crate) fn complete(board: Board) {
    let here = untrack(|| board.ids_of(List::Open)).len() as u64;
    if board.counts.with_untracked(|counts| counts.open > here) {
        board.opened.ask(board, "state=open&limit=150");
    }
}

/// A search in everything; empty for what is too short.
fn query(find: &str) -> String {
    let words: String = find.trim().chars().take(FIND_MAX).collect();
    if words.chars().count() < FIND_MIN || !words.contains(char::is_alphanumeric) {
        return String::new();
    }
    format!("state=all&q={}", js_sys::encode_uri_component(&words))
}
