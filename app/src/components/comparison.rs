//! Two revisions compared, as they are read and as they are written: in one column, or side by side.

use std::mem::take;

use leptos::prelude::*;
use protocol::{BlockChange, DiffBlock};

use super::{
    element::{plain, quiet},
    steps,
};
use crate::{
    Lang, Shown,
    board::Board,
    follow::{drawn, memo, text},
    wording::{self, draft::Row},
};

/// How two revisions are shown.
#[derive(Clone, Copy)]
pub(super) struct Comparison {
    pub board: Board,
    /// The numbers of the earlier and of the later revision.
    pub revisions: (u32, u32),
    /// Whether each has a column of its own, where the window has room for that.
    pub beside: bool,
    /// Whether they are shown as they are written.
    pub source: bool,
}

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    Both,
    Earlier,
    Later,
}

/// What stands on each side of a row, by its place among what is compared.
type Sides = (Option<usize>, Option<usize>);

/// The rows of two columns: what is gone stands beside what came in its place.
fn rows(all: impl IntoIterator<Item = In>) -> Vec<Sides> {
    let mut rows: Vec<Sides> = Vec::new();
    // The first row that has room on each side.
    let (mut earlier, mut later) = (0, 0);
    for (index, one) in all.into_iter().enumerate() {
        let next = match one {
            In::Both => rows.len(),
            In::Earlier => earlier,
            In::Later => later,
        };
        if next == rows.len() {
            rows.push((None, None));
        }
        if one != In::Later {
            rows[next].0 = Some(index);
            earlier = next + 1;
        }
        if one != In::Earlier {
            rows[next].1 = Some(index);
            later = next + 1;
        }
    }
    rows
}

/// A block as it is read: what it says is HTML, sanitised by the server as the whole text is.
fn block(block: &DiffBlock) -> Row {
    let class = match block.change {
        BlockChange::Same => "part",
        BlockChange::Added => "part added",
        BlockChange::Removed => "part removed",
        BlockChange::Changed => "part changed",
        BlockChange::Skipped => FOLD,
    };
    Row {
        class,
        ..Row::of(block.html.clone())
    }
}

/// In which revision a row stands.
fn stands(row: &Row) -> In {
    match row.class {
        "part removed" | "removed" => In::Earlier,
        "part added" | "added" => In::Later,
        _ => In::Both,
    }
}

/// How a row looks in the column of the earlier revision.
fn before(class: &str) -> &'static str {
    match class {
        "part" => "part before",
        "part removed" => "part removed before",
        "part changed" => "part changed before",
        "removed" => "removed before",
        _ => "before",
    }
}

/// In place of blocks that are the same.
const FOLD: &str = "fold sub";
/// So many bytes are drawn in one step: some 20 ms of work.
const STEP_BYTES: usize = 16 * 1024;

/// What is drawn in one step.
fn in_steps(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let (mut steps, mut step, mut bytes) = (Vec::new(), Vec::new(), 0);
    for row in rows {
        // A line is little text, and three elements all the same.
        bytes += row.said.len() + 100;
        step.push(row);
        if bytes > STEP_BYTES {
            steps.push(take(&mut step));
            bytes = 0;
        }
    }
    steps.push(step);
    steps
}

impl Comparison {
    /// All that is different, with what stands around it. `whole` leads to the whole document; `complete` says when the last
    /// of it is drawn.
    pub fn view(
        self,
        found: &Shown,
        whole: impl Fn() + Copy + Send + Sync + 'static,
        complete: RwSignal<bool>,
    ) -> AnyView {
        let mut parts = Vec::new();
        if found.cut {
            parts.push(self.says(Lang::changes_cut));
        }
        let same = |change| matches!(change, BlockChange::Same | BlockChange::Skipped);
        if !self.source && found.blocks.iter().all(|block| same(block.change)) {
            parts.push(self.says(Lang::no_changes));
        }
        if self.beside {
            parts.extend([
                self.head(self.revisions.0, "before head"),
                self.head(self.revisions.1, "head"),
            ]);
        }
        let steps = in_steps(self.rows(found));
        let count = steps.len();
        let shown = RwSignal::new(1);
        for (index, step) in steps.into_iter().enumerate() {
            let due = memo(move || index < shown.get());
            parts.push(drawn(move || {
                let mut parts = Vec::new();
                if due.get() {
                    parts.extend(step.iter().map(|row| self.row(row, whole)));
                }
                parts.into_any()
            }));
        }
        steps::draw(shown, count, Some(complete));
        let class = match (self.source, self.beside) {
            (false, false) => "doc changes",
            (false, true) => "doc changes beside",
            (true, false) => "doc diff",
            (true, true) => "doc diff beside",
        };
        plain("div", class, parts)
    }

