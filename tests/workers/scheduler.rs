//! Workers join, die, hang, wake and are drained at random, while runs are started and answered: a
//! model of what must hold at any time.

use std::{collections::BTreeMap, time::Duration};

use agno::{
    Answer, Decision, EntryKind, EventKind, RequestQuery, RunQuery, RunRecord, RunStatus, Runtime,
    prelude::*,
};
use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use crate::{
    kit::{LEASE, LOOK, Ran, Works, World, put_down},
    process::State,
};

/// How often the world is looked at.
const TURN: Duration = Duration::from_millis(250);

/// Works, asks, and works again, some of it at the same time.
#[workflow]
#[derive(Clone)]
struct Errand {
    ran: Ran,
}

#[workflow]
impl Errand {
    #[step]
    async fn work(&self, context: &StepContext, seconds: u64) -> u64 {
        self.ran.hit(context);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        seconds
    }

    #[flow]
    async fn run(flow: &Flow<Self>, seconds: u64) -> Result<u64> {
        let first = flow.work(seconds).await?;
        let asks = flow.confirm("Go on?");
        let (_, second) = flow.parallel((asks, flow.work(seconds / 2))).await?;
        let third = flow.map(vec![1, 2, 3], |more| flow.work(more)).await?;
        Ok(first + second + third.iter().sum::<u64>())
    }
}

fn expected(seconds: u64) -> u64 {
    seconds + seconds / 2 + 6
}

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Start { seconds: u64 },
    Join,
    Die(usize),
    Hang(usize),
    Wake(usize),
    Drain(usize),
    Answer(usize),
    Pass { turns: u32 },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0_u64..9).prop_map(|seconds| Deed::Start { seconds }),
        2 => Just(Deed::Join),
        1 => (0_usize..8).prop_map(Deed::Die),
        2 => (0_usize..8).prop_map(Deed::Hang),
        2 => (0_usize..8).prop_map(Deed::Wake),
        1 => (0_usize..8).prop_map(Deed::Drain),
        3 => (0_usize..8).prop_map(Deed::Answer),
        6 => (1_u32..80).prop_map(|turns| Deed::Pass { turns }),
    ]
}

struct Model {
    world: World,
    errand: Errand,
    /// Answers requests and starts runs, and runs none.
    desk: Runtime,
    alive: Vec<Works>,
    hung: Vec<Works>,
    /// Kept, so that what they still do can be seen to change nothing.
    dead: Vec<Works>,
    runs: BTreeMap<String, u64>,
    /// Since when runs wait that somebody alive could have taken up.
    waiting: BTreeMap<String, Instant>,
}

