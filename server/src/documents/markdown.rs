//! Handovers as HTML: what a stranger wrote, shown without harm.
//!
//! Two fences, as the CommonMark maintainers advise: the renderer turns raw HTML into visible text, and
//! the sanitiser lets only a short list of elements through.

use std::{sync::LazyLock, time::Instant};

use ammonia::{Builder, UrlRelative};
use protocol::Rendering;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    highlight::{self, Highlighter},
    html,
    pictures::Pictures,
};

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .rm_tags(["img", "map", "area", "bdo", "center"])
        .url_schemes(["http", "https", "mailto"].into())
        // A path such as `docs/plan.md` means a file of the project, not a page of this server.
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"))
        // Only code and pictures have them: raw HTML is text by then.
        .add_allowed_classes("span", highlight::CLASSES)
        .add_allowed_classes("span", ["picture"])
        .id_prefix(Some("user-content-"));
    builder
});

/// Renders Markdown as sanitised HTML. Headings begin at level 3: the page around has the first two. Code has
/// colours, unless the HTML grows too long by them.
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
    let mut highlighter = Highlighter::new();
    let mut code: Option<(CowStr<'_>, String)> = None;
    for (index, event) in Parser::new_ext(markdown, options).enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > depth_max {
            return Err(Rendering::TooDeep);
        }
        if index % 1_024 == 0 && Instant::now() > deadline {
            return Err(Rendering::TooMuch);
        }
        match (event, &mut code) {
            (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))), _) => {
                code = Some((info, String::new()));
            }
            (Event::Text(text), Some((_, code))) => code.push_str(&text),
            (Event::End(TagEnd::CodeBlock), Some((info, text))) => {
                let coloured = highlighter.html(info, text);
                events.push(Event::Html(
                    format!("<pre><code>{coloured}</code></pre>\n").into(),
                ));
                code = None;
            }
            (event, _) => events.extend(pictures.marked(harmless(event))),
        }
    }
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut rendered, events.into_iter());
    if rendered.len() > html_max {
        rendered = html::plain(&rendered).into_owned();
    }
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
    html::escape(markdown, &mut escaped);
    format!("<pre class=\"source\" tabindex=\"0\">{escaped}</pre>")
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // Its tags are read as text; a text of its own is a paragraph.
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
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
            "```rust\"><script>alert(1)</script>\nfn a() {}\n```",
            "```html\n</code></pre><script>alert(1)</script><img src=x onerror=alert(1)>\n```",
            "~~~js onclick=alert(1)\n</span><svg onload=alert(1)>`${'</script><script>'}`\n~~~",
            "```diff\n-<iframe src=x>\n+<style>*{display:none}</style>",
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
    fn html_is_read_as_the_text_that_it_is_in_a_paragraph() {
        let html = html_of("<summary>\nMore, please.\n</summary>\n\nOne <b>two</b>.");
        assert_eq!(
            html,
            "<p>&lt;summary&gt;\nMore, please.\n&lt;/summary&gt;\n</p>\n<p>One &lt;b&gt;two&lt;/b&gt;.</p>\n"
        );
    }

    #[test]
    fn only_code_has_colours() {
        let code = html_of("```rust\nfn a() {}\n```");
        assert!(
            code.contains(r#"<pre tabindex="0"><code><span class="code-keyword">fn</span> <span"#),
            "{code}"
        );
        for other in [
            "<span class=\"code-keyword\">fn</span>",
            "a <span class=code-deleted>b</span> <pre><code><span class='code-name'>c",
            "`<span class=\"code-keyword\">fn</span>` and `fn a() {}`",
            "    <span class=\"code-keyword\">fn</span>",
            "```\n<span class=\"code-keyword\">fn</span>\n```",
            "```mermaid\ngraph TD; A-->B; class A code-name\n```",
            "[fn](https://example.com \"<span class='code-keyword'>\")",
        ] {
            let html = html_of(other);
            assert!(!html.contains("<span"), "{other} became {html}");
        }
    }

    #[test]
    fn code_in_colours_is_the_same_code() {
        for code in [
            "fn a<T>() -> &'static str { \"&lt;\" }\n",
            "\n\n  fn a() {}\n\n",
            "",
            "// \u{200b}\u{202e}\u{a0}ö👍🏽\r\n\u{0}fn",
        ] {
            let block = |language| html_of(&format!("> 1. ```{language}\n>    {code}\n"));
            let coloured = block("rust");
            assert_eq!(html::plain(&coloured), block("mermaid"), "{code:?}");
        }
    }

    #[test]
    fn a_document_that_colours_make_too_long_has_none() {
        let markdown = "```rust\nfn a() {}\n```";
        let later = Instant::now() + Duration::from_secs(60);
        let html = |html_max| to_html(markdown, 64, html_max, later);
        assert!(html(200).expect("HTML").contains("<span"));
        assert!(
            html(50)
                .expect("HTML")
                .ends_with("<code>fn a() {}\n</code></pre>\n")
        );
        assert_eq!(html(10).err(), Some(Rendering::TooMuch));
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
