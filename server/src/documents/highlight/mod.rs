//! Code of a document in colours: comments, keywords, strings, constants, names, and the lines of a diff. The text is the same
//! with colours and without.
//!
//! Grammars of editors know more about code, and need regular expressions that go back: with `syntect` a line of 400 letters
//! took minutes, TypeScript 100 MB, and neither could be stopped. Code is written by strangers here, so it is read once, letter
//! by letter, for what helps most to find one's way in it.

mod grammar;
mod languages;
mod lexer;

pub use grammar::CLASSES;

use lexer::Lexer;

use super::html::escape;

/// Most code of a document in colours, in bytes: about 6,000 lines. A browser lays out some five elements for each of them.
const DOCUMENT_MAX: usize = 256 * 1024;

/// Gives the code blocks of one document their colours, the first ones first.
pub struct Highlighter {
    /// Bytes of code that may still have colours.
    left: usize,
}

impl Highlighter {
    /// For one document.
    pub const fn new() -> Self {
        Self { left: DOCUMENT_MAX }
    }

    /// The code of a block as HTML. `info`: what stands behind its fence. Where the language is unknown, or the document has
    /// had its colours, the code is escaped and nothing else.
    pub fn html(&mut self, info: &str, code: &str) -> String {
        let mut html = Html::default();
        let language = languages::language(info).filter(|_| code.len() <= self.left);
        if let Some(language) = language {
            self.left -= code.len();
            for (piece, class) in Lexer::new(language, code) {
                html.push(piece, class);
            }
        } else {
            html.push(code, None);
        }
        html.end()
    }
}

/// Text, and spans that lie in no other one.
#[derive(Default)]
struct Html {
    html: String,
    open: Option<&'static str>,
    /// White space at the end, which nobody sees in any colour.
    blank: String,
}

impl Html {
    fn push(&mut self, text: &str, class: Option<&'static str>) {
        if text.trim().is_empty() {
            self.blank.push_str(text);
            return;
        }
        let begins = class != self.open;
        if begins {
            self.close();
        }
        self.html.push_str(&self.blank);
        self.blank.clear();
        if let Some(class) = class.filter(|_| begins) {
            self.html.extend(["<span class=\"", class, "\">"]);
            self.open = Some(class);
        }
        escape(text, &mut self.html);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.html.push_str("</span>");
        }
    }

    fn end(mut self) -> String {
        self.close();
        self.html + &self.blank
    }
}

#[cfg(test)]
mod tests;
