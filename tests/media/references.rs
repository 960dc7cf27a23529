//! What passes is a reference, and a reference stands for something.

use std::{fs, sync::Arc};

use agno::{
    Artifact, Audio, Content, ErrorKind, File, Image, RunStatus, Runtime, StepContext, Storage,
    schema::ProblemKind,
    storage::{SledStorage, StoreError},
};

use super::{
    kit,
    workflow::{Album, Draws, Job, changed, png},
};

async fn photo(runtime: &Runtime, more: usize) -> Image {
    let content = Content::new(png(more)).named("cat.png");
    let artifact = runtime.put_artifact(content).await.expect("is kept");
    artifact.try_into().expect("is an image")
}

#[tokio::test]
async fn bytes_are_kept_once_and_the_journal_holds_none_of_them() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Album::default()).await;
    let large = photo(&runtime, 3_000_000).await;
    let job = Job::new("", vec![large.clone(), large.clone()]);
    let run = runtime
        .start::<Album>(job)
        .run_id("r")
        .await
        .expect("starts");
    let copies = run.await.expect("completes");

    // The one that was put in, and one for both copies: they are the same bytes.
    let kept = storage.artifacts("").await.expect("lists");
    assert_eq!(kept.len(), 2);
    assert_eq!(copies[0], copies[1]);
    assert_eq!(
        (copies[0].media_type(), copies[0].name()),
        ("image/png", Some("copy.png"))
    );
    let bytes = runtime.artifact(&copies[0]).await.expect("reads");
    assert_eq!(bytes.len() as u64, copies[0].size());
    assert!(bytes.ends_with(b"copied") && bytes.starts_with(&png(3_000_000)));

    let details = runtime.inspect(&kit::id()).await.expect("is recorded");
    let written = serde_json::to_string(&details.journal).expect("json").len()
        + details.input.input.len()
        + details.output.expect("completed").len();
    assert!(written < 10_000, "{written} bytes for 3 MB of images");
}

#[tokio::test]
async fn input_that_refers_to_nothing_starts_nothing() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Album::default()).await;
    let known = photo(&runtime, 1).await;
    let unknown = changed(&known, "$artifact", "0".repeat(64));
    let lies = changed(&known, "bytes", 7);
    let known = serde_json::to_string(&known).expect("json");
    let input = format!(r#"{{"how": "", "photos": [{known}, {unknown}], "cover": {lies}}}"#);
    let refused = runtime
        .start_json("Album", &input)
        .await
        .expect_err("two stand for nothing");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    let problems = refused.input_errors().expect("typed").problems();
    let mut told: Vec<_> = problems.iter().map(|one| (&*one.path, one.kind)).collect();
    told.sort_by_key(|(path, _)| path.len());
    let unknown = ProblemKind::UnknownArtifact;
    assert_eq!(told, [(".cover", unknown), (".photos[1]", unknown)]);
    assert!(
        refused.message().contains("it has 25 bytes, and not 7"),
        "{refused}"
    );

    // The same of a typed start, and of one that is left to a worker.
    let gone: Image = serde_json::from_str(lies.as_str()).expect("well formed");
    let job = || Job::new("", vec![gone.clone()]);
    let refused = runtime
        .start::<Album>(job())
        .await
        .expect_err("stands for nothing");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    let refused = runtime
        .start::<Album>(job())
        .detached()
        .await
        .expect_err("as well");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        runtime
            .runs(agno::RunQuery::default())
            .await
            .expect("reads")
            .len(),
        0
    );
}

#[tokio::test]
async fn hostile_references_are_refused_with_their_place() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Album::default()).await;
    let known = photo(&runtime, 1).await;
    for (part, value) in [
        ("$artifact", "../../../../etc/passwd"),
        ("media_type", "application/pdf"),
        ("media_type", "image/png\u{1b}[2J"),
        ("name", "../../x.png"),
        ("name", "a\u{1b}]0;x\u{7}.png"),
        ("name", "\u{202e}gnp.exe"),
        ("more", "x"),
    ] {
        let hostile = changed(&known, part, value);
        let input = format!(r#"{{"how": "", "photos": [{hostile}]}}"#);
        let refused = runtime.start_json("Album", &input).await.expect_err(value);
        assert_eq!(
            refused.kind(),
            ErrorKind::InvalidInput,
            "{value}: {refused}"
        );
        let shown = refused.to_string();
        let obeyed = |c: char| c != '\n' && agno::schema::is_hidden(c);
        assert!(!shown.contains(obeyed), "{shown:?}");
    }
    assert_eq!(
        runtime
            .runs(agno::RunQuery::default())
            .await
            .expect("reads")
            .len(),
        0
    );
}

#[tokio::test]
async fn a_step_that_returns_what_is_not_there_fails() {
    for (how, code, why) in [
        (
            "makes one up",
            "invalid_output",
            "`[1]` is image/png copy.png 30 B (00000000), and the store does not hold it",
        ),
        (
            "lies about the size",
            "invalid_output",
            "it has 30 bytes, and not 1",
        ),
        (
            "passes a document off",
            "invalid_artifact",
            "expected an image, found `application/pdf`",
        ),
        (
            "calls it names",
            "invalid_artifact",
            "`../x.png` is no name for an artifact",
        ),
    ] {
        let storage = kit::store();
        let runtime = kit::runtime(&storage, Album::default()).await;
        let job = Job::new(how, vec![photo(&runtime, 0).await]);
        let outcome = kit::run(&storage, Album::default(), job).await;
        assert_eq!(outcome.status, RunStatus::Failed, "{how}");
        let (found, message) = kit::failure(&outcome);
        assert_eq!(found, code, "{message}");
        assert!(message.contains(why), "{how}: {message}");
        // The photo and its copy: what was refused was refused before it was written.
        assert_eq!(
            storage.artifacts("").await.expect("lists").len(),
            2,
            "{how}"
        );
    }
}

