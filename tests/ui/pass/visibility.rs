// Steps keep their visibility, and the handle is of use where the steps are.
use agno::prelude::*;

mod writing {
    use agno::prelude::*;

    #[data]
    pub struct Draft {
        pub text: String,
    }

    #[workflow]
    pub struct Article;

    #[workflow]
    impl Article {
        #[step]
        pub async fn search(&self, topic: String) -> Result<Draft> {
            Ok(Draft { text: topic })
        }

        #[step]
        pub(crate) async fn check(&self, draft: Draft) -> Result<Draft> {
            Ok(draft)
        }

        #[step]
        async fn publish(&self, draft: Draft) -> Result<String> {
            Ok(draft.text)
        }

        #[flow]
        pub async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
            let draft = crate::checked(flow, topic).await?;
            Ok(flow.publish(draft).await?)
        }
    }
}

async fn checked(flow: &Flow<writing::Article>, topic: String) -> Result<writing::Draft> {
    let draft = flow.search(topic).await?;
    Ok(flow.check(draft).await?)
}

fn main() {
    let _ = writing::Article.search(String::new());
}
