//! What a tool answers: structured content, and one line of text that says the same to a reader.

use std::{borrow::Cow, fmt::Display};

use domain::text::visible;
use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;

/// An answer with a line for a reader, and a document where it carries one.
pub trait Answer: Serialize {
    /// One line.
    fn line(&self) -> String;

    /// A document that belongs into the text too: many clients show the model nothing else.
    fn document(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The line and the document.
    fn text(&self) -> String {
        let text = match self.document() {
            Some(document) => format!("{}\n\n{document}", self.line()),
            None => self.line(),
        };
        visible(&text).into_owned()
    }

    /// The whole, without what nobody can see.
    fn value(&self) -> Option<Value> {
        let mut value = serde_json::to_value(self).ok()?;
        strip(&mut value);
        Some(value)
    }

    /// The result for the client.
    fn into_result(self) -> CallToolResult
    where
        Self: Sized,
    {
        let mut result = CallToolResult::success(vec![ContentBlock::text(self.text())]);
        result.structured_content = self.value();
        result
    }
}

/// What the rules refuse is for the model to read: a result of the tool, not an error of the protocol.
pub fn refused(why: &dyn Display) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(visible(&why.to_string()))])
}

/// Takes what nobody can see out of every text: it could hide orders from the person who reviews.
fn strip(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(stripped) = visible(text) {
                *text = stripped;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Object(fields) => fields.values_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
