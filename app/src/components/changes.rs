//! A revision as a whole, or what of it an earlier one has not: as it is read, and as it is written.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::{
    comparison::Comparison,
    document::Reading,
    element::{About, Button, button, element, plain},
    points::Points,
};
use crate::{
    Lang, Shown,
    api::{self, Failure},
    board::Board,
    browser,
    follow::{drawn, effect, flag, maybe, memo, press, text, word},
    paths, wording,
};

/// How a revision is shown.
#[derive(Clone, Copy)]
pub(crate) struct Views {
    board: Board,
    reading: Reading,
    points: Points,
    /// What the reader has chosen.
    wants: RwSignal<Option<bool>>,
    /// The revision that was read here before the shown one; 0 where none was.
    before: Memo<u32>,
    /// When that was, in milliseconds; 0 where it is not known.
    before_at: Memo<i64>,
    /// Where the changes are; empty for a first revision.
    path: Memo<String>,
    /// Those that are here, and the path of that.
    found: RwSignal<Option<(String, Arc<Shown>)>>,
    failed: RwSignal<Option<Failure>>,
    /// Whether they are shown as they are written.
    source: RwSignal<bool>,
    /// Whether each revision has a column of its own.
    beside: RwSignal<bool>,
    /// Whether the last of a comparison is drawn.
    complete: RwSignal<bool>,
}

/// Where a browser keeps that revisions stand side by side in it.
const BESIDE: &str = "staffel.beside";

impl Views {
    /// How the revision is shown that these points are about. What was read before opens with what has changed.
    pub fn of(board: Board, reading: Reading, points: Points) -> Self {
        // Of the moment at which the revision came: once it is shown, it counts as read.
        let before = memo(move || {
            let _ = points.revision.get();
            points.kept.with_untracked(|kept| kept.read)
        });
        let before_at = memo(move || {
            let _ = points.revision.get();
            points.kept.with_untracked(|kept| kept.read_at)
        });
        let path = memo(move || match points.revision.get() {
            revision if revision > 1 => {
                let read = before.get();
                let from = if (1..revision).contains(&read) {
                    read
                } else {
                    revision - 1
                };
                paths::changes(&points.handover(), from, revision)
            }
            _ => String::new(),
        });
        let views = Self {
            board,
            reading,
            points,
            wants: RwSignal::new(None),
            before,
            before_at,
            path,
            found: RwSignal::new(None),
            failed: RwSignal::new(None),
            source: RwSignal::new(false),
            beside: RwSignal::new(false),
            complete: RwSignal::new(false),
        };
        // Only a browser keeps something.
        effect(move || {
            views
                .beside
                .set(browser::kept(BESIDE).as_deref() == Some("on"))
        });
        effect(move || {
            if views.changes() && views.found().is_none() {
                views.fetch();
            }
        });
        points.follow(memo(move || views.name()));
        views
    }

    fn fetch(self) {
        // The effect that calls this follows whether they failed.
        let path = self.path.get_untracked();
        spawn_local(async move {
            match api::changes(&path).await {
                Ok(changes) => drop(self.found.try_set(Some((path, Arc::new(changes))))),
                Err(failure) => drop(self.failed.try_set(Some(failure))),
            }
        });
    }

    fn found(self) -> Option<Arc<Shown>> {
        let path = self.path.get();
        let found = self.found.get();
        found.filter(|(of, _)| *of == path).map(|(_, found)| found)
    }

    /// What the text is called that is shown; empty as long as it is not there, or not all of it is drawn. Follows it.
    fn name(self) -> String {
        let revision = self.points.revision.get();
        let changes = self.changes();
        // What is marked in changes is looked for in the whole, too.
        let is_here = self.reading.here.get();
        let is_drawn = is_here && (!changes || self.found().is_some() && self.complete.get());
        match (is_drawn, changes) {
            (false, _) => String::new(),
            (true, false) => Points::whole(revision),
            (true, true) => {
                let (path, source, beside) =
                    (self.path.get(), self.source.get(), self.beside.get());
                format!("{path} {source} {beside}")
            }
        }
    }

    /// Whether the changes are shown, or shall be. Follows it.
    fn changes(self) -> bool {
        let revision = self.points.revision.get();
        let read = (1..revision).contains(&self.before.get());
        // Where they do not come, the whole is there.
        let wants = self.wants.get().unwrap_or(self.points.writes && read);
        revision > 1 && wants && self.failed.with(Option::is_none)
    }

    /// How long the text takes to read, and when an earlier revision was read here.
    pub fn reading_time(self) -> AnyView {
        let (board, points) = (self.board, self.points);
        let takes = memo(move || {
            let here = self.reading.here.get();
            let text = here.then(|| board.document(&points.handover(), points.revision.get()));
            text.flatten().map(|text| minutes(&text.body.html))
        });
        let said = maybe(move || {
            let lang = board.lang.get();
            let takes = lang.minutes_to_read(takes.get()?);
            let (read, at) = (self.before.get(), self.before_at.get());
            if !(1..points.revision.get()).contains(&read) || at == 0 {
                return Some(takes);
            }
            let ago = wording::age::ago(lang, board.now.get().millis() - at);
            Some(format!(
                "{takes} {}",
                lang.you_read(&read.to_string(), &ago)
            ))
        });
        view! { <p class="sub reading-time">{said}</p> }.into_any()
    }

