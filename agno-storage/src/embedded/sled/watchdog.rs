//! Wakes who waits for a write of sled's that has failed.
//!
//! sled writes its buffers on threads of its own. A buffer that was sealed while something was still being
//! put into it, as happens at the head of every batch, is written by another path than the others: when that
//! write fails, the error is kept and nobody is notified. Has a `flush`, or the reading of a page, begun to
//! wait by then, it waits for good. Any call of sled's that meets the error notifies all who wait.

use std::{
    io,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// How long somebody may wait for what has failed already.
const INTERVAL: Duration = Duration::from_millis(500);

/// Looks after one open database, until it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// Taken when dropped.
    running: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
}

impl Watchdog {
    pub(super) fn start(db: &::sled::Db) -> io::Result<Self> {
        let db = db.clone();
        let (end, ended) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("agno-sled-watch".to_owned())
            .spawn(move || {
                while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    if db.context.global_error().is_err() {
                        // So far no log gets, so this finds the error, and waits for nothing. Who comes
                        // to wait later looks for the error first.
                        let _ = db.context.pagecache.log.make_stable(i64::MAX);
                        return;
                    }
                }
            })?;
        Ok(Self {
            running: Some((end, thread)),
        })
    }
}

impl Drop for Watchdog {
    /// It lets go of the database before this returns.
    fn drop(&mut self) {
        if let Some((end, thread)) = self.running.take() {
            drop(end);
            let _ = thread.join();
        }
    }
}
