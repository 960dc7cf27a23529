//! Processes that are killed while they take over pieces of other stores, shrink the step cache, and
//! compact the store.
#![cfg(all(unix, any(feature = "sled", feature = "redb", feature = "sqlite")))]

mod common;

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use agno_storage::{
    CacheEntry, CacheKey, CacheQuery, Entry, EntryKind, Imported, Portable, PortableRun, RunInput,
    RunQuery, RunRecord,
};
use common::{BACK_ENDS, BackEnd, id, output, request};

const STORE: &str = "AGNO_TEST_STORE";
const BACK_END: &str = "AGNO_TEST_BACK_END";

/// Entries of a run: far more than fit into a batch.
const LARGE: usize = 500;

fn run(name: &str) -> PortableRun {
    let run = id(name);
    let entries = (0..LARGE).map(|number| {
        let mut entry = Entry::new(EntryKind::Step, format!("step#{number}").into(), 0);
        entry.seq = number as u64 + 1;
        entry.output = Some(output(&run, number));
        entry
    });
    PortableRun {
        head: RunRecord::new(run.clone(), "article".into(), "default".into(), 0),
        input: RunInput {
            input: output(&run, 0),
            state: None,
        },
        output: None,
        entries: entries.collect(),
        requests: vec![request(&run, 7)],
    }
}

fn cached(number: u64, name: &str) -> Portable {
    let key = CacheKey(*blake3::hash(name.as_bytes()).as_bytes());
    let text = name.repeat(300_000 / name.len());
    let entry = CacheEntry {
        workflow: "article".into(),
        step: "write".into(),
        run: id(name),
        output: agno_storage::Json::encode(&text).expect("JSON"),
        stored_at: number,
        expires_at: None,
        tags: Vec::new(),
        parts: None,
    };
    Portable::Cached(key, Box::new(entry))
}

#[test]
#[ignore = "the other process of a_killed_process_moves_pieces_whole_or_not_at_all"]
fn moves_until_killed() {
    let path = std::env::var_os(STORE).expect("started by another test");
    let name = std::env::var(BACK_END).expect("a back end");
    let back_end = BACK_ENDS.iter().find(|back_end| back_end.name == name);
    let store = back_end.expect("compiled in").open(Path::new(&path));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(async {
        for number in 0.. {
            let name = format!("{number}-{}", std::process::id());
            let added = store.import(Portable::Run(Box::new(run(&name)))).await;
            assert_eq!(added.expect("import"), Imported::Added);
            tell(&name);
            store.import(cached(number, &name)).await.expect("import");
            store.cache_shrink(700_000).await.expect("shrink");
            store.compact().await.expect("compact");
        }
    });
}

/// Writes a line at once, past the test harness.
fn tell(run: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ack {run}")
        .and_then(|()| out.flush())
        .expect("the test listens");
}

/// Kills a process at some time after its first word, and answers the runs that it has told.
fn kill(back_end: &BackEnd, store: &Path) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "moves_until_killed", "--ignored", "--nocapture"])
        .env(STORE, store)
        .env(BACK_END, back_end.name)
        .stdout(Stdio::piped())
        .spawn()
        .expect("start a process");
    let mut said = BufReader::new(child.stdout.take().expect("its output"));
    // Any sequence of delays will do; this one differs from run to run.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let delay = u64::from(now.subsec_nanos())
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let mut kill = Some(move || {
        thread::spawn(move || {
            thread::sleep(Duration::from_millis((delay >> 33) % 400));
            child.kill().expect("kill");
            child.wait().expect("wait");
        })
    });
    let (mut runs, mut line, mut killer) = (Vec::new(), String::new(), None);
    while said.read_line(&mut line).expect("read") > 0 {
        if let Some((_, run)) = line.strip_suffix('\n').and_then(|l| l.split_once("ack ")) {
            runs.push(run.to_owned());
            killer = killer.or_else(|| kill.take().map(|kill| kill()));
        }
        line.clear();
    }
    killer
        .expect("it ended before it did anything")
        .join()
        .expect("kill");
    runs
}

#[tokio::test]
async fn a_killed_process_moves_pieces_whole_or_not_at_all() {
    let kills = std::env::var("AGNO_KILLS").map_or(8, |n| n.parse().expect("AGNO_KILLS"));
    for back_end in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let mut acknowledged = BTreeSet::new();
        for number in 0..kills {
            acknowledged.extend(kill(back_end, directory.path()));
            let at = format!("{}, kill {number}", back_end.name);
            let store = back_end.open(directory.path());
            let report = store.verify().await.expect("verify");
            assert_eq!(report.problems, [""; 0], "{at}");
            let mut found = BTreeSet::new();
            for head in store.runs(RunQuery::default()).await.expect("runs") {
                let journal = store.journal(&head.id, 0).await.expect("journal");
                assert_eq!(journal.len(), LARGE, "{at}");
                let last = journal.last().and_then(|entry| entry.output.clone());
                assert_eq!(last, Some(output(&head.id, LARGE - 1)), "{at}");
                found.insert(head.id.to_string());
            }
            assert!(
                acknowledged.is_subset(&found),
                "{at}: acknowledged and lost"
            );
            let list = store.cache_list(CacheQuery::default()).await.expect("list");
            assert_eq!(list.len() as u64, report.cached, "{at}");
            store.close().await.expect("close");
        }
        let runs = acknowledged.len();
        println!(
            "{}: {kills} kills, {runs} imported runs, none lost",
            back_end.name
        );
    }
}
