//! What agents did in a run, from its stored events.

use std::time::Duration;

use agno_core::{AgentEvent, EventKind, NumberedEvent};

use crate::{
    report,
    text::{self, line},
    time,
};

/// Most lines that are shown; `show --json` has all.
const MOST: usize = 200;

/// What agents did, a line each, in order. Empty without agents.
pub(super) fn in_text(events: &[NumberedEvent]) -> String {
    let begun = events.first().map_or(0, |event| event.event.at);
    let mut rows = Vec::new();
    for event in events {
        let EventKind::Agent {
            path,
            agent,
            team,
            what,
        } = &event.event.kind
        else {
            continue;
        };
        let Some(words) = in_words(what) else {
            continue;
        };
        let since = Duration::from_micros(event.event.at.saturating_sub(begun));
        let who = match team {
            Some(team) => format!("{} of {}", line(agent, 40), line(team, 40)),
            None => line(agent, 40),
        };
        rows.push(vec![
            format!("  +{}", time::span(since)),
            line(path, 60),
            who,
            words,
        ]);
    }
    let more = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    let mut out = report::table(&rows);
    if more > 0 {
        out.push_str(&format!("  … {more} more: `--json` has them\n"));
    }
    out
}

fn in_words(what: &AgentEvent) -> Option<String> {
    let span = |micros: u64| time::span(Duration::from_micros(micros));
    Some(match what {
        AgentEvent::Turn {
            turn,
            model,
            input_tokens,
            output_tokens,
            micros,
            ..
        } => {
            let (model, took) = (line(model, 60), span(*micros));
            format!(
                "turn {turn} · {model} · {took} · {input_tokens} tokens in, {output_tokens} out"
            )
        }
        AgentEvent::ToolStarted {
            tool, arguments, ..
        } => format!("calls {}({})", line(tool, 60), line(arguments, 120)),
        AgentEvent::ToolCompleted { tool, micros, .. } => {
            format!("{} answered in {}", line(tool, 60), span(*micros))
        }
        AgentEvent::ToolFailed { tool, error, .. } => {
            let (code, why) = (line(&error.code, 60), line(&error.message, 160));
            format!("{} failed: {why} [{code}]", line(tool, 60))
        }
        AgentEvent::Repair { problem } => format!("is asked again: {}", line(problem, 160)),
        AgentEvent::Reset { reason } => format!("begins anew: {}", line(reason, 160)),
        AgentEvent::Completed {
            turns,
            cost,
            micros,
            ..
        } => {
            let turns = text::count(*turns as usize, "turn");
            let cost = cost.map(|cost| format!(" · cost {cost:.4}"));
            let took = span(*micros);
            format!(
                "answered after {turns} · {took}{}",
                cost.unwrap_or_default()
            )
        }
        AgentEvent::Failed { error } => {
            let (code, why) = (line(&error.code, 60), line(&error.message, 160));
            format!("failed: {why} [{code}]")
        }
        // That it began says nothing that its first turn does not.
        _ => return None,
    })
}
