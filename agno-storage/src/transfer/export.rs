//! From a store into a file.

use std::{
    io::Write,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::{
    Counts, EXPORT_FORMAT, ExportOptions, Exported, Teller, TransferError,
    line::{self, Artifact, Cached, EXPORT, Field, Header, Part, Run, Sum, Total},
};
use crate::{
    CacheKey, CacheQuery, PortableRun, RequestQuery, RunId, RunQuery, RunRecord, Storage,
    StoreError, StoreResult,
};

/// How many bytes of an artifact are in a line.
const BYTES_IN_A_LINE: usize = 512 * 1024;

/// How often a run is read that changes while it is read.
const TRIES: u32 = 20;

/// Writes a store, or a part of it, as lines that [`import`](super::import) reads into any other.
///
/// Each piece is as it stood at one time, but not all of them at the same: what was committed
/// meanwhile may be in one and not in another. For a copy that agrees with itself export a store
/// that nobody writes to. What does not read is left out and reported.
///
/// It writes to `to` on the task that polls it, so use a thread that may block, and a buffer. It
/// flushes at the end; making a file durable is up to whoever has it.
///
/// # Errors
///
/// [`TransferError`]: the file cannot be written, or the store cannot be read at all.
pub async fn export(
    store: &dyn Storage,
    to: impl Write + Send,
    options: ExportOptions<'_>,
) -> Result<Exported, TransferError> {
    let ExportOptions {
        workflows,
        runs,
        without_cache,
        on_progress,
    } = options;
    let mut file = File {
        to,
        exported: Exported::default(),
        teller: Teller::new(on_progress),
    };
    let wanted = |workflow: &Arc<str>| workflows.is_empty() || workflows.contains(workflow);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    file.line(&Header {
        agno: EXPORT.into(),
        format: EXPORT_FORMAT,
        from: store.location(),
        at: now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX)),
    })?;
    for kind in kept(store.definition_kinds().await)? {
        for newest in store.definitions(&kind).await? {
            file.definition(store, &kind, &newest.name, newest.version)
                .await?;
        }
    }
    for listed in kept(store.sessions().await)? {
        if listed.fields > 0 && wanted(&listed.workflow) {
            file.session(store, listed.workflow, listed.session).await?;
        }
    }
    if !without_cache {
        let mut listed = store.cache_list(CacheQuery::default()).await?;
        listed.retain(|cached| wanted(&cached.workflow));
        listed.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        for cached in listed {
            file.cached(store, cached.key).await?;
        }
    }
    for listed in kept(store.artifacts("").await)? {
        file.artifact(store, listed.hash).await?;
    }
    let mut listed: Vec<RunId> = Vec::new();
    for run in file.runs(store).await? {
        if wanted(&run.workflow) && runs.accepts(run.status) {
            listed.push(run.id);
        }
    }
    listed.sort_unstable();
    for id in listed {
        let run = self::run(store, &id).await;
        // It may have ended since it was listed.
        if let Some(run) = file.read(|| format!("run `{id}`"), run)?
            && runs.accepts(run.head.status)
        {
            file.run(run)?;
        }
    }
    file.finish()
}

/// What a store does not keep is none.
fn kept<T: Default>(found: StoreResult<T>) -> StoreResult<T> {
    match found {
        Err(StoreError::Unsupported { .. }) => Ok(T::default()),
        found => found,
    }
}

/// A run as it stood at one time.
async fn run(store: &dyn Storage, id: &RunId) -> StoreResult<Option<PortableRun>> {
    for _ in 0..TRIES {
        let Some(head) = store.run(id).await? else {
            return Ok(None);
        };
        let entries = store.journal(id, 0).await?;
        let output = store.output(id).await?;
        let query = RequestQuery {
            run: Some(id.clone()),
            ..RequestQuery::default()
        };
        let requests = match head.status.is_over() {
            true => Vec::new(),
            false => kept(store.requests(query).await)?,
        };
        let Some(input) = store.input(id).await? else {
            return Err(StoreError::Corrupt {
                key: format!("input of run {id}"),
                reason: "it is missing".to_owned(),
            });
        };
        // Nothing was committed meanwhile: every commit has entries or changes the head.
        let still = store.run(id).await?;
        let text = |head: &RunRecord| serde_json::to_string(head).ok();
        let same_head = still.is_some_and(|still| text(&still) == text(&head));
        let next = entries.len() as u64 + 1;
        if same_head && (head.status.is_over() || store.journal(id, next).await?.is_empty()) {
            return Ok(Some(PortableRun {
                head,
                input,
                output,
                entries,
                requests,
            }));
        }
    }
    Err(StoreError::Io {
        context: format!("run `{id}` is left out"),
        message: "it changes faster than it can be read; export again when it rests".to_owned(),
    })
}

struct File<'a, W> {
    to: W,
    exported: Exported,
    teller: Teller<'a>,
}

