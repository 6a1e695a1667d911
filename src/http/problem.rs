//! Failures on the wire: problem details (RFC 9457) with stable codes, in the reader's language.
//!
//! A handler's failure travels in the response's extensions; [`render`] is the one place that
//! knows the request's language and writes the body, also for refusals that axum makes itself.

use super::extract::{Lang, accepted_lang};
use super::refusal::{refusal_fields, refusal_says};
use crate::app::error::{AppError, FieldProblem, Say, say};
use crate::domain::issue::step::Refusal;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A failure as it travels to [`render`].
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    says: Say,
    errors: Vec<FieldProblem>,
    allowed: Vec<String>,
    retry_after_s: Option<u64>,
    offset: Option<i64>,
}

/// The body of every answer that is not a success.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `/problems/` and the code.
    r#type: String,
    title: String,
    status: u16,
    /// Stable; for programs.
    code: String,
    /// For people, in the language of the request.
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldBody>,
    /// The actions that would be allowed instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    /// Where an upload has come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// One faulty field.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldProblem)]
struct FieldBody {
    field: String,
    message: String,
}

/// A handler's failure.
#[derive(Debug)]
pub struct ApiError(Arc<Problem>);

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, says: Say) -> Self {
        Self(Arc::new(Problem::new(status, code, says)))
    }

    /// Tells where an upload has come to.
    pub fn at_offset(self, offset: i64) -> Self {
        Self(Arc::new(Problem { offset: Some(offset), ..(*self.0).clone() }))
    }

    /// The request itself cannot be read.
    pub fn bad_request(why: impl Into<String>) -> Self {
        let why = why.into();
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_request",
            say(format!("请求无法读取（{why}）"), why),
        )
    }

    pub fn invalid(field: &str, says: Say) -> Self {
        AppError::field(field, says).into()
    }

    /// The code, and what is said to people: of faulty fields what is said of the first.
    pub fn told(&self) -> (&'static str, Say) {
        let says = self.0.errors.first().map_or(&self.0.says, |error| &error.says);
        (self.0.code, says.clone())
    }

    pub fn not_found() -> Self {
        AppError::NotFound(say("没有这个资源", "There is nothing here")).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, says: Say) -> Self {
        let (errors, allowed) = (Vec::new(), Vec::new());
        Self { status, code, says, errors, allowed, retry_after_s: None, offset: None }
    }
}

fn refusal_problem(refusal: &Refusal, allowed: Vec<String>) -> Problem {
    let (status, code, says) = refusal_says(refusal);
    let errors = refusal_fields(refusal, &says);
    Problem { errors, allowed, ..Problem::new(status, code, says) }
}

