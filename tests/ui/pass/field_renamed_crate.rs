// The library under another name, and steps that are fields.
extern crate agno as durable;

mod inner {
    use durable::prelude::*;

    #[data(crate = durable)]
    #[derive(Default, State)]
    #[state(crate = durable)]
    struct Notes {
        drafts: u32,
    }

    pub struct Shout;

    impl durable::Settings for Shout {}

    impl durable::Execute for Shout {
        type Input = String;
        type Output = String;

        async fn execute(&self, input: String, _: &StepContext, _: Option<&mut dyn durable::AnyState>) -> Result<String> {
            Ok(input)
        }
    }

    #[workflow(state = Notes, crate = durable)]
    pub struct Content {
        #[durable::step]
        writer: Box<Shout>,
        #[durable::step(input = "{previous}")]
        editor: std::sync::Arc<Shout>,
    }

    impl Content {
        #[allow(clippy::new_without_default)]
        pub fn new() -> Self {
            Self { writer: Box::new(Shout), editor: std::sync::Arc::new(Shout) }
        }
    }
}

fn main() {
    let _ = durable::Runtime::builder().workflow(inner::Content::new());
}
