//! `export`.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use agno_core::export;

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report, select,
    text::line,
};

/// Writes a run as one document.
pub(crate) async fn export(
    session: &Session,
    run: &str,
    html: bool,
    output: Option<&OsStr>,
    force: bool,
) -> Result<u8, Failure> {
    const VERB: &str = "export RUN";
    session.look(VERB).await?;
    let record = select::run(session, run, VERB).await?;
    let exported = session.runtime.export(&record.id).await;
    let exported = exported.map_err(|error| Failure::of(&error, &session.program, VERB))?;
    let document = match html {
        true => export::html(&exported),
        false => export::json(&exported),
    };
    match output {
        Some(output) => into_file(output, document.as_bytes(), force),
        None => {
            report::print(&document);
            Ok(exit::DONE)
        }
    }
}

/// Writes a file, and says so.
pub(super) fn into_file(output: &OsStr, bytes: &[u8], force: bool) -> Result<u8, Failure> {
    let shown = line(&output.to_string_lossy(), 200);
    match write(Path::new(output), bytes, force) {
        Ok(()) => {
            say(&format!("wrote {shown}"));
            Ok(exit::DONE)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let problem = format!("{shown} is there already: name another file, or say --force");
            Err(Failure::usage(problem))
        }
        Err(error) => {
            let problem = format!("cannot write {shown}: {error}");
            Err(Failure::usage(problem).with_exit(exit::FAILED))
        }
    }
}

/// Writes a file that only its user can read: what a run was told is in it. One that is there is
/// replaced whole, or not at all.
fn write(path: &Path, document: &[u8], force: bool) -> io::Result<()> {
    if !force {
        return fill(path, document);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = fill(&new, document).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // What is half written is of no use; that it stays is no worse.
        let _ = fs::remove_file(&new);
    }
    written
}

/// Writes a file that is not there yet.
fn fill(path: &Path, document: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    let written = file.write_all(document).and_then(|()| file.sync_all());
    if written.is_err() {
        // As above; it is this call that has made it.
        let _ = fs::remove_file(path);
    }
    written
}
