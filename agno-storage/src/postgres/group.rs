//! Commits of several runs in one statement.
//!
//! What most steps commit is one entry. There are a few lanes for such commits: one that finds a lane free goes
//! through it by itself, at once; those that find none wait together, and the next free lane takes
//! them all. So the more runs there are, the fewer statements, transactions and syncs each of them costs.
//!
//! A group is only ever a chance. It writes those of its commits whose run is as they expect; whoever is not
//! among them, for whatever reason, goes on by itself, which finds out why. A commit has the same id
//! in both, so that it is never done twice.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use super::{
    Shared,
    body::{column, encode, unsigned},
    failure::Failure,
    name,
    statement::Statement,
    write::RECENT,
};
use crate::{Ack, Commit, StoreResult, stored::StoredEntry};

/// Commits of a group at most.
const MOST: usize = 128;

/// Bytes of their bodies at most; a commit that is larger by itself goes by itself.
const MOST_BYTES: usize = 256 * 1024;

/// The commits that wait for a lane.
pub(super) struct Groups {
    lanes: Arc<Semaphore>,
    waiting: mpsc::Sender<Member>,
}

/// One commit of a group.
struct Member {
    run: String,
    fence: i64,
    id: i64,
    path: String,
    events: i32,
    body: Vec<u8>,
    crc: i32,
    reply: oneshot::Sender<Ack>,
}

/// How a commit goes.
pub(super) enum Way<'a> {
    /// By itself, in a lane if it is of those that groups are made of.
    Alone(Option<SemaphorePermit<'a>>),
    /// In a group, which has written it.
    Written(Ack),
}

impl Groups {
    /// Begins to wait for commits, until the store is dropped.
    pub(super) fn start(connections: usize) -> (Self, Waiting) {
        // The server always has some to work on, and the other half is for what goes alone.
        let lanes = Arc::new(Semaphore::new(connections.div_ceil(2)));
        let (sender, receiver) = mpsc::channel(MOST);
        let waiting = Waiting {
            lanes: lanes.clone(),
            receiver,
            next: None,
        };
        let groups = Self {
            lanes,
            waiting: sender,
        };
        (groups, waiting)
    }

    /// Takes a lane for a commit, or lets it wait for a group and be written with it.
    pub(super) async fn way(&self, commit: &Commit, id: i64) -> Result<Way<'_>, Failure> {
        if !is_one_entry(commit) {
            return Ok(Way::Alone(None));
        }
        if let Ok(lane) = self.lanes.try_acquire() {
            return Ok(Way::Alone(Some(lane)));
        }
        let (reply, written) = oneshot::channel();
        let Some(member) = Member::of(commit, id, reply)? else {
            return Ok(Way::Alone(None));
        };
        // Neither answers when it is left to go by itself.
        let _ = self.waiting.send(member).await;
        Ok(written.await.map_or(Way::Alone(None), Way::Written))
    }
}

/// Whether a commit adds one entry to its run and changes nothing else.
fn is_one_entry(commit: &Commit) -> bool {
    let Commit {
        run: _,
        fence: _,
        create: None,
        claim: false,
        entries,
        unless,
        supersede,
        state,
        cache: None,
        update: None,
        limits: None,
        requests,
        settled,
    } = commit
    else {
        return false;
    };
    let changes = state.as_ref().is_some_and(|(_, delta)| !delta.is_empty());
    let checks = !(unless.is_empty() && supersede.is_empty());
    entries.len() == 1 && !changes && !checks && requests.is_empty() && settled.is_empty()
}

impl Member {
    fn of(commit: &Commit, id: i64, reply: oneshot::Sender<Ack>) -> StoreResult<Option<Self>> {
        let Some(entry) = commit.entries.first() else {
            return Ok(None);
        };
        let (body, crc) = encode(&StoredEntry::from(entry))?;
        let (Ok(fence), Ok(events)) = (
            i64::try_from(commit.fence),
            i32::try_from(entry.events.len()),
        ) else {
            return Ok(None);
        };
        Ok((body.len() <= MOST_BYTES).then(|| Self {
            run: commit.run.to_string(),
            fence,
            id,
            path: name::encode(&entry.path),
            events,
            body,
            crc,
            reply,
        }))
    }
}

