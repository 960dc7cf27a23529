//! Reading everything, and telling what does not hold.

use tokio_postgres::Row;

use super::{
    Shared,
    body::{body, column, corrupt, unsigned},
    cache,
    commit::read_field,
    definitions,
    failure::Failure,
    head::{self, COLUMNS},
    pool::{Connection, Transaction},
    reads,
    statement::Statement,
};
use crate::{CacheEntry, Json, RunInput, StoreResult, VerifyReport};

/// How many rows are read at once.
const PAGE: i64 = 500;

impl Shared {
    pub(super) async fn verify(&self) -> StoreResult<VerifyReport> {
        let mut patience = self.pool.patience();
        let mut report = loop {
            match self.read_everything().await {
                Ok(report) => break report,
                Err(failure) => patience.wait(failure).await?,
            }
        };
        for listing in self.artifacts("").await? {
            match self.artifact(&listing.hash).await {
                Ok(Some(bytes)) if bytes.len() as u64 == listing.bytes => {}
                Ok(Some(_)) => (report.problems).push(format!(
                    "artifact {}: its size is not what is said",
                    listing.hash
                )),
                // Removed meanwhile.
                Ok(None) => continue,
                Err(error) => report.problems.push(error.to_string()),
            }
            report.artifacts += 1;
        }
        Ok(report)
    }

    /// In one snapshot, so that commits that go on meanwhile are in all of it or in none.
    async fn read_everything(&self) -> Result<VerifyReport, Failure> {
        let transaction = Transaction::on(self.pool.get().await?);
        let connection = transaction.connection()?;
        connection
            .command("begin isolation level repeatable read read only")
            .await?;
        let mut audit = Audit {
            shared: self,
            connection,
            report: VerifyReport::default(),
        };
        audit.runs().await?;
        audit.strays().await?;
        audit.state().await?;
        audit.cached().await?;
        audit.definitions().await?;
        let report = audit.report;
        connection.command("commit").await?;
        transaction.done();
        Ok(report)
    }
}

struct Audit<'a> {
    shared: &'a Shared,
    connection: &'a Connection,
    report: VerifyReport,
}

