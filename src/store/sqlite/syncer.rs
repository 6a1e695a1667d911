//! Commits brought onto the disk while the writer goes on with the next. A commit writes its pages
//! into the write-ahead log; it is answered once the log is synced, by a thread that does nothing
//! else and brings all commits that came meanwhile onto the disk at once.

use super::Answer;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{Builder, JoinHandle};

/// Answers of commits that are written and may not be on the disk yet.
pub struct Syncer {
    waiting: Option<mpsc::Sender<Vec<Answer>>>,
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// One for the log of a database that is open already.
    ///
    /// # Errors
    /// The log cannot be opened, or no thread can be had.
    pub fn of(database: &str) -> io::Result<Self> {
        let log =
            std::fs::OpenOptions::new().write(true).open(Path::new(&format!("{database}-wal")))?;
        Self::start(move || log.sync_data())
    }

    fn start(sync: impl FnMut() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (waiting, commits) = mpsc::channel();
        let failed = Arc::new(AtomicBool::new(false));
        let told = failed.clone();
        let run = move || answer_all(&commits, sync, &told);
        let thread = Builder::new().name("syncer".into()).spawn(run)?;
        Ok(Self { waiting: Some(waiting), failed, thread: Some(thread) })
    }

    /// Answers when what was committed so far is on the disk.
    pub fn answer(&self, answers: Vec<Answer>) {
        // It ends with this alone; were it gone, the answers would go and tell so.
        let _ = self.waiting.as_ref().map(|waiting| waiting.send(answers));
    }

    /// Whether the disk has failed. What the system could not write it forgets, so a later success
    /// says nothing: nothing is written any more until the program has started anew and has read
    /// what is there.
    pub fn has_failed(&self) -> bool {
        let has_ended = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
        has_ended || self.failed.load(Ordering::Acquire)
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        drop(self.waiting.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

const FAILED: &str = "the disk failed to keep what was written; look after it and start anew";

fn answer_all(
    commits: &mpsc::Receiver<Vec<Answer>>,
    mut sync: impl FnMut() -> io::Result<()>,
    failed: &AtomicBool,
) {
    while let Ok(mut answers) = commits.recv() {
        answers.extend(commits.try_iter().flatten());
        if !failed.load(Ordering::Acquire)
            && let Err(error) = sync()
        {
            tracing::error!(%error, "{FAILED}");
            failed.store(true, Ordering::Release);
        }
        let outcome = if failed.load(Ordering::Acquire) { Err(FAILED.to_owned()) } else { Ok(()) };
        for answer in answers {
            answer(outcome.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::time::Duration;

    type Heard = Arc<Mutex<Vec<(u8, Result<(), String>)>>>;

    fn answer_to(heard: &Heard, name: u8) -> Answer {
        let heard = heard.clone();
        Box::new(move |outcome| heard.lock().unwrap().push((name, outcome)))
    }

    #[test]
    fn answers_wait_for_the_sync_that_begins_after_their_commit() {
        let (let_go, gate) = mpsc::channel::<()>();
        let (tell, begun) = mpsc::channel();
        let syncer = Syncer::start(move || {
            tell.send(()).unwrap();
            gate.recv().map_err(io::Error::other)
        })
        .unwrap();
        let heard = Heard::default();
        syncer.answer(vec![answer_to(&heard, 1)]);
        begun.recv().unwrap();
        // These come while the first is being synced, which does not count for them.
        syncer.answer(vec![answer_to(&heard, 2)]);
        syncer.answer(vec![answer_to(&heard, 3)]);
        assert!(heard.lock().unwrap().is_empty());
        let_go.send(()).unwrap();
        begun.recv().unwrap();
        assert_eq!(*heard.lock().unwrap(), [(1, Ok(()))]);
        let_go.send(()).unwrap();
        drop(syncer);
        assert_eq!(*heard.lock().unwrap(), [(1, Ok(())), (2, Ok(())), (3, Ok(()))]);
        assert!(begun.recv_timeout(Duration::ZERO).is_err(), "two were synced at once");
    }

    #[test]
    fn nothing_is_kept_after_a_sync_that_failed() {
        let mut times = 0;
        let syncer = Syncer::start(move || {
            times += 1;
            if times == 2 { Err(io::Error::other("bad sector")) } else { Ok(()) }
        })
        .unwrap();
        let heard = Heard::default();
        for name in 1..=3 {
            syncer.answer(vec![answer_to(&heard, name)]);
            while heard.lock().unwrap().len() < usize::from(name) {
                std::thread::yield_now();
            }
        }
        assert!(syncer.has_failed());
        let kept: Vec<bool> = heard.lock().unwrap().iter().map(|(_, kept)| kept.is_ok()).collect();
        assert_eq!(kept, [true, false, false]);
    }
}
