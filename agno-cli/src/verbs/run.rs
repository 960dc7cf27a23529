//! `run`, `resume` and `retry`.

use std::{io, io::IsTerminal, sync::Arc, time::Duration};

use agno_core::{
    Error, ErrorKind, Json, Outcome, RecordedError, RunHandle, RunId, RunQuery, RunRecord,
    RunStatus, Runtime, StartJson,
};
use serde::Serialize;

use super::{
    answer,
    asked::{self, RequestReport},
    cache,
    detached::{detach, detached},
    elsewhere,
    watch::{Watched, watch},
};
use crate::{
    app::Session,
    args::{RunWish, Watch},
    ask::Terminal,
    crash,
    failure::{Failure, causes, exit, in_words},
    input,
    owner::{Control, Owning},
    progress::screen::{Colour, paint, say},
    report, select,
    signals::Signals,
    text::{count, line, quoted},
    time,
};

/// One run, as a program reads it.
#[derive(Serialize)]
struct Report<'a> {
    run_id: &'a RunId,
    workflow: &'a str,
    session_id: &'a str,
    status: &'a str,
    output: Option<&'a Json>,
    error: Option<ErrorReport<'a>>,
    /// What it waits for people to answer, if it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Vec<RequestReport<'a>>>,
    steps_run: u32,
    steps_cached: u32,
    steps_replayed: u32,
    duration_ms: u64,
}

/// An error, as a program reads it.
#[derive(Serialize)]
pub(super) struct ErrorReport<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    chain: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a Json>,
}

impl<'a> ErrorReport<'a> {
    pub(super) fn of(error: &'a RecordedError) -> Self {
        Self {
            code: &error.code,
            message: &error.message,
            path: error.path.as_deref(),
            chain: &error.chain,
            details: error.details.as_ref(),
        }
    }
}

/// Starts a run and follows it.
pub(crate) async fn run(session: &Session, mut wish: RunWish) -> Result<u8, Failure> {
    wish.cache = wish.cache.or(cache::mode_of_environment()?);
    let Session {
        runtime, program, ..
    } = session;
    let workflow = select::workflow(runtime, wish.workflow.as_deref(), program, "run")?;
    crash::asked_for()?;
    let (input, files) = input::read(runtime, &workflow, &wish, program)?;
    if wish.detach {
        return detach(session, &workflow, &input, files, wish).await;
    }
    session.open("run").await?;
    session.serve(Owning::Run);
    files.keep(session).await?;

    let watch = wish.watch;
    let start = with_options(runtime.start_json(&workflow, &input), wish).watched();
    let interrupted = interrupted(runtime).await;
    // Before there is a run: from here on a Ctrl-C is a request to stop it.
    let signals = Signals::new().ok();
    let started = start.await;
    let started = started.map_err(|error| not_started(session, &error))?;
    introduce(session, &workflow, started.id(), "run");
    if let [first, ..] = interrupted.as_slice() {
        let number = count(interrupted.len(), "interrupted run");
        say(&format!(
            "  {number}: {}",
            program.command(&format!("resume {}", first.id))
        ));
    }
    follow(session, started, 0, watch, signals).await
}

/// With what was said of the run beside its input.
pub(super) fn with_options(mut start: StartJson, wish: RunWish) -> StartJson {
    if let Some(name) = wish.session {
        start = start.session(name);
    }
    if let Some(user) = wish.user {
        start = start.user(user);
    }
    if let Some(id) = wish.run_id {
        start = start.run_id(id);
    }
    if let Some(mode) = wish.cache {
        start = start.cache_mode(mode);
    }
    start
}

pub(super) fn not_started(session: &Session, error: &Error) -> Failure {
    let program = &session.program;
    let failure = Failure::of(error, program, "run");
    match error.kind() {
        ErrorKind::Conflict => failure.next(program.command("runs")),
        _ => failure,
    }
}

/// Goes on with a run and follows it.
pub(crate) async fn resume(session: &Session, run: &str, watch: Watch) -> Result<u8, Failure> {
    const VERB: &str = "resume RUN";
    session.reach(VERB).await?;
    let record = select::run(session, run, VERB).await?;
    take_up(session, &record, VERB, watch).await
}

