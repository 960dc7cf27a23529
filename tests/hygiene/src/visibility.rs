//! Who sees what: steps keep their visibility on the handle, and neither struct nor types need be public.

use durable::{Flow, Result};

/// Is public; its workflows are not, or not all of it.
pub mod open {
    use durable::{data, flow, step, tool, workflow, Flow, Result};

    /// Is a public workflow with steps of every visibility and private types.
    #[workflow(crate = durable)]
    #[derive(Clone, Copy, Debug)]
    pub struct Article;

    #[data(crate = durable)]
    pub(super) struct Draft {
        pub(super) text: String,
    }

    #[data(crate = durable)]
    #[derive(Default, durable::State)]
    #[state(crate = durable)]
    struct Hidden {
        number: u32,
    }

    #[workflow(state = Hidden, crate = durable)]
    impl Article {
        #[step]
        pub(super) async fn search(&self, topic: String) -> Draft {
            Draft { text: topic }
        }

        #[step]
        pub(in crate::visibility) async fn check(&self, draft: Draft) -> Draft {
            draft
        }

        #[step]
        fn count(&self, hidden: &mut Hidden, text: String) -> String {
            hidden.number = hidden.number.saturating_add(1);
            text
        }

        /// Prints.
        #[step]
        pub async fn print(&self, text: String) -> String {
            text
        }

        #[step]
        async fn publish(&self, draft: Draft) -> String {
            draft.text
        }

        /// The entry.
        #[flow]
        pub async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
            let draft = super::checked(flow, topic).await?;
            let text = flow.publish(draft).await?;
            let text = flow.print(text).await?;
            flow.count(text).await
        }
    }

    /// Nobody outside sees it.
    #[workflow(crate = durable)]
    struct Private;

    #[workflow(crate = durable)]
    impl Private {
        #[step]
        async fn nothing(&self, draft: Draft) -> Draft {
            draft
        }
    }

    /// Hands out what cannot be named.
    pub fn private() -> durable::RuntimeBuilder {
        durable::Runtime::builder().workflow(Private)
    }

    /// Is seen by its parent.
    #[tool(crate = durable)]
    pub(super) fn near() {}

    /// Is seen by the crate.
    #[tool(crate = durable)]
    pub(crate) fn far() {}
}

mod closed {
    /// Is public in a private module.
    #[durable::workflow(crate = durable)]
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Inside;

    #[durable::workflow(crate = durable)]
    impl Inside {
        #[durable::step]
        pub(crate) async fn nothing(&self) {}

        #[durable::flow]
        pub(super) async fn run(flow: &durable::Flow<Self>) -> durable::Result<()> {
            flow.nothing().await
        }
    }
}

/// Calls steps from outside of their module.
async fn checked(flow: &Flow<open::Article>, topic: String) -> Result<open::Draft> {
    let draft = flow.search(topic).await?;
    let draft = flow.check(draft).await?;
    Ok(open::Draft {
        text: flow.print(draft.text).await?,
    })
}

/// All that can be registered.
pub fn all() -> durable::RuntimeBuilder {
    open::near();
    open::far();
    let tools = [open::near::tool(), open::far::tool()];
    open::private()
        .workflow(open::Article)
        .workflow(closed::Inside)
        .workflow(tools.len().min(1).checked_sub(1).map_or(Third, |_| Third))
}

/// Is private, beside public ones.
#[durable::workflow(crate = durable)]
struct Third;

#[durable::workflow(crate = durable)]
impl Third {
    #[durable::step]
    async fn nothing(&self) {}
}

#[cfg(test)]
mod tests {
    use super::{all, open::Article};
    use crate::runs::run;

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        assert_eq!(run(Article, "a".to_owned()).await?, "a");
        let runtime = all().build().await?;
        let names: Vec<_> = runtime
            .workflows()
            .into_iter()
            .map(|workflow| workflow.name)
            .collect();
        assert_eq!(names, ["Article", "Inside", "Private", "Third"]);
        Ok(())
    }
}
