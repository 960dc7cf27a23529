//! `diff`.

use std::time::Duration;

use agno_core::{OperationDiff, Reason, RunDiff, RunSide, ValueDiff, Verdict};

use crate::{
    app::Session,
    failure::{Failure, exit},
    report, select,
    text::{count, line},
    time,
};

/// Tells what two runs did differently, and why the second ran what the first had done.
pub(crate) async fn diff(
    session: &Session,
    left: &str,
    right: &str,
    json: bool,
) -> Result<u8, Failure> {
    const VERB: &str = "diff RUN OTHER";
    session.look(VERB).await?;
    // Which two are meant, nobody else knows.
    let unknown = |failure: Failure| failure.next(session.program.command("runs"));
    let left = select::run(session, left, VERB).await.map_err(unknown)?.id;
    let right = select::run(session, right, VERB).await.map_err(unknown)?.id;
    let diff = session.runtime.diff(&left, &right).await;
    let diff = diff.map_err(|error| Failure::of(&error, &session.program, VERB))?;
    match json {
        true => report::print_json(&diff),
        false => report::print(&in_text(&diff)),
    }
    Ok(exit::DONE)
}

fn in_text(diff: &RunDiff) -> String {
    let mut out = format!("< {}\n> {}\n", side(&diff.left), side(&diff.right));
    for difference in &diff.run {
        out.push_str(&format!("{}\n", values("", difference)));
    }
    let (mut same, mut told) = (0, String::new());
    for operation in &diff.operations {
        // What is as it was, and for the usual reason, is counted.
        if operation.verdict == Verdict::Same && operation.reasons.iter().all(is_usual) {
            same += 1;
            continue;
        }
        told.push_str(&of(operation));
    }
    if !told.is_empty() {
        out.push_str(&format!("\n{told}"));
    }
    let number = count(same, "operation");
    out.push_str(&format!("\n{number} the same\n"));
    out
}

fn side(side: &RunSide) -> String {
    let took = time::span(Duration::from_micros(side.active_micros));
    let mut words = format!(
        "{}  {} (version {}) · session {} · {} · {took}",
        side.id,
        line(&side.workflow, 60),
        side.version,
        line(&side.session, 60),
        side.status,
    );
    if let Some(of) = &side.forked {
        words.push_str(&format!(" · forked from {of}"));
    }
    words
}

/// A line for the operation, then why, then where.
fn of(operation: &OperationDiff) -> String {
    let sign = match operation.verdict {
        Verdict::Same => "=",
        Verdict::Differs => "≠",
        Verdict::OnlyLeft => "<",
        Verdict::OnlyRight => ">",
    };
    let mut out = format!("{sign} {}", line(&operation.path, 120));
    let reasons: Vec<_> = operation.reasons.iter().map(why).collect();
    if !reasons.is_empty() {
        out.push_str(&format!("  {}", reasons.join("; ")));
    }
    out.push('\n');
    for difference in &operation.differences {
        out.push_str(&format!("{}\n", values("    ", difference)));
    }
    out
}

fn values(indent: &str, difference: &ValueDiff) -> String {
    let value = |value: &Option<String>| match value {
        Some(value) => line(value, 100),
        None => "nothing".to_owned(),
    };
    let mut words = format!(
        "{indent}{}: {} → {}",
        line(&difference.pointer, 120),
        value(&difference.left),
        value(&difference.right)
    );
    if difference.more > 0 {
        words.push_str(&format!(" (and {} more)", difference.more));
    }
    words
}

fn is_usual(reason: &Reason) -> bool {
    matches!(reason, Reason::TakenOver)
}

fn why(reason: &Reason) -> String {
    match reason {
        Reason::TakenOver => "taken over".to_owned(),
        Reason::FoundInCache => "found in the step cache".to_owned(),
        Reason::Given => "given by a person".to_owned(),
        Reason::Skipped => "failed, its default is used".to_owned(),
        Reason::OtherInputGiven => "the fork gave it another input".to_owned(),
        Reason::OtherInput { pointers } => {
            let pointers: Vec<_> = pointers.iter().map(|at| line(at, 60)).collect();
            match pointers.join(", ").as_str() {
                "" => "another input".to_owned(),
                pointers => format!("another input at {pointers}"),
            }
        }
        Reason::OtherVersion { left, right } => {
            format!("version {right} of the workflow, not {left}")
        }
        Reason::Forked { at } => format!("runs again from `{}` on", line(at, 120)),
        Reason::NoCache => "has no cache".to_owned(),
        Reason::CachedForRun => "cached for one run".to_owned(),
        Reason::OtherSession => "cached for another session".to_owned(),
        Reason::OtherUser => "cached for another user".to_owned(),
        Reason::Expired { ago_micros } => {
            let ago = time::span(Duration::from_micros(*ago_micros));
            format!("its cached result had expired {ago} before")
        }
        Reason::NothingToCache => "the other has no result to cache".to_owned(),
        Reason::CacheNotTaken => "the cached result was not taken".to_owned(),
        other => line(&format!("{other:?}"), 120),
    }
}
