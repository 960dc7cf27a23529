//! `inbox`.

use std::sync::Arc;

use agno_core::{RequestQuery, RunId};
use serde::Serialize;

use super::asked::{RequestReport, about, command};
use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report, select,
    text::line,
    time,
};

#[derive(Serialize)]
struct Report<'a> {
    requests: Vec<RequestReport<'a>>,
}

/// Lists what runs ask of people, oldest first.
pub(crate) async fn inbox(
    session: &Session,
    run: Option<&str>,
    workflow: Option<String>,
    json: bool,
) -> Result<u8, Failure> {
    session.look("inbox").await?;
    let root = match run {
        Some(run) => Some(select::run(session, run, "inbox --run RUN").await?.id),
        None => None,
    };
    let query = RequestQuery {
        workflow: workflow.map(Arc::from),
        ..RequestQuery::default()
    };
    let found = session.runtime.requests(query).await;
    let mut found = found.map_err(|error| Failure::of(&error, &session.program, "inbox"))?;
    found.retain(|request| {
        let of = |run: &RunId| request.root == *run || request.run == *run;
        root.as_ref().is_none_or(of)
    });
    if json {
        let requests = found.iter();
        let requests = requests.map(|request| RequestReport::of(session, request));
        report::print_json(&Report {
            requests: requests.collect(),
        });
        return Ok(exit::DONE);
    }
    if found.is_empty() {
        say("nothing is asked of people");
        return Ok(exit::DONE);
    }
    let now = time::now_micros();
    let head = [
        "ID", "WORKFLOW", "KIND", "MESSAGE", "ASKED", "UNTIL", "NEXT",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for request in &found {
        rows.push(vec![
            line(&request.id, 80),
            line(&request.workflow, 40),
            request.kind.to_string(),
            line(&request.message, 60),
            time::ago(request.asked_at, now),
            request.deadline.map(time::rfc3339).unwrap_or_default(),
            match session.has(&request.workflow) {
                true => command(request),
                false => String::new(),
            },
        ]);
    }
    let mut lines = report::table(&rows);
    let shown = lines.lines().skip(1).zip(&found).map(|(line, request)| {
        let about = about(session, request);
        let about = about.map(|about| format!("    {about}\n"));
        format!("{line}\n{}", about.unwrap_or_default())
    });
    let shown: String = shown.collect();
    lines.truncate(lines.find('\n').map_or(0, |end| end + 1));
    report::print(&(lines + &shown));
    if let Some(first) = found.iter().find(|request| session.has(&request.workflow)) {
        let next = session.program.command(&command(first));
        say(&format!("next: {next}"));
    }
    Ok(exit::DONE)
}
