//! Who we are, for push services (RFC 8292): one key of this Staffel, made at first use and kept in the registry.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Timestamp;
use p256::{
    SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer},
};
use reqwest::Url;
use serde_json::json;

/// How long a signature is good, in seconds: a day is the most that push services take.
const GOOD_FOR: i64 = 12 * 3_600;

/// The key of this Staffel.
pub struct Vapid {
    key: SecretKey,
    /// Whom a push service can write to: a `mailto:` or an `https:` address.
    subject: String,
}

impl Vapid {
    /// With this key.
    pub fn new(key: SecretKey, subject: String) -> Self {
        Self { key, subject }
    }

    /// The public key, as browsers are given it when they subscribe.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key().to_sec1_bytes())
    }

    /// The header `Authorization` of a request to this endpoint.
    pub fn authorization(&self, endpoint: &Url, now: Timestamp) -> String {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({ "typ": "JWT", "alg": "ES256" }));
        let claims = part(json!({
            "aud": endpoint.origin().ascii_serialization(),
            "exp": now.millis() / 1000 + GOOD_FOR,
            "sub": self.subject,
        }));
        let signed = format!("{header}.{claims}");
        let signature: Signature = SigningKey::from(&self.key).sign(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        format!("vapid t={signed}.{signature}, k={}", self.public())
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::{VerifyingKey, signature::Verifier};

    use super::*;
    use crate::notify::push::message::random_key;

    #[test]
    fn a_push_service_can_check_who_sends() {
        let vapid = Vapid::new(
            random_key().expect("a key"),
            "mailto:ops@example.org".to_owned(),
        );
        let endpoint = "https://push.example:8443/a/b".parse().expect("a URL");
        let header = vapid.authorization(&endpoint, Timestamp::from_millis(1_800_000_000_000));
        let (token, key) = header.split_once(", k=").expect("two parts");
        let token = token.strip_prefix("vapid t=").expect("a token");
        let (signed, signature) = token.rsplit_once('.').expect("a signature");
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let key = VerifyingKey::from_sec1_bytes(&bytes(key)).expect("a key");
        let signature = Signature::from_slice(&bytes(signature)).expect("a signature");
        assert!(key.verify(signed.as_bytes(), &signature).is_ok());
        let (_, claims) = signed.split_once('.').expect("claims");
        let claims: serde_json::Value = serde_json::from_slice(&bytes(claims)).expect("JSON");
        assert_eq!(
            claims,
            json!({"aud": "https://push.example:8443", "exp": 1_800_043_200, "sub": "mailto:ops@example.org"})
        );
    }
}
