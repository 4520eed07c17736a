//! Handovers as HTML: what a stranger wrote, shown without harm.
//!
//! Two fences, as the CommonMark maintainers advise: the renderer turns raw HTML into visible text, and
//! the sanitiser lets only a short list of elements through.

use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .rm_tags(["img", "map", "area", "bdo", "center"])
        .url_schemes(["http", "https", "mailto"].into())
        // A path such as `docs/plan.md` means a file of the project, not a page of this server.
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"))
        .id_prefix(Some("user-content-"));
    builder
});

/// Renders Markdown as sanitised HTML. Headings begin at level 3: the page around has the first two.
pub fn to_html(markdown: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, Parser::new_ext(markdown, options).map(tame));
    // What may scroll sideways must be reachable by keyboard. Text cannot contain these tags: it is escaped.
    SANITISER
        .clean(&rendered)
        .to_string()
        .replace("<table>", r#"<div class="wide" tabindex="0"><table>"#)
        .replace("</table>", "</table></div>")
        .replace("<pre>", r#"<pre tabindex="0">"#)
}

fn tame(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::TaskListMarker(done) => Event::Text(if done { "☑ " } else { "☐ " }.into()),
        // A picture would be fetched from elsewhere as soon as somebody reads: a link waits for a click.
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
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
    use super::*;

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
            let html = to_html(hostile);
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
            to_html("a <b>c</b>").trim(),
            "<p>a &lt;b&gt;c&lt;/b&gt;</p>"
        );
    }

    #[test]
    fn documents_keep_their_shape() {
        let html = to_html(
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
        let html = to_html(&format!("|a|b|\n|-|-|\n{rows}"));
        assert_eq!(html.matches("<tr>").count(), 10_001);
    }
}
