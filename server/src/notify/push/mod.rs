//! Messages to browsers whose pages are closed (Web Push: RFC 8030, 8291 and 8292).

mod message;
mod vapid;

use std::{collections::BTreeSet, sync::OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cli::http::NoClient;
use domain::{Reason, Refusal, Timestamp};
use reqwest::{
    Client, Url,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE},
};
use sha2::{Digest, Sha256};

use super::outgoing::{self, Failure};
use crate::{registry::StoredPush, relay::now};

pub use message::{BrowserKeys, MESSAGE_MAX, random_key};
use vapid::Vapid;

/// How long a push service keeps a message for a browser that is away, in seconds: as long as a notice is tried.
const KEPT: u32 = 3 * 24 * 3_600;
/// Most characters of an endpoint.
const ENDPOINT_MAX: usize = 2_048;
/// Most characters of a topic (RFC 8030, section 5.4).
const TOPIC_CHARS: usize = 32;
/// What a push service speaks; one on this machine may do without.
const ENCRYPTED: &str = "https://";

/// What the settings say about push services.
#[derive(Debug, Clone, Default)]
pub struct PushConfig {
    /// Whom a push service can write to; the address of the board where nothing is said.
    pub subject: Option<String>,
    /// Hosts, with their ports, of push services that are none of the public internet.
    pub private_hosts: BTreeSet<String>,
}

/// Sends messages to browsers.
pub struct Pusher {
    vapid: Vapid,
    // Made when the first message is sent: a client reads all certificates of the machine, in two hundred files.
    public: OnceLock<Client>,
    private: OnceLock<Client>,
    private_hosts: BTreeSet<String>,
}

impl Pusher {
    /// With the key of this Staffel.
    ///
    /// # Errors
    /// The key is none.
    pub fn new(
        key: [u8; 32],
        config: &PushConfig,
        board: &str,
    ) -> Result<Self, p256::elliptic_curve::Error> {
        // An address on this machine is none that anybody could write to.
        let usual = if board.starts_with("https://") {
            board
        } else {
            "mailto:postmaster@localhost"
        };
        let subject = config.subject.clone().unwrap_or_else(|| usual.to_owned());
        Ok(Self {
            vapid: Vapid::new(p256::SecretKey::from_slice(&key)?, subject),
            public: OnceLock::new(),
            private: OnceLock::new(),
            private_hosts: config.private_hosts.clone(),
        })
    }

    /// The key that browsers are given when they subscribe.
    pub fn public_key(&self) -> String {
        self.vapid.public()
    }

    /// Checks what a browser says about itself.
    ///
    /// # Errors
    /// The endpoint is none of a push service of the internet or of the settings, or the keys are none.
    pub fn check(&self, endpoint: &str, keys: &BrowserKeys) -> Result<(), Refusal> {
        let allowed = Url::parse(endpoint).is_ok_and(|url| self.is_allowed(&url));
        if allowed && endpoint.len() <= ENDPOINT_MAX && keys.are_usable() {
            return Ok(());
        }
        Err(Refusal::new(
            Reason::Invalid,
            "The subscription is none of a push service.".to_owned(),
            "an https:// address of the internet, or one whose host is in [notify.push] private_hosts, and the two keys of the browser.",
            "Subscribe again in the browser.",
        ))
    }

    /// Sends a message once, and gives the answer in words. An older message with the same `about` that the browser has not
    /// got yet is replaced.
    ///
    /// # Errors
    /// The push service cannot be reached, or answers with anything but 2xx.
    pub async fn send(
        &self,
        push: &StoredPush,
        about: &str,
        text: &[u8],
    ) -> Result<String, Failure> {
        let url = Url::parse(&push.endpoint)
            .ok()
            .filter(|url| self.is_allowed(url));
        // It may be one that the settings have allowed before.
        let url =
            url.ok_or_else(|| Failure::new("its address cannot be used, or is not allowed"))?;
        let keys = BrowserKeys {
            p256dh: push.p256dh.clone(),
            auth: push.auth.clone(),
        };
        let body = keys
            .seal(text)
            .map_err(|error| Failure::new(error.to_string()))?;
        let at: Timestamp = now();
        let request = self
            .client(self.is_named(&url))
            .map_err(|error| Failure::new(error.to_string()))?
            .post(url.clone())
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(AUTHORIZATION, self.vapid.authorization(&url, at))
            .header("TTL", KEPT)
            .header("Urgency", "high")
            .header("Topic", topic(about))
            .body(body);
        outgoing::send(request, &url).await
    }

    fn client(&self, private: bool) -> Result<&Client, NoClient> {
        let cell = if private { &self.private } else { &self.public };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = outgoing::client(ENCRYPTED, private)?;
        Ok(cell.get_or_init(|| client))
    }

    fn is_allowed(&self, url: &Url) -> bool {
        let own = self.is_named(url) && matches!(url.scheme(), "http" | "https");
        own || url.scheme() == "https" && !is_private(url)
    }

    fn is_named(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let named = url
            .port_or_known_default()
            .map(|port| format!("{host}:{port}"));
        named.is_some_and(|named| self.private_hosts.contains(&named))
    }
}

/// Whether the host is written as an address that is none of the internet, or as a name of this machine. What another name
/// leads to is seen when it is looked up.
fn is_private(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse() {
        Ok(address) => super::addresses::not_public(address).is_some(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// What tells a push service which messages replace each other, without telling it what they are about.
fn topic(about: &str) -> String {
    let mut topic = URL_SAFE_NO_PAD.encode(Sha256::digest(about));
    topic.truncate(TOPIC_CHARS);
    topic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_of_the_internet_unless_they_are_named() {
        let key = random_key().expect("a key");
        let config = PushConfig {
            subject: None,
            private_hosts: ["127.0.0.1:9000".to_owned()].into(),
        };
        let board = "http://127.0.0.1:4700";
        let pusher = Pusher::new(key.to_bytes().into(), &config, board).expect("a pusher");
        let keys = BrowserKeys {
            p256dh: key.public_key().to_sec1_bytes().to_vec(),
            auth: vec![1; 16],
        };
        for good in ["https://push.example/abc", "http://127.0.0.1:9000/abc"] {
            assert!(pusher.check(good, &keys).is_ok(), "{good}");
        }
        for bad in [
            "http://push.example/abc",
            "http://127.0.0.1:9001/abc",
            "https://127.0.0.1/abc",
            "https://[::1]/abc",
            "https://169.254.169.254/",
            "https://localhost:4700/",
            "ftp://127.0.0.1:9000/abc",
            "",
            &format!("https://push.example/{}", "a".repeat(ENDPOINT_MAX)),
        ] {
            assert!(pusher.check(bad, &keys).is_err(), "{bad}");
        }
        let short = BrowserKeys {
            auth: vec![1; 15],
            ..keys
        };
        assert!(pusher.check("https://push.example/abc", &short).is_err());
    }

    #[test]
    fn a_topic_is_what_the_rfc_allows() {
        let topic = topic("handover:0123456789-h1:1");
        assert_eq!(topic.len(), TOPIC_CHARS);
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        assert!(topic.chars().all(allowed));
    }
}
