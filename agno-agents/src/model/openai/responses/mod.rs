//! OpenAI's Responses interface, without state on the server.

mod answer;
mod request;

pub(super) use self::{answer::Answer, request::body};
