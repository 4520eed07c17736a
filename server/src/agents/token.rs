//! Tokens, as the server makes and keeps them. How one is written stands in [`protocol::Token`].

use protocol::Token;
use sha2::{Digest, Sha256};

/// A new token.
///
/// # Errors
/// The system has no random bytes.
pub fn generate() -> Result<Token, getrandom::Error> {
    let mut bytes = [0; Token::BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(Token::from_bytes(bytes))
}

/// What is stored of a token. The secret in it has 256 random bits, so an unsalted SHA-256 protects it as well as any
/// slow hash would.
pub fn hash(token: &Token) -> [u8; 32] {
    Sha256::digest(token.reveal()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_another_and_its_hash_is_always_the_same() {
        let token = generate().expect("random bytes");
        let again = Token::parse(token.reveal()).expect("a token");
        assert_eq!(hash(&again), hash(&token));
        let other = generate().expect("random bytes");
        assert_ne!(other.reveal(), token.reveal());
        assert_ne!(hash(&other), hash(&token));
    }
}
