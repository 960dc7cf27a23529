// A user's own types may be called like anything that generated code could need.
#![allow(dead_code)]

mod own {
    use agno::prelude::State;
    use agno::{Flow, StepContext, data, flow, step, workflow};

    pub type Result<T> = std::result::Result<T, agno::Error>;

    #[data]
    pub struct Option;
    #[data]
    pub struct Box;
    #[data]
    pub struct Vec;
    #[data]
    pub struct String;
    #[data]
    pub struct Some;
    #[data]
    pub struct Step;
    #[data]
    pub struct Graph;
    #[data]
    pub struct Handle;
    pub trait Send {}
    pub trait Clone {}
    pub trait Default {}

    #[data]
    #[derive(::std::default::Default, State)]
    pub struct Call {
        graph: u8,
    }

    #[workflow]
    pub struct Workflow;

    #[workflow(state = Call)]
    impl Workflow {
        #[step(on_error = "fail")]
        async fn search(&self, call: &mut Call, a: Option, b: Box, c: Vec, context: &StepContext) -> Result<String> {
            let _ = (a, b, c, context, call.graph);
            Ok(String)
        }

        #[step]
        fn read(&self, a: Step, b: Graph, c: Handle) -> Some {
            let _ = (a, b, c);
            Some
        }

        #[flow]
        async fn run(flow: &Flow<Self>, a: Option) -> Result<String> {
            flow.read(Step, Graph, Handle).await?;
            flow.search(a, Box, Vec).await
        }
    }
}

mod bare {
    #![no_implicit_prelude]

    #[::agno::workflow]
    pub struct Article;

    use ::agno::step;

    #[::agno::workflow]
    impl Article {
        #[step]
        fn search(&self, topic: u8) -> u8 {
            topic
        }
    }
}

fn main() {}
