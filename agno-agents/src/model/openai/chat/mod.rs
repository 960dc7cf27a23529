//! Chat completions, the interface that every server has.

mod answer;
mod request;

pub(super) use self::{answer::Answer, request::body};
