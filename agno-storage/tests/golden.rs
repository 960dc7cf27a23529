//! A store of each format that was ever released, of each back end, opens, is whole, and goes on; an export
//! of each format is read.
//!
//! `golden/NAME-N.store` has a line for each file of a closed store: its name, its size, and `OFFSET:BYTES`
//! for each piece of it that is not zeros, in Base64. (The older ones have one piece, from the beginning.)
//! Each was written by the code of its time.
#![cfg(feature = "sled")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use agno_storage::{
    CacheEntry, CacheFill, CacheKey, CacheQuery, Commit, Json, MemoryStorage, RequestQuery, RunId,
    Storage,
    transfer::{ExportOptions, ImportOptions, export, import},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use common::{BACK_ENDS, BackEnd, asking_step, create, end, id, output, session, step};

/// The format that this version writes.
const NEWEST: u32 = 6;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The files of a directory and those below it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(directory).expect("list") {
        let path = file.expect("a file").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Zeros are left out in blocks of so many bytes.
const BLOCK: usize = 512;

fn pack(directory: &Path) -> String {
    let mut packed = String::new();
    for path in files(directory) {
        let name = path.strip_prefix(directory).expect("inside").display();
        let bytes = fs::read(&path).expect("read");
        packed += &format!("{name} {}", bytes.len());
        let blocks: Vec<_> = bytes.chunks(BLOCK).collect();
        let zeros = |block: &[u8]| block.iter().all(|byte| *byte == 0);
        let mut offset = 0;
        for piece in blocks.chunk_by(|one, next| zeros(one) == zeros(next)) {
            let piece = piece.concat();
            if !zeros(&piece) {
                packed += &format!(" {offset}:{}", STANDARD.encode(&piece));
            }
            offset += piece.len();
        }
        packed.push('\n');
    }
    packed
}

fn unpack(packed: &str, directory: &Path) {
    for line in packed.lines() {
        let mut words = line.split(' ');
        let name = words.next().expect("a name");
        let size = words.next().expect("a size").parse().expect("a number");
        let mut bytes = vec![0; size];
        for piece in words {
            let (offset, text) = piece.split_once(':').unwrap_or(("0", piece));
            let offset: usize = offset.parse().expect("an offset");
            let piece = STANDARD.decode(text).expect("Base64");
            bytes[offset..offset + piece.len()].copy_from_slice(&piece);
        }
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("make");
        fs::write(path, bytes).expect("write");
    }
}

/// The store of a back end and a format, opened.
fn opened(back_end: &BackEnd, format: u32) -> (tempfile::TempDir, Arc<dyn Storage>) {
    let directory = tempfile::tempdir().expect("directory");
    let path = golden(&format!("{}-{format}.store", back_end.name));
    unpack(
        &fs::read_to_string(path).expect("a golden store"),
        directory.path(),
    );
    let store = back_end.open(directory.path());
    (directory, store)
}

/// The oldest format that a back end was released with.
fn first_format(back_end: &BackEnd) -> u32 {
    match back_end.name {
        "sled" => 1,
        _ => 4,
    }
}

/// What every one of them has: a run of three steps, one of them in chunks, that counts them in its
/// session.
async fn check_the_run(store: &dyn Storage, steps: u64) {
    let run = id("golden-1");
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0]);
    let input = store.input(&run).await.expect("input").expect("an input");
    assert_eq!(input.input, output(&run, 0));
    let journal = store.journal(&run, 0).await.expect("journal");
    let paths: Vec<_> = journal.iter().map(|entry| &*entry.path).collect();
    assert_eq!(paths, ["step#0", "step#1", "step#19"]);
    assert_eq!(journal[2].output, Some(output(&run, 19)));
    let state = store.session(&session()).await.expect("session");
    assert_eq!(state["total"].value.as_str(), steps.to_string());

    let ack = store.commit(step(&run, 2)).await.expect("a step");
    assert_eq!((ack.seq, ack.fence), (4, 1));
    let mut claim = Commit::new(run.clone(), 1);
    claim.claim = true;
    claim.supersede = vec!["step#1".into()];
    assert_eq!(store.commit(claim).await.expect("claim").fence, 2);
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0]);
}

