//! What every use case is given: the store, the clock, ids, and the snapshots of territory,
//! catalog and matrix in force. Clock and randomness come from here and nowhere else.

use super::account;
use super::error::AppError;
use super::instance::Instance;
use super::photo::PhotoShop;
use super::seal::Seals;
use super::snapshot;
pub use super::snapshot::Snapshot;
use crate::domain::time::{Day, Timestamp};
use crate::store::Store;
use crate::store::port::FeedEntry;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit, broadcast};

/// Committed events that a slow live view may be behind before it has to read anew.
const LIVE_ENTRIES_MAX: usize = 1_024;

/// How long a password waits for its turn to be checked.
const PASSWORD_TURN_MAX: Duration = Duration::from_secs(10);

/// What live views are told.
#[derive(Clone)]
pub enum Live {
    Event(Arc<FeedEntry>),
    /// The feed is followed from its end on; what came before that is in the table.
    Begun,
    /// Another territory, catalog or matrix is in force.
    Snapshot(Arc<Snapshot>),
}

/// The surroundings of the use cases.
pub struct Ctx {
    pub store: Arc<dyn Store>,
    pub photos: PhotoShop,
    pub live: broadcast::Sender<Live>,
    snapshot: RwLock<Arc<Snapshot>>,
    seals: Arc<Seals>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    decoy: OnceCell<String>,
    passwords: Semaphore,
}

/// The system's clock.
pub fn system_clock() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

impl Ctx {
    /// Loads what is in force, without keys: no dispute is kept then. `clock` is [`system_clock`]
    /// in the service.
    ///
    /// # Errors
    /// The store is not available, or holds a document that cannot be read.
    pub async fn load(
        store: Arc<dyn Store>,
        photos: PhotoShop,
        clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Result<Arc<Self>, AppError> {
        Self::load_with(store, photos, clock, Seals::default()).await
    }

    /// As [`Ctx::load`], with the keys that disputes are sealed by.
    ///
    /// # Errors
    /// As for [`Ctx::load`].
    pub async fn load_with(
        store: Arc<dyn Store>,
        photos: PhotoShop,
        clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
        seals: Seals,
    ) -> Result<Arc<Self>, AppError> {
        let seals = Arc::new(seals);
        let mut snapshot = snapshot::load(store.as_ref(), clock()).await?;
        snapshot.seals = seals.clone();
        let snapshot = Arc::new(snapshot);
        let (live, _) = broadcast::channel(LIVE_ENTRIES_MAX);
        Ok(Arc::new(Self {
            store,
            photos,
            live,
            snapshot: RwLock::new(snapshot),
            seals,
            clock,
            decoy: OnceCell::new(),
            passwords: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
        }))
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The civil date now, in the installation's time zone.
    pub fn today(&self) -> Day {
        self.now().day_in(&self.snapshot().zone)
    }

    /// A new id (UUIDv7).
    pub fn new_uuid(&self) -> uuid::Uuid {
        uuid::Uuid::now_v7()
    }

    /// What is in force now; a use case takes it once and decides by it to the end.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn instance(&self) -> Instance {
        self.snapshot().instance.clone()
    }

    /// Loads what is in force again and tells the live views.
    ///
    /// # Errors
    /// As for [`Ctx::load`]; what was in force stays.
    pub async fn refresh(&self) -> Result<(), AppError> {
        let mut fresh = snapshot::load(self.store.as_ref(), self.now()).await?;
        fresh.seals = self.seals.clone();
        let fresh = Arc::new(fresh);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        // Nobody listening is no fault.
        let _ = self.live.send(Live::Snapshot(fresh));
        Ok(())
    }

    /// As [`Ctx::refresh`], if another version of anything is in force in the database.
    ///
    /// # Errors
    /// As for [`Ctx::load`].
    pub async fn refresh_if_stale(&self) -> Result<bool, AppError> {
        // A new day brings areas and posts into force, and ends others.
        let new_day = self.snapshot().territory.version().as_of != self.today();
        let stale = new_day || self.store.find_versions().await? != self.snapshot().versions;
        if stale {
            self.refresh().await?;
        }
        Ok(stale)
    }

    /// A turn at checking or hashing a password, which costs much memory and a processor: as many
    /// as there are processors go at once.
    ///
    /// # Errors
    /// Too many are waiting.
    pub async fn password_turn(&self) -> Result<SemaphorePermit<'_>, AppError> {
        let turn = tokio::time::timeout(PASSWORD_TURN_MAX, self.passwords.acquire()).await;
        turn.ok()
            .and_then(Result::ok)
            .ok_or_else(|| AppError::Unavailable("too many passwords are waiting".into()))
    }

    /// A password hash that no password has.
    pub async fn decoy_hash(&self) -> Result<String, AppError> {
        self.decoy.get_or_try_init(account::make_decoy_hash).await.cloned()
    }
}
