//! Damage of every kind to a file: named by its line, and nothing of its piece is written.

use futures_util::FutureExt;

use super::{ExportOptions, ImportOptions, ImportReport, TransferError, export, import, line};
use crate::{
    CacheEntry, CacheKey, Commit, Entry, EntryKind, FieldValue, Json, MemoryStorage, Portable,
    Request, RequestKind, RunId, RunInput, RunQuery, RunRecord, SessionKey, Storage,
};

fn json(text: &str) -> Json {
    Json::parse(text).expect("JSON")
}

/// Two runs, a session, a cached result, two versions of a definition and an artifact.
fn store(artifact: usize) -> MemoryStorage {
    let store = MemoryStorage::new();
    for name in ["run-1", "run-2"] {
        let id = RunId::new(name).expect("an id");
        let head = RunRecord::new(id.clone(), "article".into(), "default".into(), 7);
        let input = RunInput {
            // A break between tokens, as somebody may have written it.
            input: json("{\"topic\":\n \"rust\"}"),
            state: None,
        };
        let mut commit = Commit::new(id.clone(), 1);
        commit.create = Some(Box::new((head, input)));
        for path in ["a#0", "b#0", "c#0"] {
            let mut entry = Entry::new(EntryKind::Step, path.into(), 0);
            entry.output = Some(Json::null());
            commit.entries.push(entry);
        }
        commit.requests = vec![Request {
            id: format!("{id}.1").into(),
            run: id.clone(),
            root: id,
            workflow: "article".into(),
            session: "default".into(),
            user: None,
            path: "d#0".into(),
            kind: RequestKind::Confirm,
            message: "Go on?".to_owned(),
            schema: None,
            value: None,
            deadline: None,
            asked_at: 8,
            place: None,
        }];
        now(store.commit(commit));
    }
    let key = SessionKey {
        workflow: "article".into(),
        session: "default".into(),
    };
    let field = |text| FieldValue {
        value: json(text),
        by: "run-1/a#0".into(),
    };
    let fields = [
        ("drafts".into(), field("3")),
        ("title".into(), field("\"x\"")),
    ];
    now(store.import(Portable::Session(key, fields.into())));
    let entry = CacheEntry {
        workflow: "article".into(),
        step: "a".into(),
        run: RunId::new("run-1").expect("an id"),
        output: json("[1]"),
        stored_at: 9,
        expires_at: Some(10),
        tags: Vec::new(),
        parts: None,
    };
    now(store.import(Portable::Cached(CacheKey([3; 32]), Box::new(entry))));
    now(store.save_definition("agent", "writer", json("1"), None));
    now(store.save_definition("agent", "writer", json("2"), None));
    now(store.put_artifact(vec![5; artifact]));
    store
}

/// Nothing in memory waits.
fn now<T, E: std::fmt::Debug>(future: impl Future<Output = Result<T, E>>) -> T {
    future.now_or_never().expect("at once").expect("done")
}

fn exported(store: &MemoryStorage) -> Vec<u8> {
    let mut file = Vec::new();
    let exported = now(export(store, &mut file, ExportOptions::default()));
    assert_eq!(exported.problems, [""; 0]);
    file
}

fn try_import(file: &[u8], into: &MemoryStorage) -> Result<ImportReport, TransferError> {
    import(into, file, ImportOptions::default())
        .now_or_never()
        .expect("at once")
}

#[test]
fn it_goes_there_and_comes_back_the_same() {
    let (from, into) = (store(1_300_000), MemoryStorage::new());
    let file = exported(&from);
    let lines = |file: &[u8]| {
        file.split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    };
    let report = try_import(&file, &into).expect("import");
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.added.pieces(), 7);
    assert_eq!(report.added.entries, 6);
    assert_eq!(lines(&exported(&into))[1..], lines(&file)[1..]);
    let again = try_import(&file, &into).expect("import again");
    assert!(again.is_whole());
    assert_eq!((again.added.pieces(), again.present), (0, report.added));
}