impl<W: Write> File<'_, W> {
    fn line<T: Serialize>(&mut self, body: &T) -> Result<u32, TransferError> {
        let (line, checksum) = line::encode(body).map_err(|message| TransferError::Io {
            context: "cannot write a line of the export",
            message,
        })?;
        self.to
            .write_all(&line)
            .map_err(|error| unwritable(&error))?;
        self.exported.lines += 1;
        Ok(checksum)
    }

    /// Begins a piece of several lines.
    fn begin(&mut self, part: &Part) -> Result<Sum, TransferError> {
        Ok(Sum::of(self.line(part)?))
    }

    fn add(&mut self, sum: &mut Sum, part: &Part) -> Result<(), TransferError> {
        sum.add(self.line(part)?);
        Ok(())
    }

    fn end(&mut self, sum: Sum) -> Result<(), TransferError> {
        self.line(&Part::End(sum.end())).map(drop)
    }

    /// The runs that read.
    async fn runs(&mut self, store: &dyn Storage) -> Result<Vec<RunRecord>, TransferError> {
        let whole = RunQuery {
            whole: true,
            ..RunQuery::default()
        };
        match store.runs(whole).await {
            Err(error @ StoreError::Corrupt { .. }) => {
                let others = "any other whose head does not read is left out as well: `store verify` names them";
                self.exported.problems.push(format!("{error}; {others}"));
                Ok(store.runs(RunQuery::default()).await?)
            }
            listed => Ok(listed?),
        }
    }

    /// What does not read is a problem, not an end.
    fn read<T>(
        &mut self,
        what: impl Fn() -> String,
        read: StoreResult<Option<T>>,
    ) -> Result<Option<T>, TransferError> {
        match read {
            Ok(read) => Ok(read),
            Err(error @ (StoreError::Closed | StoreError::Poisoned { .. })) => Err(error.into()),
            Err(error) => {
                let problem = format!("{}: {error}", what());
                self.exported.problems.push(problem);
                Ok(None)
            }
        }
    }

    fn counted(&mut self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.exported.counts);
        self.teller.tell(&self.exported.counts);
    }

    async fn definition(
        &mut self,
        store: &dyn Storage,
        kind: &str,
        name: &str,
        newest: u32,
    ) -> Result<(), TransferError> {
        for version in 1..=newest {
            let found = store.definition(kind, name, Some(version)).await;
            let what = || format!("version {version} of the {kind} definition `{name}`");
            if let Some(found) = self.read(what, found)? {
                self.line(&Part::Definition(found))?;
                self.counted(|counts| counts.definitions += 1);
            }
        }
        Ok(())
    }

    async fn session(
        &mut self,
        store: &dyn Storage,
        workflow: Arc<str>,
        session: Arc<str>,
    ) -> Result<(), TransferError> {
        let key = crate::SessionKey { workflow, session };
        let fields = store.session(&key).await.map(Some);
        let what = || format!("session `{}` of {}", key.session, key.workflow);
        let Some(fields) = self.read(what, fields)? else {
            return Ok(());
        };
        let mut sum = self.begin(&Part::Session(key))?;
        for (name, field) in fields {
            let (value, by) = (field.value, field.by);
            self.add(&mut sum, &Part::Field(Field { name, value, by }))?;
        }
        self.end(sum)?;
        self.counted(|counts| counts.sessions += 1);
        Ok(())
    }

    async fn cached(&mut self, store: &dyn Storage, key: String) -> Result<(), TransferError> {
        let Ok(hash) = blake3::Hash::from_hex(&key) else {
            return Ok(());
        };
        // Expired ones too: what goes is for the owner of the store to say.
        let found = store.cached(CacheKey(*hash.as_bytes()), 0).await;
        if let Some(entry) = self.read(|| format!("cached result {key}"), found)? {
            self.line(&Part::Cached(Box::new(Cached { key, entry })))?;
            self.counted(|counts| counts.cached += 1);
        }
        Ok(())
    }

    async fn artifact(&mut self, store: &dyn Storage, hash: Arc<str>) -> Result<(), TransferError> {
        let found = store.artifact(&hash).await;
        let Some(bytes) = self.read(|| format!("artifact {hash}"), found)? else {
            return Ok(());
        };
        let size = bytes.len() as u64;
        let mut sum = self.begin(&Part::Artifact(Artifact { hash, bytes: size }))?;
        for piece in bytes.chunks(BYTES_IN_A_LINE) {
            self.add(&mut sum, &Part::Bytes(STANDARD.encode(piece)))?;
        }
        self.end(sum)?;
        self.counted(|counts| counts.artifacts += 1);
        Ok(())
    }

    fn run(&mut self, run: PortableRun) -> Result<(), TransferError> {
        let PortableRun {
            head,
            input,
            output,
            entries,
            mut requests,
        } = run;
        let count = entries.len() as u64;
        requests.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let begin = Run {
            head,
            input,
            output,
        };
        let mut sum = self.begin(&Part::Run(Box::new(begin)))?;
        for request in requests {
            self.add(&mut sum, &Part::Request(Box::new(request)))?;
        }
        for entry in entries {
            self.add(&mut sum, &Part::Entry(Box::new(entry)))?;
        }
        self.end(sum)?;
        self.counted(|counts| {
            counts.runs += 1;
            counts.entries += count;
        });
        Ok(())
    }

    fn finish(mut self) -> Result<Exported, TransferError> {
        let total = Total {
            counts: self.exported.counts,
            lines: self.exported.lines + 1,
        };
        self.line(&Part::Total(total))?;
        self.to.flush().map_err(|error| unwritable(&error))?;
        self.teller.finish(&self.exported.counts);
        Ok(self.exported)
    }
}

fn unwritable(error: &std::io::Error) -> TransferError {
    TransferError::Io {
        context: "cannot write the export",
        message: error.to_string(),
    }
}
