//! Looking on: how a process asks the one that has the store.
//!
//! A store in a directory has one owner, the process that holds its lock. While a run goes on
//! there, the owner answers other processes of the same user, so that the verbs that read (`runs`,
//! `show`, `events`, `graph --run`, ..) and those that steer a run (`cancel`) work beside it. They
//! are written against a `Storage` and do not know which one they have: [`OwnerStorage`] asks the
//! owner, and opens the store by itself when the owner has gone.
//!
//! *Who may connect.* The socket (`owner.sock`, beside the lock) is for its user alone, by its mode
//! and by that of its directory; a path that is too long for a socket is replaced by one in the
//! user's own directory for such things. Beyond that, each side asks the system who the other one
//! is and refuses every other user, root included. The lock says who owns a store, never the
//! socket: one that a killed owner left is replaced.
//!
//! *What crosses.* Frames of JSON, each behind its length (four bytes, big endian). Both sides begin
//! with a [`Hello`](message::Hello), which names the version; the one who asks adds one
//! [`Ask`](message::Ask), and the owner answers with [`Reply`](message::Reply)s until `done` or
//! `failed`. That is all of a connection. What is asked for is read from the store, or done by the
//! owner's `Runtime`; nothing writes to the store from outside.
//!
//! *What the run feels of it.* Nothing: connections, frames, the reads at one time, the followers
//! and the time for half a request are limited, and whatever fails here is logged and forgotten.

mod client;
mod control;
mod fault;
mod follow;
mod following;
mod frame;
mod message;
mod read;
mod serve;
#[cfg(unix)]
mod socket;
#[cfg(not(unix))]
#[path = "no_socket.rs"]
mod socket;
mod storage;
#[cfg(all(test, unix))]
mod tests;

pub(crate) use client::{Owner, Unanswered};
pub(crate) use control::cancel;
pub(crate) use following::Following;
pub(crate) use message::Control;
pub(crate) use serve::{Owning, Serving};
pub(crate) use storage::OwnerStorage;