    /// Whether there is something to read, and all of it that a decision names. Follows it.
    pub fn is_here(self) -> bool {
        self.reading.is_whole() && (!self.changes() || self.found().is_some())
    }

    /// Shows the whole instead of the changes, or the changes.
    pub fn toggle(self) {
        if self.points.revision.get_untracked() > 1 {
            let changes = untrack(|| self.changes());
            self.failed.set(None);
            self.points.leave_text();
            self.wants.set(Some(!changes));
        }
    }

    /// What chooses between them, and the other revisions, each at its address.
    pub fn switches(self) -> AnyView {
        let (board, points) = (self.board, self.points);
        let several = flag(move || points.revision.get() > 1);
        drawn(move || {
            if !several.get() {
                return ().into_any();
            }
            {
                let since = text(move || {
                    let from = self.from().to_string();
                    board.lang.get().changes_since(&from)
                });
                let switch = |says: AnyView, key: Option<&'static str>, changes: bool| {
                    let about = Button {
                        key,
                        pressed: Some(flag(move || self.changes() == changes)),
                        ..Button::default()
                    };
                    button(Signal::stored(""), about, says, move |_| {
                        if untrack(|| self.changes()) != changes {
                            self.toggle();
                        }
                    })
                };
                let way = |class, on: RwSignal<bool>, says: fn(Lang) -> &'static str| {
                    let about = Button {
                        pressed: Some(flag(move || on.get())),
                        ..Button::default()
                    };
                    let class = word(move || if self.changes() { class } else { "gone" });
                    button(class, about, board.t(says).into_any(), move |_| {
                        on.update(|on| *on = !*on);
                        let beside = self.beside.get_untracked();
                        browser::keep(BESIDE, if beside { "on" } else { "off" });
                    })
                };
                let key = points.writes.then_some("D");
                let ways = vec![
                    switch(board.t(Lang::whole_document).into_any(), None, false),
                    switch(since.into_any(), key, true),
                    way("columns", self.beside, Lang::side_by_side),
                    way("", self.source, Lang::as_source),
                ];
                let group = |says: fn(Lang) -> &'static str, role, parts| {
                    let about = About {
                        role: Some(role),
                        label: Some(word(board.t(says))),
                        ..About::default()
                    };
                    element("div", Signal::stored("switch"), about, parts)
                };
                let revisions = drawn(move || self.revisions().into_any());
                let parts = vec![
                    group(Lang::revision_switch, "navigation", vec![revisions]),
                    group(Lang::view, "group", ways),
                ];
                plain("div", "views", parts)
            }
        })
    }

    fn from(self) -> u32 {
        let revision = self.points.revision.get();
        let read = self.before.get();
        if (1..revision).contains(&read) {
            read
        } else {
            revision.saturating_sub(1)
        }
    }

    fn revisions(self) -> Vec<AnyView> {
        let shown = self.points.revision.get();
        let newest = self.points.newest().max(shown);
        // Of many the newest are what somebody looks for.
        let numbers = newest.saturating_sub(7).max(1)..=newest;
        let link = |number: u32| {
            let says = text(move || match number {
                number if number == newest => {
                    self.board.lang.get().newest_revision(&number.to_string())
                }
                number => number.to_string(),
            });
            let current = (number == shown).then_some("page");
            let href = paths::handover_page(&self.points.handover(), number);
            let leave = move |_| self.points.leave();
            view! { <a href=href aria-current=current on:click=press(leave)>{says}</a> }.into_any()
        };
        numbers.map(link).collect()
    }

    /// The text in the way that is chosen.
    pub fn view(self) -> AnyView {
        let changes = memo(move || self.changes());
        let comparison = drawn(move || {
            if changes.get() {
                self.comparison()
            } else {
                ().into_any()
            }
        });
        // The whole stays where it is: of a long text it takes a second to put it there.
        let class = word(move || if changes.get() { "behind" } else { "doc" });
        vec![comparison, self.reading.view(class)].into_any()
    }

    fn comparison(self) -> AnyView {
        let board = self.board;
        drawn(move || {
            let Some(found) = self.found() else {
                return plain(
                    "p",
                    "doc sub",
                    vec![board.t(Lang::loading_changes).into_any()],
                );
            };
            let comparison = Comparison {
                board,
                revisions: (self.from(), self.points.revision.get()),
                beside: self.beside.get(),
                source: self.source.get(),
            };
            comparison.view(&found, move || self.toggle(), self.complete)
        })
    }
}

/// So many letters are read in a minute: some 200 words.
const LETTERS_A_MINUTE: usize = 1_200;

/// How many minutes this HTML takes to read; at least one.
fn minutes(html: &str) -> u64 {
    let mut inside = false;
    let letters = html.chars().filter(|letter| {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ => return !inside,
        }
        false
    });
    letters.count().div_ceil(LETTERS_A_MINUTE).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_takes_time_and_markup_takes_none() {
        assert_eq!(minutes("<p></p>"), 1);
        let tag = format!("<p title=\"{}\">", "x".repeat(5_000));
        assert_eq!(minutes(&format!("{tag}{}</p>", "a".repeat(1_200))), 1);
        assert_eq!(minutes(&"a".repeat(1_201)), 2);
    }
}