#[test]
fn every_flipped_bit_is_named_and_takes_its_piece_with_it() {
    let from = store(100);
    let mut file = exported(&from);
    let whole = try_import(&file, &MemoryStorage::new())
        .expect("import")
        .added;
    for place in (0..file.len()).step_by(5) {
        for bit in [0, 6] {
            file[place] ^= 1 << bit;
            let into = MemoryStorage::new();
            match try_import(&file, &into) {
                Ok(report) => {
                    assert!(!report.is_whole(), "byte {place}, bit {bit}");
                    assert!(!report.problems.is_empty());
                    // What is there is right: it is what the undamaged one has.
                    for run in now(into.runs(RunQuery::default())) {
                        assert_eq!(now(into.journal(&run.id, 0)).len(), 3);
                    }
                    let again = try_import(&exported(&from), &into).expect("the rest");
                    assert!(again.is_whole(), "byte {place}, bit {bit}: {again:?}");
                    assert_eq!(
                        again.added.pieces() + again.present.pieces(),
                        whole.pieces()
                    );
                }
                Err(TransferError::NotAnExport { .. }) => {}
                Err(error) => panic!("byte {place}, bit {bit}: {error}"),
            }
            file[place] ^= 1 << bit;
        }
    }
}

#[test]
fn a_file_that_was_cut_or_has_lost_or_moved_a_line_is_noticed() {
    let file = exported(&store(100));
    let lines: Vec<_> = file.split_inclusive(|byte| *byte == b'\n').collect();
    for cut in (0..file.len() - 1).step_by(97) {
        match try_import(&file[..cut], &MemoryStorage::new()) {
            Ok(report) => assert!(!report.complete && report.refused > 0, "{cut}"),
            Err(TransferError::NotAnExport { .. }) => assert!(cut <= lines[0].len()),
            Err(error) => panic!("{error}"),
        }
    }
    for lost in 1..lines.len() {
        let mut rest = lines.clone();
        let line = rest.remove(lost);
        let report = try_import(&rest.concat(), &MemoryStorage::new()).expect("import");
        assert!(!report.is_whole(), "without line {lost}");
        // Or it is somewhere else.
        for at in [1, lines.len() - 1] {
            let mut moved = rest.clone();
            moved.insert(at, line);
            if moved == lines {
                continue;
            }
            let report = try_import(&moved.concat(), &MemoryStorage::new()).expect("import");
            let text = String::from_utf8_lossy(&line[..line.len().min(60)]);
            let alone = text.starts_with("{\"cached") || text.starts_with("{\"definition");
            assert!(!report.is_whole() || alone, "line {lost} at {at}: {text}");
        }
    }
    // An entry of one run in the place of the same one of the other, whole as it is.
    let entry = |of: usize| {
        let begins = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.starts_with(b"{\"request"));
        begins.map(|(at, _)| at).nth(of).expect("a run")
    };
    let mut swapped = lines.clone();
    swapped.swap(entry(0), entry(1));
    let report = try_import(&swapped.concat(), &MemoryStorage::new()).expect("import");
    assert_eq!((report.refused, report.added.runs), (2, 0));
}

#[test]
fn a_line_without_end_and_a_newer_file_are_refused() {
    let endless = vec![b'x'; line::MAX_LINE + 10];
    let error = try_import(&endless, &MemoryStorage::new()).expect_err("no export");
    assert!(matches!(error, TransferError::NotAnExport { .. }));
    let file = exported(&store(100));
    let first = file
        .split_inclusive(|byte| *byte == b'\n')
        .next()
        .expect("a line");
    let long = [first, &endless, b"\n", &file[first.len()..]].concat();
    let report = try_import(&long, &MemoryStorage::new()).expect("import");
    assert_eq!((report.problems[0].line, report.added.pieces()), (2, 7));
    let (mut newer, _) = line::encode(&line::Header {
        agno: line::EXPORT.into(),
        format: 2,
        from: String::new(),
        at: 0,
    })
    .expect("a header");
    newer.extend_from_slice(&file[first.len()..]);
    let error = try_import(&newer, &MemoryStorage::new()).expect_err("newer");
    assert!(matches!(error, TransferError::NewerFormat { found: 2 }));
}

#[test]
fn what_differs_stays_and_is_told() {
    let (from, into) = (store(100), MemoryStorage::new());
    let id = RunId::new("run-1").expect("an id");
    let head = RunRecord::new(id.clone(), "other".into(), "default".into(), 7);
    let mut commit = Commit::new(id.clone(), 1);
    let input = RunInput {
        input: Json::null(),
        state: None,
    };
    commit.create = Some(Box::new((head, input)));
    now(into.commit(commit));
    let report = try_import(&exported(&from), &into).expect("import");
    assert_eq!((report.refused, report.added.runs), (1, 1));
    assert!(
        report.problems[0].reason.contains("run `run-1`"),
        "{report:?}"
    );
    let kept = now(into.run(&id)).expect("a run");
    assert_eq!(&*kept.workflow, "other");
}
