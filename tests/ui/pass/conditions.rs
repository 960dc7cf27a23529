// `#[cfg(..)]` on steps, sub-flows, statements and arms; two steps of one name under opposite conditions.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[cfg(any())]
    #[step]
    async fn search(&self, topic: Missing) -> Result<AlsoMissing> {
        missing(topic)
    }

    #[cfg(not(any()))]
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[step]
    #[cfg(any())]
    fn gone(&self, topic: Missing) -> Missing {
        topic
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        #[cfg(any())]
        let topic = flow.gone(topic).await?;
        #[cfg(any())]
        flow.part(topic).await?;
        match topic.as_str() {
            #[cfg(any())]
            "gone" => flow.gone(topic).await,
            _ => Ok(flow.search(topic).await?),
        }
    }

    #[cfg(any())]
    #[flow]
    async fn part(flow: &Flow<Self>, topic: Missing) -> Result<Missing> {
        flow.gone(topic).await
    }
}

fn main() {}
