//! What a browser or a link proves itself with: random bytes, of which only the hash is kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Random bytes in a code: it lives for minutes, and may be read out.
const CODE_BYTES: usize = 16;
/// Random bytes of a session: it lives for months.
const SESSION_BYTES: usize = 32;
/// Random bytes in the id of a device.
const ID_BYTES: usize = 6;

/// A new code for a link.
///
/// # Errors
/// The system has no random bytes.
pub fn code() -> Result<String, getrandom::Error> {
    random::<CODE_BYTES>()
}

/// A new id of a device; not secret.
///
/// # Errors
/// The system has no random bytes.
pub fn id() -> Result<String, getrandom::Error> {
    random::<ID_BYTES>()
}

/// A new secret for a session.
///
/// # Errors
/// The system has no random bytes.
pub fn session() -> Result<String, getrandom::Error> {
    random::<SESSION_BYTES>()
}

/// What is kept of a secret. It has at least 128 random bits, so an unsalted SHA-256 protects it as well as any slow hash
/// would.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

fn random<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
