//! The counters that a node keeps in memory, and how far it has read the log of them.

use super::cube::Cube;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::Mutex;

/// How far the log of counters was read.
#[derive(Clone, Debug)]
pub struct Position {
    /// All rows below this mark were read.
    pub mark: i64,
    /// The rows from the mark on that were read.
    pub seen: BTreeSet<i64>,
    /// When that was.
    pub at: Instant,
}

/// The counters in memory, if they are there yet.
#[derive(Default)]
pub struct Counters {
    /// Held by whoever brings the counters up to date.
    pub position: Mutex<Option<Position>>,
    cube: RwLock<Cube>,
    packing: AtomicBool,
    file: OnceLock<PathBuf>,
    file_state: RwLock<FileState>,
    reading: AtomicBool,
}

/// That counters are being read from the file.
pub struct Reading<'a>(&'a AtomicBool);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// What is known of the file of counters.
#[derive(Clone, Debug, Default)]
enum FileState {
    #[default]
    Unknown,
    /// It was read, and was none that could be followed from.
    Useless,
    /// It holds the counters of this position.
    Of(Position),
}

impl Counters {
    /// Names the file that counters are kept in. The first one named counts.
    pub fn keep_in(&self, file: PathBuf) {
        let _ = self.file.set(file);
    }

    /// The file that counters are kept in.
    pub fn file(&self) -> Option<PathBuf> {
        self.file.get().cloned()
    }

    /// The same, unless it was read in vain.
    pub fn file_to_read(&self) -> Option<PathBuf> {
        let state = self.file_state.read().unwrap_or_else(PoisonError::into_inner);
        self.file().filter(|_| !matches!(*state, FileState::Useless))
    }

    /// Notes which counters the file holds now; `None` when none can be followed from.
    pub fn note_file(&self, of: Option<&Position>) {
        let state = of.cloned().map_or(FileState::Useless, FileState::Of);
        *self.file_state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Whether the file holds the counters of a position.
    pub fn is_kept(&self, position: &Position) -> bool {
        let state = self.file_state.read().unwrap_or_else(PoisonError::into_inner);
        matches!(&*state, FileState::Of(kept)
            if kept.mark == position.mark && kept.seen == position.seen)
    }

    /// Whether the counters are being read from the file.
    pub fn is_reading(&self) -> bool {
        self.reading.load(Ordering::Acquire)
    }

    /// Says that the counters are being read from the file, for as long as the answer is held.
    pub fn begin_reading(&self) -> Reading<'_> {
        self.reading.store(true, Ordering::Release);
        Reading(&self.reading)
    }

    /// Asks the counters.
    pub fn ask<T>(&self, question: impl FnOnce(&Cube) -> T) -> T {
        question(&self.cube.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the counters.
    pub fn change<T>(&self, change: impl FnOnce(&mut Cube) -> T) -> T {
        change(&mut self.cube.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has what came in packed, on a thread for long work, if there is much of it. Questions are
    /// answered meanwhile, and more may come in.
    pub fn pack_if_loose(self: &Arc<Self>) {
        if !self.ask(Cube::is_loose) || self.packing.swap(true, Ordering::AcqRel) {
            return;
        }
        let own = self.clone();
        tokio::task::spawn_blocking(move || {
            let packed = own.ask(Cube::clone).repack();
            if let Some(packed) = packed {
                own.change(|cube| cube.take(packed));
            }
            own.packing.store(false, Ordering::Release);
        });
    }
}
