//! Agents that are shown what a run has stored.

use agno::{
    Content, Image, Message, Runtime,
    media::{Media, MediaKind, MediaSource},
    model::Scripted,
    prelude::*,
};

use super::workflow::png;

#[workflow]
struct Describe {
    analyst: Agent,
}

#[workflow]
impl Describe {
    #[step]
    async fn describe(&self, context: &StepContext, photo: Image) -> Result<String> {
        let shown = Media::from_artifact(&photo, context).await?;
        self.analyst
            .run("What does this show?")
            .media([shown])
            .await
    }
}

#[tokio::test]
async fn a_model_sees_the_bytes_and_the_journal_the_reference() {
    let model = Scripted::new(["a cat"]);
    let analyst = Agent::builder("Analyst")
        .model(model.clone())
        .build()
        .expect("is an agent");
    let runtime = Runtime::builder()
        .workflow(Describe { analyst })
        .build()
        .await
        .expect("builds");
    let content = Content::new(png(500_000)).named("cat.png");
    let photo: Image = runtime
        .put_artifact(content)
        .await
        .expect("kept")
        .try_into()
        .expect("image");
    let run = runtime.start::<Describe>(photo).await.expect("starts");
    let id = run.id().clone();
    assert_eq!(run.await.expect("completes"), "a cat");

    let requests = model.requests();
    let Some(Message::User { media, .. }) = requests[0].messages.last() else {
        panic!("no question in {requests:?}");
    };
    let [shown] = media.as_slice() else {
        panic!("one image: {media:?}");
    };
    let (MediaKind::Image, MediaSource::Base64(data)) = (shown.kind, &shown.source) else {
        panic!("an image in base64: {shown:?}");
    };
    assert_eq!(
        (&*shown.mime, shown.name.as_deref()),
        ("image/png", Some("cat.png"))
    );
    assert_eq!(data.len(), png(500_000).len().div_ceil(3) * 4);

    let details = runtime.inspect(&id).await.expect("is recorded");
    let journal = serde_json::to_string(&details.journal).expect("json");
    assert!(
        journal.len() < 10_000,
        "{} bytes for an image of 500 KB",
        journal.len()
    );
}