/// Goes on with a run that has ended badly, from where it ended.
pub(crate) async fn retry(session: &Session, run: &str, watch: Watch) -> Result<u8, Failure> {
    const VERB: &str = "retry RUN";
    session.reach(VERB).await?;
    let record = select::run(session, run, VERB).await?;
    let next = match record.status {
        RunStatus::Failed | RunStatus::Cancelled => {
            return take_up(session, &record, VERB, watch).await;
        }
        RunStatus::Completed => format!("show {}", record.id),
        _ => format!("resume {}", record.id),
    };
    let status = select::shown_status(&record, false);
    let problem = format!(
        "run {} is {status}: there is no failure to try again",
        record.id
    );
    Err(Failure::usage(problem).next(session.program.command(&next)))
}

async fn take_up(
    session: &Session,
    record: &RunRecord,
    verb: &str,
    watch: Watch,
) -> Result<u8, Failure> {
    let Session {
        runtime, program, ..
    } = session;
    let failed = |error| Failure::of(&error, program, verb);
    let control = Control::Resume(record.id.clone());
    let elsewhere = session.control::<RunId>(control).await.map_err(failed)?;
    if let Some(id) = elsewhere.and_then(|mut ids| ids.pop()) {
        return Ok(detached(
            session,
            &record.workflow,
            &id,
            "running",
            watch.json,
        ));
    }
    session.serve(Owning::Run);
    let seen = session.events_of(record.root()).await.map_err(failed)?;
    let signals = Signals::new().ok();
    let handle = runtime.resume(&record.id).await.map_err(failed)?;
    go_on(session, handle, "resumes run", seen, watch, signals).await
}

/// Follows a run that goes on. `signals` are of before it was taken up.
pub(super) async fn go_on(
    session: &Session,
    handle: RunHandle,
    what: &str,
    seen: u64,
    watch: Watch,
    signals: Option<Signals>,
) -> Result<u8, Failure> {
    let record = session.runtime.storage().run(handle.id()).await;
    let workflow = record.ok().flatten().map(|record| record.workflow);
    introduce(session, &workflow.unwrap_or_default(), handle.id(), what);
    follow(session, handle, seen, watch, signals).await
}

/// Which run it is, and where it is kept.
fn introduce(session: &Session, workflow: &str, id: &RunId, what: &str) {
    let workflow = line(workflow, 80);
    let store = line(&session.runtime.storage().location(), 200);
    say(&format!("{workflow} · {what} {id} · store {store}"));
}

/// Runs of the last days that nobody works on any more. Ids begin with the time, so this reads
/// few runs however many there are.
async fn interrupted(runtime: &Runtime) -> Vec<RunRecord> {
    let query = RunQuery {
        status: Some(RunStatus::Running),
        prefix: Some(recent(time::now_micros())),
        limit: Some(100),
        ..RunQuery::default()
    };
    // A line of help is not worth a failure.
    let mut runs = runtime.runs(query).await.unwrap_or_default();
    let ids = runs.iter().map(|run| run.id.clone()).collect();
    let held = runtime.storage().holders(ids).await.unwrap_or_default();
    runs.retain(|run| {
        let is_held = held.iter().any(|held| held.run == run.id);
        let is_ours = runtime.input_schema(&run.workflow).is_ok();
        is_ours && run.parent.is_none() && !is_held && !runtime.is_active(&run.id)
    });
    runs
}

/// How the ids of the last days (at most twelve) begin: the first four digits of their time.
fn recent(now: u64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let millis = now / 1000;
    (6..10)
        .rev()
        .map(|place| ALPHABET[((millis >> (place * 5)) & 31) as usize] as char)
        .collect()
}

