//! `approve`, `reject` and `answer`.

use agno_core::{Answer, Decision, Error, ErrorKind, Request, RunId};
use serde::Serialize;

use super::{
    asked::{by, in_words, with_value},
    run::go_on,
};
use crate::{
    app::Session,
    args::{AnswerWish, Given},
    ask::{NoValue, Stop, Terminal, read_value},
    failure::{Failure, exit},
    owner::{Control, Owning},
    progress::screen::say,
    report,
    signals::Signals,
    text,
};

#[derive(Serialize)]
struct Report<'a> {
    request_id: &'a str,
    run_id: &'a str,
    decision: &'a str,
}

/// Answers a request. Its run goes on here, unless the answer is only to be recorded.
pub(crate) async fn answer(session: &Session, wish: AnswerWish) -> Result<u8, Failure> {
    const VERB: &str = "answer ID";
    let Session {
        runtime, program, ..
    } = session;
    session.reach(VERB).await?;
    let failed = |error: &Error| match error.kind() {
        ErrorKind::Conflict => Failure::of(error, program, VERB)
            .with_exit(exit::FAILED)
            .next(program.command("inbox")),
        _ => Failure::of(error, program, VERB).next(program.command("inbox")),
    };
    let request = runtime.request(&wish.id).await.map_err(|e| failed(&e))?;
    if !session.has(&request.workflow) {
        let workflow = text::line(&request.workflow, 60);
        let problem = format!(
            "workflow `{workflow}` is not part of this program, so its run cannot go on here"
        );
        return Err(Failure::usage(problem).next(program.command("inbox")));
    }
    let answer = match wish.given {
        Some(given) => read(session, &request, given)?,
        None => match ask(session, &request, wish.watch.no_input || wish.watch.json).await? {
            Some(answer) => answer,
            None => return Ok(exit::PAUSED),
        },
    };
    let decision = answer.decision;
    let answer = answer.by(by(wish.by));
    let control = Control::Answer {
        request: request.id.clone(),
        answer: answer.clone(),
    };
    let elsewhere = session.control::<RunId>(control).await;
    if elsewhere.map_err(|error| failed(&error))?.is_some() {
        let next = format!("show {} --follow", request.root);
        return Ok(recorded(
            session,
            &request,
            decision,
            &next,
            wish.watch.json,
        ));
    }
    if wish.no_wait {
        let record = runtime.answer_detached(&request.id, answer).await;
        let record = record.map_err(|error| failed(&error))?;
        let next = format!("resume {}", record.root());
        return Ok(recorded(
            session,
            &request,
            decision,
            &next,
            wish.watch.json,
        ));
    }
    session.serve(Owning::Run);
    let seen = session
        .events_of(&request.root)
        .await
        .map_err(|e| failed(&e))?;
    let signals = Signals::new().ok();
    let handle = runtime.answer(&request.id, answer).await;
    let handle = handle.map_err(|error| failed(&error))?;
    go_on(
        session,
        handle,
        "goes on with run",
        seen,
        wish.watch,
        signals,
    )
    .await
}

/// The answer is recorded, and its run is not waited for.
fn recorded(
    session: &Session,
    request: &Request,
    decision: Decision,
    next: &str,
    json: bool,
) -> u8 {
    if json {
        report::print_json(&Report {
            request_id: &request.id,
            run_id: request.root.as_str(),
            decision: decision.as_str(),
        });
    }
    say(&format!("recorded `{decision}`"));
    say(&format!("next: {}", session.program.command(next)));
    exit::DONE
}

/// The answer that was typed, checked as far as it can be here.
fn read(session: &Session, request: &Request, given: Given) -> Result<Answer, Failure> {
    let typed = match given {
        Given::Decision { decision, because } => {
            let answer = Answer::new(decision);
            return Ok(match because {
                Some(because) => answer.feedback(because),
                None => answer,
            });
        }
        Given::Value(typed) => typed,
    };
    let again = || session.program.command(&with_value(request));
    match read_value(request, &typed) {
        Ok(value) => Ok(Answer::value(value)),
        Err(NoValue::Unread(problem)) => Err(Failure::input(problem).next(again())),
        Err(NoValue::Unfit(errors)) => Err(Failure::input(errors.to_string())
            .with_problems(errors.problems())
            .next(again())),
    }
}

/// Asks for it on the terminal. `None` when the person has left.
async fn ask(
    session: &Session,
    request: &Request,
    no_input: bool,
) -> Result<Option<Answer>, Failure> {
    let next = || session.program.command(&with_value(request));
    let terminal = if no_input { None } else { Terminal::open() };
    let Some(mut terminal) = terminal else {
        let problem = format!(
            "what is the answer to `{}`? It asks: {}",
            request.id,
            in_words(request)
        );
        return Err(Failure::usage(problem).next(next()));
    };
    // A person may think for long: others look on meanwhile, or answer.
    session.serve(Owning::Run);
    match terminal
        .ask(session, request, &mut Signals::new().ok())
        .await
    {
        Ok(answer) => Ok(Some(answer)),
        Err(stop) => {
            if stop == Stop::Left {
                say(&format!("next: {}", next()));
            }
            Ok(None)
        }
    }
}
