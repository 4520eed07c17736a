//! What the library refuses before it has read a message, it refuses in plain text. Here that becomes an error of
//! JSON-RPC, which is what every client of the endpoint reads.

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::Request,
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use rmcp::model::ErrorCode;
use serde_json::{Value, json};

/// Most of such a text, in bytes: some repeat what was sent.
const TEXT_MAX: usize = 64 * 1024;

/// Puts refusals in plain text into the form of JSON-RPC.
pub async fn in_json_rpc(request: Request, next: Next) -> Response {
    let deletes = request.method() == Method::DELETE;
    let sends_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let response = next.run(request).await;
    if deletes && response.status() == StatusCode::ACCEPTED {
        // The session has ended by now, and that is what clients expect to hear.
        return StatusCode::NO_CONTENT.into_response();
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

/// Whether a body was no JSON at all, or JSON that is no message.
fn unreadable_body(text: &str) -> (ErrorCode, &str) {
    if text.contains("unrecognized JSON-RPC message") {
        let message = "The body is no message of JSON-RPC. Send one object with `jsonrpc`, `method` and `params`; batches are not taken.";
        (ErrorCode::INVALID_REQUEST, message)
    } else {
        (ErrorCode::PARSE_ERROR, text)
    }
}