/// Follows a run to its end. On a terminal, what it asks of people is asked there.
async fn follow(
    session: &Session,
    mut handle: RunHandle,
    mut seen: u64,
    how: Watch,
    // The same ones all along: a Ctrl-C between a run and its question is heard too.
    mut signals: Option<Signals>,
) -> Result<u8, Failure> {
    let mut id = handle.id().clone();
    let mut terminal = match how.json || how.no_input {
        true => None,
        false => Terminal::open(),
    };
    loop {
        if let Some(holder) = elsewhere::holder(session, &id).await? {
            return elsewhere::look_on(session, &id, seen, &holder, how).await;
        }
        let (outcome, asked_to_stop) = match watch(handle, &mut signals, seen).await {
            Watched::Ended {
                outcome,
                asked_to_stop,
            } => (outcome, asked_to_stop),
            Watched::Aborted => return abort(session, &id, how.json).await,
        };
        if let Some(next) = &outcome.continued_as {
            say(&format!("goes on as run {next}"));
            let going_on = session.runtime.attach(next).await;
            handle =
                going_on.map_err(|error| Failure::of(&error, &session.program, "resume RUN"))?;
            if asked_to_stop {
                handle.interrupt();
            }
            (id, seen) = (next.clone(), 0);
            continue;
        }
        let Some(terminal) = terminal
            .as_mut()
            .filter(|_| outcome.status == RunStatus::Paused && !asked_to_stop)
        else {
            return finish(session, &outcome, how.json).await;
        };
        let told = session.events_of(&id).await;
        seen = told.map_err(|error| Failure::of(&error, &session.program, "resume RUN"))?;
        match asked::ask(session, terminal, &id, &mut signals).await? {
            Some(goes_on) => handle = goes_on,
            None => return finish(session, &outcome, how.json).await,
        }
    }
}

/// Leaves at once: nothing waits for a step that does not end.
async fn abort(session: &Session, id: &RunId, json: bool) -> Result<u8, Failure> {
    if json {
        let record = session.runtime.storage().run(id).await.ok().flatten();
        print_aborted(id, record.as_ref());
    }
    say("stopped; the step that was running is not recorded and will run again");
    let resume = session.program.command(&format!("resume {id}"));
    say(&format!("next: {resume}"));
    session.hide();
    std::process::exit(exit::INTERRUPTED.into())
}

fn print_aborted(id: &RunId, record: Option<&RunRecord>) {
    let message = "the run was interrupted".to_owned();
    let error = RecordedError {
        code: Arc::from("interrupted"),
        message,
        chain: Vec::new(),
        retryable: false,
        path: None,
        details: None,
    };
    report::print_json(&Report {
        run_id: id,
        workflow: record.map_or("", |record| &record.workflow),
        session_id: record.map_or("", |record| &record.session),
        status: "interrupted",
        output: None,
        error: Some(ErrorReport::of(&error)),
        requests: None,
        steps_run: 0,
        steps_cached: 0,
        steps_replayed: 0,
        duration_ms: 0,
    });
}

/// Tells how a run ended: the result to standard output, the rest to people.
pub(super) async fn finish(
    session: &Session,
    outcome: &Outcome,
    json: bool,
) -> Result<u8, Failure> {
    let interrupted = outcome.status == RunStatus::Running;
    let status = if interrupted {
        "interrupted"
    } else {
        outcome.status.as_str()
    };
    let counts = counts(outcome);
    let took = time::span(outcome.duration);
    let requests = match outcome.status {
        RunStatus::Paused => asked::of_run(session, &outcome.run).await,
        _ => Vec::new(),
    };
    match outcome.status {
        RunStatus::Completed => {
            let done = paint(Colour::Green, "done");
            say(&format!("{done} in {took}{counts}"));
            if io::stderr().is_terminal() && session.outlives_process() {
                let show = session.program.command(&format!("show {}", outcome.run));
                say(&paint(Colour::Dim, &format!("inspect: {show}")));
            }
        }
        _ => say(&format!(
            "{} after {took}{counts}",
            paint(Colour::Yellow, status)
        )),
    }
    if json {
        report::print_json(&Report {
            run_id: &outcome.run,
            workflow: &outcome.workflow,
            session_id: &outcome.session,
            status,
            output: outcome.output.as_ref(),
            error: outcome.error.as_ref().map(ErrorReport::of),
            requests: (outcome.status == RunStatus::Paused).then(|| {
                let requests = requests.iter();
                let requests = requests.map(|request| RequestReport::of(session, request));
                requests.collect()
            }),
            steps_run: outcome.steps_run,
            steps_cached: outcome.steps_cached,
            steps_replayed: outcome.steps_replayed,
            duration_ms: millis(outcome.duration),
        });
    } else if let Some(output) = &outcome.output
        && !answer::print(session, outcome, output).await
    {
        report::print_result(output);
    }
    if outcome.status == RunStatus::Completed {
        return Ok(exit::DONE);
    }
    if !requests.is_empty() {
        asked::tell(session, &outcome.run, &requests);
        return Ok(exit::PAUSED);
    }
    Ok(explain(session, outcome).await)
}

