//! Uploads: a JSON body alone, or multipart with a JSON part and photos.

use super::App;
use super::extract::Body;
use super::problem::ApiError;
use crate::app::error::{AppError, say};
use crate::app::photo::Processed;
use crate::app::report::PHOTOS_MAX;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The largest JSON body or part, in bytes.
pub const JSON_BYTES_MAX: usize = 256 * 1024;

/// What was uploaded.
pub struct Upload<T> {
    pub report: T,
    pub photos: Vec<Processed>,
    /// A digest of everything that was sent.
    pub fingerprint: String,
}

/// Photos with the words that came along.
pub struct PhotoUpload {
    pub purpose: String,
    pub photos: Vec<Processed>,
}

fn is_multipart(request: &Request) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("multipart/form-data"))
}

async fn open_multipart(request: Request) -> Result<Multipart, ApiError> {
    if !is_multipart(&request) {
        let says = say("内容类型须为 multipart/form-data", "Send this as multipart/form-data");
        return Err(AppError::UnsupportedMedia(says).into());
    }
    Multipart::from_request(request, &())
        .await
        .map_err(|rejection| ApiError::bad_request(rejection.body_text()))
}

fn broken(error: &axum::extract::multipart::MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            AppError::TooLarge(say("上传内容过大", "The upload is too large")).into()
        }
        _ => ApiError::bad_request(error.body_text()),
    }
}

/// Reads a part to its end, up to `bytes_max`.
async fn read_part(mut field: Field<'_>, bytes_max: usize) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > bytes_max {
            let says = say(
                format!("单个文件至多 {bytes_max} 字节"),
                format!("A part has at most {bytes_max} bytes"),
            );
            return Err(AppError::TooLarge(says).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let says =
            say(format!("report 部分的 JSON 有误（{error}）"), format!("part report: {error}"));
        ApiError::invalid("report", says)
    })
}

fn photo_bytes_max(app: &App) -> usize {
    // One byte more than allowed, so that the photo's own check says what is wrong.
    usize::try_from(app.ctx.photos.limits().photo_bytes_max).unwrap_or(usize::MAX - 1) + 1
}

async fn add_photo(app: &App, photos: &mut Vec<Processed>, bytes: Bytes) -> Result<(), ApiError> {
    if photos.len() >= PHOTOS_MAX {
        let says = say(format!("至多 {PHOTOS_MAX} 张照片"), format!("At most {PHOTOS_MAX} photos"));
        return Err(ApiError::invalid("photo", says));
    }
    photos.push(app.ctx.photos.process(bytes).await.map_err(AppError::from)?);
    Ok(())
}

/// Reads a report with its photos.
///
/// # Errors
/// The body is neither, a part is too large, or a photo is none.
pub async fn read_upload<T: DeserializeOwned>(
    app: &App,
    request: Request,
) -> Result<Upload<T>, ApiError> {
    let mut digest = Sha256::new();
    if !is_multipart(&request) {
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, JSON_BYTES_MAX)
            .await
            .map_err(|_| AppError::TooLarge(say("内容过大", "The body is too large")))?;
        digest.update(&bytes);
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        let Body(report) = Body::<T>::from_request(request, &()).await?;
        return Ok(Upload {
            report,
            photos: Vec::new(),
            fingerprint: hex::encode(digest.finalize()),
        });
    }
    let mut multipart = open_multipart(request).await?;
    let (mut report, mut photos) = (None, Vec::new());
    while let Some(field) = multipart.next_field().await.map_err(|error| broken(&error))? {
        match field.name().unwrap_or("") {
            "report" => {
                let bytes = read_part(field, JSON_BYTES_MAX).await?;
                digest.update(&bytes);
                report = Some(parse_json(&bytes)?);
            }
            "photo" | "photos" => {
                let bytes = read_part(field, photo_bytes_max(app)).await?;
                digest.update(Sha256::digest(&bytes));
                add_photo(app, &mut photos, bytes).await?;
            }
            other => {
                let says = say(format!("未知的部分 {other:?}"), format!("unknown part {other:?}"));
                return Err(ApiError::invalid("report", says));
            }
        }
    }
    let missing =
        || ApiError::invalid("report", say("缺少 report 部分", "The part report is missing"));
    Ok(Upload {
        report: report.ok_or_else(missing)?,
        photos,
        fingerprint: hex::encode(digest.finalize()),
    })
}

