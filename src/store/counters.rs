//! The counters that a node keeps in memory, and how far it has read the log of them.

use super::cube::Cube;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
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
}

impl Counters {
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
