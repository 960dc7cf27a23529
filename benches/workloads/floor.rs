//! Floors: what somebody would write by hand who needs this one workload and nothing else.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    thread,
};

use agno::Json;
use tokio::sync::{mpsc, oneshot};

use super::{FINISHED, Order};

/// A step that only does what any durable step must: its input and its output, written as JSON
/// and read back.
pub fn json_step(order: &Order) -> Order {
    let input = Json::encode(order).expect("json");
    let order: Order = input.decode().expect("an order");
    let output = Json::encode(&order.next()).expect("json");
    output.decode().expect("an order")
}

pub fn json_ten() -> Order {
    (0..10).fold(Order::new(1), |order, _| json_step(&order))
}

pub fn json_fan() -> usize {
    let priced: Vec<_> = (0..100).map(|id| json_step(&Order::new(id))).collect();
    priced.len()
}

/// A log: one thread that appends what has queued up, syncs once, and answers everybody.
#[derive(Clone)]
pub struct Log(mpsc::UnboundedSender<(Vec<u8>, oneshot::Sender<()>)>);

impl Log {
    pub fn open(path: &Path) -> Self {
        let options = OpenOptions::new().create(true).append(true).open(path);
        let mut file = options.expect("the log opens");
        let (sender, mut queue) = mpsc::unbounded_channel::<(Vec<u8>, oneshot::Sender<()>)>();
        thread::spawn(move || {
            while let Some((mut bytes, reply)) = queue.blocking_recv() {
                let mut waiting = vec![reply];
                while let Ok((more, reply)) = queue.try_recv() {
                    bytes.extend(more);
                    waiting.push(reply);
                }
                file.write_all(&bytes).expect("appends");
                file.sync_data().expect("syncs");
                for reply in waiting {
                    let _ = reply.send(());
                }
            }
        });
        Self(sender)
    }

    /// Appends a step's result. Durable when it resolves.
    pub async fn append(&self, order: &Order) {
        let mut line = serde_json::to_vec(order).expect("json");
        line.push(b'\n');
        let (reply, done) = oneshot::channel();
        self.0.send((line, reply)).expect("the writer runs");
        done.await.expect("the writer answers");
    }

    /// Ten steps, each durable before the next.
    pub async fn ten(&self) {
        let mut order = Order::new(1);
        for _ in 0..10 {
            order = order.next();
            self.append(&order).await;
        }
    }

    pub async fn fan(&self) {
        let steps = (0..100).map(|id| {
            let log = self.clone();
            async move { log.append(&Order::new(id).next()).await }
        });
        futures_util::future::join_all(steps).await;
    }

    pub async fn tens_at_once(&self, runs: usize) {
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let log = self.clone();
                let own = runs / 64 + usize::from(task < runs % 64);
                tokio::spawn(async move {
                    for _ in 0..own {
                        log.ten().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    }
}

/// Leaves the log of a run behind that was interrupted.
pub fn interrupted(path: &Path) {
    let mut file = File::create(path).expect("a file");
    let mut order = Order::new(1);
    for _ in 0..FINISHED {
        order = order.next();
        serde_json::to_writer(&mut file, &order).expect("writes");
        file.write_all(b"\n").expect("writes");
    }
    file.sync_data().expect("syncs");
}

/// Reads the steps of an interrupted run and does its last.
pub fn resume(path: &Path) -> u32 {
    let lines = BufReader::new(File::open(path).expect("the log opens")).lines();
    let orders = lines.map(|line| serde_json::from_str::<Order>(&line.expect("reads")));
    let last = orders.last().expect("steps").expect("an order").next();
    let mut file = OpenOptions::new().append(true).open(path).expect("opens");
    serde_json::to_writer(&mut file, &last).expect("writes");
    file.sync_data().expect("syncs");
    last.stage
}
