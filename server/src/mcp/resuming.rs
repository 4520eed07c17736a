//! Clients that come back for an answer whose stream broke off: to this node or to another one, and after a restart.
//!
//! The ids of events say the call that is answered, where it waits ([`event_id`]). The version without sessions, 2026-07-28, has
//! no such ids and forbids none; clients that know the versions before come back with them all the same.

use std::{
    future::{poll_fn, ready},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use axum::{
    Json,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use rmcp::model::ErrorCode;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{
    caller::CALL,
    ownership::SESSION,
    sessions::{RETRY, Sessions, event_id},
    tools,
};

/// The last event that a client has seen.
const LAST: &str = "last-event-id";
/// What a request of 2026-07-28 is for, beside its body (SEP-2243).
const NAME: &str = "mcp-name";
const METHOD: &str = "mcp-method";
const VERSION: &str = "mcp-protocol-version";
/// The same in its body.
const VERSION_FIELD: &str = "io.modelcontextprotocol/protocolVersion";

/// Lets a client go on where it was. Where its call is not known any more, as after the death of its node, or was answered
/// while nobody heard it, the call that its id says begins again.
pub async fn go_on(
    State(sessions): State<Arc<Sessions>>,
    mut request: Request,
    next: Next,
) -> Response {
    request.headers_mut().remove(CALL);
    let session = text(request.headers(), SESSION);
    if request.method() == Method::POST && session.is_none() {
        return call(request, next).await;
    }
    let Some(last) = text(request.headers(), LAST).filter(|_| request.method() == Method::GET)
    else {
        return next.run(request).await;
    };
    let again = repetition(&request, last);
    match (session, again) {
        (None, Some(again)) => as_stream(call(again, next).await),
        (None, None) => next.run(request).await,
        (Some(session), Some(again)) if !sessions.remembers(session, last) => next.run(again).await,
        (Some(_), again) => {
            let response = next.clone().run(request).await;
            if response.status() != StatusCode::OK {
                return response;
            }
            match (unless_empty(response).await, again) {
                (Some(response), _) => response,
                (None, Some(again)) => next.run(again).await,
                (None, None) => nothing_to_resume(),
            }
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Only what has to be known of a call to send it again.
#[derive(Deserialize)]
struct Call {
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    name: String,
    #[serde(default, rename = "_meta")]
    meta: serde_json::Map<String, Value>,
}

/// The call again, as its client would send it.
fn repetition(request: &Request, last: &str) -> Option<Request> {
    let session = text(request.headers(), SESSION).unwrap_or_default();
    let call = event_id::repeated(session, last)?;
    let Call { params } = serde_json::from_slice(&call).ok()?;
    // An id that somebody made up: a GET changes nothing.
    if !tools::waits(&params.name) {
        return None;
    }
    let mut again = Request::new(Body::from(call));
    *again.method_mut() = Method::POST;
    *again.uri_mut() = request.uri().clone();
    *again.version_mut() = request.version();
    again.headers_mut().clone_from(request.headers());
    again.extensions_mut().clone_from(request.extensions());
    let headers = again.headers_mut();
    headers.remove(LAST);
    let mut set = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).ok();
        value.map(|value| headers.insert(HeaderName::from_static(name), value))
    };
    set("content-type", "application/json");
    set("accept", "application/json, text/event-stream");
    if session.is_empty() {
        set(CALL, event_id::first(last));
        set(METHOD, "tools/call");
        set(NAME, &params.name);
        set(VERSION, params.meta.get(VERSION_FIELD)?.as_str()?);
    }
    Some(again)
}

/// A call of the version without sessions. The events of one that waits have ids.
async fn call(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let waits = text(headers, METHOD) == Some("tools/call")
        && text(headers, NAME).is_some_and(tools::waits);
    let is_short = request
        .size_hint()
        .upper()
        .is_some_and(|size| size <= event_id::CALL_MAX as u64);
    if !(waits && is_short) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let known = text(&parts.headers, CALL).map(str::to_owned);
    let label = known.unwrap_or_else(event_id::label);
    if let Ok(label) = HeaderValue::from_str(&label) {
        parts.headers.insert(CALL, label);
    }
    let Ok(body) = to_bytes(body, event_id::CALL_MAX).await else {
        return (StatusCode::BAD_REQUEST, "The body broke off.").into_response();
    };
    let call = event_id::say("", &body);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let is_stream = text(response.headers(), header::CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    if !is_stream {
        return response;
    }
    let (parts, body) = response.into_parts();
    let events = body.into_data_stream();
    let events = events.map(move |event| event.map(|event| with_id(event, &label, &call)));
    Response::from_parts(parts, Body::from_stream(events))
}

/// An answer that was there at once comes as plain JSON, and whoever comes back listens to a stream.
fn as_stream(response: Response) -> Response {
    let kind = text(response.headers(), header::CONTENT_TYPE.as_str());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    if response.status() != StatusCode::OK || !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let kind = HeaderValue::from_static("text/event-stream");
    parts.headers.insert(header::CONTENT_TYPE, kind);
    let line = |text: String| stream::once(ready(Ok(Bytes::from(text))));
    let id = event_id::outside("0", "0/0", None);
    // JSON as the library writes it has no line breaks.
    let whole = line(format!("id: {id}\ndata: ")).chain(body.into_data_stream());
    Response::from_parts(
        parts,
        Body::from_stream(whole.chain(line("\n\n".to_owned()))),
    )
}

/// A message of JSON-RPC that ends a call.
#[derive(Deserialize)]
struct Ends {
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

/// An event with an id. Whoever has the answer has nothing to come back for.
fn with_id(event: Bytes, label: &str, call: &str) -> Bytes {
    let Some(data) = event.strip_prefix(b"data: ") else {
        return event;
    };
    let ends = serde_json::from_slice(data)
        .is_ok_and(|ends: Ends| ends.result.is_some() || ends.error.is_some());
    let id = event_id::outside(label, "0/0", (!ends).then_some(call));
    let mut whole = format!("id: {id}\nretry: {}\n", RETRY.as_millis()).into_bytes();
    whole.extend_from_slice(&event);
    whole.into()
}

/// A stream that ends before its first event is none. The library answers so when there is nothing to resume: the answer
/// was sent whole, or is no longer kept.
async fn unless_empty(response: Response) -> Option<Response> {
    let (parts, mut body) = response.into_parts();
    // What is kept is there already: this does not wait.
    let first = poll_fn(|context| Poll::Ready(Pin::new(&mut body).poll_frame(context))).await;
    let rest = body.into_data_stream();
    let whole = match first {
        Poll::Ready(None) => return None,
        Poll::Ready(Some(Ok(frame))) => {
            let first = frame.into_data().unwrap_or_default();
            Body::from_stream(stream::once(ready(Ok(first))).chain(rest))
        }
        Poll::Ready(Some(Err(error))) => {
            Body::from_stream(stream::once(ready(Err(error))).chain(rest))
        }
        Poll::Pending => Body::from_stream(rest),
    };
    Some(Response::from_parts(parts, whole))
}

/// SDKs take an empty stream for a broken one and come back at once, without end; 405 tells them that there is no stream to
/// listen to, and all of them stop at that.
fn nothing_to_resume() -> Response {
    let error = json!({ "jsonrpc": "2.0", "id": Value::Null, "error": {
        "code": ErrorCode::INVALID_REQUEST.0,
        "message": "There is nothing to resume after this Last-Event-ID: the answer was sent whole, or is no longer kept. Send the request again.",
    } });
    let allowed = [(header::ALLOW, "POST, DELETE")];
    (StatusCode::METHOD_NOT_ALLOWED, allowed, Json(error)).into_response()
}
