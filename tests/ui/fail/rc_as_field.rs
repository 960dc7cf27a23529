// Wanted: one name that several workflows share.
use agno::prelude::*;
use std::rc::Rc;

#[workflow]
struct Shop {
    name: Option<Rc<String>>,
}

#[workflow]
impl Shop {
    #[step]
    async fn buy(&self, item: String) -> Result<String> {
        Ok(format!("{item} at {:?}", self.name))
    }
}

fn main() -> ExitCode {
    let name = Some(Rc::new(String::from("the corner")));
    agno::app().workflow(Shop { name }).main()
}
