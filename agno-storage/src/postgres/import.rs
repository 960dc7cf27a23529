//! Pieces of other stores, written as they are.

use super::{
    Shared,
    body::{encode, signed},
    cache,
    commit::read_field,
    failure::Failure,
    head::{NEW_COLUMNS, NewHead},
    name,
    pool::{Connection, Transaction},
    statement::Statement,
};
use crate::{
    CacheEntry, CacheKey, Definition, Entry, Imported, Portable, PortableRun, Request,
    RequestQuery, SessionFields, SessionKey, StoreError, StoreResult, definition,
    stored::StoredEntry,
};

/// How many rows go out at once, and how many bytes of them.
const ROWS: usize = 500;
const BYTES: usize = 8 * 1024 * 1024;

fn present(same: bool, occupied: impl FnOnce() -> StoreError) -> StoreResult<Imported> {
    if same {
        Ok(Imported::Present)
    } else {
        Err(occupied())
    }
}

fn occupied(what: String) -> StoreError {
    StoreError::Occupied { what }
}

impl Shared {
    pub(super) async fn import(&self, piece: Portable) -> StoreResult<Imported> {
        self.pool.check_open()?;
        piece.check()?;
        match piece {
            Portable::Run(run) => self.import_run(&run).await,
            Portable::Session(key, fields) => self.import_session(&key, &fields).await,
            Portable::Cached(key, entry) => self.import_cached(key, &entry).await,
            Portable::Definition(definition) => self.import_definition(&definition).await,
            Portable::Artifact(hash, bytes) => self.import_artifact(&hash, bytes).await,
        }
    }

    async fn import_run(&self, run: &PortableRun) -> StoreResult<Imported> {
        let mut patience = self.pool.patience();
        loop {
            match self.try_import_run(run).await {
                Ok(true) => return Ok(Imported::Added),
                Ok(false) => break,
                Err(failure) => patience.wait(failure).await?,
            }
        }
        let id = &run.head.id;
        let there = self.export_run(run).await?;
        let exists = || StoreError::RunExists { run: id.clone() };
        present(there.is_some_and(|there| there.is_same(run)), exists)
    }

    /// The run of this id as it is here.
    async fn export_run(&self, run: &PortableRun) -> StoreResult<Option<PortableRun>> {
        let id = &run.head.id;
        let (Some(head), Some(input)) = (self.run(id).await?, self.input(id).await?) else {
            return Ok(None);
        };
        let requests = RequestQuery {
            run: Some(id.clone()),
            ..RequestQuery::default()
        };
        Ok(Some(PortableRun {
            head,
            input,
            output: self.output(id).await?,
            entries: self.journal(id, 0).await?,
            requests: self.requests(requests).await?,
        }))
    }

    /// One transaction; false if a run of this id is there.
    async fn try_import_run(&self, run: &PortableRun) -> Result<bool, Failure> {
        let transaction = Transaction::on(self.pool.get().await?);
        let connection = transaction.connection()?;
        connection.command("begin").await?;
        let id = run.head.id.to_string();
        let mut insert = Statement::default();
        let values = NewHead {
            head: &run.head,
            last_seq: signed(run.entries.last().map_or(0, |entry| entry.seq)),
            events: run
                .entries
                .iter()
                .map(|entry| entry.events.len() as i64)
                .sum(),
            commit: self.owner.commit(),
        }
        .bind(&mut insert)?;
        insert.push(&format!(
            "insert into @run ({NEW_COLUMNS}) values ({values}) on conflict (id) do nothing returning id"
        ));
        if connection.rows(&self.pool.filled(insert)).await?.is_empty() {
            connection.command("rollback").await?;
            transaction.done();
            return Ok(false);
        }
        let mut bodies = vec![("@input", encode(&run.input)?)];
        if let Some(output) = &run.output {
            bodies.push(("@output", encode(output)?));
        }
        for (table, (body, crc)) in bodies {
            let insert = format!("insert into {table} (run, body, crc) values ($1, $2, $3)");
            let insert = Statement::new(insert).with(id.clone()).with(body).with(crc);
            connection.rows(&self.pool.filled(insert)).await?;
        }
        self.insert_entries(connection, &id, &run.entries).await?;
        for request in &run.requests {
            self.insert_request(connection, &id, request).await?;
        }
        connection.command("commit").await?;
        transaction.done();
        Ok(true)
    }

    async fn insert_entries(
        &self,
        connection: &Connection,
        run: &str,
        entries: &[Entry],
    ) -> Result<(), Failure> {
        let mut rows = Rows::default();
        for entry in entries {
            rows.push(entry)?;
            if rows.paths.len() >= ROWS || rows.bytes >= BYTES {
                let insert = std::mem::take(&mut rows).insert(run);
                connection.rows(&self.pool.filled(insert)).await?;
            }
        }
        connection.rows(&self.pool.filled(rows.insert(run))).await?;
        Ok(())
    }

