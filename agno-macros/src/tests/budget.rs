//! The size of an expansion, which is what a build pays for.

use std::fmt::Write;

use proc_macro2::{TokenStream, TokenTree};

use super::{errors, tokens, workflow};

/// Tokens that one more step may add, the user's own not counted.
const TOKENS_PER_STEP: usize = 130;

fn count(stream: TokenStream) -> usize {
    stream
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => 1 + count(group.stream()),
            _ => 1,
        })
        .sum()
}

fn steps(number: usize) -> String {
    let mut source = String::from("impl Article {");
    for index in 0..number {
        write!(
            source,
            "/// Finds sources.\n #[step] async fn search{index}(&self, topic: Topic) -> Result<Topic> {{ Ok(topic) }}"
        )
        .expect("a text");
    }
    source.push_str("#[flow] async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> {");
    for index in 0..number {
        write!(source, "let topic = flow.search{index}(topic).await?;").expect("a text");
    }
    source.push_str("Ok(topic) } }");
    source
}

/// Tokens that one more field may add, one that is a step and one that is not.
const TOKENS_PER_STEP_FIELD: usize = 120;
const TOKENS_PER_FIELD: usize = 25;

/// Generated tokens of a struct with so many fields like this one.
fn of_fields(field: &str, number: usize) -> usize {
    let mut source = String::from("struct Content {");
    for index in 0..number {
        source.push_str(&field.replace("NAME", &format!("field{index}")));
    }
    source.push('}');
    let expansion = workflow("", &source);
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    count(expansion) - count(tokens(&source))
}

#[test]
fn a_field_costs_at_most_its_budget() {
    for (field, most) in [
        ("#[step] NAME: Agent,", TOKENS_PER_STEP_FIELD),
        ("NAME: Agent,", TOKENS_PER_FIELD),
    ] {
        let per_field = (of_fields(field, 11) - of_fields(field, 1)) / 10;
        println!("{per_field} tokens per field");
        assert!(per_field <= most, "{per_field} tokens per field: {field}");
        assert!(
            per_field >= most - 25,
            "{per_field} tokens per field: lower the budget"
        );
    }
}

/// Generated tokens only.
fn generated(number: usize) -> usize {
    let source = steps(number);
    let expansion = workflow("", &source);
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    // `#[step]` and `#[flow]` are gone: `#`, the brackets, the name.
    let written = count(tokens(&source)) - 3 * (number + 1);
    count(expansion) - written
}

#[test]
fn a_step_costs_at_most_its_budget() {
    let per_step = (generated(11) - generated(1)) / 10;
    println!("{per_step} tokens per step");
    assert!(per_step <= TOKENS_PER_STEP, "{per_step} tokens per step");
    // A budget far above the cost would hide a growth.
    assert!(
        per_step >= TOKENS_PER_STEP - 40,
        "{per_step} tokens per step: lower the budget"
    );
}
