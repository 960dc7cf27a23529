//! `events`.

use std::time::Duration;

use agno_core::{Json, NumberedEvent};
use serde_json::{Map, Value};

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report, select,
    signals::Signals,
    text::line,
    time,
};

/// Prints the stored events of a run from a number on, in order; with `follow`, those as well that
/// are stored until it ends or stops.
pub(crate) async fn events(
    session: &Session,
    run: &str,
    from: u64,
    follow: bool,
    json: bool,
) -> Result<u8, Failure> {
    const VERB: &str = "events RUN";
    session.look(VERB).await?;
    let record = select::run(session, run, VERB).await?;
    let failed = |error| Failure::of(&error, &session.program, VERB);
    let tell = |event: &NumberedEvent| match json {
        true => report::print_json_line(event),
        false => report::print(&in_words(event, record.created_at)),
    };
    if !follow {
        let details = session.runtime.inspect(&record.id).await.map_err(failed)?;
        let events = details.events();
        let wanted = |event: &&NumberedEvent| event.number >= Some(from);
        events.iter().filter(wanted).for_each(tell);
        return Ok(exit::DONE);
    }
    let mut events = session.follow(&record.id, from, false);
    let Ok(mut signals) = Signals::new() else {
        return Err(Failure::usage("signals cannot be heard"));
    };
    loop {
        tokio::select! {
            // Whoever stops looking needs no more of it.
            () = signals.next() => {
                detached(session, record.id.as_str());
                return Ok(exit::INTERRUPTED);
            }
            event = events.next() => match event.map_err(failed)? {
                Some(event) => tell(&event),
                None => return Ok(exit::DONE),
            },
        }
    }
}

/// The looking on has ended, and not the run.
pub(super) fn detached(session: &Session, id: &str) {
    say("the run goes on");
    let again = session.program.command(&format!("show {id} --follow"));
    say(&format!("next: {again}"));
}

/// `#3  +1.2s  step_completed  path: read#0 · attempts: 1`
fn in_words(event: &NumberedEvent, begun: u64) -> String {
    let number = event.number.map(|number| format!("#{number}"));
    let since = Duration::from_micros(event.event.at.saturating_sub(begun));
    let fields: Option<Map<String, Value>> = Json::encode(&event.event)
        .ok()
        .and_then(|fields| fields.decode().ok());
    let mut fields = fields.unwrap_or_default();
    fields.remove("at");
    let name = fields.remove("type");
    let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            format!("{}: {}", line(name, 40), line(&value, 200))
        })
        .collect();
    let words = format!(
        "{:<5} {:>8}  {:<16} {}",
        number.unwrap_or_default(),
        format!("+{}", time::span(since)),
        line(name, 40),
        fields.join(" · "),
    );
    words.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use agno_core::{Event, EventKind};

    use super::*;

    #[test]
    fn an_event_is_a_line_that_obeys_nothing() {
        let event = NumberedEvent {
            number: Some(7),
            event: Event {
                at: 1_250_000,
                kind: EventKind::Said {
                    message: "a\u{1b}[2J\nb".to_owned(),
                },
            },
        };
        assert_eq!(
            in_words(&event, 50_000),
            "#7       +1.2s  said             message: a\\u{1b}[2J\\nb"
        );
    }
}
