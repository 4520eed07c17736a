//! One request to somebody outside, and what came of it.

use std::{error::Error, time::Duration};

use cli::http::{self, NoClient};
use domain::text::visible;
use protocol::shorten;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy,
};

use super::addresses::PublicOnly;

/// How long somebody may take for everything.
const LIMIT: Duration = Duration::from_secs(10);
/// Most bytes that are read of an answer: enough for an error in words.
const ANSWER_MAX: usize = 4 * 1024;
/// Most characters of an answer that are repeated.
const SAID_MAX: usize = 200;
/// Parts of an address that are at least so long may be secret, and are taken out of what is repeated.
const SECRET_PART: usize = 6;

/// Why somebody did not take a notice. The words show no address and no secret.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Failure {
    why: String,
    /// Whether the answer is that there is nobody.
    pub gone: bool,
    /// How long not to try again, where that was asked.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// With these words.
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            gone: false,
            retry_after: None,
        }
    }
}

/// A client for this address and others of its scheme on the public internet, or also for `private` ones.
///
/// # Errors
/// TLS cannot be used; why, and what to do.
pub fn client(url: &str, private: bool) -> Result<Client, NoClient> {
    let client = http::client_for(url)
        .user_agent(format!("Staffel/{}", crate::VERSION))
        .timeout(LIMIT)
        // Neither to another address, nor with the body to somebody else.
        .redirect(Policy::none())
        // A proxy would look the name up itself, and reach what is refused here.
        .no_proxy()
        // A connection that was closed meanwhile leaves open whether the request arrived.
        .pool_max_idle_per_host(0);
    let client = if private {
        client
    } else {
        client.dns_resolver(PublicOnly)
    };
    http::build(client)
}

/// Sends a request to this address once, and gives the answer in words.
///
/// # Errors
/// Nobody can be reached there, or the answer is anything but 2xx.
pub async fn send(request: RequestBuilder, to: &Url) -> Result<String, Failure> {
    let answer = request.send().await;
    let answer = answer.map_err(|error| unreachable(error, to))?;
    let status = answer.status();
    let retry_after = retry_after(&answer);
    let said = said(answer, to).await;
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

fn unreachable(error: reqwest::Error, to: &Url) -> Failure {
    if error.is_timeout() {
        return Failure::new(format!("no answer within {} seconds", LIMIT.as_secs()));
    }
    // The last cause says it best: "connection refused", or why an address is not allowed.
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Failure::new(format!(
        "it cannot be reached: {}",
        masked(&cause.to_string(), to)
    ))
}

/// The beginning of an answer on one line, without what may be secret. Some servers repeat the address.
async fn said(mut answer: Response, to: &Url) -> String {
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
    shorten(&masked(&line, to), SAID_MAX)
}

fn masked(text: &str, url: &Url) -> String {
    let parts = url.path().split('/').chain(url.query());
    let parts = parts.chain(url.password()).chain([url.username()]);
    let secret = parts.filter(|part| part.len() >= SECRET_PART);
    secret.fold(text.to_owned(), |text, part| text.replace(part, "…"))
}

/// Whole seconds only: none of the known receivers sends a date.
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
