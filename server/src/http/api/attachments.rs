//! Files beside handovers: upload, download.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Attachment, DocumentHash, Media, Pipeline};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{id, unknown};
use crate::{
    http::caller::{Caller, Path, Query},
    problem::Problem,
    relay::Relay,
};

#[derive(Deserialize, IntoParams)]
pub(super) struct NameQuery {
    /// What the file is called, without folders.
    #[serde(default)]
    name: String,
}

/// Stores a file of a pipeline: its bytes are the body, at most 5 MiB. The answer goes into `recap.evidence.attachments` of
/// a handover. The same file sent again changes nothing.
#[utoipa::path(post, path = "/api/pipelines/{pipeline}/attachments", tag = "agents", params(("pipeline" = String, Path,), NameQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Attachment), (status = 413, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn store(
    State(relay): State<Relay>,
    caller: Caller,
    Path(pipeline): Path<String>,
    Query(NameQuery { name }): Query<NameQuery>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    caller.reporter()?;
    let stored = relay.store_file(&id(&pipeline)?, &name, bytes?).await?;
    Ok((StatusCode::CREATED, Json(stored)).into_response())
}

/// Reads a file of a pipeline. Only people do: what is in it is not searched for secrets.
#[utoipa::path(get, path = "/api/pipelines/{pipeline}/attachments/{hash}", operation_id = "read_attachment", tag = "people",
    params(("pipeline" = String, Path,), ("hash" = String, Path,)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn read(
    State(relay): State<Relay>,
    caller: Caller,
    Path((pipeline, hash)): Path<(String, String)>,
) -> Result<Response, Problem> {
    if !caller.is_person() {
        return Err(Problem::sign_in_needed("read a file"));
    }
    let id = id(&pipeline)?;
    let none = || unknown(&format!("pipeline {id} has no file {hash:?}"));
    let name: DocumentHash = hash.parse().map_err(|_| none())?;
    let pipeline = relay.pipeline(&id).await?;
    // What no handover names was never shown to anybody.
    let attachment = find(&pipeline, &name).ok_or_else(none)?;
    let bytes = relay.file_bytes(&id, &name).await?.ok_or_else(none)?;
    Ok((headers(attachment), bytes).into_response())
}

fn find<'a>(pipeline: &'a Pipeline, hash: &DocumentHash) -> Option<&'a Attachment> {
    let revisions = pipeline.handovers.iter().flat_map(|it| &it.revisions);
    let recaps = revisions.filter_map(|revision| revision.recap.as_ref());
    let mut attachments = recaps.flat_map(|recap| &recap.evidence.attachments);
    attachments.find(|attachment| attachment.hash == *hash)
}

/// A picture is shown; everything else is downloaded, and nothing in it runs in the name of the board.
fn headers(
    Attachment {
        name, media, hash, ..
    }: &Attachment,
) -> HeaderMap {
    let shown = if media.is_picture() {
        "inline"
    } else {
        "attachment"
    };
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let disposition = format!("{shown}; filename*=UTF-8''{name}");
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        // Other bytes have another address.
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        ),
        (header::CONTENT_TYPE, Media::name(*media)),
    ];
    let made = [
        (header::CONTENT_DISPOSITION, disposition),
        (header::ETAG, format!("\"{hash}\"")),
    ];
    let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value)));
    let made = made
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)));
    fixed.into_iter().chain(made).collect()
}
