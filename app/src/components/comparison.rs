//! Two revisions compared, as they are read and as they are written: in one column, or side by side.

use leptos::prelude::*;
use protocol::{BlockChange, DiffBlock, DiffLine, LineChange};

use super::element::{plain, quiet};
use crate::{
    Lang, Shown,
    board::Board,
    follow::text,
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

impl Comparison {
    /// All that is different, with what stands around it. `whole` leads to the whole document.
    pub fn view(self, found: &Shown, whole: impl Fn() + Copy + 'static) -> AnyView {
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
        if self.source {
            self.written(&found.lines, &mut parts);
        } else {
            self.read(&found.blocks, whole, &mut parts);
        }
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

    fn read(
        self,
        blocks: &[DiffBlock],
        whole: impl Fn() + Copy + 'static,
        parts: &mut Vec<AnyView>,
    ) {
        let part = |block: &DiffBlock, class: &'static str| {
            // As sanitised by the server as the whole text is.
            let html = block.html.clone();
            view! { <div class=class inner_html=html></div> }.into_any()
        };
        if !self.beside {
            for block in blocks {
                parts.push(match block.change {
                    BlockChange::Skipped => self.fold(block, whole),
                    change => part(block, class_of(change)),
                });
            }
            return;
        }
        let places = blocks.iter().map(|block| match block.change {
            BlockChange::Removed => In::Earlier,
            BlockChange::Added => In::Later,
            BlockChange::Same | BlockChange::Changed | BlockChange::Skipped => In::Both,
        });
        for (before, after) in rows(places) {
            let of = |place: Option<usize>| blocks.get(place?);
            if let Some(block) = of(after).filter(|block| block.change == BlockChange::Skipped) {
                parts.push(self.fold(block, whole));
                continue;
            }
            parts.push(match of(before) {
                Some(block) if block.change == BlockChange::Removed => {
                    part(block, "part removed before")
                }
                Some(block) if block.change == BlockChange::Changed => {
                    part(block, "part changed before")
                }
                Some(block) => part(block, "part before"),
                None => plain("div", "before none", vec![]),
            });
            parts.push(match of(after) {
                Some(block) => part(block, class_of(block.change)),
                None => plain("div", "none", vec![]),
            });
        }
    }

    fn written(self, lines: &[DiffLine], parts: &mut Vec<AnyView>) {
        let said = wording::review::lines(self.board.lang.get(), lines);
        let line = |row: &Row, class: &'static str| {
            let parts = vec![
                plain("b", "", vec![row.mark.into_any()]),
                plain("span", "", vec![row.said.clone().into_any()]),
            ];
            plain("div", class, parts)
        };
        if !self.beside {
            parts.extend(said.iter().map(|row| line(row, row.class)));
            return;
        }
        let places = lines.iter().map(|line| match line.change {
            LineChange::Removed => In::Earlier,
            LineChange::Added => In::Later,
            LineChange::Same | LineChange::Skipped => In::Both,
        });
        for (before, after) in rows(places) {
            let of = |place: Option<usize>| said.get(place?);
            if let Some(row) = of(after).filter(|row| row.class == "skipped") {
                parts.push(line(row, row.class));
                continue;
            }
            parts.push(match of(before) {
                Some(row) if row.class == "removed" => line(row, "removed before"),
                Some(row) => line(row, "before"),
                None => plain("div", "before none", vec![]),
            });
            parts.push(match of(after) {
                Some(row) => line(row, row.class),
                None => plain("div", "none", vec![]),
            });
        }
    }

    /// In place of paragraphs that are the same.
    fn fold(self, block: &DiffBlock, whole: impl Fn() + Copy + 'static) -> AnyView {
        let board = self.board;
        let count = block.html.parse().unwrap_or(0);
        let says = text(move || board.lang.get().unchanged_blocks(count));
        let show = quiet(board.t(Lang::show_whole).into_any(), move |_| whole());
        plain("p", "fold sub", vec![says.into_any(), " ".into_any(), show])
    }
}

const fn class_of(change: BlockChange) -> &'static str {
    match change {
        BlockChange::Same | BlockChange::Skipped => "part",
        BlockChange::Added => "part added",
        BlockChange::Removed => "part removed",
        BlockChange::Changed => "part changed",
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
