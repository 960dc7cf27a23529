//! `artifact`.

use std::{
    io::{self, IsTerminal, Write},
    sync::Arc,
};

use agno_core::Error;

use super::export::into_file;
use crate::{
    app::Session,
    args::ArtifactWish,
    failure::{Failure, exit},
    text::line,
};

const VERB: &str = "artifact HASH";

/// Writes the bytes of an artifact.
pub(crate) async fn artifact(session: &Session, wish: ArtifactWish) -> Result<u8, Failure> {
    if wish.output.is_none() && io::stdout().is_terminal() {
        let problem = "standard output is a terminal, and these bytes may be anything";
        let next = session.program.command("artifact HASH --output FILE");
        return Err(Failure::usage(problem).next(next));
    }
    session.look(VERB).await?;
    let failed = |error| Failure::of(&Error::from(error), &session.program, VERB);
    let hash = find(session, &wish.hash).await?;
    let found = session.runtime.storage().artifact(&hash).await;
    let Some(bytes) = found.map_err(failed)? else {
        return Err(unknown(&wish.hash));
    };
    let Some(output) = &wish.output else {
        let mut out = io::stdout().lock();
        // A reader that has gone away is no failure.
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
        return Ok(exit::DONE);
    };
    into_file(output, &bytes, wish.force)
}

/// The hash that begins so.
async fn find(session: &Session, given: &str) -> Result<Arc<str>, Failure> {
    if given.is_empty() || given.len() > 64 || !given.bytes().all(|c| c.is_ascii_hexdigit()) {
        let given = line(given, 80);
        let problem = format!("`{given}` is no hash: expected up to 64 hexadecimal digits");
        return Err(Failure::usage(problem));
    }
    let listed = session.runtime.storage().artifacts(given).await;
    let listed =
        listed.map_err(|error| Failure::of(&Error::from(error), &session.program, VERB))?;
    match listed.as_slice() {
        [only] => Ok(only.hash.clone()),
        [] => Err(unknown(given)),
        several => {
            let problem = format!("{} artifacts begin with `{given}`", several.len());
            let mut failure = Failure::not_found(problem);
            for one in several.iter().take(5) {
                failure = failure.note(&*one.hash);
            }
            Err(failure)
        }
    }
}

fn unknown(given: &str) -> Failure {
    Failure::not_found(format!("no artifact `{}` in this store", line(given, 80)))
}
