//! A client on one connection that is kept.

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, RETRY_AFTER, SET_COOKIE};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// The password of the demo's accounts.
const PASSWORD: &str = "hexward-demo";

pub struct Client {
    send: SendRequest<Full<Bytes>>,
    host: String,
    cookie: String,
}

/// An answer that goes on; the connection lives as long as its sender.
pub struct Feed {
    pub body: Incoming,
    _send: SendRequest<Full<Bytes>>,
}

pub struct Answer {
    pub status: u16,
    /// Whether it says when to come again.
    pub retry_after: bool,
    pub body: Bytes,
}

impl Answer {
    /// A text of the answer's JSON by its name.
    pub fn text(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}

impl Client {
    /// # Errors
    /// Nobody listens.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { send, host: address.to_string(), cookie: String::new() })
    }

    /// A connection on which an account of the demo is signed in.
    ///
    /// # Errors
    /// Nobody listens, or the account is refused.
    pub async fn sign_in(address: SocketAddr, login: &str) -> anyhow::Result<Self> {
        let mut client = Self::open(address).await?;
        let body = format!(r#"{{"login": "{login}", "password": "{PASSWORD}"}}"#);
        let request = client.request(Method::POST, "/api/v1/session", body.into(), None)?;
        let response = client.send.send_request(request).await?;
        ensure!(response.status().is_success(), "{login}: {}", response.status());
        let cookie = response.headers().get(SET_COOKIE).context("no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        response.into_body().collect().await?;
        client.cookie = cookie;
        Ok(client)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        key: Option<&str>,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        Ok(request.body(Full::new(body))?)
    }

    async fn answer(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        self.send.ready().await?;
        let response = self.send.send_request(request).await?;
        let status = response.status().as_u16();
        let retry_after = response.headers().contains_key(RETRY_AFTER);
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Answer { status, retry_after, body })
    }

    /// # Errors
    /// The connection is lost.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let request = self.request(Method::GET, path, Bytes::new(), None)?;
        self.answer(request).await
    }

    /// Asks for what never ends, and gives the stream of it.
    ///
    /// # Errors
    /// The connection is lost, or it is refused.
    pub async fn watch(mut self, path: &str) -> anyhow::Result<Feed> {
        let request = self.request(Method::GET, path, Bytes::new(), None)?;
        self.send.ready().await?;
        let response = self.send.send_request(request).await?;
        ensure!(response.status().is_success(), "{path}: {}", response.status());
        Ok(Feed { body: response.into_body(), _send: self.send })
    }

    /// # Errors
    /// The connection is lost.
    pub async fn post(&mut self, path: &str, body: Bytes, key: &str) -> anyhow::Result<Answer> {
        let request = self.request(Method::POST, path, body, Some(key))?;
        self.answer(request).await
    }
}
