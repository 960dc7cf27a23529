//! What is read from a disk, a file or a person, made of any bytes. Nothing of it may panic, and what a
//! store answers it answers again.

use std::{fs, future::Future, io::Cursor, path::Path};

use agno_storage::{
    Answer, Commit, Definition, Entry, EntryKind, Json, MemoryStorage, Request, RequestQuery,
    RunId, RunInput, RunQuery, RunRecord, RunStatus, RunUpdate, SledStorage, Storage,
    transfer::{self, ExportOptions, ImportOptions},
};
use serde::{Serialize, de::DeserializeOwned};

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

/// JSON that people and other programs hand in: what reads is written, and reads as the same.
pub fn foreign_json(bytes: &[u8]) {
    fn same<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
        let Ok(value) = serde_json::from_slice::<T>(bytes) else {
            return;
        };
        let once = serde_json::to_string(&value).expect("what was read is written");
        let again: T = serde_json::from_str(&once).expect("what was written reads");
        assert_eq!(
            once,
            serde_json::to_string(&again).expect("and is written again")
        );
    }
    same::<Answer>(bytes);
    same::<Request>(bytes);
    same::<Entry>(bytes);
    same::<RunRecord>(bytes);
    same::<RunInput>(bytes);
    same::<Definition>(bytes);
}

/// The file of an export. The first byte says whether each line gets the checksum that it needs, so
/// that what is behind it is reached.
pub fn foreign_export(bytes: &[u8]) {
    let Some((how, text)) = bytes.split_first() else {
        return;
    };
    let mut file = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        file.extend_from_slice(line);
        if how % 2 == 1 {
            let checksum = crc32c::crc32c(line);
            file.extend_from_slice(format!(",\"crc32c\":\"{checksum:08x}\"}}").as_bytes());
        }
        file.push(b'\n');
    }
    let store = MemoryStorage::new();
    let taken = wait(transfer::import(
        &store,
        Cursor::new(&file),
        ImportOptions::default(),
    ));
    if taken.is_ok() {
        read_all(&store);
        let mut first = Vec::new();
        if wait(transfer::export(
            &store,
            &mut first,
            ExportOptions::default(),
        ))
        .is_ok()
        {
            let copy = MemoryStorage::new();
            let report = wait(transfer::import(
                &copy,
                Cursor::new(&first),
                ImportOptions::default(),
            ));
            assert!(
                report.is_ok_and(|report| report.complete),
                "an export is read whole"
            );
        }
    }
}

/// The files beside the engine's own: the marker and the lock. The first byte says which.
pub fn stored_files(bytes: &[u8]) {
    let Some((which, content)) = bytes.split_first() else {
        return;
    };
    let place = tempfile::tempdir().expect("a directory");
    sound(place.path());
    let name = if which % 2 == 0 { "AGNO" } else { "LOCK" };
    fs::write(place.path().join(name), content).expect("write");
    if let Ok(store) = SledStorage::open(place.path()) {
        read_all(&store);
    }
}

/// Records below the store, each with the checksum that it needs: `[length of key] key [length of body,
/// two bytes] body ..`, in the place of what was there or beside it.
pub fn stored_records(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("a directory");
    sound(place.path());
    {
        let db = sled::Config::new()
            .path(place.path())
            .open()
            .expect("sound");
        let mut rest = bytes;
        while let Some((key, body, behind)) = next_record(rest) {
            let chunk_key = [key, &[0, 0]].concat();
            db.insert(chunk_key, framed(key, body)).expect("insert");
            rest = behind;
        }
        db.flush().expect("flush");
    }
    if let Ok(store) = SledStorage::open(place.path()) {
        read_all(&store);
    }
}

fn next_record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_at_checked((*length).into())?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length))
        .min(rest.len())
        .min(4000);
    let (body, rest) = rest.split_at(length);
    Some((key, body, rest))
}

/// As `record.rs` has it, of one chunk.
fn framed(key: &[u8], body: &[u8]) -> Vec<u8> {
    let checksum = crc32c::crc32c(&[1, 0, 0, 1]);
    let checksum = crc32c::crc32c_append(crc32c::crc32c_append(checksum, key), body);
    [&[1, 0], &checksum.to_be_bytes()[..], body].concat()
}

/// A run, recorded with a bit of everything.
fn sound(path: &Path) {
    let store = SledStorage::open(path).expect("a new store");
    wait(fill(&store));
    wait(store.close()).expect("close");
}