    fn says(self, says: fn(Lang) -> &'static str) -> AnyView {
        plain("p", "sub fold", vec![self.board.t(says).into_any()])
    }

    /// What stands above a column.
    fn head(self, revision: u32, class: &'static str) -> AnyView {
        let says = text(move || {
            let lang = self.board.lang.get();
            wording::sentence(&lang.revision(&revision.to_string()))
        });
        plain("p", class, vec![says.into_any()])
    }

    /// What is drawn, in its order.
    fn rows(self, found: &Shown) -> Vec<Row> {
        let all = if self.source {
            wording::review::lines(self.board.lang.get(), &found.lines)
        } else {
            found.blocks.iter().map(block).collect()
        };
        if !self.beside {
            return all;
        }
        let mut columns = Vec::new();
        for (earlier, later) in rows(all.iter().map(stands)) {
            let copy = |place: usize, class| Row {
                class,
                mark: all[place].mark,
                ..Row::of(all[place].said.clone())
            };
            let class = |place: usize| all[place].class;
            if !later.is_some_and(|place| matches!(class(place), FOLD | "skipped")) {
                columns.push(earlier.map_or(
                    Row {
                        class: "before none",
                        ..Row::default()
                    },
                    |place| copy(place, before(class(place))),
                ));
            }
            columns.push(later.map_or(
                Row {
                    class: "none",
                    ..Row::default()
                },
                |place| copy(place, class(place)),
            ));
        }
        columns
    }

    fn row(self, row: &Row, whole: impl Fn() + Copy + 'static) -> AnyView {
        match row.class {
            FOLD => self.fold(row, whole),
            "none" | "before none" => plain("div", row.class, vec![]),
            class if self.source => {
                let parts = vec![
                    plain("b", "", vec![row.mark.into_any()]),
                    plain("span", "", vec![row.said.clone().into_any()]),
                ];
                plain("div", class, parts)
            }
            class => {
                let html = row.said.clone();
                view! { <div class=class inner_html=html></div> }.into_any()
            }
        }
    }

    fn fold(self, row: &Row, whole: impl Fn() + Copy + 'static) -> AnyView {
        let board = self.board;
        let count = row.said.parse().unwrap_or(0);
        let says = text(move || board.lang.get().unchanged_blocks(count));
        let show = quiet(board.t(Lang::show_whole).into_any(), move |_| whole());
        plain("p", FOLD, vec![says.into_any(), " ".into_any(), show])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_stands_beside_what_came_in_its_place() {
        let of = |text: &str| {
            rows(text.chars().map(|one| match one {
                '-' => In::Earlier,
                '+' => In::Later,
                _ => In::Both,
            }))
        };
        let both = |at| (Some(at), Some(at));
        assert_eq!(of(""), []);
        assert_eq!(of("  "), [both(0), both(1)]);
        assert_eq!(of("-+"), [(Some(0), Some(1))]);
        assert_eq!(of("-+-+"), [(Some(0), Some(1)), (Some(2), Some(3))]);
        assert_eq!(
            of("--+ +"),
            [
                (Some(0), Some(2)),
                (Some(1), None),
                both(3),
                (None, Some(4))
            ]
        );
        assert_eq!(of("+- -"), [(Some(1), Some(0)), both(2), (Some(3), None)]);
    }
}
