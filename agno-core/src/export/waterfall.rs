//! The steps of a run over time: one bar for each, in one colour for each kind of time.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use agno_storage::{EntryKind, EventKind, Source};

use super::text::{duration, escape};
use crate::runtime::{RunDetails, RunMetrics, StepMetrics, path::is_operation};

/// As wide is a bar in its own units.
const WIDTH: f64 = 1000.0;

/// As many rows are drawn; a page with more is of use to nobody.
const MOST_ROWS: usize = 2000;

/// A row: an operation, and what it did when.
struct Row {
    path: Arc<str>,
    spans: Vec<Span>,
    begins: u64,
    micros: u64,
    attempts: u32,
    note: String,
}

struct Span {
    class: &'static str,
    from: u64,
    to: u64,
}

/// Draws the waterfall.
pub(super) fn draw(out: &mut String, run: &RunDetails, metrics: &RunMetrics) {
    let begin = run.record.created_at;
    let whole = metrics.total_micros.max(1);
    let mut rows: Vec<Row> = metrics.steps.iter().map(Row::of).collect();
    rows.extend(waits(run, begin + whole));
    rows.sort_by(|a, b| (a.begins, &a.path).cmp(&(b.begins, &b.path)));
    if rows.is_empty() {
        out.push_str("<p class=\"faint\">No step has begun.</p>\n");
        return;
    }
    legend(out);
    out.push_str("<table>\n<thead><tr><th>Step</th><th><span class=\"axis\">");
    for tick in 0..=4 {
        let _ = write!(out, "<span>{}</span>", duration(whole / 4 * tick));
    }
    out.push_str(
        "</span></th><th>Took</th><th class=\"wide\">Tries</th><th class=\"wide\">Result</th></tr></thead>\n<tbody>\n",
    );
    for row in rows.iter().take(MOST_ROWS) {
        row.draw(out, begin, whole);
    }
    out.push_str("</tbody></table>\n");
    if let Some(more) = rows.len().checked_sub(MOST_ROWS + 1) {
        let _ = writeln!(out, "<p class=\"faint\">… and {} more.</p>", more + 1);
    }
}

/// The kinds of time, with their colours where the page's own styles do not reach.
const KINDS: [(&str, &str, &str); 6] = [
    ("ran", "#1a7f37", "running"),
    ("failed", "#cf222e", "failed"),
    ("waited", "#8250df", "waiting for people"),
    ("queued", "#afb8c1", "waiting for its turn, or for a timer"),
    ("cached", "#0969da", "found in the cache"),
    ("given", "#9a6700", "given by a person, or taken over"),
];

fn legend(out: &mut String) {
    out.push_str("<div class=\"legend\">");
    for (class, colour, what) in KINDS {
        let _ = write!(
            out,
            "<span><svg viewBox=\"0 0 12 12\" width=\"12\" height=\"12\" aria-hidden=\"true\"><rect class=\"{class}\" fill=\"{colour}\" width=\"12\" height=\"12\" rx=\"2\"/></svg>{what}</span>"
        );
    }
    out.push_str("</div>\n");
}

impl Row {
    fn of(step: &StepMetrics) -> Self {
        let end = step
            .finished_at
            .max(step.ran.iter().map(|(_, to)| *to).max().unwrap_or(0));
        let span = |class| {
            move |(from, to): &(u64, u64)| Span {
                class,
                from: *from,
                to: *to,
            }
        };
        let mut spans = Vec::new();
        let all = match step.source {
            Some(Source::Cache) => "cached",
            Some(Source::Given) => "given",
            // Taken over by a fork: it has not run here.
            Some(Source::Ran) if step.ran.is_empty() => "given",
            _ => "queued",
        };
        spans.push(Span {
            class: all,
            from: step.asked_at,
            to: end,
        });
        for (index, attempt) in step.ran.iter().enumerate() {
            // Of several attempts, all but the last have failed, or were lost with their process.
            let failed =
                index + 1 < step.ran.len() || step.failed || step.source == Some(Source::Skipped);
            spans.push(span(if failed { "failed" } else { "ran" })(attempt));
        }
        spans.extend(step.waited.iter().map(span("waited")));
        let note = match (step.source, step.failed) {
            (_, true) => "failed",
            (Some(Source::Ran), _) if step.ran.is_empty() => "taken over",
            (Some(Source::Ran), _) => "completed",
            (Some(Source::Cache), _) => "from the cache",
            (Some(Source::Skipped), _) => "skipped",
            (Some(Source::Given), _) => "given",
            _ => "not over",
        };
        Self {
            path: step.path.clone(),
            spans,
            begins: step.asked_at,
            micros: end.saturating_sub(step.asked_at),
            attempts: step.attempts,
            note: note.to_owned(),
        }
    }

    fn draw(&self, out: &mut String, begin: u64, whole: u64) {
        let _ = write!(
            out,
            "<tr><td class=\"path\">{}</td><td class=\"bar\"><svg viewBox=\"0 0 {WIDTH} 14\" preserveAspectRatio=\"none\" role=\"img\">",
            escape(&self.path)
        );
        #[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
        let place = |at: u64| at.saturating_sub(begin) as f64 / whole as f64 * WIDTH;
        for span in &self.spans {
            let from = place(span.from).clamp(0.0, WIDTH - 2.0);
            let width = (place(span.to).min(WIDTH) - from).max(2.0);
            let kind = KINDS.iter().find(|(class, ..)| *class == span.class);
            let (class, colour, what) = kind.copied().unwrap_or(KINDS[0]);
            let _ = write!(
                out,
                "<rect class=\"{class}\" fill=\"{colour}\" x=\"{from:.1}\" width=\"{width:.1}\" height=\"14\"><title>{what}: {}</title></rect>",
                duration(span.to.saturating_sub(span.from))
            );
        }
        let _ = writeln!(
            out,
            "</svg></td><td class=\"number\">{}</td><td class=\"number wide\">{}</td><td class=\"wide\">{}</td></tr>",
            duration(self.micros),
            match self.attempts {
                0 => String::new(),
                tries => tries.to_string(),
            },
            escape(&self.note)
        );
    }
}

/// What the flow itself waits for: people it asks, and timers.
fn waits(run: &RunDetails, end: u64) -> Vec<Row> {
    let mut answered: HashMap<&str, u64> = HashMap::new();
    for event in run.journal.iter().flat_map(|entry| &entry.events) {
        if let EventKind::RequestAnswered { path, .. } = &event.kind {
            answered.insert(path, event.at);
        }
    }
    let row = |path: &Arc<str>, class, from: u64, to: u64, note: &str| Row {
        path: path.clone(),
        spans: vec![Span { class, from, to }],
        begins: from,
        micros: to.saturating_sub(from),
        attempts: 0,
        note: note.to_owned(),
    };
    let operations = run.journal.iter().filter(|entry| is_operation(entry));
    operations
        .filter_map(|entry| match entry.kind {
            EntryKind::Request => {
                let from = match entry.started_at {
                    0 => entry.finished_at,
                    started => started,
                };
                let to = answered.get(&*entry.path).copied();
                let note = if to.is_some() {
                    "answered"
                } else {
                    "not answered"
                };
                Some(row(&entry.path, "waited", from, to.unwrap_or(end), note))
            }
            EntryKind::Timer => {
                let until: u64 = entry.output.as_ref()?.decode().ok()?;
                let to = until.min(end);
                Some(row(&entry.path, "queued", entry.started_at, to, "timer"))
            }
            _ => None,
        })
        .collect()
}
