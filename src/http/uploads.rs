//! Uploads that may be broken off and resumed: a phone on a bad network sends a file in chunks.

use super::App;
use super::extract::{At, Body, Caller, Params};
use super::problem::ApiError;
use crate::app::error::{AppError, say};
use crate::app::upload::{self, Announced, CHUNK_BYTES_MAX, Progress, UploadError};
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

/// A file to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUploadWire {
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
    /// In bytes.
    pub size: i64,
    /// `image/jpeg`, `image/png`, `image/webp`, or `audio/…` for a voice note.
    pub r#type: String,
    /// Whether the report will be anonymous: then the upload names nobody, either.
    #[serde(default)]
    pub anonymous: bool,
}

/// How far a file has come.
#[derive(Serialize, ToSchema)]
pub struct UploadWire {
    pub id: String,
    /// Bytes that have come and are on disk; the next chunk begins here.
    pub offset: i64,
    pub size: i64,
    pub complete: bool,
}

fn upload_wire(progress: Progress) -> UploadWire {
    let Progress { id, offset, size_bytes } = progress;
    UploadWire { id, offset, size: size_bytes, complete: offset == size_bytes }
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::App(error) => error.into(),
            UploadError::Offset(offset) => {
                let says = say(
                    format!("已收到 {offset} 字节，请从这里继续"),
                    format!("{offset} bytes have come; go on from there"),
                );
                Self::new(StatusCode::CONFLICT, "upload_offset", says).at_offset(offset)
            }
            UploadError::Hash => {
                let says = say(
                    "文件与所报的 SHA-256 不符，请从头重新上传",
                    "The file is not the one of this SHA-256; send it again from its beginning",
                );
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "upload_hash", says).at_offset(0)
            }
        }
    }
}

/// Announces a file, or asks how far the same one has come. Its id names it in a report's or an
/// action's `uploads`; it is kept for seven days.
#[utoipa::path(post, path = "/uploads", tag = "reports", request_body = NewUploadWire,
    responses((status = 200, body = UploadWire), (status = 413), (status = 415), (status = 422),
        (status = 429)))]
pub async fn open_upload(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewUploadWire>,
) -> Result<Json<UploadWire>, ApiError> {
    let NewUploadWire { sha256, size, r#type, anonymous } = new;
    let new = Announced { sha256, size_bytes: size, media_type: r#type, anonymous };
    let progress = upload::open_upload(&app.ctx, &caller.actor, &new).await?;
    Ok(Json(upload_wire(progress)))
}

/// How far a file has come.
#[utoipa::path(get, path = "/uploads/{id}", tag = "reports", params(("id" = String, Path)),
    responses((status = 200, body = UploadWire), (status = 404)))]
pub async fn show_upload(
    State(app): State<App>,
    caller: Caller,
    At(id): At<String>,
) -> Result<Json<UploadWire>, ApiError> {
    let progress = upload::find_upload(&app.ctx, &caller.actor, &id).await?;
    Ok(Json(upload_wire(progress)))
}

/// Where a chunk begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChunkQuery {
    offset: i64,
}

/// The bytes of a chunk. One that was cut off on its way is not taken in part.
async fn read_chunk(request: Request) -> Result<bytes::Bytes, ApiError> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let too_large = || {
        let zh = format!("每段至多 {CHUNK_BYTES_MAX} 字节");
        AppError::TooLarge(say(zh, format!("A chunk has at most {CHUNK_BYTES_MAX} bytes")))
    };
    if length.is_some_and(|length| length > CHUNK_BYTES_MAX) {
        return Err(too_large().into());
    }
    // One byte more than allowed tells what is too long from what broke off.
    let read = axum::body::to_bytes(request.into_body(), CHUNK_BYTES_MAX + 1).await;
    let chunk = match read {
        Ok(chunk) => chunk,
        Err(_) if length.is_none() => return Err(too_large().into()),
        Err(_) => return Err(ApiError::bad_request("the chunk broke off; send it again")),
    };
    match chunk.len() > CHUNK_BYTES_MAX {
        true => Err(too_large().into()),
        false => Ok(chunk),
    }
}

/// Sends the next bytes of a file, at most a mebibyte. When this answers, they are on disk. A
/// problem `upload_offset` tells in `offset` where the file has come to instead.
#[utoipa::path(patch, path = "/uploads/{id}", tag = "reports",
    params(("id" = String, Path), ChunkQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = UploadWire), (status = 404), (status = 409), (status = 413),
        (status = 422)))]
pub async fn append_chunk(
    State(app): State<App>,
    caller: Caller,
    At(id): At<String>,
    Params(query): Params<ChunkQuery>,
    request: Request,
) -> Result<Json<UploadWire>, ApiError> {
    let chunk = read_chunk(request).await?;
    let at = (id.as_str(), query.offset);
    let progress = upload::append_chunk(&app.ctx, &caller.actor, at, chunk).await?;
    Ok(Json(upload_wire(progress)))
}

/// A JSON body with a digest of what was sent, for a request that may be sent again.
pub async fn read_keyed<T: DeserializeOwned>(request: Request) -> Result<(T, String), ApiError> {
    let path = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, super::multipart::JSON_BYTES_MAX)
        .await
        .map_err(|_| AppError::TooLarge(say("内容过大", "The body is too large")))?;
    let fingerprint = Sha256::new().chain_update(path).chain_update(&bytes).finalize();
    let request = Request::from_parts(parts, axum::body::Body::from(bytes));
    let Body(value) = Body::<T>::from_request(request, &()).await?;
    Ok((value, hex::encode(fingerprint)))
}
