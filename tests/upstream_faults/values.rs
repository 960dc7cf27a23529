//! Values become texts between steps; unknown routes and arguments are warnings; only the last
//! branch's output goes on.

use std::collections::BTreeMap;

use agno::{Answer, Json, RequestQuery, RunQuery, RunStatus, prelude::*};

use crate::kit;

/// What a step takes and answers.
#[data]
#[derive(PartialEq)]
struct Order {
    /// What is ordered, and how many.
    items: BTreeMap<String, u32>,
    /// In what it is paid.
    price: f64,
    /// Who gets it.
    address: Option<Address>,
}

/// Where it goes.
#[data]
#[derive(PartialEq)]
enum Address {
    Shop { number: u64 },
    Street(String),
}

#[workflow]
struct Typed;

#[workflow]
impl Typed {
    #[step]
    async fn price(&self, order: Order) -> Result<Order> {
        let price = order.price * 3.0;
        Ok(Order { price, ..order })
    }

    #[step]
    async fn number(&self, order: Order) -> Result<u64> {
        match order.address {
            Some(Address::Shop { number }) => Ok(number),
            Some(Address::Street(_)) | None => bail!("not a shop"),
        }
    }

    #[flow]
    async fn run(flow: &Flow<Self>, order: Order) -> Result<(Order, u64)> {
        let priced = flow.price(order).await?;
        let number = flow.number(priced.clone()).await?;
        Ok((priced, number))
    }
}

fn order() -> Order {
    Order {
        items: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        price: 0.1,
        address: Some(Address::Shop { number: u64::MAX }),
    }
}

#[tokio::test]
async fn values_keep_their_types_and_unknown_fields_are_refused() {
    let priced = Order {
        price: 0.1 * 3.0,
        ..order()
    };
    for commits in 1..=2 {
        let storage = kit::store();
        assert!(kit::crash_after(&storage, commits, Typed, order()).await);
        let outcome = kit::resume(&storage, Typed).await;
        let output: (Order, u64) = outcome.output.expect("completes").decode().expect("reads");
        assert_eq!(output, (priced.clone(), u64::MAX));
    }

    let runtime = kit::runtime(&kit::store(), Typed).await;
    for (input, wrong) in [
        (r#"{"items":{},"price":1,"adress":null}"#, "adress"),
        (r#"{"items":{"a":"two"},"price":1}"#, "items"),
        (r#"{"items":{}}"#, "price"),
    ] {
        let error = runtime.start_json("Typed", input).await.expect_err(input);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let problems = format!("{:?}", error.input_errors().expect("are told"));
        assert!(problems.contains(wrong), "{problems}");
    }
    let begun = runtime.runs(RunQuery::default()).await.expect("runs");
    assert!(begun.is_empty(), "nothing was started");
}

/// Who takes it.
#[data]
#[derive(PartialEq)]
enum Route {
    /// The ones who sell.
    Sales,
    /// The ones who help.
    Support,
}

#[workflow]
struct Routed;

#[workflow]
impl Routed {
    #[step]
    async fn done(&self, by: String) -> Result<String> {
        Ok(by)
    }

    // Without one of the arms it does not compile: `tests/ui/fail/route_without_an_arm.rs`.
    #[flow]
    async fn run(flow: &Flow<Self>, first: Route) -> Result<Vec<String>> {
        let second = flow.choose::<Route>("And then?").await?;
        let mut by = Vec::new();
        for route in [first, second] {
            by.push(match route {
                Route::Sales => flow.done("sales".into()).await?,
                Route::Support => flow.done("support".into()).await?,
            });
        }
        Ok(by)
    }
}

#[tokio::test]
async fn an_unknown_route_is_an_error() {
    let runtime = kit::runtime(&kit::store(), Routed).await;
    let error = runtime.start_json("Routed", r#""Nobody""#).await;
    let error = error.expect_err("there is no such route");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");

    let run = runtime.start::<Routed>(Route::Support).await;
    assert_eq!(
        run.expect("starts").outcome().await.status,
        RunStatus::Paused
    );
    let open = runtime.requests(RequestQuery::default()).await;
    let asked = open.expect("an inbox").remove(0);
    let answer = |text| Answer::value(Json::parse(text).expect("is JSON"));
    let error = runtime.answer(&asked.id, answer(r#""Nobody""#)).await;
    let error = error.expect_err("nor for a person");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let run = runtime.answer(&asked.id, answer(r#""Sales""#)).await;
    let output = run.expect("answered").await.expect("completes");
    assert_eq!(output.as_str(), r#"["support","sales"]"#);
}

#[workflow]
struct Synthesis;

#[workflow]
impl Synthesis {
    #[step]
    async fn text(&self) -> Result<String> {
        Ok("news".into())
    }

    #[step]
    async fn number(&self) -> Result<u32> {
        Ok(7)
    }

    #[step]
    async fn each(&self, item: u32) -> Result<u32> {
        Ok(item * item)
    }

    #[step]
    async fn sums_up(&self, text: String, number: u32, list: Vec<u32>) -> Result<String> {
        Ok(format!("{text} {number} {list:?}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let squares = flow.map(1..=4, |item| flow.each(item));
        let (text, number, list) = flow.parallel((flow.text(), flow.number(), squares)).await?;
        flow.sums_up(text, number, list).await
    }
}

#[tokio::test]
async fn every_branch_reaches_the_next_step() {
    let outcome = kit::run(&kit::store(), Synthesis, ()).await;
    let output = outcome.output.expect("completes");
    assert_eq!(output.as_str(), r#""news 7 [1, 4, 9, 16]""#);
}
