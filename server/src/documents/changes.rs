//! What one version of a prompt has that another has not, line by line.

use std::time::{Duration, Instant};

use protocol::{DiffLine, LineChange};
use similar::{ChangeTag, TextDiff, TextDiffConfig};

/// Equal lines that are shown before and after a change.
const CONTEXT: usize = 2;
/// Most lines of an answer.
const LINES_MAX: usize = 4_000;
/// How long it is looked for the shortest way from one text to the other; after that a longer one does. Two texts of a
/// megabyte that have nothing in common would take minutes.
const TIME: Duration = Duration::from_millis(500);

/// The lines of both texts, and whether some are left out because there are too many.
pub fn changes(from: &str, to: &str) -> (Vec<DiffLine>, bool) {
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
        changes(from, to).0.into_iter().map(mark).collect()
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
        let (lines, cut) = changes(&text("one"), &text("two"));
        assert!(cut && lines.len() == LINES_MAX);
    }

    proptest! {
        #[test]
        fn both_texts_are_in_it(from in "([ab]\n){0,12}", to in "([ab]\n){0,12}") {
            let (lines, _) = changes(&from, &to);
            let count = |change| lines.iter().filter(|line| line.change == change).count();
            let skipped: usize = lines.iter().filter(|line| line.change == LineChange::Skipped)
                .filter_map(|line| line.text.parse::<usize>().ok()).sum();
            let same = count(LineChange::Same) + skipped;
            prop_assert_eq!(same + count(LineChange::Removed), from.lines().count());
            prop_assert_eq!(same + count(LineChange::Added), to.lines().count());
        }
    }
}
