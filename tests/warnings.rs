//! What a program is told of its workflows that is probably not meant so. The messages of the compiler are in
//! `ui/fail/warn_*`, the rules of the macros in their own tests.

use agno::prelude::*;

#[workflow]
struct Watch;

#[allow(deprecated, reason = "the same words, at run time")]
mod warned {
    use super::Watch;
    use agno::prelude::*;

    #[workflow]
    impl Watch {
        #[step(retry(max = 1, factor = 3.0))]
        async fn look(&self, day: u32) -> Result<u32> {
            Ok(day + 1)
        }

        #[step]
        async fn tell(&self, day: u32) -> Result<()> {
            let _ = day;
            Ok(())
        }

        #[flow]
        async fn run(flow: &Flow<Self>, mut day: u32) -> Result<()> {
            loop {
                day = flow.look(day).await?;
                flow.part(day).await?;
            }
        }

        #[flow(cache(key = "day, day"))]
        async fn part(flow: &Flow<Self>, day: u32) -> Result<()> {
            let day = flow.look(day).await?;
            flow.part(day).await
        }
    }
}

#[workflow]
struct Quiet;

#[workflow]
impl Quiet {
    #[step]
    async fn look(&self, day: u32) -> Result<u32> {
        Ok(day + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, mut day: u32) -> Result<u32> {
        #[allow_in_flow(endless = "whoever started it cancels it")]
        loop {
            day = flow.look(day).await?;
        }
    }
}

#[workflow]
struct InOrder;

#[workflow]
impl InOrder {
    #[step]
    async fn look(&self, day: u32) -> Result<u32> {
        Ok(day + 1)
    }
}

async fn warnings(workflow: impl agno::Workflow) -> Vec<String> {
    let runtime = Runtime::builder().workflow(workflow).build().await;
    let runtime = runtime.expect("a runtime");
    let name = runtime.default_workflow().expect("a workflow").to_owned();
    runtime.warnings(&name).expect("it is known")
}

#[tokio::test]
async fn a_runtime_tells_what_the_compiler_warned_of() {
    let found = warnings(Watch).await;
    let file = file!();
    let [uncalled, endless, recursion, option, key] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(
        uncalled,
        "no flow calls the step `tell`; call it where it belongs, or remove it"
    );
    assert!(
        endless.starts_with(&format!(
            "flow `run`, {file}:29:13: this loop is never left"
        )),
        "{endless}"
    );
    assert!(
        recursion.starts_with(&format!(
            "flow `part`, {file}:38:18: `part` calls itself on every path"
        )),
        "{recursion}"
    );
    assert!(
        option.starts_with("step `look`: `factor` has no effect"),
        "{option}"
    );
    assert!(
        key.starts_with("flow `part`: the key of its cache holds `day` twice"),
        "{key}"
    );
}

#[tokio::test]
async fn what_is_in_order_is_not_warned_of() {
    assert_eq!(warnings(Quiet).await, Vec::<String>::new());
    assert_eq!(warnings(InOrder).await, Vec::<String>::new());
}
