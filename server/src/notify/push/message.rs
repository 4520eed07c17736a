//! A message that only one browser can read (RFC 8291, in the coding of RFC 8188).

use aes_gcm::{Aes128Gcm, KeyInit, aead::Aead};
use hkdf::Hkdf;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

/// Most bytes of a message: push services take bodies of 4,096 bytes, of which the header and the tag are 103.
pub const MESSAGE_MAX: usize = 3_993;
/// The size of a record, as every push service takes it: there is only one.
const RECORD: u32 = 4_096;
/// Marks the last record (RFC 8188, section 2).
const LAST: u8 = 2;

/// The keys of a browser, as its subscription names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserKeys {
    /// Its public key: an uncompressed point of P-256.
    pub p256dh: Vec<u8>,
    /// Its secret.
    pub auth: Vec<u8>,
}

/// Why a message cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The keys are none.
    #[error("the keys of the browser cannot be used")]
    Keys,
    /// The text is too long.
    #[error("a message of {0} bytes is longer than {MESSAGE_MAX}")]
    TooLong(usize),
    /// The system has no random bytes.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
}

impl BrowserKeys {
    /// Whether a message can be made with these.
    pub fn are_usable(&self) -> bool {
        self.auth.len() == 16 && PublicKey::from_sec1_bytes(&self.p256dh).is_ok()
    }

    /// The body of a request that brings this text to the browser.
    ///
    /// # Errors
    /// A [`MessageError`].
    pub fn seal(&self, text: &[u8]) -> Result<Vec<u8>, MessageError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        self.seal_with(text, &random_key()?, salt)
    }

    fn seal_with(
        &self,
        text: &[u8],
        ours: &SecretKey,
        salt: [u8; 16],
    ) -> Result<Vec<u8>, MessageError> {
        if text.len() > MESSAGE_MAX {
            return Err(MessageError::TooLong(text.len()));
        }
        let theirs = PublicKey::from_sec1_bytes(&self.p256dh).map_err(|_| MessageError::Keys)?;
        let our_public = ours.public_key().to_sec1_bytes();
        let shared = ours.diffie_hellman(&theirs);
        let about = [b"WebPush: info\0", &*self.p256dh, &*our_public].concat();
        let derived = |salt: &[u8], from: &[u8], about: &[u8], out: &mut [u8]| {
            // These lengths are always possible.
            Hkdf::<Sha256>::new(Some(salt), from)
                .expand(about, out)
                .map_err(|_| MessageError::Keys)
        };
        let (mut input, mut key, mut nonce) = ([0; 32], [0; 16], [0; 12]);
        derived(&self.auth, shared.raw_secret_bytes(), &about, &mut input)?;
        derived(&salt, &input, b"Content-Encoding: aes128gcm\0", &mut key)?;
        derived(&salt, &input, b"Content-Encoding: nonce\0", &mut nonce)?;
        let record = [text, &[LAST]].concat();
        let sealed = Aes128Gcm::new(&key.into())
            .encrypt(&nonce.into(), &*record)
            .map_err(|_| MessageError::Keys)?;
        let length = u8::try_from(our_public.len()).map_err(|_| MessageError::Keys)?;
        let mut body = salt.to_vec();
        body.extend(RECORD.to_be_bytes());
        body.push(length);
        body.extend(our_public);
        body.extend(sealed);
        Ok(body)
    }
}

/// A new key of P-256.
///
/// # Errors
/// The system has no random bytes.
pub fn random_key() -> Result<SecretKey, getrandom::Error> {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        // Nearly all numbers of this size are a key.
        if let Ok(key) = SecretKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).expect("base64url")
    }

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 8291, appendix A.
        let browser = BrowserKeys {
            p256dh: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        };
        let ours = SecretKey::from_slice(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"));
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw")
            .try_into()
            .expect("16 bytes");
        let text = b"When I grow up, I want to be a watermelon";
        let sealed = browser.seal_with(text, &ours.expect("a key"), salt);
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed.expect("a message")),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y\
             l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let ours = random_key().expect("a key");
        let browser = BrowserKeys {
            p256dh: ours.public_key().to_sec1_bytes().to_vec(),
            auth: vec![7; 16],
        };
        assert!(browser.are_usable());
        assert_eq!(
            browser.seal(&[b'x'; MESSAGE_MAX]).expect("it fits").len(),
            4_096
        );
        assert!(matches!(
            browser.seal(&[b'x'; MESSAGE_MAX + 1]),
            Err(MessageError::TooLong(_))
        ));
        let broken = BrowserKeys {
            p256dh: vec![4; 65],
            ..browser
        };
        assert!(!broken.are_usable() && broken.seal(b"x").is_err());
    }
}
