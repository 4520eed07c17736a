//! What an agent proves its name with, `staffel_<id>_<secret>`, and the scripts of a person theirs, `staffel_p_<id>_<secret>`.
//!
//! The id is no secret: it says which token it is. The secret has 256 random bits.

use std::fmt;

/// What every token begins with, so that secret scanners know one when they see it.
const PREFIX: &str = "staffel_";
const ID_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;

/// A token. Only [`Token::reveal`] shows it.
pub struct Token {
    text: String,
}

impl Token {
    /// What every token begins with.
    pub const PREFIX: &str = PREFIX;
    /// How many random bytes are in a token.
    pub const BYTES: usize = ID_BYTES + SECRET_BYTES;
    /// How many characters a token has.
    pub const LENGTH: usize = PREFIX.len() + 2 * ID_BYTES + 1 + 2 * SECRET_BYTES;

    /// The token of these bytes, which have to be random.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let (id, secret) = bytes.split_at(ID_BYTES);
        Self {
            text: format!("{PREFIX}{}_{}", hex(id), hex(secret)),
        }
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

    /// The text itself, for the one place that hands it out.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// What the tokens of people begin with.
const PERSONAL: &str = "staffel_p_";

/// The token of a person's scripts. Only [`PersonalToken::reveal`] shows it.
pub struct PersonalToken {
    text: String,
}

impl PersonalToken {
    /// How many random bytes are in one.
    pub const BYTES: usize = Token::BYTES;

    /// The token of these bytes, which have to be random.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let (id, secret) = bytes.split_at(ID_BYTES);
        Self {
            text: format!("{PERSONAL}{}_{}", hex(id), hex(secret)),
        }
    }

    /// Reads one. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PERSONAL)?.split_once('_')?;
        let well_formed = is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES);
        well_formed.then(|| Self {
            text: text.to_owned(),
        })
    }

    /// Which token it is; not secret.
    pub fn id(&self) -> &str {
        &self.text[PERSONAL.len()..PERSONAL.len() + 2 * ID_BYTES]
    }

    /// The text itself, for the one place that hands it out.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PersonalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalToken({}…)", self.id())
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
        let rest = rest.strip_prefix("p_").unwrap_or(rest);
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

    fn some_token() -> Token {
        Token::from_bytes(std::array::from_fn(|at| 7 * at as u8))
    }

    #[test]
    fn a_token_leads_back_to_itself_and_hides_in_debug_output() {
        let token = some_token();
        assert_eq!(token.reveal().len(), Token::LENGTH);
        let again = Token::parse(token.reveal()).expect("a token");
        assert_eq!((again.id(), again.reveal()), (token.id(), token.reveal()));
        assert!(!format!("{token:?}").contains(&token.reveal()[PREFIX.len() + 9..]));
    }

    #[test]
    fn anything_else_is_no_token() {
        let token = some_token();
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
    fn tokens_of_people_and_of_agents_are_told_apart() {
        let personal = PersonalToken::from_bytes(std::array::from_fn(|at| 5 * at as u8));
        let again = PersonalToken::parse(personal.reveal()).expect("a token");
        assert_eq!(again.id(), personal.id());
        assert!(Token::parse(personal.reveal()).is_none());
        assert!(PersonalToken::parse(some_token().reveal()).is_none());
        assert!(looks_like_token(&format!(
            "/api?token={}",
            personal.reveal()
        )));
    }

    #[test]
    fn a_token_is_noticed_wherever_it_stands() {
        let token = some_token();
        let text = token.reveal();
        assert!(looks_like_token(text));
        assert!(looks_like_token(&format!("/mcp?token={text}&x=1")));
        assert!(looks_like_token(&text[..text.len() - 10]));
        for harmless in ["/mcp", "staffel_", "/staffel_0_1", "/pkg/staffel_bg.wasm"] {
            assert!(!looks_like_token(harmless), "{harmless}");
        }
    }
}
