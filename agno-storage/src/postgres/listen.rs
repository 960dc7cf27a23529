//! Hints between processes, by `NOTIFY` and `LISTEN`.
//!
//! A transaction that notifies takes a lock of the whole server when it commits, so it is never
//! that of a commit: a task sends one for many, apart, and not often. It listens on a connection of its own, since a
//! pooler gives each transaction another.

use std::{
    future::poll_fn,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::{Notify, OnceCell, watch},
    task::AbortHandle,
    time::{Instant, sleep},
};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket, tls::TlsStream};

use super::{Shared, encryption::Encryption, statement::Statement};

/// The shortest time between two notifications of one process.
const BETWEEN: Duration = Duration::from_millis(100);

/// The longest pause before the next attempt to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Tells other processes, and hears of them.
pub(super) struct Hint {
    config: Config,
    encryption: Encryption,
    channel: String,
    due: Arc<Notify>,
    sender: OnceCell<AbortHandle>,
    heard: watch::Sender<()>,
    listener: OnceCell<AbortHandle>,
}

impl Hint {
    pub(super) fn new(config: Config, encryption: Encryption, channel: String) -> Self {
        Self {
            config,
            encryption,
            channel,
            due: Arc::default(),
            sender: OnceCell::new(),
            heard: watch::Sender::new(()),
            listener: OnceCell::new(),
        }
    }

    /// Tells other processes soon that something has changed.
    pub(super) fn tell(&self) {
        self.due.notify_one();
    }

    /// Begins to send what [`tell`](Self::tell) asks for, until the store is gone.
    pub(super) fn start(&self, shared: &Arc<Shared>) {
        let (due, shared) = (self.due.clone(), Arc::downgrade(shared));
        let task = tokio::spawn(send(due, shared));
        // Started once, by the opening.
        let _ = self.sender.set(task.abort_handle());
    }

    /// Resolves at the next hint from another process, or when they could be missed no longer.
    pub(super) async fn changed(&self, shared: &Arc<Shared>) {
        let mut heard = self.heard.subscribe();
        if shared.pool.check_open().is_err() {
            return std::future::pending().await;
        }
        self.listener
            .get_or_init(async || {
                let ears = Ears {
                    channel: self.channel.clone(),
                    me: shared.owner.id.clone(),
                    heard: self.heard.clone(),
                };
                let task = listen(self.config.clone(), self.encryption.clone(), ears);
                tokio::spawn(task).abort_handle()
            })
            .await;
        // The sender is as old as this.
        let _ = heard.changed().await;
    }

    pub(super) fn stop(&self) {
        for task in [&self.sender, &self.listener] {
            if let Some(task) = task.get() {
                task.abort();
            }
        }
    }
}

impl Drop for Hint {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn send(due: Arc<Notify>, shared: Weak<Shared>) {
    loop {
        due.notified().await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let notify = Statement::new("select pg_notify($1, $2)::text")
            .with(shared.hint.channel.clone())
            .with(shared.owner.id.clone());
        // A hint: what is lost is found by looking.
        if let Ok(connection) = shared.pool.get().await {
            let _ = connection.rows(&notify).await;
        }
        drop(shared);
        sleep(BETWEEN).await;
    }
}

/// Listens, and connects anew for as long as the store lives.
async fn listen(config: Config, encryption: Encryption, ears: Ears) {
    let mut pause = BETWEEN;
    loop {
        let begun = Instant::now();
        match &encryption {
            Encryption::None => {
                if let Ok((client, connection)) = config.connect(NoTls).await {
                    ears.hear(client, connection).await;
                }
            }
            #[cfg(feature = "postgres-tls")]
            Encryption::Tls(tls) => {
                if let Ok((client, connection)) = config.connect(tls.clone()).await {
                    ears.hear(client, connection).await;
                }
            }
        }
        if begun.elapsed() > LONGEST_PAUSE {
            pause = BETWEEN;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What is listened for, and who is told.
struct Ears {
    channel: String,
    /// Who tells is not told.
    me: String,
    heard: watch::Sender<()>,
}

impl Ears {
    /// Listens until the connection breaks.
    async fn hear<S>(&self, client: Client, mut connection: Connection<Socket, S>)
    where
        S: TlsStream + Unpin,
    {
        let command = format!("listen \"{}\"", self.channel);
        let begin = client.batch_execute(&command);
        // Both are driven here: the connection moves only while its messages are waited for.
        let messages = async {
            loop {
                match poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(told))) if told.payload() != self.me => {
                        self.heard.send_replace(());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            }
        };
        let told = async {
            if begin.await.is_ok() {
                // What was told before now was missed.
                self.heard.send_replace(());
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = messages => {}
            () = told => {}
        }
    }
}