#[tokio::test]
async fn what_is_too_large_for_the_journal_is_told_where_to_go() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Album::default(), Job::new("inline", Vec::new())).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "too_large");
    assert!(
        message.ends_with("store it as an artifact, and return its reference"),
        "{message}"
    );
}

#[tokio::test]
async fn damage_is_told_as_such() {
    let place = tempfile::tempdir().expect("a directory");
    let store = place.path().join("store");
    let storage: Arc<dyn Storage> = Arc::new(SledStorage::open(&store).expect("opens"));
    let runtime = kit::runtime(&storage, Album::default()).await;
    for (name, damage) in [("other", png(1)), ("shorter", b"\x89PNG".to_vec())] {
        let mut bytes = png(1);
        bytes.extend(name.as_bytes());
        let mut damage = damage;
        if name == "other" {
            damage.extend(b"OTHER");
        }
        let artifact = runtime.put_artifact(bytes).await.expect("is kept");
        let (folder, file) = artifact.hash().split_at(2);
        fs::write(store.join("artifacts").join(folder).join(file), damage).expect("is damaged");
        let read = runtime.artifact(&artifact).await.expect_err("is damaged");
        let corrupt =
            |error: &agno::Error| matches!(error.store_error(), Some(StoreError::Corrupt { .. }));
        assert!(corrupt(&read), "{name}: {read}");
        if name == "shorter" {
            let image = artifact.try_into().expect("is an image");
            let job = Job::new("", vec![image]);
            let refused = runtime.start::<Album>(job).await.expect_err("is damaged");
            assert!(corrupt(&refused), "{refused}");
        }
    }
}

#[tokio::test]
async fn each_kind_of_media_refuses_the_others() {
    let context = StepContext::for_test();
    let sound = context.store(&b"ID3\x03\0"[..]).await.expect("is kept");
    assert_eq!(sound.media_type(), "audio/mpeg");
    let json = serde_json::to_string(&sound).expect("json");
    let audio: Audio = serde_json::from_str(&json).expect("is a sound");
    assert_eq!(audio.read(&context).await.expect("reads"), b"ID3\x03\0");
    let refused = serde_json::from_str::<Image>(&json).expect_err("is no image");
    assert!(
        refused
            .to_string()
            .contains("expected an image, found `audio/mpeg`"),
        "{refused}"
    );
    assert!(serde_json::from_str::<File>(&json).is_err());
    let text = context
        .store(Content::new("a,b").named("a.csv"))
        .await
        .expect("is kept");
    assert_eq!(
        File::try_from(text).expect("is a file").media_type(),
        "text/csv"
    );
}

#[tokio::test]
async fn files_are_kept_under_their_own_names() {
    let context = StepContext::for_test();
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("notes.md");
    fs::write(&path, "# Notes").expect("a file");
    let notes: Artifact = context.store_file(&path).await.expect("is kept");
    assert_eq!(
        (notes.name(), notes.media_type()),
        (Some("notes.md"), "text/markdown")
    );
    assert_eq!(notes.read(&context).await.expect("reads"), b"# Notes");

    let refused = context
        .store_file(place.path())
        .await
        .expect_err("a directory");
    assert_eq!(refused.code(), "invalid_artifact");
    assert!(refused.message().contains("it is a directory"), "{refused}");
    assert!(context.store_file(place.path().join("none")).await.is_err());
    let refused = Image::store_file(&context, &path)
        .await
        .expect_err("no image");
    assert!(
        refused.message().contains("found `text/markdown`"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_cached_result_whose_artifact_is_gone_is_made_again() {
    let place = tempfile::tempdir().expect("a directory");
    let store = place.path().join("store");
    let storage: Arc<dyn Storage> = Arc::new(SledStorage::open(&store).expect("opens"));
    let ran = kit::Ran::default();
    let runtime = kit::runtime(&storage, Draws { ran: ran.clone() }).await;
    let draw = async || {
        runtime
            .start::<Draws>(1)
            .await
            .expect("starts")
            .await
            .expect("completes")
    };
    let drawn = draw().await;
    assert_eq!(draw().await, drawn);
    assert_eq!(ran.count("draw"), 1, "the second came from the cache");
    let (folder, file) = drawn.hash().split_at(2);
    fs::remove_file(store.join("artifacts").join(folder).join(file)).expect("is removed");
    assert_eq!(draw().await, drawn);
    assert_eq!(ran.count("draw"), 2, "the cached one leads nowhere");
    assert_eq!(
        runtime.artifact(&drawn).await.expect("is there again"),
        png(1)
    );
}

#[tokio::test]
async fn what_a_person_gives_stands_for_something() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Album::default()).await;
    let job = Job::new("", vec![photo(&runtime, 1).await]);
    let run = runtime
        .start::<Album>(job)
        .run_id("r")
        .await
        .expect("starts");
    let copies = run.await.expect("completes");
    let unknown = changed(&copies[0], "$artifact", "0".repeat(64));
    let set = agno::Json::parse(format!("[{unknown}]")).expect("json");
    let refused = runtime
        .fork(&kit::id())
        .set("copy", set)
        .await
        .expect_err("stands for nothing");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        refused.input_errors().expect("typed").problems()[0].path,
        "[0]"
    );
    assert_eq!(
        runtime
            .runs(agno::RunQuery::default())
            .await
            .expect("reads")
            .len(),
        1
    );
}