/// Makes groups.
pub(super) struct Waiting {
    lanes: Arc<Semaphore>,
    receiver: mpsc::Receiver<Member>,
    /// The first of the next group.
    next: Option<Member>,
}

impl Waiting {
    pub(super) async fn serve(mut self, shared: Weak<Shared>) {
        loop {
            let first = match self.next.take() {
                Some(first) => first,
                None => match self.receiver.recv().await {
                    Some(first) => first,
                    None => return,
                },
            };
            let Ok(lane) = self.lanes.clone().acquire_owned().await else {
                return;
            };
            let group = self.group(first);
            let Some(shared) = shared.upgrade() else {
                return;
            };
            tokio::spawn(async move {
                let _lane = lane;
                // Whoever gets no answer goes by itself, and finds out why.
                let _ = shared.write_group(group).await;
            });
        }
    }

    /// All that wait by now, as far as the limits go.
    fn group(&mut self, first: Member) -> Vec<Member> {
        let mut bytes = first.body.len();
        let mut group = vec![first];
        while group.len() < MOST
            && let Ok(member) = self.receiver.try_recv()
        {
            bytes += member.body.len();
            if bytes > MOST_BYTES {
                self.next = Some(member);
                break;
            }
            group.push(member);
        }
        group
    }
}

impl Shared {
    async fn write_group(&self, group: Vec<Member>) -> Result<(), Failure> {
        let mut waiting = HashMap::with_capacity(group.len());
        let (mut runs, mut fences, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        let (mut paths, mut events) = (Vec::new(), Vec::new());
        let (mut bodies, mut checksums) = (Vec::new(), Vec::new());
        // Who was given up waits for nothing, and another commit of its run may be here.
        for member in group.into_iter().filter(|one| !one.reply.is_closed()) {
            waiting.insert(member.id, (member.fence, member.events, member.reply));
            runs.push(member.run);
            fences.push(member.fence);
            ids.push(member.id);
            paths.push(member.path);
            events.push(member.events);
            bodies.push(member.body);
            checksums.push(member.crc);
        }
        // Who waits for a row's lock waits alone: a run that somebody else is busy with is passed over.
        // The equation always holds. PostgreSQL takes any for one that seldom does, so it expects few
        // rows and looks up each run by its index, also when the plan is of a time when there were hardly
        // any runs and reading them all was cheaper.
        let statement = Statement::new(format!(
            "with mine as (select run.ctid as place, one.* \
             from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], \
             $6::bytea[], $7::integer[]) as one (run, fence, commit, path, told, body, crc), \
             @run as run where one.fence = one.fence + 0 and run.id = one.run \
             and run.fence = one.fence and not one.commit = any(run.recent) \
             for update of run skip locked), \
             head as (update @run as run set version = run.version + 1, \
             recent = (array_prepend(mine.commit, run.recent))[1:{RECENT}], \
             last_seq = run.last_seq + 1, events = run.events + mine.told, \
             lease_until = case when run.holder = $8 \
             then clock_timestamp() + $9 * interval '1 s' else run.lease_until end \
             from mine where run.ctid = mine.place \
             returning run.last_seq, run.events, mine.*), \
             written as (insert into @entry (run, seq, path, first_event, events, body, crc) \
             select run, last_seq, path, events - told, told, body, crc from head) \
             select last_seq, events, commit from head"
        ))
        .with(runs)
        .with(fences)
        .with(ids)
        .with(paths)
        .with(events)
        .with(bodies)
        .with(checksums)
        .with(self.owner.id.clone())
        .with(self.lease.as_secs_f64());
        let connection = self.pool.get().await?;
        for row in connection.rows(&self.pool.filled(statement)).await? {
            let Some((fence, told, reply)) = waiting.remove(&column::<i64>(&row, 2)?) else {
                continue;
            };
            let events: i64 = column(&row, 1)?;
            let _ = reply.send(Ack {
                seq: unsigned(column(&row, 0)?),
                first_event: unsigned(events - i64::from(told)),
                fence: unsigned(fence),
            });
        }
        Ok(())
    }
}