impl Model {
    async fn new() -> Self {
        let world = World::new();
        let errand = Errand {
            ran: Ran::default(),
        };
        Self {
            desk: world.runtime(errand.clone()).await,
            world,
            errand,
            alive: Vec::new(),
            hung: Vec::new(),
            dead: Vec::new(),
            runs: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    async fn happens(&mut self, deed: Deed) -> Result<(), TestCaseError> {
        match deed {
            Deed::Start { seconds } => {
                let run = format!("r{}", self.runs.len());
                put_down::<Errand>(&self.desk, &run, seconds).await;
                self.runs.insert(run, seconds);
            }
            Deed::Join if self.alive.len() < 4 => {
                let joins = self.world.worker(self.errand.clone()).await;
                self.alive.push(joins);
            }
            Deed::Join => {}
            Deed::Die(which) => {
                if let Some(dies) = take(&mut self.alive, which) {
                    dies.die();
                    self.dead.push(dies);
                }
            }
            Deed::Hang(which) => {
                if let Some(hangs) = take(&mut self.alive, which) {
                    hangs.process.set(State::Hung);
                    self.hung.push(hangs);
                }
            }
            Deed::Wake(which) => {
                if let Some(wakes) = take(&mut self.hung, which) {
                    wakes.process.set(State::Alive);
                    self.alive.push(wakes);
                }
            }
            Deed::Drain(which) => {
                if let Some(ends) = take(&mut self.alive, which) {
                    ends.drain().await;
                    // That took its time, in which nobody has looked.
                    self.waiting.clear();
                }
            }
            Deed::Answer(which) => self.answer(which).await,
            Deed::Pass { turns } => {
                for _ in 0..turns {
                    sleep(TURN).await;
                    self.look().await?;
                }
            }
        }
        self.look().await
    }

    async fn answer(&self, which: usize) {
        let open = self.desk.requests(RequestQuery::default()).await;
        let mut open = open.expect("an inbox");
        if !open.is_empty() {
            let request = open.swap_remove(which % open.len());
            let yes = Answer::new(Decision::Approve);
            let answered = self.desk.answer_detached(&request.id, yes).await;
            answered.expect("is open");
        }
    }

    async fn heads(&self) -> Vec<RunRecord> {
        let runs = self.desk.runs(RunQuery::default()).await;
        runs.expect("reads")
    }

    /// What holds at any time.
    async fn look(&mut self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.world.acknowledged.twice(), []);
        let now = Instant::now();
        for head in self.heads().await {
            let run = head.id.to_string();
            let is_owned = self.alive.iter().any(|w| w.runtime.is_active(&head.id));
            let waits_for_people = head.status == RunStatus::Paused && head.wake_at.is_none();
            let nobody = self.alive.is_empty();
            if head.status.is_over() || is_owned || waits_for_people || nobody {
                self.waiting.remove(&run);
                continue;
            }
            let since = *self.waiting.entry(run).or_insert(now);
            let waited = now - since;
            prop_assert!(
                waited <= LEASE + LOOK + TURN,
                "{} waits for {waited:?}, {}",
                head.id,
                head.status
            );
        }
        Ok(())
    }

    /// In the end everything is done, once.
    async fn ends(mut self) -> Result<(), TestCaseError> {
        let last = self.world.worker(self.errand.clone()).await;
        self.alive.push(last);
        let begun = Instant::now();
        while !self.heads().await.iter().all(|head| head.status.is_over()) {
            self.answer(0).await;
            sleep(TURN).await;
            self.look().await?;
            prop_assert!(begun.elapsed() < Duration::from_secs(600), "it never ends");
        }
        // Those that hung see what has become of their runs.
        for works in self.hung.drain(..).chain(self.dead.drain(..)) {
            works.process.set(State::Alive);
            self.alive.push(works);
        }
        sleep(LEASE * 2).await;
        prop_assert_eq!(self.world.acknowledged.twice(), []);
        prop_assert_eq!(self.heads().await.len(), self.runs.len());
        for (run, seconds) in &self.runs {
            let details = self.desk.inspect(&crate::kit::id(run)).await;
            let details = details.expect("a run");
            prop_assert_eq!(details.record.status, RunStatus::Completed);
            let output = details.output.as_ref().expect("an output").as_str();
            prop_assert_eq!(output, expected(*seconds).to_string());
            let is_end = |kind: &EventKind| {
                let completed = RunStatus::Completed;
                matches!(kind, EventKind::RunEnded { status, .. } if *status == completed)
            };
            let events = details.journal.iter().flat_map(|entry| &entry.events);
            let ends = events.filter(|event| is_end(&event.kind)).count();
            prop_assert_eq!(ends, 1);
            let steps = details.journal.iter();
            let steps = steps.filter(|entry| entry.kind == EntryKind::Step).count();
            prop_assert_eq!(steps, 5);
        }
        for works in &self.alive {
            for run in self.runs.keys() {
                prop_assert!(!works.runtime.is_active(&crate::kit::id(run)));
            }
        }
        Ok(())
    }
}

fn take(works: &mut Vec<Works>, which: usize) -> Option<Works> {
    let count = works.len();
    (count > 0).then(|| works.swap_remove(which % count))
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn workers_come_and_go_and_every_run_ends_once(
        deeds in prop::collection::vec(deed(), 1..60),
        seed: u64,
    ) {
        // What the workers draw lots with.
        fastrand::seed(seed);
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        tokio.block_on(async {
            let mut model = Model::new().await;
            for deed in deeds {
                model.happens(deed).await?;
            }
            model.ends().await
        })?;
    }
}
