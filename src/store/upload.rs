//! Files on their way: what a phone has sent so far, until a report or an action takes them.

use super::StoreError;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

type Result<T> = std::result::Result<T, StoreError>;

/// A file on its way, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    pub id: String,
    /// An account's id, or `anonymous`.
    pub owner: String,
    /// What the whole file must come to, in hexadecimal.
    pub sha256: String,
    pub size_bytes: i64,
    /// How much has come.
    pub received_bytes: i64,
    pub at: Timestamp,
}

/// How much may be on its way at once; sizes as they were announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadBounds {
    pub owner_files_max: i64,
    pub owner_bytes_max: i64,
    pub total_bytes_max: i64,
}

/// How the opening of an upload ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is there: new, or as far as it had come before.
    At(UploadRow),
    /// Its owner has too much on its way.
    OwnerFull,
    /// All owners together have.
    Full,
}

/// Files on their way. What a method has answered is on disk.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Opens an upload, or finds the one of the same id.
    async fn open_upload(&self, row: UploadRow, bounds: UploadBounds) -> Result<Opened>;

    /// The id is a digest of the owner and the file, so the caller checks the owner of the row.
    async fn find_upload(&self, id: &str) -> Result<Option<UploadRow>>;

    /// Adds bytes at `start`. `false` when the upload is not there, has come to another place, or
    /// would become longer than announced; nothing is written then.
    async fn append_upload(&self, id: &str, start: i64, body: Vec<u8>) -> Result<bool>;

    /// All bytes that have come, in order.
    async fn load_upload(&self, id: &str) -> Result<Vec<u8>>;

    /// Forgets the bytes, not the upload: they were not those of the file that was announced.
    async fn restart_upload(&self, id: &str) -> Result<()>;

    /// Removes uploads that were begun before an instant, and says how many.
    async fn forget_uploads(&self, before: Timestamp) -> Result<u64>;
}
