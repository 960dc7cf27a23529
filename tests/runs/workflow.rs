//! A workflow with a step of every sort, for the runs that the tests fork and compare.

use std::sync::Arc;

use agno::{Json, RunHandle, RunId, Runtime, Storage, prelude::*};
use serde_json::Value;

use super::kit::{self, Ran};

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema, State)]
pub(crate) struct Notes {
    #[merge(append)]
    pub(crate) seen: Vec<String>,
    pub(crate) drafts: u32,
}

#[workflow]
pub(crate) struct Article {
    pub(crate) ran: Ran,
}

impl Article {
    pub(crate) fn new(ran: &Ran) -> Self {
        Self { ran: ran.clone() }
    }
}

#[workflow(state = Notes)]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        self.ran.hit("search");
        Ok(vec![format!("{topic} 1"), format!("{topic} 2")])
    }

    #[step]
    async fn read(&self, notes: &mut Notes, source: String) -> Result<String> {
        self.ran.hit(&format!("read {source}"));
        notes.seen.push(source.clone());
        Ok(format!("page of {source}"))
    }

    #[step]
    async fn tag(&self, page: String) -> Result<String> {
        self.ran.hit("tag");
        Ok(format!("[{page}]"))
    }

    #[step]
    async fn news(&self, topic: String) -> Result<String> {
        self.ran.hit("news");
        Ok(format!("news of {topic}"))
    }

    #[step]
    async fn facts(&self, topic: String) -> Result<String> {
        self.ran.hit("facts");
        Ok(format!("facts of {topic}"))
    }

    #[step]
    async fn write(&self, notes: &mut Notes, pages: Vec<String>, extra: String) -> Result<String> {
        self.ran.hit("write");
        notes.drafts += 1;
        Ok(format!(
            "{} and {extra}, after {}",
            pages.join(", "),
            notes.seen.len()
        ))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let sources = flow.search(topic.clone()).await?;
        flow.say(format!("found {}", sources.len()));
        let pages = flow.map(sources, |source| flow.page(source)).await?;
        let (news, facts) = flow
            .parallel((flow.news(topic.clone()), flow.facts(topic)))
            .await?;
        flow.write(pages, format!("{news} and {facts}")).await
    }

    #[flow]
    async fn page(flow: &Flow<Self>, source: String) -> Result<String> {
        let page = flow.read(source).await?;
        flow.tag(page).await
    }
}

/// `r` has run to its end, and nothing is counted.
pub(crate) async fn finished() -> (Arc<dyn Storage>, Runtime, Ran) {
    let (storage, counted) = (kit::store(), Ran::default());
    let outcome = kit::run(&storage, Article::new(&counted), "rust".to_owned()).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let ran = Ran::default();
    let runtime = kit::runtime(&storage, Article::new(&ran)).await;
    (storage, runtime, ran)
}

pub(crate) fn json(value: &Value) -> Json {
    Json::encode(value).expect("json")
}

pub(crate) fn id(name: &str) -> RunId {
    RunId::new(name).expect("a legal id")
}

/// The output of a run that completes.
pub(crate) async fn output(run: RunHandle) -> String {
    let outcome = run.outcome().await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let output = outcome.output.expect("completes");
    output.decode().expect("a text")
}
