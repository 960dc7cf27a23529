//! The verb for what runs have stored.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, builder::ValueParser};

use super::{flag, option, switch, text};

/// An artifact that is to be written.
#[derive(Debug)]
pub(crate) struct ArtifactWish {
    /// Its hash, or how that begins.
    pub(crate) hash: String,
    pub(crate) output: Option<OsString>,
    pub(crate) force: bool,
}

impl ArtifactWish {
    pub(super) fn read(matches: &ArgMatches) -> Self {
        Self {
            hash: text(matches, "hash").unwrap_or_default(),
            output: matches.get_one::<OsString>("output").cloned(),
            force: flag(matches, "force"),
        }
    }
}

pub(super) fn command() -> Command {
    Command::new("artifact")
        .about("Writes the bytes of an artifact: an image, a sound, a file that a run refers to")
        .args([
            Arg::new("hash")
                .value_name("HASH")
                .required(true)
                .help("Its hash, or how that begins; `show RUN` prints it"),
            option("output", "FILE")
                .short('o')
                .value_parser(ValueParser::os_string())
                .help("Into this new file, for its user alone [default: standard output, unless that is a terminal]"),
            switch("force").help("Replaces the file, if it is there"),
        ])
}
