//! What a run does, while it does it.

mod board;
mod label;
mod row;
pub(crate) mod screen;
mod talk;

pub(crate) use board::Board;
pub(crate) use label::step_name;