impl Audit<'_> {
    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        self.connection
            .rows(&self.shared.pool.filled(statement))
            .await
    }

    /// Notes what does not read.
    fn note<T>(&mut self, read: StoreResult<T>) -> Option<T> {
        read.map_err(|error| self.report.problems.push(error.to_string()))
            .ok()
    }

    async fn runs(&mut self) -> Result<(), Failure> {
        let mut last = String::new();
        loop {
            let read = Statement::new(format!(
                "select {COLUMNS}, run.last_seq, run.events, input.body, input.crc, output.body, \
                 output.crc from @run as run left join @input as input on input.run = run.id \
                 left join @output as output on output.run = run.id \
                 where run.id > $1 order by run.id limit $2"
            ));
            let rows = self.rows(read.with(last.clone()).with(PAGE)).await?;
            let Some(end) = rows.last() else {
                return Ok(());
            };
            last = column(end, 0)?;
            for row in &rows {
                self.run(row).await?;
            }
        }
    }

    async fn run(&mut self, row: &Row) -> Result<(), Failure> {
        let id: String = column(row, 0)?;
        self.report.runs += 1;
        let over = match self.note(head::read(row, 0)) {
            Some(head) => head.status.is_over(),
            None => false,
        };
        let input = match column::<Option<&[u8]>>(row, 16)? {
            Some(_) => body::<RunInput>(row, 16, || format!("input of run `{id}`")).map(drop),
            None => Err(corrupt(format!("input of run `{id}`"), "it is missing")),
        };
        self.note(input);
        if column::<Option<&[u8]>>(row, 18)?.is_some() {
            self.note(body::<Json>(row, 18, || format!("output of run `{id}`")));
        }
        self.journal(&id, column(row, 14)?, column(row, 15)?)
            .await?;
        let read = Statement::new("select run, id, body, crc from @request where run = $1");
        for row in self.rows(read.with(id.clone())).await? {
            self.report.requests += 1;
            if let Some(request) = self.note(reads::request(&row))
                && over
            {
                let problem = format!("request `{}`: run `{id}` is over", request.id);
                self.report.problems.push(problem);
            }
        }
        Ok(())
    }

    /// Sequence numbers run from 1 and events from 0, both without gaps, up to what the head says.
    async fn journal(&mut self, run: &str, last: i64, events: i64) -> Result<(), Failure> {
        let (mut seq, mut event) = (0, 0);
        loop {
            let read = Statement::new(format!(
                "select {} from @entry where run = $1 and seq > $2 order by seq limit $3",
                reads::ENTRY
            ));
            let rows = self
                .rows(read.with(run.to_owned()).with(seq).with(PAGE))
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let number: i64 = column(row, 0)?;
                self.report.entries += 1;
                self.note(reads::entry(run, row));
                if number != seq + 1 {
                    self.report.problems.push(format!(
                        "journal of run `{run}`: entry {} is missing before entry {number}",
                        seq + 1
                    ));
                } else if column::<i64>(row, 3)? != event {
                    self.report.problems.push(format!(
                        "journal of run `{run}`: events of entry {number} are not numbered from {event}"
                    ));
                }
                seq = number;
                event = column::<i64>(row, 3)? + i64::from(column::<i32>(row, 4)?);
            }
        }
        if seq != last {
            self.report.problems.push(format!(
                "journal of run `{run}` ends with entry {seq}, its head says {last}"
            ));
        } else if event != events {
            self.report.problems.push(format!(
                "journal of run `{run}` has {event} events, its head says {events}"
            ));
        }
        Ok(())
    }

    /// Records of runs that have no head.
    async fn strays(&mut self) -> Result<(), Failure> {
        let read = Statement::new(
            "select run from (select distinct run from @entry union select run from @input \
             union select run from @output union select run from @request) as records \
             where not exists (select 1 from @run where id = records.run) order by run",
        );
        for row in self.rows(read).await? {
            let run: &str = column(&row, 0)?;
            self.report
                .problems
                .push(format!("run `{run}` has records but no head"));
        }
        Ok(())
    }

    async fn state(&mut self) -> Result<(), Failure> {
        let (mut workflow, mut session, mut field) = (String::new(), String::new(), None);
        loop {
            let read = Statement::new(
                "select field, body, crc, workflow, session from @field \
                 where $3::text is null or (workflow, session, field) > ($1, $2, $3) \
                 order by workflow, session, field limit $4",
            );
            let read = read
                .with(workflow.clone())
                .with(session.clone())
                .with(field);
            let rows = self.rows(read.with(PAGE)).await?;
            let Some(end) = rows.last() else {
                return Ok(());
            };
            (workflow, session) = (column(end, 3)?, column(end, 4)?);
            field = Some(column::<String>(end, 0)?);
            for row in &rows {
                self.report.fields += 1;
                self.note(column(row, 4).and_then(|session| read_field(row, session)));
            }
        }
    }

    async fn cached(&mut self) -> Result<(), Failure> {
        let mut last: Vec<u8> = Vec::new();
        loop {
            let read = Statement::new(
                "select key, body, crc, bytes from @cache where key > $1 order by key limit $2",
            );
            let rows = self.rows(read.with(last).with(PAGE)).await?;
            let Some(end) = rows.last() else {
                return Ok(());
            };
            last = column(end, 0)?;
            for row in &rows {
                self.report.cached += 1;
                let hex = cache::key(column(row, 0)?).map(|key| key.to_hex());
                let key = || format!("cached result `{}`", hex.as_deref().unwrap_or("?"));
                let entry = self.note(body::<CacheEntry>(row, 1, key));
                let bytes = unsigned(column(row, 3)?);
                if entry.is_some_and(|entry| entry.output.len() as u64 != bytes) {
                    let problem = corrupt(key(), "its size is not what is said");
                    self.report.problems.push(problem.to_string());
                }
            }
        }
    }

    /// Every version is there, from 1 to the newest.
    async fn definitions(&mut self) -> Result<(), Failure> {
        let (mut kind, mut name, mut version) = (String::new(), String::new(), 0_i64);
        loop {
            let read = Statement::new(
                "select kind, name, version, body, crc from @definition \
                 where (kind, name, version) > ($1, $2, $3) order by kind, name, version limit $4",
            );
            let read = read.with(kind.clone()).with(name.clone()).with(version);
            let rows = self.rows(read.with(PAGE)).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                self.report.definitions += 1;
                self.note(definitions::read(row));
                let (next_kind, next_name): (String, String) = (column(row, 0)?, column(row, 1)?);
                let next: i64 = column(row, 2)?;
                let before = if (&kind, &name) == (&next_kind, &next_name) {
                    version
                } else {
                    0
                };
                if next != before + 1 {
                    self.report.problems.push(format!(
                        "{next_kind} definition `{next_name}`: version {} is missing",
                        before + 1
                    ));
                }
                (kind, name, version) = (next_kind, next_name, next);
            }
        }
    }
}
