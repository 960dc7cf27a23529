//! Calls that want a fresh result: `.fresh()`.

use agno::{StepCall, prelude::*};

use super::kit::{self, Ran};

#[workflow]
#[derive(Default)]
struct Shop {
    ran: Ran,
}

/// Which of the two calls may take what is stored.
#[data]
struct May {
    price: bool,
    offer: bool,
}

const BOTH: May = May {
    price: true,
    offer: true,
};

fn known<T: Send + 'static>(call: StepCall<T>, may: bool) -> StepCall<T> {
    if may { call } else { call.fresh() }
}

#[workflow]
impl Shop {
    #[step(cache)]
    async fn price(&self) -> u32 {
        self.ran.hit("price")
    }

    #[step]
    async fn print(&self, price: u32) -> String {
        format!("price {price}, offer {}", self.ran.hit("print"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, may: May) -> Result<String> {
        let offer = flow.offer("sale".to_owned(), may.price);
        known(offer, may.offer).await
    }

    #[flow(cache(key = "title"))]
    async fn offer(flow: &Flow<Self>, title: String, may_price: bool) -> Result<String> {
        let price = known(flow.price(), may_price).await?;
        Ok(format!("{title}: {}", flow.print(price).await?))
    }
}

#[tokio::test]
async fn a_fresh_call_takes_nothing_stored_and_stores_its_result_anew() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Shop::default()).await;
    let run = async |may: May| {
        let outcome = runtime
            .start::<Shop>(may)
            .await
            .expect("starts")
            .outcome()
            .await;
        let output = outcome.output.expect("completes").decode::<String>();
        (
            output.expect("is text"),
            outcome.steps_run,
            outcome.steps_cached,
        )
    };
    let told = |text: &str, ran, cached| (format!("sale: {text}"), ran, cached);
    assert_eq!(run(BOTH).await, told("price 1, offer 1", 2, 0));
    assert_eq!(run(BOTH).await, told("price 1, offer 1", 0, 1));
    // What is stored whole comes first, and what its parts may does not matter.
    let price = |price| May { price, offer: true };
    assert_eq!(run(price(false)).await, told("price 1, offer 1", 0, 1));
    // Of a sub-flow, only its own result is fresh.
    let offer = |price| May {
        price,
        offer: false,
    };
    assert_eq!(run(offer(true)).await, told("price 1, offer 2", 1, 1));
    assert_eq!(run(offer(false)).await, told("price 2, offer 3", 2, 0));
    // Both were stored anew.
    assert_eq!(run(BOTH).await, told("price 2, offer 3", 0, 1));
    assert_eq!(run(offer(true)).await, told("price 2, offer 4", 1, 1));
}

#[tokio::test]
async fn a_fresh_call_that_is_recorded_does_not_run_again() {
    let storage = kit::store();
    let workflow = Shop::default();
    let ran = workflow.ran.clone();
    let may = May {
        price: false,
        offer: false,
    };
    assert!(kit::crash_after(&storage, 1, workflow, may).await);
    assert_eq!((ran.count("price"), ran.count("print")), (1, 0));
    let outcome = kit::resume(&storage, Shop { ran: ran.clone() }).await;
    let output = outcome.output.expect("completes");
    assert_eq!(output.as_str(), r#""sale: price 1, offer 1""#);
    assert_eq!((ran.count("price"), ran.count("print")), (1, 1));
}