/// What is not the asker's fault, and goes into the log.
fn own_problem(error: &AppError) -> Problem {
    match error {
        AppError::Unavailable(why) => {
            tracing::warn!(reason = %why, "a dependency is away");
            let says =
                say("服务暂时不可用，请稍后重试", "Not available right now; try again shortly");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Problem { retry_after_s: Some(2), ..Problem::new(status, "unavailable", says) }
        }
        other => {
            tracing::error!(reason = ?other, "a request failed by a fault of the service");
            let says = say("服务内部错误", "A fault of the service");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", says)
        }
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let allowed = error.allowed().iter().map(ToString::to_string).collect();
        let plain = Problem::new;
        Self(Arc::new(match error {
            AppError::Invalid(errors) => {
                let says = say("填写的内容有误", "Some fields are not right");
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Problem { errors, ..plain(status, "validation", says) }
            }
            AppError::Unauthenticated => {
                let says = say("请先登录", "Please sign in");
                plain(StatusCode::UNAUTHORIZED, "unauthenticated", says)
            }
            AppError::BadCredentials => {
                let says = say("登录名或密码不正确", "The login or the password is wrong");
                plain(StatusCode::UNAUTHORIZED, "bad_credentials", says)
            }
            AppError::Throttled { retry_after_s } => {
                let says = say("尝试次数过多，请稍后再试", "Too many attempts; try again later");
                let retry_after_s = Some(retry_after_s);
                let status = StatusCode::TOO_MANY_REQUESTS;
                Problem { retry_after_s, ..plain(status, "throttled", says) }
            }
            AppError::Forbidden(says) => plain(StatusCode::FORBIDDEN, "forbidden", says),
            AppError::NotFound(says) => plain(StatusCode::NOT_FOUND, "not_found", says),
            AppError::Conflict(says) => plain(StatusCode::CONFLICT, "conflict", says),
            AppError::Refused(refusal) => refusal_problem(&refusal, allowed),
            AppError::Evidence { code, says } => {
                let field = "photo_ids".to_owned();
                let errors = vec![FieldProblem { field, says: says.clone() }];
                Problem { errors, ..plain(StatusCode::UNPROCESSABLE_ENTITY, code, says) }
            }
            AppError::KeyReused => {
                let says = say(
                    "该 Idempotency-Key 已用于另一个请求",
                    "This Idempotency-Key came with another request before",
                );
                plain(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch", says)
            }
            AppError::ReportCode(says) => plain(StatusCode::FORBIDDEN, "report_code", says),
            AppError::NoSealKey(says) => {
                tracing::warn!(reason = %says.en, "a request needs a key that is not configured");
                plain(StatusCode::CONFLICT, "no_seal_key", says)
            }
            AppError::TooLarge(says) => plain(StatusCode::PAYLOAD_TOO_LARGE, "too_large", says),
            AppError::UnsupportedMedia(says) => {
                plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", says)
            }
            own @ (AppError::Unavailable(_) | AppError::Internal(_)) => own_problem(&own),
        }))
    }
}

/// What a bare status means.
fn plain_problem(status: StatusCode, why: Option<String>) -> Problem {
    let (code, zh, en) = match status {
        StatusCode::NOT_FOUND => ("not_found", "没有这个资源", "There is nothing here"),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("method_not_allowed", "不支持该请求方法", "This method is not offered here")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "内容过大", "The body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("unsupported_media_type", "不支持该内容类型", "This content type is not read here")
        }
        StatusCode::REQUEST_TIMEOUT => ("timeout", "请求超时", "The request took too long"),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("unavailable", "服务暂时不可用", "Not available right now")
        }
        status if status.is_server_error() => {
            ("internal", "服务内部错误", "A fault of the service")
        }
        _ => ("bad_request", "请求无法读取", "The request cannot be read"),
    };
    let says = match why {
        Some(why) if status.is_client_error() => say(format!("{zh}：{why}"), why),
        _ => say(zh, en),
    };
    Problem::new(status, code, says)
}

fn body_of(problem: &Problem, lang: Lang, request_id: Option<String>) -> ProblemBody {
    ProblemBody {
        r#type: format!("/problems/{}", problem.code),
        title: problem.status.canonical_reason().unwrap_or("Error").to_owned(),
        status: problem.status.as_u16(),
        code: problem.code.to_owned(),
        detail: lang.pick(&problem.says),
        errors: problem
            .errors
            .iter()
            .map(|error| FieldBody { field: error.field.clone(), message: lang.pick(&error.says) })
            .collect(),
        allowed: problem.allowed.clone(),
        offset: problem.offset,
        request_id,
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_none_or(|value| value.starts_with("text/plain"))
}

/// The longest text of axum's own refusals that is passed on, in bytes.
const REASON_BYTES_MAX: usize = 2_048;

/// Writes the body of every failure.
pub async fn render(request: Request, next: Next) -> Response {
    let lang = accepted_lang(request.headers());
    let id =
        request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let known = response.extensions().get::<Arc<Problem>>().cloned();
    if known.is_none() && !is_text(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = match known {
        Some(problem) => problem,
        None => {
            let bytes = axum::body::to_bytes(body, REASON_BYTES_MAX).await.unwrap_or_default();
            let why = String::from_utf8_lossy(&bytes).into_owned();
            Arc::new(plain_problem(status, Some(why).filter(|why| !why.is_empty())))
        }
    };
    let json = serde_json::to_vec(&body_of(&problem, lang, id)).unwrap_or_default();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        parts.headers.remove(name);
    }
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after_s {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Response::from_parts(parts, axum::body::Body::from(json))
}
