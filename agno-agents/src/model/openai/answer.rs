//! How an answer is read, whichever interface it comes from.

use reqwest::{Response, header::CONTENT_TYPE};
use serde_json::Value;

use super::client::Client;
use crate::model::{
    ModelReply,
    http::{Attempt, Event, Failure, Patience},
};

/// An answer that is being put together.
pub(super) trait Answer: Default + Send {
    /// Takes an answer that came at one go.
    fn whole(&mut self, body: Value) -> Result<(), Failure>;

    /// Takes a piece, and says whether it was the last.
    fn piece(&mut self, event: &Event, attempt: &Attempt) -> Result<bool, Failure>;

    /// Whether the server has said that the answer is over. What follows is not needed.
    fn is_over(&self) -> bool;

    /// The text so far.
    fn text(&self) -> &str;

    /// The thoughts so far.
    fn reasoning(&self) -> &str;

    /// The answer, if it is one. `turn` tells calls that the server has not named from those of
    /// other turns.
    fn reply(self, model: &str, turn: usize) -> Result<ModelReply, Failure>;
}

/// Asks once.
pub(super) async fn read<A: Answer>(
    client: &Client,
    model: &str,
    body: &Value,
    turn: usize,
    attempt: &Attempt,
) -> Result<ModelReply, Failure> {
    let mut answer = A::default();
    if !attempt.wanted() {
        let response = client.post(body, Patience::Whole).await?;
        answer.whole(client.transport().json(response).await?)?;
        return answer.reply(model, turn);
    }
    let response = client.post(body, Patience::Pieces).await?;
    if is_json(&response) {
        // A server that knows no pieces.
        answer.whole(client.transport().json(response).await?)?;
        attempt.reasoning(answer.reasoning());
        attempt.text(answer.text());
        return answer.reply(model, turn);
    }
    let mut events = client.transport().events(response);
    loop {
        match events.next().await {
            Ok(Some(event)) => {
                if answer.piece(&event, attempt)? {
                    break;
                }
            }
            Ok(None) => break,
            Err(_) if answer.is_over() => break,
            Err(failure) => return Err(failure.after(answer.text().len())),
        }
    }
    answer.reply(model, turn)
}

fn is_json(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.trim_start().starts_with("application/json"))
}
