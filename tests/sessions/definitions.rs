//! Workflows as they are kept in the store, by version.

use agno::{Agent, Runtime, Stage, model::Scripted, prelude::*};

use super::kit;

#[workflow(name = "talk")]
struct Talk {
    #[step]
    agent: Agent,
}

#[workflow(name = "talk")]
struct More {
    #[step]
    agent: Agent,
    #[step]
    editor: Agent,
}

#[workflow(name = "talk")]
struct Other {
    #[step]
    editor: Agent,
}

fn agent(instructions: &str) -> Agent {
    let model = Scripted::new(["yes"]);
    let agent = Agent::builder("A").model(model).instructions(instructions);
    agent.build().expect("fits")
}

async fn runtime(
    storage: &std::sync::Arc<dyn agno::Storage>,
    workflow: impl agno::Workflow,
) -> Runtime {
    kit::runtime(storage, workflow).await
}

#[tokio::test]
async fn versions_are_kept_by_stage_and_set_against_the_code() {
    let storage = kit::store();
    let talk = |words| Talk {
        agent: agent(words),
    };
    let first = runtime(&storage, talk("Be brief.")).await;
    assert_eq!(
        first.load_definition("talk", None).await.expect("reads"),
        None
    );
    let save = |stage| first.save_definition("talk", stage);
    assert_eq!(save(Stage::Draft).await.expect("is kept"), 1);
    assert_eq!(save(Stage::Draft).await.expect("is kept"), 1, "nothing new");
    assert_eq!(
        first.published_definition("talk").await.expect("reads"),
        None
    );
    assert_eq!(save(Stage::Published).await.expect("is kept"), 2);

    let wordy = runtime(&storage, talk("Be wordy.")).await;
    let version = wordy.save_definition("talk", Stage::Draft).await;
    assert_eq!(version.expect("is kept"), 3, "its settings are part of it");

    let more = More {
        agent: agent("Be brief."),
        editor: agent("Mend it."),
    };
    let later = runtime(&storage, more).await;
    let newest = later.load_definition("talk", None).await.expect("reads");
    let newest = newest.expect("is there");
    assert_eq!((newest.version, newest.stage), (3, Stage::Draft));
    assert!(
        newest.changes.iter().all(|change| !change.breaks),
        "{newest:#?}"
    );
    assert!(!newest.changes.is_empty());
    assert!(newest.settings["agent"].to_string().contains("Be wordy."));
    let published = later.published_definition("talk").await.expect("reads");
    let published = published.expect("is there");
    assert_eq!((published.version, published.stage), (2, Stage::Published));
    assert!(
        published.settings["agent"]
            .to_string()
            .contains("Be brief.")
    );

    let other = Other {
        editor: agent("Mend it."),
    };
    let other = runtime(&storage, other).await;
    let broken = other.load_definition("talk", Some(1)).await.expect("reads");
    let broken = broken.expect("is there");
    assert!(
        broken.changes.iter().any(|change| change.breaks),
        "{broken:#?}"
    );
    assert_eq!(
        other.load_definition("talk", Some(9)).await.expect("reads"),
        None
    );
    let unknown = other.save_definition("tallk", Stage::Draft).await;
    let unknown = unknown.expect_err("no such workflow");
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(
        unknown.message().contains("did you mean `talk`?"),
        "{unknown}"
    );
}