/// What those have beside that know of requests.
async fn check_the_rest(store: &dyn Storage) {
    let open = store
        .requests(RequestQuery::default())
        .await
        .expect("requests");
    assert_eq!(open, [common::request(&id("golden-2"), 0)]);
    let over = id("golden-3");
    let ended = store.output(&over).await.expect("output");
    assert_eq!(ended, Some(output(&over, 0)));
    for (version, model) in [(1, "small"), (2, "large")] {
        let found = store.definition("agent", "writer", Some(version)).await;
        let body = found.expect("definition").expect("a version").body;
        assert_eq!(body.as_str(), format!(r#"{{"model":"{model}"}}"#));
    }
    let hash = blake3::hash(b"golden").to_hex();
    let found = store.artifact(&hash).await.expect("artifact");
    assert_eq!(found.as_deref(), Some(&b"golden"[..]));
    let cached = store.cached(CacheKey([7; 32]), 0).await.expect("cached");
    assert_eq!(cached.expect("a result").output.as_str(), "[1]");
    assert!(store.delete_run(&over).await.expect("delete"));
    assert_eq!(
        store
            .cache_clear(CacheQuery::default())
            .await
            .expect("clear"),
        1
    );
}

#[tokio::test]
async fn a_store_of_format_1() {
    check_format(1).await;
}

#[tokio::test]
async fn a_store_of_format_2() {
    check_format(2).await;
}

#[tokio::test]
async fn a_store_of_format_3() {
    check_format(3).await;
}

#[tokio::test]
async fn a_store_of_format_4() {
    check_format(4).await;
}

#[tokio::test]
async fn a_store_of_format_5() {
    check_format(5).await;
}

#[tokio::test]
async fn a_store_of_format_6() {
    check_format(6).await;
}

async fn check_format(format: u32) {
    let with = |back_end: &&BackEnd| first_format(back_end) <= format;
    for back_end in BACK_ENDS.iter().filter(with) {
        println!("{}", back_end.name);
        let (_directory, store) = opened(back_end, format);
        let stats = store.stats().await.expect("stats");
        assert_eq!(stats.compacted_at.is_some(), format >= 3);
        if format >= 2 {
            check_the_rest(&*store).await;
        }
        check_the_run(&*store, steps_of(format)).await;
    }
}

/// How many steps the run has counted in its session.
fn steps_of(format: u32) -> u64 {
    if format == 1 { 3 } else { 4 }
}

#[tokio::test]
async fn an_older_store_goes_into_a_new_one_whole() {
    for back_end in BACK_ENDS {
        for format in first_format(back_end)..=NEWEST {
            let (_directory, store) = opened(back_end, format);
            let (mut file, into) = (Vec::new(), MemoryStorage::new());
            let exported = export(&*store, &mut file, ExportOptions::default()).await;
            assert_eq!(exported.expect("export").problems, [""; 0]);
            let report = import(&into, &file[..], ImportOptions::default()).await;
            assert!(report.expect("import").is_whole());
            check_the_run(&into, steps_of(format)).await;
        }
    }
}

#[tokio::test]
async fn an_export_of_format_1() {
    let file = fs::read(golden("export-1.ndjson")).expect("a golden export");
    let store = MemoryStorage::new();
    let report = import(&store, &file[..], ImportOptions::default()).await;
    let report = report.expect("import");
    assert!(report.is_whole(), "{report:?}");
    // What is written today of the same store is the same, but for the line of where and when.
    let mut again = Vec::new();
    let exported = export(&store, &mut again, ExportOptions::default()).await;
    assert_eq!(exported.expect("export").lines, 22);
    let pieces = |file: &[u8]| {
        let first = file.iter().position(|byte| *byte == b'\n').expect("a line");
        String::from_utf8(file[first..].to_vec()).expect("UTF-8")
    };
    assert_eq!(pieces(&again), pieces(&file));
    check_the_rest(&store).await;
    check_the_run(&store, 4).await;
}

async fn fill(store: &dyn Storage) {
    let run: RunId = id("golden-1");
    store.commit(create(&run)).await.expect("create");
    for number in [0, 1, 19] {
        store.commit(step(&run, number)).await.expect("a step");
    }
    let asks = id("golden-2");
    store.commit(create(&asks)).await.expect("create");
    store.commit(asking_step(&asks, 0)).await.expect("ask");
    let over = id("golden-3");
    store.commit(create(&over)).await.expect("create");
    store.commit(end(&over)).await.expect("end");
    for body in [r#"{"model":"small"}"#, r#"{"model":"large"}"#] {
        let body = Json::parse(body).expect("JSON");
        let saved = store.save_definition("agent", "writer", body, None).await;
        saved.expect("save");
    }
    store.put_artifact(b"golden".to_vec()).await.expect("put");
    let entry = CacheEntry {
        workflow: "article".into(),
        step: "write".into(),
        run: run.clone(),
        output: Json::parse("[1]").expect("JSON"),
        stored_at: 5,
        expires_at: None,
        tags: Vec::new(),
        parts: None,
    };
    let mut commit = Commit::new(run, 1);
    let key = CacheKey([7; 32]);
    commit.cache = Some(Box::new(CacheFill { key, entry }));
    store.commit(commit).await.expect("fill");
}

#[tokio::test]
#[ignore = "writes the golden stores of this format, and the golden export"]
async fn writes_the_golden_stores() {
    for back_end in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let store = back_end.open(directory.path());
        fill(&*store).await;
        store.compact().await.expect("compact");
        let stats = store.stats().await.expect("stats");
        let mut file = Vec::new();
        let exported = export(&*store, &mut file, ExportOptions::default()).await;
        exported.expect("export");
        store.close().await.expect("close");
        drop(store);
        // Once more from memory, so that it names no directory of this machine.
        let copy = MemoryStorage::new();
        let report = import(&copy, &file[..], ImportOptions::default()).await;
        assert!(report.expect("import").is_whole());
        file.clear();
        let exported = export(&copy, &mut file, ExportOptions::default()).await;
        exported.expect("export");
        fs::write(golden("export-1.ndjson"), file).expect("write");
        fs::remove_file(directory.path().join("LOCK")).expect("remove");
        let packed = pack(directory.path());
        let name = format!("{}-{}.store", back_end.name, stats.format);
        fs::write(golden(&name), packed).expect("write");
    }
}

/// Packs a store that older code has written.
#[test]
#[ignore = "packs the store in AGNO_GOLDEN_STORE into the file AGNO_GOLDEN_FILE"]
fn packs_a_golden_store() {
    let store = std::env::var_os("AGNO_GOLDEN_STORE").expect("a store");
    let file = std::env::var_os("AGNO_GOLDEN_FILE").expect("a file");
    let _ = fs::remove_file(Path::new(&store).join("LOCK"));
    fs::write(file, pack(Path::new(&store))).expect("write");
}
