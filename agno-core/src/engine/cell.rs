//! One run under way.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize},
    },
    time::Instant,
};

use agno_storage::{
    BoxFuture, CacheMode, Entry, EntryKind, Event, EventKind, EventPolicy, Json, NumberedEvent,
    RunId, RunInput, RunRecord, SessionFields, SessionKey, StateDelta, Storage,
};
use futures_util::task::AtomicWaker;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{budget::Budget, lease::Lease, parking::Waiting, replay::Recorded, stop::Stop};
use crate::{
    clock::now_micros,
    error::{Error, code},
    flow::RunInfo,
    graph::Constructs,
    op::{Engine, Identity, Op, Reply},
    registry::Registered,
    runtime::{RunHandle, Runtime, Shared},
};

/// One run under way.
pub(crate) struct RunCell {
    pub(crate) id: RunId,
    /// The outermost run: this one, unless another has called it.
    pub(crate) root: RunId,
    /// How many runs it is inside of.
    pub(crate) depth: u32,
    pub(crate) info: Arc<RunInfo>,
    pub(crate) registered: Arc<Registered>,
    pub(crate) session: SessionKey,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) shared: Arc<Shared>,
    /// For the workflows it calls.
    pub(crate) runtime: Runtime,
    pub(crate) cancellation: CancellationToken,
    /// How calls use the cache that do not say it themselves.
    pub(crate) cache_mode: CacheMode,
    pub(crate) resumes: u32,
    /// Which events are stored and told.
    pub(super) events: Arc<EventPolicy>,
    /// Shared with the runs that it has called.
    pub(crate) budget: Arc<Budget>,
    pub(super) me: Weak<Self>,
    pub(super) fence: AtomicU64,
    /// In a store that several share.
    pub(super) lease: Option<Lease>,
    /// Up to here nobody else has recorded anything that is not known.
    pub(super) heard: AtomicU64,
    seed: [u8; 32],

    /// The run's head and input, until its first commit takes them along.
    pub(super) creation: tokio::sync::Mutex<Option<Creation>>,
    pub(super) created: AtomicBool,
    /// Something of it is recorded, and so that it has begun.
    pub(super) announced: AtomicBool,
    /// What rides on the next commit.
    pub(super) riding: Mutex<Riding>,
    pub(super) recorded: Mutex<Recorded>,
    pub(super) replaying: AtomicBool,
    /// Outputs of steps that ran and whose changes did not merge, for this resume to merge again.
    pub(super) kept: Mutex<HashMap<Arc<str>, Entry>>,
    /// Decisions of containers that are recorded.
    pub(super) decisions: Mutex<HashSet<Arc<str>>>,
    /// What was answered to patches, by their marks.
    pub(super) patches: Mutex<HashMap<Arc<str>, bool>>,
    view: Mutex<View>,
    pub(super) begun: Mutex<Option<Instant>>,
    /// The last step's commit has ended the run.
    pub(super) ended: AtomicBool,

    pub(super) stop: Mutex<Option<Stop>>,
    pub(super) stopped: AtomicBool,
    pub(super) waker: AtomicWaker,
    /// Wakes those who wait.
    pub(super) interruption: CancellationToken,
    /// The same for those who only look, as every step does: looking at the token takes a lock.
    pub(super) interrupted: AtomicBool,
    pub(super) bodies: AtomicUsize,
    pub(super) waiting: Waiting,
    /// Where the flows are among their branches and loops.
    pub(super) constructs: Mutex<Constructs>,
    pub(super) has_constructs: bool,
    /// It was over.
    pub(crate) was_over: bool,
    pub(super) given_up: AtomicBool,
    /// The runs that it has called and that are not over here.
    pub(super) called: Mutex<Vec<RunHandle>>,
    /// Calls of workflows that have not returned.
    pub(super) unreturned: Mutex<HashSet<Arc<str>>>,
    live: OnceLock<broadcast::Sender<NumberedEvent>>,
    /// Keeps what is told before the first listener of a watched run comes.
    early: Mutex<Option<broadcast::Receiver<NumberedEvent>>>,
    pub(crate) tally: Tally,
}

/// The head and input of a run that is not in the store yet.
pub(super) type Creation = Box<(RunRecord, RunInput)>;

/// What rides on the next commit: it needs none of its own.
#[derive(Clone, Default)]
pub(super) struct Riding {
    pub(super) entries: Vec<Entry>,
    pub(super) events: Vec<Event>,
    /// Requests to close.
    pub(super) settled: Vec<Arc<str>>,
}

/// How many steps there were, by where their results came from.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) ran: AtomicU32,
    pub(crate) cached: AtomicU32,
    pub(crate) replayed: AtomicU32,
}

