//! The store in PostgreSQL, on a server that these tests start.

#![cfg(all(unix, feature = "postgres"))]

#[path = "postgres/server.rs"]
mod server;

#[cfg(feature = "postgres-tls")]
#[path = "postgres/encrypted.rs"]
mod encrypted;
#[path = "postgres/grouped.rs"]
mod grouped;
#[path = "postgres/kit.rs"]
mod kit;
#[path = "postgres/losing.rs"]
mod losing;
#[path = "postgres/opening.rs"]
mod opening;
#[path = "postgres/pooled.rs"]
mod pooled;
#[path = "postgres/sharing.rs"]
mod sharing;
#[path = "postgres/verifying.rs"]
mod verifying;
