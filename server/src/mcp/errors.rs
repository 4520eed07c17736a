//! What the library refuses before it has read a message, it refuses in plain text. Here that becomes an error of
//! JSON-RPC, which is what every client of the endpoint reads.

use std::{
    future::{poll_fn, ready},
    pin::Pin,
    task::Poll,
};

use axum::{
    Json,
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use rmcp::model::ErrorCode;
use serde_json::{Value, json};

/// Most of such a text, in bytes: some repeat what was sent.
const TEXT_MAX: usize = 64 * 1024;

/// Puts refusals in plain text into the form of JSON-RPC.
pub async fn in_json_rpc(request: Request, next: Next) -> Response {
    let deletes = request.method() == Method::DELETE;
    let resumes =
        request.method() == Method::GET && request.headers().contains_key("last-event-id");
    let sends_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let response = next.run(request).await;
    if deletes && response.status() == StatusCode::ACCEPTED {
        // The session has ended by now, and that is what clients expect to hear.
        return StatusCode::NO_CONTENT.into_response();
    }
    if resumes && response.status() == StatusCode::OK {
        return unless_empty(response).await;
    }
    let plain = !response.headers().contains_key(header::CONTENT_TYPE);
    if !response.status().is_client_error() || !plain {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let text = to_bytes(body, TEXT_MAX).await;
    let text = text.as_deref().map_or(
        "The request cannot be used.".into(),
        String::from_utf8_lossy,
    );
    let unreadable = parts.status == StatusCode::UNSUPPORTED_MEDIA_TYPE && sends_json;
    let (code, message) = if unreadable {
        parts.status = StatusCode::BAD_REQUEST;
        unreadable_body(&text)
    } else {
        (ErrorCode::INVALID_REQUEST, text.as_ref())
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let error = json!({ "jsonrpc": "2.0", "id": Value::Null, "error": { "code": code.0, "message": message } });
    let answer = Json(error).into_response();
    parts.headers.extend(answer.headers().clone());
    Response::from_parts(parts, Body::new(answer.into_body()))
}

/// A stream that ends before its first event. The library answers so when there is nothing to resume: the answer was
/// sent whole, or is no longer kept. SDKs take an empty stream for a broken one and come back at once, without end; 405
/// tells them that there is no stream to listen to, and all of them stop at that.
async fn unless_empty(response: Response) -> Response {
    let (parts, mut body) = response.into_parts();
    // What is kept is there already: this does not wait.
    let first = poll_fn(|context| Poll::Ready(Pin::new(&mut body).poll_frame(context))).await;
    let rest = body.into_data_stream();
    match first {
        Poll::Ready(None) => {
            let error = json!({ "jsonrpc": "2.0", "id": Value::Null, "error": {
                "code": ErrorCode::INVALID_REQUEST.0,
                "message": "There is nothing to resume after this Last-Event-ID: the answer was sent whole, or is no longer kept. Send the request again.",
            } });
            (
                StatusCode::METHOD_NOT_ALLOWED,
                [(header::ALLOW, "POST, DELETE")],
                Json(error),
            )
                .into_response()
        }
        Poll::Ready(Some(Ok(frame))) => {
            let first = frame.into_data().unwrap_or_default();
            let whole = stream::once(ready(Ok(first))).chain(rest);
            Response::from_parts(parts, Body::from_stream(whole))
        }
        Poll::Ready(Some(Err(error))) => {
            let whole = stream::once(ready(Err(error))).chain(rest);
            Response::from_parts(parts, Body::from_stream(whole))
        }
        Poll::Pending => Response::from_parts(parts, Body::from_stream(rest)),
    }
}

/// Whether a body was no JSON at all, or JSON that is no message.
fn unreadable_body(text: &str) -> (ErrorCode, &str) {
    if text.contains("unrecognized JSON-RPC message") {
        let message = "The body is no message of JSON-RPC. Send one object with `jsonrpc`, `method` and `params`; batches are not taken.";
        (ErrorCode::INVALID_REQUEST, message)
    } else {
        (ErrorCode::PARSE_ERROR, text)
    }
}
