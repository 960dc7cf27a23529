//! The statement of a commit, put together from what the commit has. Commits of one shape have one
//! text, so that it is prepared once.

use std::collections::HashSet;

use super::{
    Shared,
    body::{encode, signed},
    head::{NEW_COLUMNS, NewHead},
    name,
    statement::Statement,
};
use crate::{Commit, Json, Request, RunStatus, SessionFields, StoreResult, stored::StoredEntry};

/// How many ids of its last commits a head keeps: more than other processes add while one that lost its
/// connection tries again.
pub(super) const RECENT: usize = 8;

/// The statement that checks and writes a commit; `None` if it is refused by itself. Answers the last
/// sequence number, the number of events, and the fence.
pub(super) fn statement(
    shared: &Shared,
    commit: &Commit,
    id: i64,
    changed: &SessionFields,
) -> StoreResult<Option<Statement>> {
    let mut statement = Statement::default();
    let output = match &commit.create {
        Some(_) => match create(&mut statement, shared, commit, id)? {
            Some(output) => output,
            None => return Ok(None),
        },
        None => {
            advance(&mut statement, shared, commit, id)?;
            let output = commit
                .update
                .as_ref()
                .and_then(|update| update.output.clone());
            journal_changes(&mut statement, commit);
            output
        }
    };
    entries(&mut statement, commit)?;
    put_output(&mut statement, output)?;
    ask(&mut statement, commit)?;
    fields(&mut statement, commit, changed)?;
    fill(&mut statement, commit)?;
    statement.push(" select last_seq, events, fence from head");
    Ok(Some(statement))
}

fn count(commit: &Commit) -> (i64, i64) {
    let events: usize = commit.entries.iter().map(|entry| entry.events.len()).sum();
    (commit.entries.len() as i64, events as i64)
}

/// A head that was not there. `$1` is the run. Answers the output, if it is over already.
fn create(
    statement: &mut Statement,
    shared: &Shared,
    commit: &Commit,
    id: i64,
) -> StoreResult<Option<Option<Json>>> {
    let Some(create) = &commit.create else {
        return Ok(None);
    };
    let (mut head, input) = (create.0.clone(), &create.1);
    head.id = commit.run.clone();
    if head.fence != commit.fence {
        return Ok(None);
    }
    if commit.claim {
        head.claim();
    }
    head.limit(commit.limits.clone());
    let output = commit
        .update
        .as_ref()
        .and_then(|update| head.update((**update).clone()));
    let (last_seq, events) = count(commit);
    let new = NewHead {
        head: &head,
        last_seq,
        events,
        commit: id,
    };
    let values = new.bind(statement)?;
    statement.push(&format!("with head as (insert into @run ({NEW_COLUMNS}"));
    if head.status == RunStatus::Running {
        statement.push(&format!(
            ", holder, holder_name, lease_until) values ({values}"
        ));
        statement.part(", ?", shared.owner.id.clone());
        statement.part(", ?", shared.owner.name.clone());
        statement.part(
            ", clock_timestamp() + ? * interval '1 s'",
            shared.lease.as_secs_f64(),
        );
    } else {
        statement.push(&format!(") values ({values}"));
    }
    statement.push(") on conflict (id) do nothing returning last_seq, events, fence, status)");
    let (body, crc) = encode(input)?;
    statement.push(", input as (insert into @input (run, body, crc) select $1");
    statement.part(", ?::bytea", body);
    statement.part(", ?::integer from head)", crc);
    Ok(Some(output))
}

