//! `cache explain`.

use std::time::Duration;

use agno_core::{CacheExplanation, CacheFinding, CacheQuestion, CacheUse, Json, PartDiff};

use crate::{
    app::Session,
    args::Explain,
    failure::{Failure, exit},
    report, select,
    text::{count, line},
    time,
};

const VERB: &str = "cache explain STEP";
/// As much of a value is shown.
const SHOWN: usize = 100;

/// Tells what the key of a call is made from, and why it hit or missed.
pub(crate) async fn explain(session: &Session, wish: Explain) -> Result<u8, Failure> {
    session.look(VERB).await?;
    let run = match &wish.run {
        None => None,
        Some(named) => Some(
            select::run(session, named, "cache explain STEP --run RUN")
                .await?
                .id,
        ),
    };
    let input = match wish.input {
        None => None,
        Some(text) => Some(
            Json::parse(&text)
                .map_err(|error| Failure::usage(format!("the input is no JSON: {error}")))?,
        ),
    };
    let question = CacheQuestion {
        step: wish.step,
        workflow: wish.workflow,
        run,
        input,
    };
    let explained = session.runtime.explain_cache(question).await;
    let explained = explained.map_err(|error| Failure::of(&error, &session.program, VERB))?;
    match wish.json {
        true => report::print_json(&explained),
        false => report::print(&in_text(&explained, time::now_micros())),
    }
    Ok(exit::DONE)
}

fn in_text(explained: &CacheExplanation, now: u64) -> String {
    let mut out = format!("{} · {}", explained.workflow, explained.step);
    if let Some(run) = &explained.run {
        out.push_str(&format!(" · run {run}"));
    }
    out.push_str("\n\n");
    if let Some(recorded) = &explained.recorded {
        out.push_str(&format!("then     {}\n", then(recorded)));
    }
    out.push_str(&format!("now      {}\n", found(&explained.now, now)));
    if let Some(key) = &explained.key {
        out.push_str(&format!("key      {key}\n"));
    }
    if !explained.tags.is_empty() {
        out.push_str(&format!(
            "tags     {}\n",
            line(&explained.tags.join(", "), 400)
        ));
    }
    if let Some(parts) = &explained.parts {
        out.push_str("\nThe key is made from\n");
        let parts = parts.to_value();
        for (name, part) in parts.as_object().into_iter().flatten() {
            out.push_str(&format!("  {name:<17} {}\n", value(part)));
        }
    }
    if let Some(nearest) = &explained.nearest {
        let stored = time::ago(nearest.stored_at, now);
        let key: String = nearest.key.chars().take(12).collect();
        let number = count(nearest.differs.len(), "part");
        out.push_str(&format!(
            "\nThe nearest other result, {key}, stored {stored} by {}, differs in {number}\n",
            nearest.run
        ));
        for PartDiff { part, here, stored } in &nearest.differs {
            let part = line(part, 60);
            out.push_str(&format!("  {part:<17} {} here\n", value(here)));
            out.push_str(&format!("  {:<18}{} stored\n", "", value(stored)));
        }
    }
    out
}

fn value(value: &serde_json::Value) -> String {
    line(&value.to_string(), SHOWN)
}

fn then(recorded: &CacheUse) -> String {
    match recorded {
        CacheUse::Taken {
            from,
            age_micros,
            stale,
        } => {
            let age = time::span(Duration::from_micros(*age_micros));
            let stale = if *stale { ", and had expired" } else { "" };
            format!("taken from the cache: run {from} had stored it {age} before{stale}")
        }
        CacheUse::Computed { why: Some(why) } => format!("computed: {}", line(why, 300)),
        CacheUse::Failed { error } => format!("failed: {}", line(error, 300)),
        _ => "computed".to_owned(),
    }
}

fn found(finding: &CacheFinding, now: u64) -> String {
    match finding {
        CacheFinding::Hit {
            from,
            stored_at,
            expires_at,
        } => {
            let ends = expires_at.map_or_else(String::new, |end| {
                let left = Duration::from_micros(end.saturating_sub(now));
                format!(", good for another {}", time::span(left))
            });
            let stored = time::ago(*stored_at, now);
            format!("a hit: stored {stored} by run {from}{ends}")
        }
        CacheFinding::Expired {
            from, expired_at, ..
        } => {
            let ended = time::ago(*expired_at, now);
            format!("a miss: what run {from} stored expired {ended}")
        }
        CacheFinding::Nothing { others: 0 } => "a miss: nothing is stored of this step".to_owned(),
        CacheFinding::Nothing { others } => {
            let number = count(*others, "result");
            format!("a miss: nothing is stored for this key, {number} of the step for others")
        }
        CacheFinding::Mode { mode } => format!("not looked for: the mode of the run is `{mode}`"),
        CacheFinding::NotCacheable { reason } => format!("not cached: {}", line(reason, 300)),
        _ => "unknown".to_owned(),
    }
}
