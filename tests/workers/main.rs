//! Several processes over one store. In most tests each runtime stands for one, and tokio's clock is stopped; in
//! `processes` they are real, over PostgreSQL.

mod crowd;
mod drained;
mod followed;
mod forked;
mod heard;
mod kit;
mod nested;
mod process;
#[cfg(all(unix, feature = "cli", feature = "postgres"))]
mod processes;
mod scheduler;
#[cfg(all(unix, feature = "cli", feature = "postgres"))]
#[path = "../../agno-storage/tests/postgres/server.rs"]
mod server;
mod taken_over;
