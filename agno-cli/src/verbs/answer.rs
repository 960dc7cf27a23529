//! An agent's answer that is the result of a run.

#[cfg(feature = "agents")]
use std::time::Duration;

#[cfg(feature = "agents")]
use agno_agents::{
    Usage,
    console::{Printer, PrinterOptions},
};
#[cfg(feature = "agents")]
use agno_core::{AgentEvent, EventKind, NumberedEvent};
use agno_core::{Json, Outcome};

use crate::app::Session;
#[cfg(feature = "agents")]
use crate::spent;

/// Prints a result as Agno prints an answer, with time and tokens. Only a text, on a terminal, that
/// is word for word what a step returned in which an agent answered. Says whether it was one.
#[cfg(feature = "agents")]
pub(super) async fn print(session: &Session, outcome: &Outcome, output: &Json) -> bool {
    let options = PrinterOptions::stdout();
    let Ok(text) = output.decode::<String>() else {
        return false;
    };
    if !options.terminal {
        return false;
    }
    // Without it the bare text is printed: nothing is lost.
    let Ok(details) = session.runtime.inspect(&outcome.run).await else {
        return false;
    };
    let events = details.events();
    let steps = super::show::steps(&details.journal);
    let answer = steps
        .filter(|entry| entry.output.as_ref() == Some(output))
        .filter_map(|entry| {
            let path = super::show::path(entry);
            answered(&events, path).map(|took| (path, took))
        })
        .last();
    let Some((path, took)) = answer else {
        return false;
    };
    let spent = spent::by_step(&events).remove(path);
    let usage = spent.map(|spent| Usage {
        requests: u32::try_from(spent.turns).unwrap_or(u32::MAX),
        input_tokens: spent.input_tokens,
        output_tokens: spent.output_tokens,
        cost: spent.cost,
        ..Usage::default()
    });
    let mut printer = Printer::to(std::io::stdout(), options);
    printer.finish(&text, took, usage.as_ref());
    true
}

/// How long the agent of a step worked, if it answered; the last that is no member of a team.
#[cfg(feature = "agents")]
fn answered(events: &[NumberedEvent], step: &str) -> Option<Duration> {
    events
        .iter()
        .rev()
        .find_map(|event| match &event.event.kind {
            EventKind::Agent {
                path,
                team: None,
                what: AgentEvent::Completed { micros, .. },
                ..
            } if &**path == step => Some(Duration::from_micros(*micros)),
            _ => None,
        })
}

/// Without agents no result is one's answer.
#[cfg(not(feature = "agents"))]
pub(super) async fn print(_: &Session, _: &Outcome, _: &Json) -> bool {
    false
}
