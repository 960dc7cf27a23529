// The library under another name.
extern crate agno as durable;

mod inner {
    use durable::prelude::*;

    #[data(crate = durable)]
    #[derive(Default, State)]
    #[state(crate = durable)]
    struct Notes {
        #[merge(sum)]
        drafts: u32,
    }

    #[workflow(crate = durable)]
    struct Article;

    #[workflow(state = Notes, crate = durable)]
    impl Article {
        #[step]
        fn write(&self, notes: &mut Notes, topic: String) -> String {
            notes.drafts += 1;
            topic
        }
    }
}

fn main() {}