/// The session's state as the run sees it: as it was, with the run's own changes in the order of
/// their commits.
struct View {
    base: Arc<SessionFields>,
    changes: Vec<(u64, StateDelta)>,
    /// With so many of the changes.
    now: Arc<SessionFields>,
    merged: usize,
}

/// What a run is made from.
pub(crate) struct NewCell {
    pub(crate) head: RunRecord,
    /// Set for a run that is not in the store yet.
    pub(crate) input: Option<RunInput>,
    pub(crate) registered: Arc<Registered>,
    pub(crate) runtime: Runtime,
    pub(crate) budget: Arc<Budget>,
    pub(crate) recorded: Recorded,
    /// Ids of its requests that are open.
    pub(crate) inbox: HashSet<Arc<str>>,
    pub(crate) kept: HashMap<Arc<str>, Entry>,
    pub(crate) fields: SessionFields,
    pub(crate) watched: bool,
    /// When it was created or claimed, or earlier.
    pub(crate) since: tokio::time::Instant,
    /// Number of the last entry that was read of its journal.
    pub(crate) read: u64,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<RunCell>>> = const { RefCell::new(None) };
}

/// A call of another run was awaited here: the run that is being polled stops as well.
pub(crate) fn blame_current(problem: &str) {
    let current = CURRENT.with_borrow(Clone::clone);
    if let Some(cell) = current {
        cell.misuse(problem.to_owned());
    }
}

pub(super) use crate::sync::locked;

