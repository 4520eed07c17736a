//! Requests to the API, and raw ones where every byte counts.

use std::net::SocketAddr;

use reqwest::{Client, Method, header::HeaderMap};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::soon;

/// The API of one server.
#[derive(Clone)]
pub struct Api {
    /// Where the server listens.
    pub address: SocketAddr,
    client: Client,
    /// The cookie of the person who is signed in.
    cookie: String,
}

/// What a request was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text))
    }

    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The JSON of an answer that must be good.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json()
    }
}

impl Api {
    /// The API at this address, and the cookie of a person.
    pub fn new(address: SocketAddr, cookie: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            address,
            client,
            cookie,
        }
    }

    /// The same person at another address.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// What a browser sends in which this person is signed in.
    pub fn session(&self) -> [(&str, &str); 2] {
        [("cookie", &self.cookie), ("sec-fetch-site", "same-origin")]
    }

    /// GETs in the name of the person who is signed in.
    pub async fn get_as_person(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &self.session(), "").await
    }

    /// POSTs JSON in the name of the person who is signed in.
    pub async fn post_as_person(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &self.session(), body).await
    }

    /// Sends a request; `None` when no whole answer came back.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Option<Answer> {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.ok()?;
        Some(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.ok()?,
        })
    }

    /// Sends a request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let answer = soon(path, self.try_send(method, path, headers, body)).await;
        answer.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// POST with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[], body).await
    }

    /// POST with JSON and more headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.send(Method::POST, path, &all, body.to_string()).await
    }

    /// Starts a pipeline and gives its id.
    pub async fn start(&self, project: &str) -> String {
        let body = json!({"project": project, "title": format!("{project}'s pipeline")});
        let started = self.post("/api/pipelines", &body).await.ok();
        text(&started, "pipeline")
    }

    /// Reports a line of text and gives the journal position.
    pub async fn report(&self, pipeline: &str, message: &str) -> u64 {
        let path = format!("/api/pipelines/{pipeline}/reports");
        let status = self.post(&path, &json!({"message": message})).await.ok();
        status["position"].as_u64().expect("a position")
    }

    /// Hands over and gives the handover's id.
    pub async fn hand_over(&self, pipeline: &str, content: &str) -> String {
        let path = format!("/api/pipelines/{pipeline}/handovers");
        let handover = self.post(&path, &json!({"content": content})).await.ok();
        text(&handover, "handover")
    }

    /// Hands over revision `number` of the first handover. A person has to ask for more after every 20.
    pub async fn revise(&self, pipeline: &str, number: u32, content: &str) {
        if number > 1 && number % 20 == 1 {
            let handover = format!("{pipeline}-h1");
            let more = self.decide(&handover, number - 1, "request_changes", "More.");
            more.await.ok();
            self.prompt(pipeline, number / 20).await;
        }
        self.hand_over(pipeline, content).await;
    }

    /// Decides as the person at this machine.
    pub async fn decide(
        &self,
        handover: &str,
        revision: u32,
        decision: &str,
        note: &str,
    ) -> Answer {
        let (pipeline, _) = handover.split_once('-').expect("a handover id");
        let path = format!("/api/pipelines/{pipeline}/handovers/{handover}/decision");
        let body = json!({"decision": decision, "revision": revision, "review_changes": note});
        self.post_as_person(&path, &body).await
    }

    /// The prompt that Staffel writes after a decision; waits for the `number`-th of the pipeline.
    pub async fn prompt(&self, pipeline: &str, number: u32) -> Value {
        let path = format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p{number}");
        super::until("the prompt", async || self.get(&path).await.status == 200).await;
        self.get(&path).await.ok()
    }

    /// Confirms that the `number`-th prompt of a pipeline has arrived, and gives it.
    pub async fn acknowledge(&self, pipeline: &str, number: u32) -> Value {
        let path =
            format!("/api/pipelines/{pipeline}/prompts/{pipeline}-p{number}/acknowledgement");
        self.post(&path, &json!({})).await.ok()
    }

    /// All events of a pipeline.
    pub async fn events(&self, pipeline: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let after = all.last().map_or(0, position);
            let path = format!("/api/pipelines/{pipeline}/events?after={after}");
            let page = self.get(&path).await.ok();
            let events = page["events"].as_array().expect("events");
            if events.is_empty() {
                return all;
            }
            all.extend(events.iter().cloned());
        }
    }
}

/// The position of an event.
fn position(event: &Value) -> u64 {
    event["position"].as_u64().expect("a position")
}

/// A field that is text.
#[track_caller]
fn text(value: &Value, field: &str) -> String {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("{field} in {value}"))
        .to_owned()
}

/// Sends these bytes and gives all bytes that come back until the server closes the connection.
pub async fn raw(address: SocketAddr, request: &str) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let sent = stream.write_all(request.as_bytes()).await;
        sent.expect("the request is sent");
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).await;
        read.expect("an answer");
        String::from_utf8(answer).expect("an answer in UTF-8")
    };
    soon("a raw answer", exchange).await
}
