//! A text as HTML within bounds, whoever wrote it.

use std::time::{Duration, Instant};

use protocol::Rendering;

use super::{Html, markdown};

/// Deepest nesting that is rendered. People nest lists to five or six; renderers and browsers grow slow at thousands.
const DEPTH_MAX: usize = 64;
/// Longest HTML of a text, in bytes: a table of a megabyte has about eight times as much markup as text.
const HTML_MAX: usize = 12 * 1024 * 1024;
/// Longest time for one text. A handover of a megabyte takes a tenth of it on a slow machine.
const TIME_MAX: Duration = Duration::from_secs(3);

/// Renders Markdown; a text beyond a bound is shown as its source.
pub fn render(text: &str) -> Html {
    let begun = Instant::now();
    let rendered = if is_too_deep(text) {
        Err(Rendering::TooDeep)
    } else {
        markdown::to_html(text, DEPTH_MAX, HTML_MAX, begun + TIME_MAX)
    };
    match rendered {
        Ok(html) => Html {
            html: html.into(),
            rendering: Rendering::Markdown,
        },
        Err(rendering) => Html {
            html: markdown::source(text).into(),
            rendering,
        },
    }
}

/// Whether reading it would take too long for what it is worth.
pub fn is_too_deep(text: &str) -> bool {
    deepest_line(text) > DEPTH_MAX
}

/// The most containers that one line opens: quotes and list items. The parser takes time with the square of it before
/// it tells the depth, so it is counted first.
fn deepest_line(text: &str) -> usize {
    text.lines().map(containers).max().unwrap_or(0)
}

fn containers(line: &str) -> usize {
    let mut count = 0;
    let mut digits = false;
    for byte in line.bytes() {
        match byte {
            b'>' | b'-' | b'*' | b'+' => count += 1,
            b'.' | b')' if digits => count += 1,
            b' ' | b'\t' | b'0'..=b'9' => {}
            _ => break,
        }
        digits = byte.is_ascii_digit();
    }
    // A rule or a table's line is many of these without a blank between them, and opens nothing.
    let rule = line.trim();
    if rule.bytes().all(|byte| matches!(byte, b'-' | b'*' | b' '))
        && !rule.contains("- -")
        && !rule.contains("* *")
    {
        return 0;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_nests_without_end_is_shown_as_its_source() {
        for text in [
            "> ".repeat(16_000),
            ">".repeat(1024 * 1024),
            "- ".repeat(16_000) + "x",
            "1. ".repeat(16_000) + "x",
            format!("{}a{}", "*a _b ".repeat(2_000), " b_ a*".repeat(2_000)),
        ] {
            let page = render(&text);
            assert_eq!(page.rendering, Rendering::TooDeep, "{}", &text[..20]);
            assert!(page.html.starts_with("<pre"), "{}", &page.html[..40]);
        }
    }

    #[test]
    fn a_text_that_is_only_long_is_rendered() {
        for text in [
            format!("|a|b|\n|-|-|\n{}", "|1|2|\n".repeat(5_000)),
            "[".repeat(200_000),
            "-".repeat(10_000),
            "a\n\n".repeat(100_000),
            "> a\n".repeat(50_000),
        ] {
            assert_eq!(
                render(&text).rendering,
                Rendering::Markdown,
                "{}",
                &text[..20]
            );
        }
    }

    #[test]
    fn a_source_is_escaped() {
        let text = format!("{}<script>alert(1)</script>", "> ".repeat(1_000));
        let html = render(&text).html;
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script"), "{html}");
    }
}
