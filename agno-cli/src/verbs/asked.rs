//! What runs ask of people, in words and for programs.

use agno_core::{Decision, ErrorKind, Json, Request, RequestKind, RequestQuery, RunHandle, RunId};
use serde::Serialize;

use crate::{
    app::Session,
    ask::{self, Stop, Terminal},
    failure::Failure,
    progress::screen::{Colour, paint, say},
    references::json_line,
    signals::Signals,
    text::{block, line, pretty_json, quoted},
    time,
};

/// A request, as a program reads it.
#[derive(Serialize)]
pub(super) struct RequestReport<'a> {
    id: &'a str,
    run_id: &'a str,
    root_run_id: &'a str,
    workflow: &'a str,
    session_id: &'a str,
    user_id: Option<&'a str>,
    path: &'a str,
    kind: &'a str,
    message: &'a str,
    value: Option<&'a Json>,
    schema: Option<&'a Json>,
    asked_at: String,
    deadline: Option<String>,
    /// What an answer may decide.
    decisions: Vec<&'static str>,
    /// A command that answers.
    answer: String,
}

impl<'a> RequestReport<'a> {
    pub(super) fn of(session: &Session, request: &'a Request) -> Self {
        let decisions = request.kind.decisions().iter();
        Self {
            id: &request.id,
            run_id: request.run.as_str(),
            root_run_id: request.root.as_str(),
            workflow: &request.workflow,
            session_id: &request.session,
            user_id: request.user.as_deref(),
            path: &request.path,
            kind: request.kind.as_str(),
            message: &request.message,
            value: request.value.as_ref(),
            schema: request.schema.as_ref(),
            asked_at: time::rfc3339(request.asked_at),
            deadline: request.deadline.map(time::rfc3339),
            decisions: decisions.map(|decision| decision.as_str()).collect(),
            answer: session.program.command(&command(request)),
        }
    }
}

/// The verb that answers a request, with its arguments: what may be typed as it is.
pub(super) fn command(request: &Request) -> String {
    let id = quoted(&request.id);
    match request.kind {
        RequestKind::Confirm | RequestKind::Tool | RequestKind::Review => format!("approve {id}"),
        RequestKind::Failure => format!("answer {id} --retry"),
        _ => format!("answer {id} {}", quoted(&ask::example(request))),
    }
}

/// The command that gives a value, for somebody who was about to: it approves of nothing. Where no
/// value is an answer, the one that lists what is asked.
pub(super) fn with_value(request: &Request) -> String {
    match request.kind {
        RequestKind::Confirm | RequestKind::Tool => "inbox".to_owned(),
        RequestKind::Review | RequestKind::Failure => value(request),
        _ => command(request),
    }
}

fn value(request: &Request) -> String {
    format!("answer {} JSON", quoted(&request.id))
}

/// The other commands that answer, each with what it is for.
fn others(request: &Request) -> Vec<(&'static str, String)> {
    let id = quoted(&request.id);
    let decisions = request.kind.decisions().iter();
    let other = |decision: &Decision| match decision {
        Decision::Reject => Some(("to reject it", format!("reject {id} --because WHY"))),
        Decision::Redo => Some(("to have it done again", format!("answer {id} --redo WHAT"))),
        Decision::Skip => Some(("to go on without it", format!("answer {id} --skip"))),
        Decision::Fail => Some(("to let it fail", format!("answer {id} --fail"))),
        Decision::Value if request.kind.decisions().len() > 1 => {
            Some(("to give another value", value(request)))
        }
        _ => None,
    };
    decisions.filter_map(other).collect()
}

/// What it is asked about, on a line; where to see it whole, if it is long.
pub(super) fn about(session: &Session, request: &Request) -> Option<String> {
    const LONGEST: usize = 200;
    let value = request.value.as_ref()?;
    let shown = json_line(value, LONGEST);
    Some(match shown.ends_with('…') {
        true => {
            let show = format!("show {}", request.run);
            format!("{shown}  (whole: {})", session.program.command(&show))
        }
        false => shown,
    })
}

