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
//! A run that waits for people is paused. On a terminal, `run`, `resume` and the like ask there and
//! go on; with `--no-input` or `--json`, and without a terminal, they end with code 3 and name the
//! command that answers. `inbox` lists what is asked over all runs. `approve ID` and `reject ID`
//! say yes and no; `answer ID` says everything else: a value (what is asked for, or in place of
//! what is under review or has failed), `--redo`, `--retry`, `--skip`, `--fail`, and with none of
//! them it asks on the terminal. An answer has the run go on in the process that has the store,
//! else in this one; with `--no-wait` it is recorded for a `worker`, or for `resume`.
//!
//! The result goes to standard output, text for people to standard error. Exit codes: 0 done,
//! 1 failed, 2 bad input or usage, 3 paused, 130 interrupted.

mod app;
mod args;
mod ask;
mod crash;
mod failure;
mod files;
mod flags;
mod input;
mod late_store;
mod log;
mod look;
mod owner;
mod program;
mod progress;
mod references;
mod report;
mod select;
mod signals;
mod spent;
mod store_url;
mod text;
mod time;
mod verbs;

pub use app::{App, app};
