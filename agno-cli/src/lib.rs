//! The command line that every agno binary gets.
//!
//! ```no_run
//! # use agno_core::{Definition, FlowSpec, Handle, Workflow, WorkflowInfo, codec, param, plain};
//! # struct Hello;
//! # impl WorkflowInfo for Hello { const NAME: &'static str = "Hello"; }
//! # impl Workflow for Hello {
//! #     type Steps = Handle; type Input = String; type Output = String;
//! #     fn define(d: &mut Definition<Self>) {
//! #         d.flow(FlowSpec::new("run"), (param("name", codec()),), plain(codec()),
//! #             |_, (name,)| Box::pin(async move { name }));
//! #     }
//! # }
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     agno_cli::app().workflow(Hello).main()
//! }
//! ```
//!
//! The result goes to standard output, text for people to standard error. Exit codes: 0 done,
//! 1 failed, 2 bad input or usage, 3 paused, 130 interrupted.

mod app;
mod args;
mod ask;
mod crash;
mod failure;
mod flags;
mod input;
mod late_store;
mod log;
mod look;
mod owner;
mod program;
mod progress;
mod report;
mod select;
mod signals;
mod spent;
mod text;
mod time;
mod verbs;

pub use app::{App, app};
