//! What one version of a text has that another has not: line by line as it is written, block by block as it is read.

use std::time::{Duration, Instant};

use protocol::{BlockChange, DiffBlock, DiffLine, LineChange};
use similar::{
    Algorithm, ChangeTag, DiffOp, TextDiff, TextDiffConfig, capture_diff_slices_deadline,
};

use super::html::{name, tokens, top_level};

/// Equal lines that are shown before and after a change.
const CONTEXT: usize = 2;
/// Most lines of an answer.
const LINES_MAX: usize = 4_000;
/// How long it is looked for the shortest way from one text to the other; after that a longer one does. Two texts of a
/// megabyte that have nothing in common would take minutes.
const TIME: Duration = Duration::from_millis(500);

/// The lines of both texts, and whether some are left out because there are too many.
pub fn lines(from: &str, to: &str) -> (Vec<DiffLine>, bool) {
    let mut config = TextDiffConfig::default();
    config.deadline(Instant::now() + TIME);
    let diff: TextDiff<'_, '_, str> = config.diff_lines(from, to);
    let (mut lines, mut shown) = (Vec::new(), 0);
    for group in diff.grouped_ops(CONTEXT) {
        let Some(first) = group.first() else { continue };
        skip(&mut lines, first.old_range().start - shown);
        for change in group.iter().flat_map(|part| diff.iter_changes(part)) {
            if lines.len() >= LINES_MAX {
                return (lines, true);
            }
            lines.push(DiffLine {
                change: match change.tag() {
                    ChangeTag::Equal => LineChange::Same,
                    ChangeTag::Insert => LineChange::Added,
                    ChangeTag::Delete => LineChange::Removed,
                },
                text: change.value().trim_end_matches(['\r', '\n']).to_owned(),
            });
        }
        shown = group.last().map_or(shown, |last| last.old_range().end);
    }
    skip(&mut lines, from.lines().count().saturating_sub(shown));
    (lines, false)
}

fn skip(lines: &mut Vec<DiffLine>, count: usize) {
    if count > 0 {
        lines.push(DiffLine {
            change: LineChange::Skipped,
            text: count.to_string(),
        });
    }
}

/// Equal blocks that are shown before and after a change.
const BLOCKS_CONTEXT: usize = 1;
/// Most blocks of an answer that are no equal ones.
const BLOCKS_MAX: usize = 2_000;
/// Longest block, in bytes of HTML, in which single words are compared; a longer one is a new one.
const WORDS_MAX: usize = 64 * 1024;
/// How many words of a hundred two blocks share at least to be the same block with other words.
const ALIKE: usize = 30;

/// The blocks of both texts, given as sanitised HTML, and whether some are left out because there are too many.
pub fn blocks(from: &str, to: &str) -> (Vec<DiffBlock>, bool) {
    let deadline = Instant::now() + TIME;
    let (old, new) = (top_level(from), top_level(to));
    let mut found = Blocks::default();
    for part in capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(deadline)) {
        if found.changed > BLOCKS_MAX {
            return (found.blocks, true);
        }
        let (gone, here) = (&old[part.old_range()], &new[part.new_range()]);
        if let DiffOp::Equal { .. } = part {
            let (first, last) = (
                part.new_range().start == 0,
                part.new_range().end == new.len(),
            );
            found.same(here, first, last);
            continue;
        }
        let mut pairs = gone.iter().zip(here);
        let mut paired = 0;
        // A paragraph that was changed stands where it stood.
        for (gone, here) in pairs.by_ref() {
            match words(gone, here, deadline) {
                Some(html) => found.push(BlockChange::Changed, &html),
                None => {
                    found.push(BlockChange::Removed, gone);
                    found.push(BlockChange::Added, here);
                }
            }
            paired += 1;
        }
        let (gone, here) = (&gone[paired..], &here[paired..]);
        gone.iter()
            .for_each(|block| found.push(BlockChange::Removed, block));
        here.iter()
            .for_each(|block| found.push(BlockChange::Added, block));
    }
    (found.blocks, false)
}

#[derive(Default)]
struct Blocks {
    blocks: Vec<DiffBlock>,
    changed: usize,
}