/// All that requests are about.
pub(super) fn in_full(requests: &[Request]) -> String {
    let mut out = String::new();
    for request in requests {
        let Some(value) = &request.value else {
            continue;
        };
        let whole = match value.decode::<String>() {
            Ok(words) => block(&words).into_owned(),
            Err(_) => pretty_json(value.as_str()),
        };
        let (path, whole) = (line(&request.path, 100), whole.replace('\n', "\n    "));
        out.push_str(&format!("\n  ? {path} asks about:\n    {whole}\n"));
    }
    out
}

/// What a run and those it has called wait for.
pub(super) async fn of_run(session: &Session, root: &RunId) -> Vec<Request> {
    let query = RequestQuery {
        root: Some(root.clone()),
        ..RequestQuery::default()
    };
    // Without them, what is told says less and is still true.
    session.runtime.requests(query).await.unwrap_or_default()
}

/// What is asked, on a line.
pub(super) fn in_words(request: &Request) -> String {
    let message = line(&request.message, 200);
    let mut words = format!("{message}  {} · {}", request.kind, line(&request.path, 120));
    if let Some(deadline) = request.deadline {
        words.push_str(&format!(" · until {}", time::rfc3339(deadline)));
    }
    words
}

/// Tells what a run waits for, and the commands that answer.
pub(super) fn tell(session: &Session, run: &RunId, requests: &[Request]) {
    const MOST: usize = 5;
    let sign = paint(Colour::Yellow, "?");
    for request in requests.iter().take(MOST) {
        say(&format!("  {sign} {}", in_words(request)));
        if let Some(about) = about(session, request) {
            say(&format!("    {about}"));
        }
    }
    if requests.len() > MOST {
        say(&format!("  and {} more", requests.len() - MOST));
        let inbox = session.program.command(&format!("inbox --run {run}"));
        say(&format!("next: {inbox}"));
        return;
    }
    for request in requests {
        for (what, command) in others(request) {
            say(&format!("{what}: {}", session.program.command(&command)));
        }
        say(&format!(
            "next: {}",
            session.program.command(&command(request))
        ));
    }
}

/// What to type next for a paused run.
pub(super) fn next(run: &RunId, requests: &[Request]) -> String {
    match requests {
        [] => format!("resume {run}"),
        [only] => command(only),
        _ => format!("inbox --run {run}"),
    }
}

/// Asks one thing that a paused run waits for, gives the answer, and has the run go on. `None` when
/// the person has left, or nothing is asked.
///
/// # Errors
///
/// Those of the store.
pub(super) async fn ask(
    session: &Session,
    terminal: &mut Terminal,
    run: &RunId,
    signals: &mut Option<Signals>,
) -> Result<Option<RunHandle>, Failure> {
    let runtime = &session.runtime;
    let failed = |error| Failure::of(&error, &session.program, "resume RUN");
    loop {
        let Some(request) = of_run(session, run).await.into_iter().next() else {
            return Ok(None);
        };
        let answer = match terminal.ask(session, &request, signals).await {
            Ok(answer) => answer.by(by(None)),
            Err(Stop::Left) => return Ok(None),
            Err(Stop::Over) => return runtime.take_up(run).await.map(Some).map_err(failed),
        };
        match runtime.answer(&request.id, answer).await {
            Ok(handle) => return Ok(Some(handle)),
            // Somebody was faster, or it does not fit: what is open now, is asked.
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::InvalidInput) => {
                say(&block(&error.to_string()));
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

/// Who answers: as named, or the user of this process.
pub(super) fn by(named: Option<String>) -> String {
    let user = || {
        ["USER", "LOGNAME", "USERNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
    };
    named.or_else(user).unwrap_or_else(|| "unknown".to_owned())
}
