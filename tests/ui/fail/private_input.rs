// Wanted: a public workflow with a private input.

mod inner {
    use agno::prelude::*;

    #[data]
    struct Topic {
        title: String,
    }

    #[workflow]
    pub struct Article;

    #[workflow]
    impl Article {
        #[step]
        async fn search(&self, topic: Topic) -> String {
            topic.title
        }
    }
}

fn main() {
    let _ = inner::Article;
}
