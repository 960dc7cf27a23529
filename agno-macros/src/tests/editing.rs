//! What an editor gets while somebody types. `tests/editor.rs` of the facade shows what it makes of that.

use super::{assert_holds, errors, workflow};

#[test]
fn beside_a_half_typed_method_the_others_keep_their_calls() {
    let block = "impl Article {
        /// Finds links.
        #[step] async fn search(&self, topic: Topic) -> Result<Vec<String>> { body }
        #[step] async fn wri
        #[flow] async fn run(flow: &Flow<Self>, topic: Topic) -> Result<String> { flow.search(topic).await }
    }";
    let expansion = workflow("", block);
    assert_eq!(errors(expansion.clone()).len(), 1);
    assert_holds(
        &expansion,
        "fn search(&self, topic: Topic) -> __agno::StepCall<Vec<String>>",
    );
    assert_holds(&expansion, "type Input = Topic; type Output = String;");
}

#[test]
fn nothing_of_the_handle_is_among_its_calls() {
    for block in [
        "impl A { #[step] fn a(&self) {} }",
        "impl A { #[step] fn a(&mut self) {} }",
        "impl A { fn }",
    ] {
        assert_holds(
            &workflow("", block),
            "pub enum ASteps { #[doc(hidden)] Of(__agno::Handle), }",
        );
    }
}