impl Blocks {
    fn push(&mut self, change: BlockChange, html: &str) {
        self.changed += usize::from(!matches!(change, BlockChange::Same | BlockChange::Skipped));
        self.blocks.push(DiffBlock {
            change,
            html: html.to_owned(),
        });
    }

    /// Equal blocks: those beside a change are shown.
    fn same(&mut self, equal: &[&str], first: bool, last: bool) {
        // What follows the change before, and what leads to the next one.
        let before = if first {
            0
        } else {
            BLOCKS_CONTEXT.min(equal.len())
        };
        let after = if last {
            0
        } else {
            BLOCKS_CONTEXT.min(equal.len() - before)
        };
        let (shown, rest) = equal.split_at(before);
        let (left_out, next) = rest.split_at(rest.len() - after);
        shown
            .iter()
            .for_each(|block| self.push(BlockChange::Same, block));
        if !left_out.is_empty() {
            self.push(BlockChange::Skipped, &left_out.len().to_string());
        }
        next.iter()
            .for_each(|block| self.push(BlockChange::Same, block));
    }
}

/// A block with `ins` and `del` around the words that are new and gone; `None` where it is another block.
fn words(old: &str, new: &str, deadline: Instant) -> Option<String> {
    if name(old) != name(new) || old.len().max(new.len()) > WORDS_MAX {
        return None;
    }
    let is_table = name(new) == "div";
    let read = |html| tokens(html).map(|(_, token)| token).collect::<Vec<_>>();
    let (old, new) = (read(old), read(new));
    let parts = capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(deadline));
    // Nothing can stand between the cells of a table: with other cells it is another one.
    let has_tags = |tokens: &[&str]| tokens.iter().any(|token| token.starts_with('<'));
    let moves = |part: &DiffOp| {
        !matches!(part, DiffOp::Equal { .. })
            && (has_tags(&old[part.old_range()]) || has_tags(&new[part.new_range()]))
    };
    if is_table && parts.iter().any(moves) {
        return None;
    }
    let is_word = |token: &&&str| token.starts_with(char::is_alphanumeric);
    let count = |tokens: &[&str]| tokens.iter().filter(is_word).count();
    let equal = parts
        .iter()
        .filter(|part| matches!(part, DiffOp::Equal { .. }));
    let equal: usize = equal.map(|part| count(&new[part.new_range()])).sum();
    if equal * 100 < ALIKE * count(&old).max(count(&new)) {
        return None;
    }
    let mut html = String::new();
    for part in parts {
        let (gone, here) = (&old[part.old_range()], &new[part.new_range()]);
        if let DiffOp::Equal { .. } = part {
            html.extend(here.iter().copied());
            continue;
        }
        // The tags of the new text alone: what is left is well formed.
        marked(
            &mut html,
            "del",
            gone.iter().copied().filter(|token| !token.starts_with('<')),
        );
        marked(&mut html, "ins", here.iter().copied());
    }
    Some(html)
}