    async fn insert_request(
        &self,
        connection: &Connection,
        run: &str,
        request: &Request,
    ) -> Result<(), Failure> {
        let (body, crc) = encode(request)?;
        let insert = Statement::new(
            "insert into @request (run, id, root, workflow, session, asked_at, body, crc) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .with(run.to_owned())
        .with(name::encode(&request.id))
        .with(request.root.to_string())
        .with(name::encode(&request.workflow))
        .with(name::encode(&request.session))
        .with(signed(request.asked_at))
        .with(body)
        .with(crc);
        connection.rows(&self.pool.filled(insert)).await?;
        Ok(())
    }

    async fn import_session(
        &self,
        key: &SessionKey,
        fields: &SessionFields,
    ) -> StoreResult<Imported> {
        let mut patience = self.pool.patience();
        loop {
            match self.try_import_session(key, fields).await {
                Ok(there) if there.is_empty() && !fields.is_empty() => return Ok(Imported::Added),
                Ok(there) => {
                    let what = format!("the state of session `{}`", key.session);
                    return present(there == *fields, || occupied(what));
                }
                Err(failure) => patience.wait(failure).await?,
            }
        }
    }

    /// Answers the fields that were there; if there were none, these are written.
    async fn try_import_session(
        &self,
        key: &SessionKey,
        fields: &SessionFields,
    ) -> Result<SessionFields, Failure> {
        let transaction = Transaction::on(self.pool.get().await?);
        let connection = transaction.connection()?;
        connection.command("begin").await?;
        let lock = self
            .pool
            .tables
            .lock(&["state", &key.workflow, &key.session]);
        let lock = Statement::new("select pg_advisory_xact_lock($1)::text").with(lock);
        connection.rows(&lock).await?;
        let of = |text: &str| {
            Statement::new(text)
                .with(name::encode(&key.workflow))
                .with(name::encode(&key.session))
        };
        let read = of("select field, body, crc from @field where workflow = $1 and session = $2");
        let rows = connection.rows(&self.pool.filled(read)).await?;
        let there: StoreResult<SessionFields> = rows
            .iter()
            .map(|row| read_field(row, &key.session))
            .collect();
        let there = there?;
        if there.is_empty() {
            for (field, value) in fields {
                let (body, crc) = encode(value)?;
                let insert = of("insert into @field (workflow, session, field, body, crc) \
                                 values ($1, $2, $3, $4, $5)");
                let insert = insert.with(name::encode(field)).with(body).with(crc);
                connection.rows(&self.pool.filled(insert)).await?;
            }
        }
        connection.command("commit").await?;
        transaction.done();
        Ok(there)
    }

    async fn import_cached(&self, key: CacheKey, entry: &CacheEntry) -> StoreResult<Imported> {
        let mut insert = Statement::new("insert into @cache (");
        insert.push(cache::COLUMNS);
        insert.push(") values (");
        cache::bind(&mut insert, key, entry)?;
        insert.push(") on conflict (key) do nothing returning true");
        if self.pool.row(insert).await?.is_some() {
            return Ok(Imported::Added);
        }
        let there = self.cached(key, 0).await?;
        let what = || occupied(format!("the cached result `{}`", key.to_hex()));
        present(there.as_ref() == Some(entry), what)
    }

    async fn import_definition(&self, version: &Definition) -> StoreResult<Imported> {
        loop {
            let (kind, name) = (&version.kind, &version.name);
            let found = self.definition(kind, name, Some(version.version)).await?;
            let newest = self.definition(kind, name, None).await?;
            let newest = newest.map_or(0, |newest| newest.version);
            if definition::is_there(found.as_ref(), newest, version)? {
                return Ok(Imported::Present);
            }
            if self.put_definition(version).await? {
                return Ok(Imported::Added);
            }
            // Somebody else saved one in between.
        }
    }

    async fn import_artifact(&self, hash: &str, bytes: Vec<u8>) -> StoreResult<Imported> {
        if self.artifact_size(hash).await?.is_some() {
            return Ok(Imported::Present);
        }
        self.put_artifact(bytes).await?;
        Ok(Imported::Added)
    }
}

/// Entries on their way, column by column.
#[derive(Default)]
struct Rows {
    seqs: Vec<i64>,
    paths: Vec<String>,
    superseded: Vec<i32>,
    firsts: Vec<i64>,
    events: Vec<i32>,
    bodies: Vec<Vec<u8>>,
    checksums: Vec<i32>,
    bytes: usize,
}

impl Rows {
    fn push(&mut self, entry: &Entry) -> StoreResult<()> {
        let (body, crc) = encode(&StoredEntry::from(entry))?;
        self.seqs.push(signed(entry.seq));
        self.paths.push(name::encode(&entry.path));
        self.superseded.push(i32::from(entry.superseded));
        self.firsts.push(signed(entry.first_event));
        self.events
            .push(i32::try_from(entry.events.len()).unwrap_or(i32::MAX));
        self.bytes += body.len();
        self.bodies.push(body);
        self.checksums.push(crc);
        Ok(())
    }

    fn insert(self, run: &str) -> Statement {
        Statement::new(
            "insert into @entry (run, seq, path, superseded, first_event, events, body, crc) \
             select $1, seq, path, superseded = 1, first, events, body, crc \
             from unnest($2, $3, $4, $5, $6, $7, $8) \
             as e (seq, path, superseded, first, events, body, crc)",
        )
        .with(run.to_owned())
        .with(self.seqs)
        .with(self.paths)
        .with(self.superseded)
        .with(self.firsts)
        .with(self.events)
        .with(self.bodies)
        .with(self.checksums)
    }
}