/// A head that is there, if all that is checked holds. `$1` is the run.
fn advance(
    statement: &mut Statement,
    shared: &Shared,
    commit: &Commit,
    id: i64,
) -> StoreResult<()> {
    statement.bind(commit.run.to_string());
    let commit_id = statement.bind(id);
    statement.push(&format!(
        "with head as (update @run as run set version = run.version + 1, \
         recent = (array_prepend(${commit_id}, run.recent))[1:{RECENT}]"
    ));
    let (written, events) = count(commit);
    if written > 0 {
        statement.part(", last_seq = run.last_seq + ?", written);
    }
    if events > 0 {
        statement.part(", events = run.events + ?", events);
    }
    if commit.claim {
        statement.push(", fence = run.fence + 1, resumes = run.resumes + 1");
    }
    if let Some(update) = &commit.update {
        let (error, crc) = update.error.as_ref().map(encode).transpose()?.unzip();
        statement.part(", status = ?", update.status.as_str().to_owned());
        statement.part(", error = ?", error);
        statement.part(", error_crc = ?", crc);
        statement.part(", wake_at = ?", update.wake_at.map(signed));
        let next = update.continued_as.as_ref().map(ToString::to_string);
        statement.part(", continued_as = ?", next);
        statement.part(", updated_at = ?", signed(update.at));
        // A sum that does not fit is the largest number.
        statement.part(
            ", active_micros = least(run.active_micros::numeric + ?::bigint, 9223372036854775807)::bigint",
            signed(update.active_micros),
        );
    } else if commit.claim {
        statement.push(", status = 'running', error = null, error_crc = null, wake_at = null");
    }
    if let Some(limits) = &commit.limits {
        let (limits, crc) = encode(limits)?;
        statement.part(", limits = ?", limits);
        statement.part(", limits_crc = ?", crc);
    }
    let me = statement.bind(shared.owner.id.clone());
    lease(statement, shared, commit, me);
    statement.part(
        " where run.id = $1 and run.fence = ?",
        i64::try_from(commit.fence).unwrap_or(-1),
    );
    statement.push(&format!(" and not ${commit_id} = any(run.recent)"));
    if commit.claim {
        statement.push(&format!(
            " and (run.holder is null or run.holder = ${me} or run.parent is not null \
             or run.lease_until <= clock_timestamp())"
        ));
    }
    // The paths of the entries are left to their index, which is unique.
    let absent = commit.unless.iter();
    let absent = absent.filter(|path| !commit.supersede.contains(path));
    let absent: Vec<_> = absent.map(|path| name::encode(path)).collect();
    if !absent.is_empty() {
        statement.part(
            " and not exists (select 1 from @entry where run = $1 and path = any(?))",
            absent,
        );
    }
    let over = commit
        .update
        .as_ref()
        .is_some_and(|update| update.status.is_over());
    let depends = !(commit.unless.is_empty() && commit.supersede.is_empty());
    if depends || over || !commit.settled.is_empty() {
        statement.push(" and run.version = (select version from @run where id = $1)");
    }
    statement.push(" returning run.last_seq, run.events, run.fence, run.status)");
    Ok(())
}

/// Who holds the run from here on. A commit of the owner renews its lease; one of somebody else, who has
/// an answer to record, leaves it as it is.
fn lease(statement: &mut Statement, shared: &Shared, commit: &Commit, me: usize) {
    let status = commit.update.as_ref().map(|update| update.status);
    let taken = commit.claim && status.is_none_or(|status| status == RunStatus::Running);
    if status.is_some_and(|status| status != RunStatus::Running) {
        statement.push(", holder = null, holder_name = null, lease_until = null");
        return;
    }
    let until = statement.bind(shared.lease.as_secs_f64());
    let until = format!("clock_timestamp() + ${until} * interval '1 s'");
    if taken {
        statement.push(&format!(", holder = ${me}, lease_until = {until}"));
        statement.part(", holder_name = ?", shared.owner.name.clone());
    } else if status.is_some() {
        let mine = format!("run.holder is null or run.holder = ${me}");
        let holder_name = statement.bind(shared.owner.name.clone());
        statement.push(&format!(
            ", holder = coalesce(run.holder, ${me}), \
             holder_name = coalesce(run.holder_name, ${holder_name}), \
             lease_until = case when {mine} then {until} else run.lease_until end"
        ));
    } else {
        statement.push(&format!(
            ", lease_until = case when run.holder = ${me} then {until} else run.lease_until end"
        ));
    }
}

/// What a commit of a run that is there takes from its journal and its requests.
fn journal_changes(statement: &mut Statement, commit: &Commit) {
    if !commit.supersede.is_empty() {
        let paths = commit.supersede.iter().map(|path| name::encode(path));
        statement.part(
            ", superseded as (update @entry as entry set path = entry.path || '~' || entry.seq, \
             superseded = true from head where entry.run = $1 and entry.path = any(?) \
             returning entry.seq)",
            paths.collect::<Vec<_>>(),
        );
    }
    if commit
        .update
        .as_ref()
        .is_some_and(|update| update.status.is_over())
    {
        statement.push(
            ", closed as (delete from @request as request using head where request.run = $1)",
        );
    } else if !commit.settled.is_empty() {
        // One that is opened again is replaced.
        let again = |id: &&std::sync::Arc<str>| commit.requests.iter().any(|r| r.id == **id);
        let settled = commit.settled.iter().filter(|id| !again(id));
        statement.part(
            ", closed as (delete from @request as request using head \
             where request.run = $1 and request.id = any(?))",
            settled.map(|id| name::encode(id)).collect::<Vec<_>>(),
        );
    }
}

