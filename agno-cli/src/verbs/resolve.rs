//! `resolve`.

use agno_core::{ErrorKind, Resolution};
use serde::Serialize;

use super::given;
use crate::{
    app::Session,
    args::{How, ResolveWish},
    failure::{Failure, exit},
    progress::screen::say,
    report, select,
    text::line,
};

#[derive(Serialize)]
struct Report<'a> {
    run_id: &'a str,
    step: &'a str,
    resolution: &'static str,
}

/// Settles a step that may have run.
pub(crate) async fn resolve(session: &Session, wish: ResolveWish) -> Result<u8, Failure> {
    const VERB: &str = "resolve RUN STEP";
    let (word, resolution) = match &wish.how {
        How::Output(typed) => ("output", Resolution::Output(given::json(typed)?)),
        How::Failed => ("failed", Resolution::Failed),
        How::Retry => ("retry", Resolution::Retry),
    };
    session.open(VERB).await?;
    let record = select::run(session, &wish.run, VERB).await?;
    let id = &record.id;
    let resolved = session.runtime.resolve(id, &wish.step, resolution).await;
    resolved.map_err(|error| {
        let failure = Failure::of(&error, &session.program, VERB);
        match error.kind() {
            ErrorKind::Conflict | ErrorKind::InvalidInput => {
                failure.next(session.program.command(&format!("show {id}")))
            }
            _ => failure,
        }
    })?;
    if wish.json {
        report::print_json(&Report {
            run_id: id.as_str(),
            step: &wish.step,
            resolution: word,
        });
    } else {
        say(&format!("`{}` is settled: {word}", line(&wish.step, 120)));
    }
    let next = session.program.command(&format!("resume {id}"));
    say(&format!("next: {next}"));
    Ok(exit::DONE)
}
