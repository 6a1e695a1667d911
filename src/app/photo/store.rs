//! Where photos are kept: a local folder or an S3-compatible store, by the hash of the original.
//!
//! `original/<sha256>`, `public/<sha256>.jpg` and `thumb/<sha256>.jpg`. A key's content never
//! changes: writing it again writes the same.

use crate::domain::audit::Hash;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use std::time::Duration;

/// How long a request to a remote store is tried again before it counts as failed, in seconds.
const RETRY_S_MAX: u64 = 10;
const RETRIES_MAX: usize = 3;
/// The object that a health check writes.
const HEALTH_KEY: &str = "health/probe";

/// Which form of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// As it came, with everything that its camera wrote: for staff alone.
    Original,
    Public,
    Thumb,
}

/// Why an address names no store.
#[derive(Debug, thiserror::Error)]
pub enum PhotoAddressError {
    #[error("a photo store is file:PATH or s3://BUCKET/PREFIX, not {0:?}")]
    Scheme(String),
    #[error("the address names no {0}")]
    Missing(&'static str),
    #[error(
        "the photo store knows no option {name:?}; it knows {}",
        OPTIONS.map(|(name, _)| name).join(", ")
    )]
    UnknownOption { name: String },
    #[error("the folder {path} cannot be used: {source}")]
    Folder { path: String, source: std::io::Error },
    #[error("the photo store cannot be opened: {0}")]
    Store(#[from] object_store::Error),
}

/// Why a photo cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PhotoStoreError {
    #[error("the photo store has no {key}")]
    Missing { key: String },
    #[error("{0:?} is no SHA-256 in hexadecimal")]
    NoHash(String),
    #[error("the photo store cannot be reached for {key}: {source}")]
    Unavailable { key: String, source: object_store::Error },
}

/// The options of an `s3://` address. Credentials are none of them: an address is logged.
const OPTIONS: [(&str, AmazonS3ConfigKey); 3] = [
    ("endpoint", AmazonS3ConfigKey::Endpoint),
    ("region", AmazonS3ConfigKey::Region),
    ("virtual_hosted_style", AmazonS3ConfigKey::VirtualHostedStyleRequest),
];

/// A store of photos.
#[derive(Clone, Debug)]
pub struct PhotoStore {
    objects: Arc<dyn ObjectStore>,
}

impl PhotoStore {
    /// Opens `file:PATH` (the folder is made if need be) or
    /// `s3://BUCKET/PREFIX?endpoint=…&region=…&virtual_hosted_style=…`, with credentials and what
    /// the address does not say from the environment's `AWS_…` variables. An `http:` endpoint is
    /// used as given: it is for a store on the same machine.
    ///
    /// # Errors
    /// The address makes no sense, or the folder cannot be made.
    pub fn open(address: &str) -> Result<Self, PhotoAddressError> {
        if let Some(path) = address.strip_prefix("file:") {
            return Self::open_folder(path.strip_prefix("//").unwrap_or(path));
        }
        match address.strip_prefix("s3://") {
            Some(rest) => Self::open_s3(rest, AmazonS3Builder::from_env()),
            None => Err(PhotoAddressError::Scheme(address.to_owned())),
        }
    }

    fn open_folder(path: &str) -> Result<Self, PhotoAddressError> {
        if path.is_empty() {
            return Err(PhotoAddressError::Missing("folder"));
        }
        make_folder(std::path::Path::new(path))
            .map_err(|source| PhotoAddressError::Folder { path: path.to_owned(), source })?;
        // With fsync a write is a temporary file, synced, renamed, and its folder synced.
        let folder = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self { objects: Arc::new(folder) })
    }

    /// `from` knows the credentials.
    pub(super) fn open_s3(rest: &str, from: AmazonS3Builder) -> Result<Self, PhotoAddressError> {
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(PhotoAddressError::Missing("bucket"));
        }
        let retry = RetryConfig {
            max_retries: RETRIES_MAX,
            retry_timeout: Duration::from_secs(RETRY_S_MAX),
            ..RetryConfig::default()
        };
        let mut builder = from.with_bucket_name(bucket).with_retry(retry);
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            let (_, key) = OPTIONS
                .into_iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| PhotoAddressError::UnknownOption { name: name.to_owned() })?;
            if name == "endpoint" && value.starts_with("http://") {
                builder = builder.with_allow_http(true);
            }
            builder = builder.with_config(key, value);
        }
        let prefix = Path::from(prefix);
        let objects: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(builder.build()?, prefix));
        Ok(Self { objects })
    }

    /// Writes one form of a photo. When this returns, it is durable; a reader sees all of it or
    /// nothing.
    ///
    /// # Errors
    /// `Unavailable`, or `NoHash`.
    pub async fn put(
        &self,
        sha256: &str,
        variant: Variant,
        bytes: Bytes,
    ) -> Result<(), PhotoStoreError> {
        let key = key_of(sha256, variant)?;
        // Plain overwriting, not "create unless there": that the key is there does not yet mean
        // that another writer of the same content has come to its fsync.
        let put = self.objects.put(&key, PutPayload::from_bytes(bytes)).await;
        put.map(|_| ()).map_err(|source| fault(&key, source))
    }

    /// # Errors
    /// `Missing`, `Unavailable`, or `NoHash`.
    pub async fn get(&self, sha256: &str, variant: Variant) -> Result<Bytes, PhotoStoreError> {
        let key = key_of(sha256, variant)?;
        let found = self.objects.get(&key).await.map_err(|source| fault(&key, source))?;
        found.bytes().await.map_err(|source| fault(&key, source))
    }

    /// The size in bytes, and the bytes as they come.
    ///
    /// # Errors
    /// `Missing`, `Unavailable`, or `NoHash`; `Unavailable` within the stream.
    pub async fn open_photo(
        &self,
        sha256: &str,
        variant: Variant,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, PhotoStoreError>>), PhotoStoreError> {
        let key = key_of(sha256, variant)?;
        let found = self.objects.get(&key).await.map_err(|source| fault(&key, source))?;
        let size_bytes = found.meta.size;
        let parts = found.into_stream().map(move |part| part.map_err(|s| fault(&key, s)));
        Ok((size_bytes, parts.boxed()))
    }

    /// Whether photos can be kept now: writes a few bytes, so that a full disk, a folder gone or
    /// made read-only, and wrong credentials are all noticed.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn check_health(&self) -> Result<(), PhotoStoreError> {
        let key = Path::from(HEALTH_KEY);
        let put = self.objects.put(&key, PutPayload::from_static(b"hexward")).await;
        put.map(|_| ()).map_err(|source| fault(&key, source))
    }
}

/// Makes a folder and what leads to it, and syncs each folder that has got a new entry.
fn make_folder(path: &std::path::Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => std::path::Path::new("."),
    };
    make_folder(parent)?;
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    std::fs::File::open(parent)?.sync_all()
}

fn key_of(sha256: &str, variant: Variant) -> Result<Path, PhotoStoreError> {
    let hash = Hash::parse(sha256).ok_or_else(|| PhotoStoreError::NoHash(sha256.to_owned()))?;
    Ok(Path::from(match variant {
        Variant::Original => format!("original/{hash}"),
        Variant::Public => format!("public/{hash}.jpg"),
        Variant::Thumb => format!("thumb/{hash}.jpg"),
    }))
}

fn fault(key: &Path, source: object_store::Error) -> PhotoStoreError {
    let key = key.to_string();
    match source {
        object_store::Error::NotFound { .. } => PhotoStoreError::Missing { key },
        source => PhotoStoreError::Unavailable { key, source },
    }
}
