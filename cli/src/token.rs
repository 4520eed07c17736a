//! The token of an agent: where commands find it, how it is sent, and that it is never shown.

use std::env;

use anyhow::{Context, Result};
use protocol::Token;
use reqwest::header::HeaderValue;

/// Where commands that talk to a server find their token. An argument could be read by every process.
pub const VARIABLE: &str = "STAFFEL_TOKEN";

/// The token in the variable `STAFFEL_TOKEN`.
///
/// # Errors
/// What stands there is no token. It is not repeated: it may be one that was torn.
pub fn from_environment() -> Result<Option<Token>> {
    let Some(text) = env::var_os(VARIABLE).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let token = text.to_str().and_then(|text| Token::parse(text.trim()));
    token.map(Some).with_context(|| {
        format!(
            "{VARIABLE} holds no token of Staffel. A token begins with {:?} and has {} characters; \
             `staffel agents add NAME` makes one.",
            Token::PREFIX,
            Token::LENGTH
        )
    })
}

/// The token as the value of the header `Authorization`.
pub fn as_header(token: &Token) -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal()))
        .unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// What stands for a token wherever one is shown.
pub const HIDDEN: &str = "****";

/// The text without any token in it, for people to see.
pub fn hide(text: &str) -> String {
    let in_header = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let ours = |c: char| c.is_ascii_hexdigit() || c == '_';
    // The shortest that could still be of use to somebody; `staffel_` alone begins many names.
    hide_after(
        &hide_after(text, "Bearer ", in_header, 1),
        "staffel_",
        ours,
        40,
    )
}

fn hide_after(text: &str, mark: &str, part: impl Fn(char) -> bool, least: usize) -> String {
    let (mut hidden, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(mark) {
        let (before, after) = rest.split_at(at + mark.len());
        let end = after.find(|c| !part(c)).unwrap_or(after.len());
        hidden += before;
        hidden += if end < least { &after[..end] } else { HIDDEN };
        rest = &after[end..];
    }
    hidden + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_shown_and_nothing_else_is_hidden() {
        let token = Token::from_bytes([0xa5; Token::BYTES]);
        let token = token.reveal();
        let text = format!("+ \"Authorization\": \"Bearer {token}\",\n  {token}{token}");
        assert_eq!(
            hide(&text),
            "+ \"Authorization\": \"Bearer ****\",\n  staffel_****staffel_****"
        );
        assert_eq!(hide("'Bearer abc.d==' b"), "'Bearer ****' b");
        for harmless in [
            "Bearer ${env:STAFFEL_TOKEN}",
            "staffel_bg.wasm",
            "staffel_0_1",
        ] {
            assert_eq!(hide(harmless), harmless);
        }
    }
}
