//! Photos: checked, turned upright and stripped for the public, and kept by content hash.
//!
//! Invariants: what leaves through `public` or `thumb` was encoded here from pixels alone, so it
//! carries no EXIF, XMP, ICC or comment; a photo that [`PhotoShop::keep`] accepted is on disk.

mod complete;
mod exif;
mod process;
mod store;
#[cfg(test)]
mod tests;

pub use exif::TakenAt;
pub use process::{
    PUBLIC_EDGE_PIXELS_MAX, PhotoError, PhotoLimits, Processed, THUMB_EDGE_PIXELS_MAX, process,
};
pub use store::{PhotoAddressError, PhotoStore, PhotoStoreError, Variant};

use super::error::{AppError, say};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{Semaphore, TryAcquireError};

/// Photos that may wait for their turn; each holds its bytes in memory.
const PHOTOS_WAITING_MAX: usize = 64;

/// The photo store, with a gate before the work of decoding: photos are worked on one or a few at
/// a time on threads of their own, so that requests go on meanwhile.
#[derive(Clone)]
pub struct PhotoShop {
    store: PhotoStore,
    limits: PhotoLimits,
    queue: Arc<Semaphore>,
    bench: Arc<Semaphore>,
}

impl PhotoShop {
    /// Half of the processors, at least one, may work on photos at once.
    pub fn new(store: PhotoStore, limits: PhotoLimits) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let bench = (processors / 2).max(1);
        Self {
            store,
            limits,
            queue: Arc::new(Semaphore::new(bench + PHOTOS_WAITING_MAX)),
            bench: Arc::new(Semaphore::new(bench)),
        }
    }

    pub fn store(&self) -> &PhotoStore {
        &self.store
    }

    pub fn limits(&self) -> &PhotoLimits {
        &self.limits
    }

    /// Checks a photo and makes its public copy and its thumbnail. Nothing is kept yet.
    ///
    /// # Errors
    /// The photo breaks a limit, is of another type or damaged; or too many are waiting.
    pub async fn process(&self, bytes: Bytes) -> Result<Processed, PhotoError> {
        // What is too large does not queue for its refusal.
        self.limits.check_size(&bytes)?;
        let _place = match self.queue.try_acquire() {
            Ok(place) => place,
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {
                return Err(PhotoError::Busy);
            }
        };
        let turn = self.bench.clone().acquire_owned().await.map_err(|_| PhotoError::Busy)?;
        let limits = self.limits;
        let work = tokio::task::spawn_blocking(move || {
            // The turn goes with the thread: a caller who gives up does not free it too early.
            let _turn = turn;
            process(bytes, &limits)
        });
        // A decoder that panics over a malformed file has judged that file, not this service.
        work.await.unwrap_or_else(|_| Err(PhotoError::Damaged("cannot be decoded".into())))
    }

    /// Keeps the original, the public copy and the thumbnail. When this returns, they are durable.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn keep(&self, photo: &Processed) -> Result<(), PhotoStoreError> {
        let put = |variant, bytes: &Bytes| self.store.put(&photo.sha256, variant, bytes.clone());
        futures::try_join!(
            put(Variant::Original, &photo.original),
            put(Variant::Public, &photo.public_jpeg),
            put(Variant::Thumb, &photo.thumb_jpeg),
        )?;
        Ok(())
    }
}

impl From<PhotoError> for AppError {
    fn from(error: PhotoError) -> Self {
        let en = error.to_string();
        match error {
            PhotoError::TooLarge { bytes_max, .. } => {
                let zh = format!("照片过大：每张不超过 {} MB", bytes_max >> 20);
                Self::TooLarge(say(zh, en))
            }
            PhotoError::NotAPhoto => {
                Self::UnsupportedMedia(say("照片须为 JPEG、PNG 或 WebP 格式", en))
            }
            PhotoError::TooManyPixels { pixels_max, .. } => {
                let zh = format!("照片尺寸过大：不超过 {} 万像素", pixels_max / 10_000);
                Self::field("photo", say(zh, en))
            }
            PhotoError::TooMuchMemory { .. } => {
                Self::field("photo", say("照片解码所需内存过大，请另存为普通 JPEG 后重试", en))
            }
            PhotoError::Truncated => Self::field("photo", say("照片不完整，请重新上传", en)),
            PhotoError::Damaged(_) => Self::field("photo", say("照片已损坏，无法读取", en)),
            PhotoError::Busy => Self::Unavailable(en),
        }
    }
}

impl From<PhotoStoreError> for AppError {
    fn from(error: PhotoStoreError) -> Self {
        match error {
            PhotoStoreError::Missing { .. } | PhotoStoreError::NoHash(_) => {
                Self::NotFound(say("没有这张照片", error.to_string()))
            }
            PhotoStoreError::Unavailable { .. } => Self::Unavailable(error.to_string()),
        }
    }
}
