//! Pipelines that the server lists page by page: what has ended, the archive, and what a search finds.

use std::collections::HashSet;

use domain::PipelineId;
use leptos::prelude::*;
use protocol::Match;

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
    /// Pipelines that came since it was drawn.
    arrived: StoredValue<Vec<PipelineId>>,
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
            arrived: StoredValue::new(Vec::new()),
            matches: StoredValue::new(Vec::new()),
            query: StoredValue::new(String::new()),
            cursor: StoredValue::new(None),
        }
    }

    /// What is listed.
    pub fn query(self) -> String {
        self.query.get_value()
    }

    /// Lists something else from its beginning. The empty query lists nothing.
    pub fn begin(self, query: &str) {
        self.query.set_value(query.to_owned());
        self.cursor.set_value(None);
        self.matches.update_value(Vec::clear);
        self.arrived.update_value(Vec::clear);
        self.ids.set(Vec::new());
        self.progress.set(Progress::Rest);
    }

    /// What the next page is asked for with; `None` while one is on its way, or where there is none.
    pub fn next(self) -> Option<String> {
        let query = self.query.get_value();
        let idle = !matches!(
            self.progress.get_untracked(),
            Progress::Asking | Progress::Whole
        );
        if !idle || query.is_empty() {
            return None;
        }
        self.progress.set(Progress::Asking);
        Some(match self.cursor.get_value() {
            Some(cursor) => format!("{query}&cursor={cursor}"),
            None => query,
        })
    }

    /// The next page did not come.
    pub fn failed(self) {
        self.progress.set(Progress::Failed);
    }

    /// The next page is here, and the board knows its pipelines.
    pub fn put(self, ids: Vec<PipelineId>, matches: Vec<Match>, cursor: Option<String>) {
        self.matches.update_value(|known| known.extend(matches));
        self.append(ids);
        self.progress.set(if cursor.is_some() {
            Progress::More
        } else {
            Progress::Whole
        });
        self.cursor.set_value(cursor);
    }

    fn append(self, ids: Vec<PipelineId>) {
        let known: HashSet<PipelineId> = self.ids.get_untracked().into_iter().collect();
        let new: Vec<_> = ids.into_iter().filter(|id| !known.contains(id)).collect();
        if !new.is_empty() {
            self.ids.update(|ids| ids.extend(new));
        }
    }

    /// Notes a pipeline that came onto this list just now.
    pub fn arrive(self, id: &PipelineId) {
        self.arrived
            .update_value(|arrived| arrived.push(id.clone()));
    }

    /// Puts those that came at the top, the newest first.
    pub fn settle(self) {
        let Some(arrived) = self.arrived.try_update_value(std::mem::take) else {
            return;
        };
        let mut known: HashSet<PipelineId> = self.ids.get_untracked().into_iter().collect();
        let new = arrived.into_iter().rev();
        let mut ids: Vec<_> = new.filter(|id| known.insert(id.clone())).collect();
        if !ids.is_empty() {
            ids.append(&mut self.ids.get_untracked());
            self.ids.set(ids);
        }
    }

    /// Where in this pipeline the words were found.
    pub fn found(self, id: &PipelineId) -> Option<Match> {
        self.matches
            .with_value(|matches| matches.iter().find(|found| found.pipeline == *id).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn ids(numbers: impl IntoIterator<Item = u16>) -> Vec<PipelineId> {
        let id = |number| samples::summary(number).pipeline;
        numbers.into_iter().map(id).collect()
    }

    fn listing(test: impl FnOnce(Listing)) {
        Owner::new().with(|| test(Listing::new()));
    }

    #[test]
    fn one_page_is_asked_for_after_the_other_until_there_is_none() {
        listing(|listing| {
            assert_eq!(listing.next(), None, "nothing is listed");
            listing.begin("state=ended");
            assert_eq!(listing.next().as_deref(), Some("state=ended"));
            assert_eq!(listing.next(), None, "it is on its way");
            listing.put(ids(1..3), Vec::new(), Some("c".to_owned()));
            assert_eq!(listing.next().as_deref(), Some("state=ended&cursor=c"));
            listing.failed();
            assert_eq!(
                listing.next().as_deref(),
                Some("state=ended&cursor=c"),
                "again"
            );
            listing.put(ids(2..5), Vec::new(), None);
            assert_eq!(listing.next(), None, "that was all");
            assert_eq!(listing.ids.get_untracked(), ids(1..5), "each of them once");
        });
    }

    #[test]
    fn what_comes_later_stands_at_the_top_the_newest_first() {
        listing(|listing| {
            listing.begin("state=ended");
            listing.put(ids(1..3), Vec::new(), None);
            ids([7, 2, 8]).iter().for_each(|id| listing.arrive(id));
            listing.settle();
            assert_eq!(listing.ids.get_untracked(), ids([8, 7, 1, 2]));
        });
    }
}
