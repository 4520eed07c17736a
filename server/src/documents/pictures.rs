//! Pictures that a text shows. Those of other servers are links, for they would be fetched as soon as somebody reads. Those
//! that are files are marked, and shown where a file of this name is attached.

use std::fmt::Write;

use ammonia::clean_text;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Most that are named: a reader who misses more than these needs no list.
const MOST: usize = 50;

/// How a mark begins. No text has it in its HTML: what an author writes there is escaped.
const MARK: &str = r#"<span class="picture" title=""#;
/// How it ends; between them are words for those who do not see the picture, without any element.
const MARK_END: &str = "</span>";

/// The names of the files that a Markdown text shows as pictures, each once, in their order, the first fifty.
pub fn find(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        if let Event::Start(Tag::Image { dest_url, .. }) = event
            && let Some(name) = file_name(&dest_url)
            && !found.contains(&name)
        {
            found.push(name);
            if found.len() == MOST {
                break;
            }
        }
    }
    found
}

/// The name of the file at `address`: the last part of a path, and nothing where it leads elsewhere.
fn file_name(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    // A colon before the first slash ends a scheme (RFC 3986, section 4.2).
    let first = path.split('/').next().unwrap_or_default();
    if first.contains(':') || path.starts_with("//") {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8().ok()?;
    (!name.is_empty()).then(|| name.into_owned())
}

/// Marks the pictures among the events of a text, one event after the other.
#[derive(Default)]
pub(super) struct Pictures {
    /// How many elements are open in the words of a file's picture, with the picture.
    inside: usize,
}

impl Pictures {
    /// What stands in the place of an event; nothing where an element would stand in the words of a picture.
    pub fn marked<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        if self.inside > 0 {
            return self.words(event);
        }
        match event {
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => Some(if let Some(name) = file_name(&dest_url) {
                self.inside = 1;
                let name = utf8_percent_encode(&name, NON_ALPHANUMERIC);
                Event::InlineHtml(format!(r#"{MARK}{name}">"#).into())
            } else {
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                })
            }),
            Event::End(TagEnd::Image) => Some(Event::End(TagEnd::Link)),
            other => Some(other),
        }
    }

    fn words<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        match event {
            Event::Start(_) => {
                self.inside += 1;
                None
            }
            Event::End(_) => {
                self.inside -= 1;
                (self.inside == 0).then(|| Event::InlineHtml(MARK_END.into()))
            }
            Event::Text(text) | Event::Code(text) => Some(Event::Text(text)),
            Event::SoftBreak | Event::HardBreak => Some(Event::Text(" ".into())),
            _ => None,
        }
    }
}

/// What is to be seen of a file.
pub enum Seen {
    /// It is a picture at this address.
    Picture(String),
    /// It is something else, to be downloaded there.
    File(String),
}

/// Shows the pictures whose files are there; the words that stand for the others stay. `file` says where one of this name is.
pub fn shown(html: &str, file: impl Fn(&str) -> Option<Seen>) -> String {
    let mut shown = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, marked)) = rest.split_once(MARK) {
        shown.push_str(before);
        rest = marked;
        let Some((name, after)) = marked.split_once("\">") else {
            break;
        };
        let Some((words, after)) = after.split_once(MARK_END) else {
            break;
        };
        rest = after;
        let name = percent_decode_str(name).decode_utf8_lossy();
        // Writing to a String cannot fail.
        let _ = match file(&name) {
            Some(Seen::Picture(address)) => write!(
                shown,
                r#"<a href="{0}" target="_blank" rel="noopener"><img src="{0}" alt="{1}" loading="lazy" decoding="async"></a>"#,
                clean_text(&address),
                // They are text in HTML already, where a quotation mark needs no escape.
                words.replace('"', "&quot;"),
            ),
            Some(Seen::File(address)) => write!(
                shown,
                r#"<a href="{}" download="{}">{words}</a>"#,
                clean_text(&address),
                clean_text(&name)
            ),
            None => write!(shown, r#"{MARK}{}">{words}{MARK_END}"#, clean_text(&name)),
        };
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::rendered;

    fn with_files(markdown: &str) -> String {
        shown(&rendered(markdown), |name| match name {
            "shot 1.png" => Some(Seen::Picture("/files/1?a&b".to_owned())),
            "drawing.svg" => Some(Seen::File("/files/2".to_owned())),
            _ => None,
        })
    }

    #[test]
    fn the_files_that_a_text_shows_are_named_once() {
        let text = "![a](shot.png) ![b](./out/shot%201.png?x#y) ![c](shot.png) `![d](code.png)` [e](link.png)\n\n\
                    ![f](https://elsewhere.example/f.png) ![g](//elsewhere.example/g.png) ![h](data:image/png;base64,aa) \
                    ![i](out/) ![j](#part) ![k]() ![l][ref]\n\n| t |\n| --- |\n| ![m](cell.png) |\n\n[ref]: of/ref.png\n";
        assert_eq!(
            find(text),
            ["shot.png", "shot 1.png", "ref.png", "cell.png"]
        );
        let many: String = (0..60).map(|at| format!("![]({at}.png)\n")).collect();
        assert_eq!(find(&many).len(), MOST);
    }

    #[test]
    fn a_picture_is_shown_where_its_file_is_and_named_where_it_is_not() {
        let html = with_files("See ![The *login* \"form\"](out/shot%201.png).");
        assert_eq!(
            html,
            "<p>See <a href=\"&#47;files&#47;1?a&amp;b\" target=\"_blank\" rel=\"noopener\"><img src=\"&#47;files&#47;1?a&amp;b\" \
             alt=\"The login &quot;form&quot;\" loading=\"lazy\" decoding=\"async\"></a>.</p>\n"
        );
        let html = with_files("![How it works](drawing.svg)");
        assert!(
            html.contains("download=\"drawing.svg\">How it works</a>"),
            "{html}"
        );
        assert!(!html.contains("<img"), "{html}");
        let html = with_files("![Before](before.png)");
        assert_eq!(
            html,
            "<p><span class=\"picture\" title=\"before.png\">Before</span></p>\n"
        );
    }

    #[test]
    fn no_words_and_no_name_leave_their_picture() {
        for hostile in [
            "![a ![b](c.png) d](e.png) f",
            "![a [b](https://elsewhere.example) c](d.png)",
            "![<img src=x onerror=alert(1)>](shot%201.png)",
            "![x\" onerror=\"alert(1)](shot%201.png)",
            "![x](a%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E.png)",
            "![x](</span><script>alert(1)</script>.png>)",
            "<span class=\"picture\" title=\"shot%201.png\">x</span>",
            "![x](%FF.png) ![y](%00.png)",
        ] {
            let html = with_files(hostile);
            for forbidden in [
                "<script",
                "<img src=x",
                " onerror=\"",
                "<span class=\"picture\" title=\"shot",
            ] {
                assert!(!html.contains(forbidden), "{hostile}: {html}");
            }
            let opened = html.matches("<span").count();
            assert_eq!(opened, html.matches("</span>").count(), "{hostile}: {html}");
        }
        assert_eq!(
            with_files("![a ![b](c.png) d](e.png) f"),
            "<p><span class=\"picture\" title=\"e.png\">a b d</span> f</p>\n"
        );
    }
}