/// Reads photos with a purpose.
///
/// # Errors
/// As for [`read_upload`].
pub async fn read_photos(app: &App, request: Request) -> Result<PhotoUpload, ApiError> {
    let mut multipart = open_multipart(request).await?;
    let mut upload = PhotoUpload { purpose: "evidence".into(), photos: Vec::new() };
    while let Some(field) = multipart.next_field().await.map_err(|error| broken(&error))? {
        match field.name().unwrap_or("") {
            "purpose" => {
                let bytes = read_part(field, JSON_BYTES_MAX).await?;
                upload.purpose = String::from_utf8_lossy(&bytes).into_owned();
            }
            _ => {
                let bytes = read_part(field, photo_bytes_max(app)).await?;
                add_photo(app, &mut upload.photos, bytes).await?;
            }
        }
    }
    if !crate::app::attach::PURPOSES.contains(&upload.purpose.as_str()) {
        let purpose = &upload.purpose;
        let says = say(format!("未知的用途 {purpose:?}"), format!("unknown purpose {purpose:?}"));
        return Err(ApiError::invalid("purpose", says));
    }
    if upload.photos.is_empty() {
        return Err(ApiError::invalid("photo", say("没有照片", "There is no photo")));
    }
    Ok(upload)
}

/// The largest file in a form, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A form with texts and at most one file.
pub struct Form {
    pub texts: std::collections::BTreeMap<String, String>,
    pub file: Option<Bytes>,
}

/// Reads a form; the part `file` is the file.
///
/// # Errors
/// The body is no form, or a part is too large or no text.
pub async fn read_form(request: Request) -> Result<Form, ApiError> {
    let mut multipart = open_multipart(request).await?;
    let mut form = Form { texts: std::collections::BTreeMap::new(), file: None };
    while let Some(field) = multipart.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or("").to_owned();
        if name == "file" {
            form.file = Some(read_part(field, FILE_BYTES_MAX).await?);
            continue;
        }
        let bytes = read_part(field, JSON_BYTES_MAX).await?;
        let text = String::from_utf8(bytes.into())
            .map_err(|_| ApiError::invalid(&name, say("须为 UTF-8", "This is not UTF-8")))?;
        form.texts.insert(name, text);
    }
    Ok(form)
}

/// A form with texts and files, each by its name.
pub struct Files {
    texts: std::collections::BTreeMap<String, String>,
    files: std::collections::BTreeMap<String, Bytes>,
}

impl Files {
    /// A text; `None` when it is absent or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// A file; `None` when there is none, or nothing in it and no name: a browser sends so what
    /// nobody chose.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Bytes::as_ref)
    }
}

/// Reads a form with any number of files, together at most the largest body of a request.
///
/// # Errors
/// The body is no form, or a part is too large or no text.
pub async fn read_files(request: Request) -> Result<Files, ApiError> {
    let mut multipart = open_multipart(request).await?;
    let mut form = Files { texts: Default::default(), files: Default::default() };
    while let Some(field) = multipart.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or("").to_owned();
        if let Some(file_name) = field.file_name() {
            let is_named = !file_name.is_empty();
            let bytes = read_part(field, super::BODY_BYTES_MAX).await?;
            if is_named || !bytes.is_empty() {
                form.files.insert(name, bytes);
            }
            continue;
        }
        let bytes = read_part(field, JSON_BYTES_MAX).await?;
        let text = String::from_utf8(bytes.into())
            .map_err(|_| ApiError::invalid(&name, say("须为 UTF-8", "This is not UTF-8")))?;
        form.texts.insert(name, text);
    }
    Ok(form)
}
