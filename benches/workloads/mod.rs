//! The six workloads, as the benches and `examples/agno-bench.rs` run them: trivial steps over
//! about 100 bytes of JSON, so that what is measured is the framework and the store.

// Each program that includes this uses a part of it.
#![allow(dead_code, missing_docs, unreachable_pub)]

pub mod floor;
pub mod process;
pub mod writer;

use std::{path::Path, sync::Arc};

use agno::{Runtime, Storage, prelude::*, storage::SledStorage};

/// What passes between the steps.
#[data]
#[derive(PartialEq)]
pub struct Order {
    pub id: u64,
    pub customer: String,
    pub note: String,
    pub stage: u32,
}

impl Order {
    pub fn new(id: u64) -> Self {
        Self {
            id,
            customer: "Ada Lovelace".to_owned(),
            note: "tea, scones and marmalade, please".to_owned(),
            stage: 0,
        }
    }

    /// All that a step does.
    pub fn next(mut self) -> Self {
        self.stage += 1;
        self
    }
}

/// W1, W2, W5: ten steps in order, ten commits.
#[workflow]
pub struct Ten;

#[workflow]
impl Ten {
    #[step]
    async fn receive(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn check(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn price(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn reserve(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn charge(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn pick(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn pack(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn label(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn ship(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn invoice(&self, order: Order) -> Order {
        order.next()
    }
}

/// W3: a fan-out.
#[workflow]
pub struct Fan;

#[workflow]
impl Fan {
    #[step]
    async fn price(&self, order: Order) -> Order {
        order.next()
    }

    #[flow]
    async fn run(flow: &Flow<Self>, orders: u64) -> Result<u64> {
        let priced = flow.map(0..orders, |id| flow.price(Order::new(id))).await?;
        Ok(priced.len() as u64)
    }
}

#[data]
#[derive(Default, State)]
pub struct Till {
    #[merge(sum)]
    orders: u64,
    #[merge(last)]
    customer: String,
}

/// W4: ten steps, one of which changes the session's state.
#[workflow]
pub struct Shop;

#[workflow(state = Till)]
impl Shop {
    #[step]
    async fn receive(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn check(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn price(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn reserve(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn charge(&self, till: &mut Till, order: Order) -> Order {
        till.orders += 1;
        till.customer.clone_from(&order.customer);
        order.next()
    }
    #[step]
    async fn pick(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn pack(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn label(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn ship(&self, order: Order) -> Order {
        order.next()
    }
    #[step]
    async fn invoice(&self, order: Order) -> Order {
        order.next()
    }
}

/// W6: a run of many steps, one after the other.
#[workflow]
pub struct Long;

#[workflow]
impl Long {
    #[step]
    async fn advance(&self, order: Order) -> Order {
        order.next()
    }

    #[flow]
    async fn run(flow: &Flow<Self>, steps: u64) -> Result<u32> {
        let mut order = Order::new(1);
        for _ in 0..steps {
            order = flow.advance(order).await?;
        }
        Ok(order.stage)
    }
}

/// Steps that the run of W6 has finished when it is interrupted.
pub const FINISHED: u64 = 1000;

pub fn open(path: &Path) -> Arc<dyn Storage> {
    let storage = SledStorage::open(path).expect("the store opens");
    Arc::new(storage)
}

pub async fn runtime(storage: Arc<dyn Storage>) -> Runtime {
    let builder = Runtime::builder().storage(storage);
    let builder = builder.workflow(Ten).workflow(Fan).workflow(Shop);
    builder.workflow(Long).build().await.expect("all fit")
}

/// One run of W1, W2 or W5.
pub async fn ten(runtime: &Runtime) {
    let run = runtime.start::<Ten>(Order::new(1)).await.expect("starts");
    assert_eq!(run.await.expect("completes").stage, 10);
}

/// One run of W3.
pub async fn fan(runtime: &Runtime) {
    let run = runtime.start::<Fan>(100).await.expect("starts");
    assert_eq!(run.await.expect("completes"), 100);
}

/// One run of W4.
pub async fn shop(runtime: &Runtime) {
    let run = runtime.start::<Shop>(Order::new(1)).session("shop");
    let output = run.await.expect("starts").await.expect("completes");
    assert_eq!(output.stage, 10);
}

/// So many runs of W2, 64 at a time.
pub async fn tens_at_once(runtime: &Runtime, runs: usize) {
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let runtime = runtime.clone();
            let own = runs / 64 + usize::from(task < runs % 64);
            tokio::spawn(async move {
                for _ in 0..own {
                    ten(&runtime).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

/// For what is measured alone: no other thread to wake.
pub fn on_this_thread() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a tokio runtime")
}

/// As a program's own: with a worker for each core.
pub fn on_all_cores() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().build().expect("a tokio runtime")
}
