//! The command line over a PostgreSQL database that several processes share.

mod desk;
mod held;
mod moved;
mod refused;
mod verbs;

use std::process::Command;

use crate::{
    program::{Answer, Place},
    server::Server,
};

/// What must not be shown.
const PASSWORD: &str = "hunter2";

/// A database, and a directory for all else.
struct Shared {
    server: Server,
    place: Place,
    store: String,
}

impl Shared {
    /// `None` where there is no PostgreSQL.
    fn new() -> Option<Self> {
        let server = Server::start()?;
        // It lets everybody in, whatever the password is.
        let user = format!("agno:{PASSWORD}@");
        let url = server.url().replace("agno@", &user);
        Some(Self {
            server,
            place: Place::new(),
            store: format!("{url}?schema=shared&lease=3s"),
        })
    }

    /// A verb of the program with a [`Desk`](desk::Desk), over the database.
    fn command(&self, args: &[&str]) -> Command {
        let args = [args, &["--store", &self.store]].concat();
        self.place.command_of("shared::desk::program", &args)
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> Answer {
        checked(Answer::of(&mut self.command(args)))
    }
}

/// Whatever is said, it is no panic, and no password is in it.
#[track_caller]
fn checked(answer: Answer) -> Answer {
    for said in [&answer.out, &answer.err] {
        assert!(!said.contains(PASSWORD), "{answer:#?}");
        assert!(!said.contains("panicked"), "{answer:#?}");
    }
    answer
}