impl RunCell {
    pub(crate) fn new(new: NewCell) -> Arc<Self> {
        let NewCell {
            head,
            input,
            registered,
            runtime,
            budget,
            recorded,
            inbox,
            kept,
            fields,
            watched,
            since,
            read,
        } = new;
        // A fork goes on with the numbers and ids of the run that it was forked off.
        let forked = head.forked.as_ref().and_then(|forked| forked.seed.as_ref());
        let forked = forked.and_then(|seed| blake3::Hash::from_hex(seed.as_bytes()).ok());
        let seed = forked.unwrap_or_else(|| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(head.id.as_str().as_bytes());
            hasher.update(&head.created_at.to_le_bytes());
            hasher.finalize()
        });
        let info = Arc::new(RunInfo {
            run: Arc::from(head.id.as_str()),
            session: head.session.clone(),
            user: head.user.clone(),
            metadata: head.metadata.clone(),
        });
        let base = Arc::new(fields);
        let constructs = registered.constructs();
        let unreturned = recorded.unreturned();
        let started = input.is_some().then(|| Event {
            at: head.created_at,
            kind: EventKind::RunStarted {
                workflow: head.workflow.clone(),
            },
        });
        let live = OnceLock::new();
        let early = watched.then(|| {
            live.get_or_init(|| broadcast::Sender::new(1024))
                .subscribe()
        });
        Arc::new_cyclic(|me| {
            budget.belongs_to(me);
            Self {
                was_over: head.status.is_over(),
                given_up: AtomicBool::new(false),
                id: head.id.clone(),
                root: head.root().clone(),
                depth: head.parent.as_ref().map_or(0, |parent| parent.depth),
                info,
                session: SessionKey {
                    workflow: head.workflow.clone(),
                    session: head.session.clone(),
                },
                registered,
                lease: runtime
                    .storage()
                    .lease()
                    .map(|length| Lease::new(length, since)),
                heard: AtomicU64::new(read),
                storage: runtime.storage().clone(),
                shared: runtime.shared().clone(),
                runtime,
                cancellation: CancellationToken::new(),
                cache_mode: head.cache.unwrap_or_default(),
                resumes: head.resumes,
                events: Arc::new(head.events.as_deref().cloned().unwrap_or_default()),
                budget,
                me: me.clone(),
                fence: AtomicU64::new(head.fence),
                seed: *seed.as_bytes(),
                created: AtomicBool::new(input.is_none()),
                announced: AtomicBool::new(input.is_none()),
                creation: tokio::sync::Mutex::new(input.map(|input| Box::new((head, input)))),
                riding: Mutex::new(Riding {
                    entries: Vec::new(),
                    events: started.into_iter().collect(),
                    settled: Vec::new(),
                }),
                replaying: AtomicBool::new(!recorded.is_empty()),
                recorded: Mutex::new(recorded),
                kept: Mutex::new(kept),
                decisions: Mutex::default(),
                patches: Mutex::default(),
                begun: Mutex::new(None),
                ended: AtomicBool::new(false),
                view: Mutex::new(View {
                    now: base.clone(),
                    base,
                    changes: Vec::new(),
                    merged: 0,
                }),
                stop: Mutex::new(None),
                stopped: AtomicBool::new(false),
                waker: AtomicWaker::new(),
                interruption: CancellationToken::new(),
                interrupted: AtomicBool::new(false),
                bodies: AtomicUsize::new(0),
                waiting: Waiting::new(inbox),
                has_constructs: !constructs.is_empty(),
                constructs: Mutex::new(constructs),
                called: Mutex::default(),
                unreturned: Mutex::new(unreturned),
                live,
                early: Mutex::new(early),
                tally: Tally::default(),
            }
        })
    }

    /// Makes this the run that the flow on this thread belongs to, for the time of one poll.
    pub(super) fn polled<T>(self: &Arc<Self>, poll: impl FnOnce() -> T) -> T {
        struct Restore(Option<Arc<RunCell>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _restore = Restore(CURRENT.replace(Some(self.clone())));
        poll()
    }

    /// Drops a part of the flow on behalf of the engine: its calls are not to blame.
    pub(super) fn give_up<T>(part: T) {
        let current = CURRENT.replace(None);
        drop(part);
        CURRENT.set(current);
    }

    /// The recorded output cannot be read as what the code expects now.
    pub(crate) fn unreadable(&self, path: &Arc<str>, problem: String) {
        let error = Error::new(code::DRIFT, problem).permanent().at(path);
        self.stop(Stop::Failed(error));
    }

    // ---- state ----

    pub(crate) fn view(&self) -> Arc<SessionFields> {
        let mut view = locked(&self.view);
        if view.merged < view.changes.len() {
            let mut now = SessionFields::clone(&view.now);
            for (_, delta) in &view.changes[view.merged..] {
                // What the session took, the run's own view takes: it has seen no more than that.
                if let Ok(changed) = delta.merged(&now) {
                    now.extend(changed);
                }
            }
            view.now = Arc::new(now);
            view.merged = view.changes.len();
        }
        view.now.clone()
    }

    /// Takes a recorded change into the view, at its place in the order of commits. It is merged
    /// when somebody looks.
    pub(super) fn apply(&self, seq: u64, delta: &StateDelta) {
        let mut view = locked(&self.view);
        let at = view.changes.partition_point(|(known, _)| *known < seq);
        if view.changes.get(at).is_some_and(|(known, _)| *known == seq) {
            return;
        }
        view.changes.insert(at, (seq, delta.clone()));
        if at < view.merged {
            view.now = view.base.clone();
            view.merged = 0;
        }
    }

    // ---- events ----

    /// Tells an event live, ahead of the commit that stores it.
    pub(crate) fn tell(&self, event: &Event) {
        self.tell_numbered(None, event);
    }

    pub(super) fn tell_numbered(&self, number: Option<u64>, event: &Event) {
        if self.tells(event)
            && let Some(live) = self.live.get()
        {
            // Nobody listening is no failure.
            let _ = live.send(NumberedEvent {
                number,
                event: event.clone(),
            });
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        self.live
            .get()
            .is_some_and(|live| live.receiver_count() > 0)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<NumberedEvent> {
        let early = locked(&self.early).take();
        let live = || self.live.get_or_init(|| broadcast::Sender::new(1024));
        early.unwrap_or_else(|| live().subscribe())
    }
}

impl Engine for RunCell {
    fn execute(&self, op: Op) -> BoxFuture<'static, Result<Reply, Error>> {
        match self.me.upgrade() {
            Some(cell) => cell.execute_op(op),
            None => Box::pin(std::future::pending()),
        }
    }

    fn value(&self, id: &Identity, make: &dyn Fn() -> Json) -> Json {
        if let Some(recorded) = self.claim_value(id) {
            return recorded.unwrap_or_else(make);
        }
        let value = make();
        let mut entry = Entry::new(EntryKind::Value, id.path.clone(), id.position);
        entry.place = Some(id.place.clone());
        entry.output = Some(value.clone());
        entry.finished_at = now_micros();
        locked(&self.riding).entries.push(entry);
        value
    }

    fn patched(&self, scope: &str, name: &str) -> bool {
        self.is_patched(scope, name)
    }

    fn say(&self, id: &Identity, message: String) {
        let message = crate::error::bounded(message);
        if self.claim_value(id).is_some() {
            return;
        }
        let event = Event {
            at: now_micros(),
            kind: EventKind::Said { message },
        };
        self.tell(&event);
        let mut entry = Entry::new(EntryKind::Marker, id.path.clone(), id.position);
        entry.finished_at = event.at;
        entry.events.push(event);
        locked(&self.riding).entries.push(entry);
    }

    fn random(&self, id: &Identity) -> [u8; 32] {
        *blake3::keyed_hash(&self.seed, id.path.as_bytes()).as_bytes()
    }

    fn misuse(&self, problem: String) {
        self.stop(Stop::Failed(Error::new(code::MISUSE, problem).permanent()));
    }

    fn is_polling(&self) -> bool {
        CURRENT.with_borrow(|current| {
            current
                .as_ref()
                .is_some_and(|cell| std::ptr::eq(Arc::as_ptr(cell), self))
        })
    }
}
