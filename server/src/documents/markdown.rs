//! Handovers as HTML: what a stranger wrote, shown without harm.
//!
//! Two fences, as the CommonMark maintainers advise: the renderer turns raw HTML into visible text, and
//! the sanitiser lets only a short list of elements through.

use std::{sync::LazyLock, time::Instant};

use super::pictures::Pictures;
use ammonia::{Builder, UrlRelative};
use protocol::Rendering;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .rm_tags(["img", "map", "area", "bdo", "center"])
        .add_allowed_classes("span", ["picture"])
        .url_schemes(["http", "https", "mailto"].into())
        // A path such as `docs/plan.md` means a file of the project, not a page of this server.
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"))
        .id_prefix(Some("user-content-"));
    builder
});

/// Renders Markdown as sanitised HTML. Headings begin at level 3: the page around has the first two.
///
/// # Errors
/// Elements are nested deeper than `depth_max`, the HTML is longer than `html_max` bytes, or it takes until `deadline`.
pub fn to_html(
    markdown: &str,
    depth_max: usize,
    html_max: usize,
    deadline: Instant,
) -> Result<String, Rendering> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut depth = 0_usize;
    let mut pictures = Pictures::default();
    let mut events = Vec::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > depth_max {
            return Err(Rendering::TooDeep);
        }
        if events.len() % 1_024 == 0 && Instant::now() > deadline {
            return Err(Rendering::TooMuch);
        }
        events.extend(pictures.marked(harmless(event)));
    }
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, events.into_iter());
    if rendered.len() > html_max || Instant::now() > deadline {
        return Err(Rendering::TooMuch);
    }
    // What may scroll sideways must be reachable by keyboard. Text cannot contain these tags: it is escaped.
    Ok(SANITISER
        .clean(&rendered)
        .to_string()
        .replace("<table>", r#"<div class="wide" tabindex="0"><table>"#)
        .replace("</table>", "</table></div>")
        .replace("<pre>", r#"<pre tabindex="0">"#))
}

/// A text as it was written.
pub fn source(markdown: &str) -> String {
    let mut escaped = String::with_capacity(markdown.len() + markdown.len() / 8);
    for part in markdown.split_inclusive(['&', '<', '>']) {
        match part.char_indices().next_back() {
            Some((at, '&')) => escaped.extend([&part[..at], "&amp;"]),
            Some((at, '<')) => escaped.extend([&part[..at], "&lt;"]),
            Some((at, '>')) => escaped.extend([&part[..at], "&gt;"]),
            _ => escaped.push_str(part),
        }
    }
    format!("<pre class=\"source\" tabindex=\"0\">{escaped}</pre>")
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::TaskListMarker(done) => Event::Text(if done { "☑ " } else { "☐ " }.into()),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: vec![],
            attrs: vec![],
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        other => other,
    }
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn html_of(markdown: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        to_html(markdown, 64, usize::MAX, deadline).expect("HTML")
    }

    #[test]
    fn hostile_markdown_becomes_harmless() {
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "![x](https://elsewhere.example/pixel.png)",
            "<svg><script>alert(1)</script></svg>",
            "<iframe src=https://elsewhere.example></iframe>",
            "<a href=\"java&#115;cript:alert(1)\">x</a>",
            "<style>*{display:none}</style>",
        ] {
            let html = html_of(hostile);
            for forbidden in [
                "<script",
                "<img",
                "<svg",
                "<iframe",
                "<style",
                "href=\"javascript",
                "href=\"data:",
                "href=\"Ja",
            ] {
                assert!(!html.contains(forbidden), "{hostile} became {html}");
            }
        }
    }

    #[test]
    fn raw_html_stays_readable() {
        assert_eq!(
            html_of("a <b>c</b>").trim(),
            "<p>a &lt;b&gt;c&lt;/b&gt;</p>"
        );
    }

    #[test]
    fn documents_keep_their_shape() {
        let html = html_of(
            "# T\n\n- [x] done\n- [ ] open\n\n|a|b|\n|-|-|\n|1|2|\n\n[l](https://example.org) [f](docs/x.md)",
        );
        assert!(
            html.contains("<h3>T</h3>") && html.contains("☑ done") && html.contains("☐ open"),
            "{html}"
        );
        assert!(
            html.contains(r#"<div class="wide" tabindex="0"><table>"#),
            "{html}"
        );
        assert!(
            html.contains(r#"href="https://example.org" rel="nofollow noopener noreferrer""#),
            "{html}"
        );
        assert!(!html.contains("docs/x.md"), "{html}");
    }

    #[test]
    fn a_table_of_ten_thousand_rows_is_only_long() {
        let rows = "|1|2|\n".repeat(10_000);
        let html = html_of(&format!("|a|b|\n|-|-|\n{rows}"));
        assert_eq!(html.matches("<tr>").count(), 10_001);
    }
}
