//! What an agent proves its name with: `staffel_<id>_<secret>`.
//!
//! The id is no secret: it says which hash to compare with. The secret has 256 random bits, so an
//! unsalted SHA-256 protects it as well as any slow hash would.

use std::{env, fmt};

use anyhow::Context;
use axum::http::HeaderValue;
use sha2::{Digest, Sha256};

/// What every token begins with, so that secret scanners know one when they see it.
const PREFIX: &str = "staffel_";
const ID_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;
const LENGTH: usize = PREFIX.len() + 2 * ID_BYTES + 1 + 2 * SECRET_BYTES;

/// Where commands that talk to a server find their token. An argument could be read by every process.
pub const VARIABLE: &str = "STAFFEL_TOKEN";

/// A token. Only [`Token::reveal`] shows it.
pub struct Token {
    text: String,
}

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        Ok(Self {
            text: format!("{PREFIX}{}_{}", hex(id), hex(secret)),
        })
    }

    /// The one in the variable `STAFFEL_TOKEN`, for commands that talk to a server.
    ///
    /// # Errors
    /// What stands there is no token. It is not repeated: it may be one that was torn.
    pub fn from_environment() -> anyhow::Result<Option<Self>> {
        let Some(text) = env::var_os(VARIABLE).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let token = text.to_str().and_then(|text| Self::parse(text.trim()));
        token.map(Some).with_context(|| {
            format!(
                "{VARIABLE} holds no token of Staffel. A token begins with {PREFIX:?} and has {LENGTH} characters; \
                 `staffel agents add NAME` makes one."
            )
        })
    }

    /// As the value of the header `Authorization`.
    pub fn as_header(&self) -> HeaderValue {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.text))
            .unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// Reads one. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let well_formed = is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES);
        well_formed.then(|| Self {
            text: text.to_owned(),
        })
    }

    /// Which token it is; not secret.
    pub fn id(&self) -> &str {
        &self.text[PREFIX.len()..PREFIX.len() + 2 * ID_BYTES]
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.text).into()
    }

    /// The text itself, for the one place that hands it out.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}…)", self.id())
    }
}

/// Whether a text holds what may be a token: it must not be repeated to anybody then.
pub fn looks_like_token(text: &str) -> bool {
    text.match_indices(PREFIX).any(|(at, _)| {
        let rest = &text[at + PREFIX.len()..];
        rest.split_once('_').is_some_and(|(id, secret)| {
            is_hex(id, ID_BYTES)
                && secret.len() >= SECRET_BYTES
                && secret.bytes().take(SECRET_BYTES).all(is_digit)
        })
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(is_digit)
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_itself_and_hides_in_debug_output() {
        let token = Token::generate().expect("random bytes");
        let again = Token::parse(token.reveal()).expect("a token");
        assert_eq!((again.id(), again.hash()), (token.id(), token.hash()));
        assert!(!format!("{token:?}").contains(&token.reveal()[PREFIX.len() + 9..]));
        assert_ne!(
            Token::generate().expect("random bytes").reveal(),
            token.reveal()
        );
    }

    #[test]
    fn anything_else_is_no_token() {
        let token = Token::generate().expect("random bytes");
        let text = token.reveal();
        for other in [
            "",
            "staffel_",
            "staffel_00000000",
            "Bearer x",
            &text.to_uppercase(),
            &text[..text.len() - 1],
            &format!("{text}0"),
            &format!("{text} "),
        ] {
            assert!(Token::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_token_is_noticed_wherever_it_stands() {
        let token = Token::generate().expect("random bytes");
        let text = token.reveal();
        assert!(looks_like_token(text));
        assert!(looks_like_token(&format!("/mcp?token={text}&x=1")));
        assert!(looks_like_token(&text[..text.len() - 10]));
        for harmless in ["/mcp", "staffel_", "/staffel_0_1", "/pkg/staffel_bg.wasm"] {
            assert!(!looks_like_token(harmless), "{harmless}");
        }
    }
}