async fn fill(store: &dyn Storage) {
    let run = RunId::new("run").expect("legal");
    let json = |text: &str| Json::encode(&text).expect("JSON");
    let mut commit = Commit::new(run.clone(), 1);
    let head = RunRecord::new(run.clone(), "w".into(), "s".into(), 1);
    let input = RunInput {
        input: json("in"),
        state: None,
    };
    commit.create = Some(Box::new((head, input)));
    let mut entry = Entry::new(EntryKind::Step, "step#0".into(), 0);
    entry.output = Some(json("out"));
    commit.entries = vec![entry];
    store.commit(commit).await.expect("commit");
    let mut end = Commit::new(run, 1);
    end.update = Some(Box::new(RunUpdate {
        output: Some(json("out")),
        ..RunUpdate::new(RunStatus::Completed, 2)
    }));
    store.commit(end).await.expect("commit");
    let saved = store.save_definition("agent", "a", json("body"), None);
    saved.await.expect("save");
}

/// Asks for everything; an error is an answer.
fn read_all(store: &dyn Storage) {
    wait(async {
        let listed = store.runs(RunQuery::default()).await.unwrap_or_default();
        let named = RunId::new("run").expect("legal");
        for id in listed.iter().map(|head| &head.id).chain([&named]) {
            let _ = store.run(id).await;
            let _ = store.input(id).await;
            let _ = store.output(id).await;
            let _ = store.journal(id, 0).await;
        }
        let _ = store.requests(RequestQuery::default()).await;
        for session in store.sessions().await.unwrap_or_default() {
            let key = agno_storage::SessionKey {
                workflow: session.workflow,
                session: session.session,
            };
            let _ = store.session(&key).await;
        }
        let _ = store.cache_list(agno_storage::CacheQuery::default()).await;
        for kind in store.definition_kinds().await.unwrap_or_default() {
            let _ = store.definitions(&kind).await;
        }
        let _ = store.definition("agent", "a", None).await;
        let _ = store.verify().await;
        let _ = store.close().await;
    });
}

/// What the targets begin with.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let store = MemoryStorage::new();
    wait(fill(&store));
    let mut file = Vec::new();
    wait(transfer::export(
        &store,
        &mut file,
        ExportOptions::default(),
    ))
    .expect("an export");
    let mut bare = vec![1];
    for line in file
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        // The target puts the checksums back: `,"crc32c":"01234567"}`
        bare.extend_from_slice(&line[..line.len().saturating_sub(21)]);
        bare.push(b'\n');
    }
    let record = |key: &[u8], body: &[u8]| {
        let length = u16::try_from(body.len()).expect("short").to_be_bytes();
        [
            &[u8::try_from(key.len()).expect("short")],
            key,
            &length[..],
            body,
        ]
        .concat()
    };
    let mut seeds = vec![
        ("foreign_export", [&[0], &file[..]].concat()),
        ("foreign_export", bare),
        (
            "foreign_json",
            br#"{"decision":"value","value":{"a":[1,2.5,null]},"at":1}"#.to_vec(),
        ),
        (
            "stored_files",
            b"\0This directory is a store of agno. Do not change its files.\n".to_vec(),
        ),
        (
            "stored_files",
            b"\x01pid 1 (a, since 12:00:00 UTC)".to_vec(),
        ),
    ];
    for line in file.split(|byte| *byte == b'\n') {
        seeds.push(("foreign_json", line.to_vec()));
    }
    for tag in b"mbriojqxyksdcv" {
        seeds.push(("stored_records", record(&[*tag], b"{}")));
        seeds.push((
            "stored_records",
            record(&[&[*tag][..], b"run\0"].concat(), b"{\"id\":\"run\"}"),
        ));
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each seed, and each with one byte changed at some places: what a fuzzer would begin with.
    #[test]
    fn seeds_and_their_neighbours_are_read() {
        for (target, seed) in seeds() {
            let run = |bytes: &[u8]| match target {
                "foreign_export" => foreign_export(bytes),
                "foreign_json" => foreign_json(bytes),
                "stored_files" => stored_files(bytes),
                "stored_records" => stored_records(bytes),
                other => panic!("no target {other}"),
            };
            run(&seed);
            let step = (seed.len() / 16).max(1);
            for at in (0..seed.len()).step_by(step) {
                let mut neighbour = seed.clone();
                neighbour[at] ^= 1 << (at % 8);
                run(&neighbour);
            }
        }
    }
}
