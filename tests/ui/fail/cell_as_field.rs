// Wanted: what has been seen, in a field of the workflow.
use agno::prelude::*;
use std::cell::RefCell;

#[workflow]
struct Shop {
    seen: RefCell<Vec<String>>,
}

#[workflow]
impl Shop {
    #[step]
    async fn buy(&self, item: String) -> Result<usize> {
        self.seen.borrow_mut().push(item);
        Ok(self.seen.borrow().len())
    }
}

fn main() -> ExitCode {
    let shop = Shop {
        seen: RefCell::default(),
    };
    agno::app().workflow(shop).main()
}
