//! One request to a receiver, and what came of it.

use std::{error::Error, time::Duration};

use domain::text::visible;
use hmac::{Hmac, KeyInit, Mac};
use protocol::shorten;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use sha2::Sha256;

use super::{addresses::PublicOnly, notice::Notice, settings::Webhook, shape::seconds};
use crate::relay::now;

/// How long a receiver may take for everything.
const LIMIT: Duration = Duration::from_secs(10);
/// Most bytes that are read of an answer: enough for an error in words.
const ANSWER_MAX: usize = 4 * 1024;
/// Most characters of an answer that are repeated.
const SAID_MAX: usize = 200;
/// Parts of an address that are at least so long may be secret, and are taken out of what is repeated.
const SECRET_PART: usize = 6;

/// A receiver and the client that reaches it.
pub struct Receiver {
    /// Its settings.
    pub webhook: Webhook,
    http: Client,
}

/// Why a receiver did not take a notice. The words show neither its address nor its secret.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Failure {
    why: String,
    /// Whether it says that there is nobody.
    pub gone: bool,
    /// How long it asks not to be tried again.
    pub retry_after: Option<Duration>,
}

impl Receiver {
    /// The receiver of these settings.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(webhook: Webhook) -> Result<Self, reqwest::Error> {
        // A command has no server that chooses; the first choice counts.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(format!("Staffel/{}", crate::VERSION))
            .timeout(LIMIT)
            // Neither to another address, nor with the body to somebody else.
            .redirect(Policy::none())
            // A proxy would look the name up itself, and reach what is refused here.
            .no_proxy()
            // A connection that was closed meanwhile leaves open whether the request arrived.
            .pool_max_idle_per_host(0);
        let client = if webhook.private {
            client
        } else {
            client.dns_resolver(PublicOnly)
        };
        Ok(Self {
            http: client.build()?,
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
        let answer = request.body(body).send().await;
        let answer = answer.map_err(|error| self.unreachable(error))?;
        let status = answer.status();
        let retry_after = retry_after(&answer);
        let said = self.said(answer).await;
        let answered = match said.as_str() {
            "" => status.to_string(),
            said => format!("{status}: {said}"),
        };
        if status.is_success() {
            return Ok(answered);
        }
        Err(Failure {
            why: if status.is_redirection() {
                format!("it answered {status}, and redirects are not followed")
            } else {
                format!("it answered {answered}")
            },
            gone: matches!(status, StatusCode::GONE | StatusCode::NOT_FOUND),
            retry_after,
        })
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let why = if error.is_timeout() {
            format!("no answer within {} seconds", LIMIT.as_secs())
        } else {
            // The last cause says it best: "connection refused", or why an address is not allowed.
            let error = error.without_url();
            let mut cause: &dyn Error = &error;
            while let Some(next) = cause.source() {
                cause = next;
            }
            format!("it cannot be reached: {}", self.masked(&cause.to_string()))
        };
        Failure {
            why,
            gone: false,
            retry_after: None,
        }
    }

    /// The beginning of an answer on one line, without what may be secret. Some servers repeat the address.
    async fn said(&self, mut answer: Response) -> String {
        let mut bytes = Vec::new();
        // What is missing of an answer does not change what it means.
        while let Ok(Some(chunk)) = answer.chunk().await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX - bytes.len())]);
            if bytes.len() >= ANSWER_MAX {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = visible(&text);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        shorten(&self.masked(&line), SAID_MAX)
    }

    fn masked(&self, text: &str) -> String {
        let url = &self.webhook.url;
        let parts = url.path().split('/').chain(url.query());
        let parts = parts.chain(url.password()).chain([url.username()]);
        let secret = parts.filter(|part| part.len() >= SECRET_PART);
        secret.fold(text.to_owned(), |text, part| text.replace(part, "…"))
    }
}

/// Whole seconds only: none of the known receivers sends a date.
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
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
