//! How a store is chosen, what can be done with it on the command line, and what never gets into it.

mod chosen;
mod moved;
mod operations;
mod program;
mod secrets;
#[cfg(all(unix, feature = "postgres"))]
#[path = "../../agno-storage/tests/postgres/server.rs"]
mod server;
#[cfg(all(unix, feature = "postgres"))]
mod shared;
