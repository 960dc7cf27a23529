//! Attempts at an answer: the one owner of repetition.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{Failure, Transport};
use crate::model::{Delta, Deltas, ModelError, TimeoutKind};

/// A year: longer than any answer takes, and short enough to add to a time.
const LONGEST_DEADLINE: Duration = Duration::from_secs(365 * 24 * 3_600);

/// An answer, and what it took.
#[derive(Debug)]
pub(crate) struct Exchanged<T> {
    /// The answer.
    pub(crate) value: T,
    /// Requests that were made for it.
    pub(crate) attempts: u32,
    /// From the first request to the whole answer, in microseconds.
    pub(crate) micros: u64,
    /// From the first request to the first piece that was kept, in microseconds.
    pub(crate) first_micros: Option<u64>,
}

/// One attempt: it hands pieces on, and notes that it did.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    deltas: Deltas,
    first: Arc<OnceLock<Instant>>,
}

impl Attempt {
    fn new(deltas: &Deltas) -> Self {
        Self {
            deltas: deltas.clone(),
            first: Arc::default(),
        }
    }

    /// Whether somebody listens.
    pub(crate) fn wanted(&self) -> bool {
        self.deltas.wanted()
    }

    /// Hands on more of the text.
    pub(crate) fn text(&self, text: &str) {
        self.send(text, Delta::Text(text));
    }

    /// Hands on more of what the model thinks.
    pub(crate) fn reasoning(&self, text: &str) {
        self.send(text, Delta::Reasoning(text));
    }

    fn send(&self, text: &str, delta: Delta<'_>) {
        if !text.is_empty() {
            self.first.get_or_init(Instant::now);
            self.deltas.send(delta);
        }
    }
}

impl Transport {
    /// Makes attempts until one gives an answer, or no other is worth it.
    ///
    /// Repeated are statuses 408, 409, 429 (unless the quota is used up) and from 500 on, failures
    /// to connect, and answers that are cut off, fall silent or cannot be read. The pauses are
    /// those the provider asks for, else exponential with full jitter. What listeners were told by
    /// an attempt that failed is taken back before the next. A place among the requests at once is
    /// held for an attempt, not for a pause.
    pub(crate) async fn exchange<T, F, Fut>(
        &self,
        model: &str,
        deltas: &Deltas,
        mut attempt: F,
    ) -> Result<Exchanged<T>, ModelError>
    where
        F: FnMut(Attempt) -> Fut + Send,
        Fut: Future<Output = Result<T, Failure>> + Send,
    {
        let mut attempts = 0;
        let mut permit = self.place().await?;
        let started = Instant::now();
        let mut deadline = started + self.settings.deadline.min(LONGEST_DEADLINE);
        loop {
            attempts += 1;
            let current = Attempt::new(deltas);
            let failure = match tokio::time::timeout_at(deadline, attempt(current.clone())).await {
                Ok(Ok(value)) => {
                    let since = |now: Instant| micros(now - started);
                    return Ok(Exchanged {
                        value,
                        attempts,
                        micros: since(Instant::now()),
                        first_micros: current.first.get().copied().map(since),
                    });
                }
                Ok(Err(failure)) => failure,
                Err(_) => Failure::Timeout(TimeoutKind::Total, self.settings.deadline),
            };
            drop(permit);

            let asked = failure.retry_after();
            let error = failure.into_error(model, attempts, &self.secrets);
            let patient = asked.is_none_or(|asked| asked <= self.settings.longest_retry_after);
            let pause = asked.unwrap_or_else(|| jittered(longest_pause(attempts)));
            let again = error.is_transient()
                && attempts < self.settings.max_attempts
                && patient
                && pause < deadline.saturating_duration_since(Instant::now());
            if !again {
                return Err(error);
            }
            tracing::debug!(
                model,
                attempt = attempts,
                error = error.code(),
                pause = ?pause,
                "the request is repeated"
            );
            if current.first.get().is_some() {
                let reason = error.to_string();
                deltas.send(Delta::Reset { reason: &reason });
            }
            tokio::time::sleep(pause).await;
            let waiting = Instant::now();
            permit = self.place().await?;
            deadline += waiting.elapsed();
        }
    }

    /// Waits for a place among the requests at once.
    async fn place(&self) -> Result<OwnedSemaphorePermit, ModelError> {
        Arc::clone(&self.in_flight)
            .acquire_owned()
            .await
            .map_err(|_| ModelError::Settings("the model is closed".to_owned()))
    }
}

/// The longest pause after an attempt: half a second, doubled each time, up to 30 seconds.
fn longest_pause(attempts: u32) -> Duration {
    const FIRST: Duration = Duration::from_millis(500);
    const LAST: Duration = Duration::from_secs(30);
    FIRST
        .saturating_mul(1 << attempts.saturating_sub(1).min(16))
        .min(LAST)
}

/// Full jitter, so that many that failed together do not come back together: anything up to the
/// longest pause (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(fastrand::f64())
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{jittered, longest_pause};

    #[test]
    fn pauses_double_up_to_thirty_seconds() {
        let millis: Vec<_> = [1, 2, 3, 6, 7, 8, u32::MAX]
            .map(|attempt| longest_pause(attempt).as_millis())
            .into();
        assert_eq!(millis, [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn jitter_is_full() {
        let longest = Duration::from_secs(1);
        let pauses: Vec<_> = (0..1_000).map(|_| jittered(longest)).collect();
        assert!(pauses.iter().all(|pause| *pause < longest));
        assert!(pauses.iter().any(|pause| *pause < longest / 10));
        assert!(pauses.iter().any(|pause| *pause > longest * 9 / 10));
    }
}