/// Why a run did not complete, and what to type next.
async fn explain(session: &Session, outcome: &Outcome) -> u8 {
    let program = &session.program;
    let code = outcome.error.as_ref().map_or("", |error| &error.code);
    let stopped = outcome.status == RunStatus::Running && code == "interrupted";
    if let Some(error) = &outcome.error
        && !stopped
    {
        say(&format!(
            "{}: {}",
            paint(Colour::Red, "error"),
            in_words(error)
        ));
        causes(&error.chain).for_each(|cause| say(&cause));
    }
    let recorded = session.runtime.storage().run(&outcome.run).await;
    let is_recorded = matches!(recorded, Ok(Some(_)) | Err(_)) && session.outlives_process();
    if code == "drift" && is_recorded {
        // Resumed with this code, it would drift again.
        let resume = program.command(&format!("resume {}", outcome.run));
        let anew = program.command(&anew(session, outcome).await);
        say(&format!(
            "next: restore the code, then: {resume}; or start anew: {anew}"
        ));
        return exit::FAILED;
    }
    let next = match outcome.status {
        _ if !is_recorded => {
            if session.outlives_process() {
                say("nothing of it was recorded: it starts anew");
            }
            format!("run {}", quoted(&outcome.workflow))
        }
        RunStatus::Failed => {
            say(&format!(
                "details: {}",
                program.command(&format!("show {}", outcome.run))
            ));
            again(&outcome.run, outcome.error.as_ref())
        }
        RunStatus::Cancelled => format!("retry {}", outcome.run),
        _ => format!("resume {}", outcome.run),
    };
    say(&format!("next: {}", program.command(&next)));
    match outcome.status {
        RunStatus::Paused => exit::PAUSED,
        RunStatus::Running if stopped => exit::INTERRUPTED,
        _ => exit::FAILED,
    }
}

/// What to type next for a run that has failed with this error. A step that may have run is settled
/// first: tried again, the run would only fail as before.
pub(super) fn again(run: &RunId, error: Option<&RecordedError>) -> String {
    match error {
        Some(RecordedError {
            code,
            path: Some(path),
            ..
        }) if &**code == "may_have_run" => {
            format!(
                "resolve {run} {} --output JSON | --failed | --retry",
                quoted(path)
            )
        }
        _ => format!("retry {run}"),
    }
}

/// The same workflow with the same input, as a run of its own.
async fn anew(session: &Session, outcome: &Outcome) -> String {
    const LONGEST: usize = 200;
    let again = format!("run {}", quoted(&outcome.workflow));
    match session.runtime.storage().input(&outcome.run).await {
        Ok(Some(given)) if given.input.as_str().len() <= LONGEST => {
            format!("{again} -i {}", quoted(given.input.as_str()))
        }
        _ => format!("{again} -i INPUT"),
    }
}

/// ` · 6 steps ran · 3 cached · 2 replayed`
fn counts(outcome: &Outcome) -> String {
    let mut counts = format!(" · {} ran", count(outcome.steps_run as usize, "step"));
    for (number, what) in [
        (outcome.steps_cached, "cached"),
        (outcome.steps_replayed, "replayed"),
    ] {
        if number > 0 {
            counts.push_str(&format!(" · {number} {what}"));
        }
    }
    counts
}

fn millis(duration: Duration) -> u64 {
    u64::try_from((duration + Duration::from_micros(500)).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_id_begins_as_recent_ones_do() {
        // The digits of this time in Crockford's base 32, as `Runtime` writes its ids.
        assert_eq!(recent(0), "0000");
        assert_eq!(recent((1 << 30) * 1000), "0001");
        assert_eq!(recent((33 << 30) * 1000), "0011");
    }
}
