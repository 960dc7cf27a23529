//! A run that goes on as a new one, with a fresh journal.

use agno_storage::{Event, EventKind, Json, RunId, RunRecord, RunStatus, RunUpdate};

use super::{cell::RunCell, commit::Writing, drive::Ending, stop::Stop};
use crate::{clock::now_micros, error::Error, op::Reply};

impl RunCell {
    /// Ends the run, and has a new one go on with this input. Does not resolve.
    pub(super) async fn run_continue(&self, input: Json) -> Result<Reply, Error> {
        self.stop(Stop::Continued(input));
        std::future::pending().await
    }

    /// Writes the next run down, and then this one's end. A crash between the two makes it again,
    /// under the same id.
    pub(super) async fn end_continued(&self, input: Json) -> Ending {
        if let Some(error) = self.unasked() {
            return self.end_failed(error).await;
        }
        let next = successor_of(&self.id);
        if let Err(error) = self.put_down_next(&next, input).await {
            return match error.store_error() {
                Some(_) => Ending::released(error),
                None => self.end_failed(error).await,
            };
        }
        let at = now_micros();
        let status = RunStatus::Completed;
        let mut entry = self.marker("ended");
        entry.finished_at = at;
        entry.events.push(Event {
            at,
            kind: EventKind::RunEnded {
                status,
                error: None,
            },
        });
        let update = RunUpdate {
            continued_as: Some(next.clone()),
            active_micros: self.active_micros(),
            ..RunUpdate::new(status, at)
        };
        let ended = self
            .commit(Writing {
                entries: vec![entry],
                update: Some(Box::new(update)),
                ..Writing::default()
            })
            .await;
        match ended {
            Ok(_) => Ending::continued(next),
            Err(error) => Ending::released(Error::from(error)),
        }
    }

    async fn put_down_next(&self, next: &RunId, input: Json) -> Result<(), Error> {
        let own = self.storage.run(&self.id).await?;
        if self.storage.run(next).await?.is_some() {
            return Ok(());
        }
        let head = RunRecord {
            version: self.registered.version,
            user: self.info.user.clone(),
            parent: own.as_ref().and_then(|own| own.parent.clone()),
            limits: own.as_ref().and_then(|own| own.limits.clone()),
            cache: own.as_ref().and_then(|own| own.cache),
            metadata: own.and_then(|own| own.metadata),
            ..RunRecord::new(
                next.clone(),
                self.registered.name.clone(),
                self.info.session.clone(),
                now_micros(),
            )
        };
        self.runtime
            .put_down_next(&self.registered, head, input)
            .await
    }
}

/// The id of the run that goes on: the same after a crash. It begins like the first of its line.
fn successor_of(run: &RunId) -> RunId {
    let (first, number) = match run.as_str().rsplit_once(".n") {
        Some((first, number)) => match number.parse::<u64>() {
            Ok(number) => (first, number),
            Err(_) => (run.as_str(), 1),
        },
        None => (run.as_str(), 1),
    };
    let id = format!("{first}.n{}", number + 1);
    RunId::new(&id).unwrap_or_else(|_| {
        // Too long: its hash is not.
        let hash = blake3::hash(id.as_bytes()).to_hex();
        let first: String = first.chars().take(24).collect();
        RunId::new(format!("{first}.{}", &hash[..24])).expect("letters and digits, 49 at most")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_are_numbered() {
        let next = |id: &str| successor_of(&RunId::new(id).expect("legal")).to_string();
        assert_eq!(next("r"), "r.n2");
        assert_eq!(next("r.n2"), "r.n3");
        assert_eq!(next("r.name"), "r.name.n2");
        let long = "x".repeat(64);
        assert_eq!(next(&long).len(), 49);
    }
}
