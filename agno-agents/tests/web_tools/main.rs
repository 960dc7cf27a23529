//! The tools that fetch, against a server of raw bytes on this machine.
#![cfg(feature = "web")]

mod articles;
mod fetching;
mod guard;
mod requests;
mod searches;
mod server;
