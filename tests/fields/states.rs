//! The session's state, and fields that want another one.

use std::sync::{Arc, atomic::AtomicU32};

use agno::{AnyState, Execute, Settings, StateType, WrongState, prelude::*};

use crate::kit::{self, Notes, Other, Says, Writes, says};

/// Says whether it has a state, and changes it by its fields.
struct Looks;
impl Settings for Looks {}
impl Execute for Looks {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        state: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        let Some(state) = state else {
            return Ok(format!("{input}, no state"));
        };
        ensure!(
            state.kind() == StateType::of::<Notes>(),
            "{:?}",
            state.kind()
        );
        let mut fields = state.fields()?;
        let Some(words) = fields
            .get_mut("words")
            .and_then(|words| words.as_array_mut())
        else {
            bail!("there are no words");
        };
        let seen = words.len();
        words.push("looked".into());
        state.set_fields(fields)?;
        ensure!(
            state.fields()?["words"]
                .as_array()
                .is_some_and(|words| words.len() == seen + 1),
            "it is set"
        );
        Ok(format!("{input}, {seen} seen"))
    }
}

#[workflow(state = Notes)]
struct Noted {
    #[step(retry(max = 1, backoff = "1ms"))]
    first: Writes,
    #[step]
    looks: Looks,
    #[step]
    no_use_for_it: Says,
    #[step(input = "{first}!")]
    second: Arc<Writes>,
}

fn noted() -> Noted {
    Noted {
        first: Writes {
            failures: AtomicU32::new(1),
        },
        looks: Looks,
        no_use_for_it: says("still"),
        second: Arc::default(),
    }
}

#[tokio::test]
async fn what_a_field_changes_is_merged_with_its_result() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, noted()).await;
    for (run, expected) in [
        ("r", "a, looked, a!"),
        ("again", "a, looked, a!, b, looked, a, looked, a!, b!"),
    ] {
        let input = if run == "r" { "a" } else { "b" };
        let start = runtime
            .start::<Noted>(input.to_owned())
            .run_id(run)
            .session("s");
        let output = start.await.expect("starts").await.expect("completes");
        assert_eq!(output, expected, "a failed attempt changes nothing");
    }
    let details = runtime.inspect(&kit::id()).await.expect("is there");
    let words: Vec<String> = details.state["words"].value.decode().expect("texts");
    assert_eq!(words.len(), 6);
    let changed = details.journal.iter().filter(|entry| entry.delta.is_some());
    let changed: Vec<_> = changed.map(|entry| &*entry.path).collect();
    assert_eq!(changed, ["first#0", "looks#0", "second#0"]);
}

#[workflow]
struct Stateless {
    #[step]
    looks: Looks,
}

#[tokio::test]
async fn without_a_state_there_is_none() {
    let outcome = kit::run(&kit::store(), Stateless { looks: Looks }, "a".to_owned()).await;
    assert_eq!(kit::output(&outcome), r#""a, no state""#);
}

/// Configuration with tools, such as an agent that a method uses.
struct Tools(Option<StateType>);
impl Settings for Tools {
    fn state(&self) -> Option<StateType> {
        self.0
    }
}

fn tools<S: State>() -> Tools {
    Tools(Some(StateType::of::<S>()))
}

async fn wrong(workflow: impl agno::Workflow) -> WrongState {
    let built = Runtime::builder().workflow(workflow).build().await;
    let error = built.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misuse);
    let wrong = *error.downcast_ref::<WrongState>().expect("it is typed");
    for part in [wrong.workflow, wrong.field, wrong.wants.name] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    let declared = wrong
        .declared
        .map_or("declares none", |declared| declared.name);
    assert!(error.message().contains(declared), "{error}");
    wrong
}

#[workflow(state = Other)]
struct OtherState {
    #[step(name = "author")]
    writer: Writes,
}

#[workflow]
struct NoState {
    #[step]
    says: Says,
    #[step]
    writer: Box<Writes>,
}

#[tokio::test]
async fn a_step_field_that_wants_another_state_is_refused() {
    let found = wrong(OtherState {
        writer: Writes::default(),
    })
    .await;
    assert_eq!((found.workflow, found.field), ("OtherState", "writer"));
    assert_eq!(found.wants, StateType::of::<Notes>());
    assert_eq!(found.declared, Some(StateType::of::<Other>()));
    let found = wrong(NoState {
        says: says("a"),
        writer: Box::default(),
    })
    .await;
    assert_eq!((found.field, found.declared), ("writer", None));
}

macro_rules! uses_tools {
    ($($name:ident { $field:ident: $type:ty } = $wrong:expr, $right:expr;)+) => {$(
        mod $field {
            use super::*;

            #[workflow]
            pub(super) struct $name {
                pub(super) $field: $type,
            }

            #[workflow(state = Notes)]
            impl $name {
                #[step]
                async fn only(&self, notes: &mut Notes, word: String) -> usize {
                    notes.words.push(word);
                    notes.words.len()
                }
            }
        }

        #[allow(non_snake_case)]
        #[tokio::test]
        async fn $name() {
            let found = wrong($field::$name { $field: $wrong }).await;
            assert_eq!((found.workflow, found.field), (stringify!($name), stringify!($field)));
            assert_eq!(found.wants, StateType::of::<Other>());
            assert_eq!(found.declared, Some(StateType::of::<Notes>()));
            let right = kit::run(&kit::store(), $field::$name { $field: $right }, "a".to_owned()).await;
            assert_eq!(kit::output(&right), "1");
        }
    )+};
}

trait Speaks: Settings + Send + Sync {}
impl Speaks for Tools {}

uses_tools! {
    APlainField { plain: Tools } = tools::<Other>(), tools::<Notes>();
    AnOption { option: Option<Tools> } = Some(tools::<Other>()), None;
    AList { list: Vec<Tools> } = vec![tools::<Notes>(), Tools(None), tools::<Other>()], vec![Tools(None), tools::<Notes>()];
    AShared { shared: Arc<Tools> } = Arc::new(tools::<Other>()), Arc::new(tools::<Notes>());
    ABoxed { boxed: Box<Option<Arc<Tools>>> } = Box::new(Some(Arc::new(tools::<Other>()))), Box::new(None);
    ATraitObject { object: Arc<dyn Speaks> } = Arc::new(tools::<Other>()), Arc::new(tools::<Notes>());
}

mod tuple {
    use super::*;

    #[workflow]
    pub(super) struct Unnamed(
        pub(super) u8,
        pub(super) Tools,
        #[cfg(any())] pub(super) Missing,
        #[allow(dead_code)] pub(super) &'static str,
    );

    #[workflow]
    impl Unnamed {
        #[step]
        async fn only(&self, n: u8) -> u8 {
            n + self.0
        }
    }
}

#[tokio::test]
async fn a_field_without_a_name_has_its_number() {
    let found = wrong(tuple::Unnamed(1, tools::<Other>(), "")).await;
    assert_eq!((found.workflow, found.field), ("Unnamed", "1"));
    let outcome = kit::run(&kit::store(), tuple::Unnamed(1, Tools(None), ""), 1).await;
    assert_eq!(kit::output(&outcome), "2");
}
