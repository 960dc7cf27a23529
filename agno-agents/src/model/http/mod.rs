//! What the adapters that talk HTTP have in common: limits, repetition, server-sent events, errors.
//!
//! [`Transport::exchange`] is the one owner of repetition. One attempt inside it sends a request
//! with [`Transport::send`], which gives a response of status 2xx, and reads it: at one go with
//! [`Transport::json`], or in pieces with [`Transport::events`]. Whatever goes wrong on the way is
//! a [`Failure`]; the exchange repeats it, or makes it a [`ModelError`](super::ModelError).

mod body;
mod events;
mod exchange;
mod failure;
mod provider;
mod secret;
mod settings;
mod text;
mod transport;

pub(crate) use self::{
    events::{Event, Events},
    exchange::{Attempt, Exchanged},
    failure::Failure,
    provider::ProviderError,
    secret::Secret,
    settings::HttpSettings,
    transport::{Patience, Transport},
};