fn entries(statement: &mut Statement, commit: &Commit) -> StoreResult<()> {
    if commit.entries.is_empty() {
        return Ok(());
    }
    let (mut paths, mut firsts, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bodies, mut checksums) = (Vec::new(), Vec::new());
    let (written, told) = count(commit);
    let mut first = -told;
    for entry in &commit.entries {
        let (body, crc) = encode(&StoredEntry::from(entry))?;
        paths.push(name::encode(&entry.path));
        firsts.push(first);
        events.push(i32::try_from(entry.events.len()).unwrap_or(i32::MAX));
        first += entry.events.len() as i64;
        bodies.push(body);
        checksums.push(crc);
    }
    statement.push(
        ", written as (insert into @entry (run, seq, path, first_event, events, body, crc) select $1",
    );
    if let ([path], [body]) = (&mut paths[..], &mut bodies[..]) {
        statement.push(", head.last_seq");
        statement.part(", ?::text", std::mem::take(path));
        statement.part(", head.events + ?::bigint", firsts[0]);
        statement.part(", ?::integer", events[0]);
        statement.part(", ?::bytea", std::mem::take(body));
        statement.part(", ?::integer from head", checksums[0]);
    } else {
        statement.part(", head.last_seq - ?::bigint + e.ordinal", written);
        statement.push(", e.path, head.events + e.first, e.events, e.body, e.crc from head, ");
        statement.part("unnest(?::text[]", paths);
        statement.part(", ?::bigint[]", firsts);
        statement.part(", ?::integer[]", events);
        statement.part(", ?::bytea[]", bodies);
        statement.part(
            ", ?::integer[]) with ordinality as e (path, first, events, body, crc, ordinal)",
            checksums,
        );
    }
    if commit.create.is_none() && !commit.supersede.is_empty() {
        // Never false: the entries wait until the paths are free.
        statement.push(" where (select count(*) from superseded) >= 0");
    }
    statement.push(")");
    Ok(())
}

fn put_output(statement: &mut Statement, output: Option<Json>) -> StoreResult<()> {
    let Some(output) = output else {
        return Ok(());
    };
    let (body, crc) = encode(&output)?;
    statement.part(
        ", output as (insert into @output (run, body, crc) select $1, ?::bytea",
        body,
    );
    statement.part(
        ", ?::integer from head on conflict (run) do update set body = excluded.body, \
         crc = excluded.crc)",
        crc,
    );
    Ok(())
}

/// Opens requests; a run that is over asks nobody.
fn ask(statement: &mut Statement, commit: &Commit) -> StoreResult<()> {
    let mut seen = HashSet::new();
    let opened = commit
        .requests
        .iter()
        .rev()
        .filter(|request| seen.insert(request.id.clone()));
    let opened: Vec<_> = opened.collect();
    if opened.is_empty() {
        return Ok(());
    }
    let texts = |text: fn(&Request) -> &str| {
        let texts = opened.iter().map(|request| name::encode(text(request)));
        texts.collect::<Vec<_>>()
    };
    let sealed: StoreResult<Vec<_>> = opened.iter().map(|request| encode(*request)).collect();
    let (bodies, checksums): (Vec<_>, Vec<_>) = sealed?.into_iter().unzip();
    statement.push(
        ", asked as (insert into @request (run, id, root, workflow, session, asked_at, body, crc) \
         select $1, r.* from head, ",
    );
    statement.part("unnest(?::text[]", texts(|request| &request.id));
    statement.part(", ?::text[]", texts(|request| request.root.as_str()));
    statement.part(", ?::text[]", texts(|request| &request.workflow));
    statement.part(", ?::text[]", texts(|request| &request.session));
    let asked_at: Vec<_> = opened
        .iter()
        .map(|request| signed(request.asked_at))
        .collect();
    statement.part(", ?::bigint[]", asked_at);
    statement.part(", ?::bytea[]", bodies);
    statement.part(", ?::integer[]) as r", checksums);
    statement.push(&format!(
        " where head.status not in {} on conflict (run, id) do update set root = excluded.root, \
         workflow = excluded.workflow, session = excluded.session, asked_at = excluded.asked_at, \
         body = excluded.body, crc = excluded.crc)",
        super::head::OVER
    ));
    Ok(())
}

fn fields(statement: &mut Statement, commit: &Commit, changed: &SessionFields) -> StoreResult<()> {
    let Some((key, _)) = commit.state.as_ref().filter(|_| !changed.is_empty()) else {
        return Ok(());
    };
    let names: Vec<_> = changed.keys().map(|field| name::encode(field)).collect();
    let sealed: StoreResult<Vec<_>> = changed.values().map(encode).collect();
    let (bodies, checksums): (Vec<_>, Vec<_>) = sealed?.into_iter().unzip();
    statement.push(", state as (insert into @field (workflow, session, field, body, crc) select ");
    statement.part("?::text", name::encode(&key.workflow));
    statement.part(", ?::text, f.* from head, ", name::encode(&key.session));
    statement.part("unnest(?::text[]", names);
    statement.part(", ?::bytea[]", bodies);
    statement.part(
        ", ?::integer[]) as f on conflict (workflow, session, field) do update set \
         body = excluded.body, crc = excluded.crc)",
        checksums,
    );
    Ok(())
}

fn fill(statement: &mut Statement, commit: &Commit) -> StoreResult<()> {
    let Some(fill) = &commit.cache else {
        return Ok(());
    };
    statement.push(", cached as (insert into @cache (");
    statement.push(super::cache::COLUMNS);
    statement.push(") select ");
    super::cache::bind(statement, fill.key, &fill.entry)?;
    statement.push(" from head on conflict (key) do update set ");
    statement.push(super::cache::REPLACED);
    statement.push(")");
    Ok(())
}
