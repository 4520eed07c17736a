//! One request to a receiver, and what came of it.

use cli::http::NoClient;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, header::CONTENT_TYPE};
use sha2::Sha256;

use super::{
    notice::Notice,
    outgoing::{self, Failure},
    settings::Webhook,
    shape::seconds,
};
use crate::relay::now;

/// A receiver and the client that reaches it.
pub struct Receiver {
    /// Its settings.
    pub webhook: Webhook,
    http: Client,
}

impl Receiver {
    /// The receiver of these settings.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(webhook: Webhook) -> Result<Self, NoClient> {
        Ok(Self {
            http: outgoing::client(webhook.url.as_str(), webhook.private)?,
            webhook,
        })
    }

    /// Sends a notice once, and gives the answer in words. `delivery` is the same in every try.
    ///
    /// # Errors
    /// The receiver cannot be reached, or answers with anything but 2xx.
    pub async fn send(&self, delivery: &str, notice: &Notice) -> Result<String, Failure> {
        let body = self.webhook.shape.body(notice, delivery).to_string();
        let timestamp = seconds(now());
        let mut request = self
            .http
            .post(self.webhook.target())
            .header(CONTENT_TYPE, "application/json")
            .header("Staffel-Delivery", delivery)
            .header("Staffel-Timestamp", &timestamp);
        if let Some(secret) = &self.webhook.secret {
            request = request.header("Staffel-Signature", signature(secret, &timestamp, &body));
        }
        outgoing::send(request.body(body), &self.webhook.url).await
    }
}

/// `v1=` and HMAC-SHA256 (RFC 2104) of the time, a dot and the body, in hexadecimal digits.
fn signature(secret: &[u8], timestamp: &str, body: &str) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return String::new();
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let digest = mac.finalize().into_bytes();
    digest
        .iter()
        .fold("v1=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::{Kind, shape::Shape};

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_reached_and_said_without_the_address() {
        // A name that only the look-up can tell: settings refuse it when it is written like this.
        let receiver = Receiver::new(Webhook {
            name: "a".to_owned(),
            url: "https://localhost/canary".parse().expect("a URL"),
            shape: Shape::Json,
            secret: None,
            events: Kind::CHOICES.to_vec(),
            projects: None,
            private: false,
        });
        let receiver = receiver.expect("a client");
        let failure = receiver.send("d1", &Notice::test("", now())).await;
        let said = failure.expect_err("a refusal").to_string();
        assert!(
            said.contains("loopback") && said.contains("private = true"),
            "{said}"
        );
        assert!(!said.contains("canary"), "{said}");
    }

    #[test]
    fn a_signature_is_that_of_other_tools() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        assert_eq!(
            signature(b"0123456789abcdef", "1700000000", "{\"a\":1}"),
            "v1=9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23"
        );
    }
}