/// Puts a mark around the text between tags.
fn marked<'a>(html: &mut String, mark: &str, tokens: impl Iterator<Item = &'a str>) {
    let mut text = String::new();
    let close = |text: &mut String, html: &mut String| {
        let blank = text.trim().is_empty();
        // Blanks that are gone are not missed.
        if blank && mark == "ins" {
            html.push_str(text);
        } else if !blank {
            *html += &format!("<{mark}>{text}</{mark}>");
        }
        text.clear();
    };
    for token in tokens {
        if token.starts_with('<') {
            close(&mut text, html);
            html.push_str(token);
        } else {
            text.push_str(token);
        }
    }
    close(&mut text, html);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(from: &str, to: &str) -> Vec<String> {
        let mark = |line: DiffLine| {
            let mark = match line.change {
                LineChange::Same => ' ',
                LineChange::Added => '+',
                LineChange::Removed => '-',
                LineChange::Skipped => '…',
            };
            format!("{mark}{}", line.text)
        };
        lines(from, to).0.into_iter().map(mark).collect()
    }

    #[test]
    fn equal_lines_far_from_a_change_are_counted() {
        let from = "a\nb\nc\nd\ne\nf\n";
        assert_eq!(
            said(from, "a\nb\nc\nX\ne\nf\n"),
            ["…1", " b", " c", "-d", "+X", " e", " f"]
        );
        assert!(said(from, from).iter().all(|line| line.starts_with('…')));
    }

    #[test]
    fn two_long_texts_without_a_common_line_end_soon() {
        let text = |word: &str| {
            (0..50_000)
                .map(|n| format!("{word} {n}\n"))
                .collect::<String>()
        };
        let (lines, cut) = lines(&text("one"), &text("two"));
        assert!(cut && lines.len() == LINES_MAX);
    }

    fn blocks_of(from: &str, to: &str) -> Vec<String> {
        let html = crate::documents::rendered;
        let mark = |block: DiffBlock| {
            let mark = match block.change {
                BlockChange::Same => ' ',
                BlockChange::Added => '+',
                BlockChange::Removed => '-',
                BlockChange::Changed => '~',
                BlockChange::Skipped => '…',
            };
            format!("{mark}{}", block.html)
        };
        blocks(&html(from), &html(to))
            .0
            .into_iter()
            .map(mark)
            .collect()
    }

    #[test]
    fn words_that_are_new_or_gone_are_marked_where_they_stand() {
        let (from, to) = (
            "# Plan\n\nWe keep the ids for **ninety** days.\n\nThe end.",
            "# Plan\n\nWe keep all ids for **ninety** days.\n\nThe end.",
        );
        assert_eq!(
            blocks_of(from, to),
            [
                " <h3>Plan</h3>",
                "~<p>We keep <del>the</del><ins>all</ins> ids for <strong>ninety</strong> days.</p>",
                " <p>The end.</p>",
            ]
        );
    }

    #[test]
    fn another_paragraph_is_not_the_old_one_with_other_words() {
        assert_eq!(
            blocks_of(
                "Redis keeps the locks.",
                "Nothing here was measured twice by anybody."
            ),
            [
                "-<p>Redis keeps the locks.</p>",
                "+<p>Nothing here was measured twice by anybody.</p>"
            ]
        );
    }

    #[test]
    fn words_of_a_table_are_marked_in_their_cells_and_another_shape_is_another_table() {
        let table = |rows: &str| format!("|a|b|\n|-|-|\n{rows}");
        let changed = blocks_of(&table("|keep it|90 days|"), &table("|keep it|30 days|"));
        assert!(
            changed[0].contains("<td><del>90</del><ins>30</ins> days</td>"),
            "{changed:?}"
        );
        let longer = blocks_of(&table("|1|2|"), &table("|1|2|\n|3|4|"));
        assert!(
            longer[0].starts_with("-<div") && longer[1].starts_with("+<div"),
            "{longer:?}"
        );
    }

    proptest! {
        #[test]
        fn a_changed_block_is_well_formed_and_has_the_words_of_both(
            from in "(- )?[ab*`_ ]{0,12}\n\n?[ab <&\n]{0,12}",
            to in "(- )?[ab*`_ ]{0,12}\n\n?[ab <&\n]{0,12}",
        ) {
            let html = crate::documents::rendered;
            let (old, new) = (html(&from), html(&to));
            if let Some(changed) = words(old.trim(), new.trim(), Instant::now() + TIME) {
                // Without what is gone it is the new block, but for the marks.
                let mut left = String::new();
                let mut rest = changed.as_str();
                while let Some((before, gone)) = rest.split_once("<del>") {
                    left += before;
                    rest = gone.split_once("</del>").expect("closed").1;
                }
                left += rest;
                prop_assert_eq!(left.replace("<ins>", "").replace("</ins>", ""), new.trim());
            }
        }

        #[test]
        fn both_texts_are_in_it(from in "([ab]\n){0,12}", to in "([ab]\n){0,12}") {
            let (lines, _) = lines(&from, &to);
            let count = |change| lines.iter().filter(|line| line.change == change).count();
            let skipped: usize = lines.iter().filter(|line| line.change == LineChange::Skipped)
                .filter_map(|line| line.text.parse::<usize>().ok()).sum();
            let same = count(LineChange::Same) + skipped;
            prop_assert_eq!(same + count(LineChange::Removed), from.lines().count());
            prop_assert_eq!(same + count(LineChange::Added), to.lines().count());
        }
    }
}
