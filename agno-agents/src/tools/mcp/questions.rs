//! Questions of a server, of which only so many wait for an answer.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rmcp::{
    RoleClient,
    model::JsonRpcMessage,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};

/// Most questions that wait. Tools ask none but whether somebody is there.
const MOST: usize = 100;

/// Passes over what a server asks while it leaves its answers unread: they would fill the memory.
pub(super) struct FewQuestions<T> {
    transport: T,
    waiting: Arc<AtomicUsize>,
}

impl<T> FewQuestions<T> {
    pub(super) fn over(transport: T) -> Self {
        let waiting = Arc::default();
        Self { transport, waiting }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for FewQuestions<T> {
    type Error = T::Error;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let is_answer = matches!(item, JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_));
        let answered = is_answer.then(|| Answered(self.waiting.clone()));
        let sending = self.transport.send(item);
        async move {
            let sent = sending.await;
            drop(answered);
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let message = self.transport.receive().await?;
            if matches!(message, JsonRpcMessage::Request(_)) {
                if self.waiting.load(Ordering::SeqCst) >= MOST {
                    continue;
                }
                self.waiting.fetch_add(1, Ordering::SeqCst);
            }
            return Some(message);
        }
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.transport.close()
    }
}

/// One question waits less, however its answer went.
struct Answered(Arc<AtomicUsize>);

impl Drop for Answered {
    fn drop(&mut self) {
        // An error may be an answer to what was no question.
        let less = |waiting: usize| waiting.checked_sub(1);
        let _ = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    }
}
