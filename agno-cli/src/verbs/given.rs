//! JSON that is given on the command line.

use std::ffi::OsStr;

use agno_core::Json;

use crate::{failure::Failure, input, text::line};

/// JSON, `@FILE`, or `-`.
pub(super) fn json(typed: &OsStr) -> Result<Json, Failure> {
    let (text, origin) = input::from_option(typed).map_err(Failure::input)?;
    Json::parse(text).map_err(|error| {
        let of = match origin.as_str() {
            "-i" => String::new(),
            origin => format!("{}: ", line(origin, 120)),
        };
        let problem = line(&error.to_string(), 300);
        Failure::input(format!(
            "{of}this is not JSON: {problem}; a text stands in quotes"
        ))
    })
}
