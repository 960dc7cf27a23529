//! Asks the person at the terminal what a run wants to know.

mod field;
mod form;
mod terminal;

use std::time::Duration;

use agno_core::{Answer, Decision, Json, Request, RequestKind, RequestQuery};

pub(crate) use self::{
    form::{NoValue, example, read_value},
    terminal::{Stop, Terminal},
};
use crate::{
    app::Session,
    progress::screen::{Colour, paint, say},
    signals::{self, Signals},
    text, time,
};

/// How often it is looked whether a question is still open.
const LOOK_EVERY: Duration = Duration::from_millis(300);

impl Terminal {
    /// Asks until there is an answer, the person has left, or nothing waits for it any more.
    pub(crate) async fn ask(
        &mut self,
        session: &Session,
        request: &Request,
        signals: &mut Option<Signals>,
    ) -> Result<Answer, Stop> {
        self.forget();
        introduce(request);
        tokio::select! {
            biased;
            () = signals::next(signals) => {
                say("");
                Err(Stop::Left)
            }
            () = closed(session, request) => {
                say("");
                say("this is not asked any more");
                Err(Stop::Over)
            }
            answer = self.question(request) => answer,
        }
    }

    async fn question(&mut self, request: &Request) -> Result<Answer, Stop> {
        match request.kind {
            RequestKind::Confirm | RequestKind::Tool => match self.yes_or_no("yes or no?").await? {
                true => Ok(Answer::new(Decision::Approve)),
                false => self.reject().await,
            },
            RequestKind::Review => self.review(request).await,
            RequestKind::Failure => self.failure(request).await,
            _ => self.value(request).await,
        }
    }

    /// There is no default: a yes is said.
    pub(super) async fn yes_or_no(&mut self, prompt: &str) -> Result<bool, Stop> {
        loop {
            match self.line(prompt).await?.to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => say("  please say `yes` or `no`"),
            }
        }
    }

    async fn reject(&mut self) -> Result<Answer, Stop> {
        let why = self.line("why not? (may be left out)").await?;
        let answer = Answer::new(Decision::Reject);
        Ok(match why.is_empty() {
            true => answer,
            false => answer.feedback(why),
        })
    }

    async fn review(&mut self, request: &Request) -> Result<Answer, Stop> {
        loop {
            let line = self.line("approve, edit, reject or redo?").await?;
            match line.to_lowercase().as_str() {
                "approve" | "a" | "yes" | "y" => return Ok(Answer::new(Decision::Approve)),
                "edit" | "e" => return self.json_value(request).await,
                "reject" | "r" | "no" | "n" => return self.reject().await,
                "redo" => {
                    let what = self.line("what is to be different?").await?;
                    if !what.is_empty() {
                        return Ok(Answer::new(Decision::Redo).feedback(what));
                    }
                }
                _ => say("  please say `approve`, `edit`, `reject` or `redo`"),
            }
        }
    }

    async fn failure(&mut self, request: &Request) -> Result<Answer, Stop> {
        loop {
            let line = self.line("retry, skip, fail or value?").await?;
            let decision = match line.to_lowercase().as_str() {
                "retry" | "r" => Decision::Retry,
                "skip" | "s" => Decision::Skip,
                "fail" | "f" => Decision::Fail,
                "value" | "v" => return self.json_value(request).await,
                _ => {
                    say("  please say `retry`, `skip`, `fail` or `value`");
                    continue;
                }
            };
            return Ok(Answer::new(decision));
        }
    }

    /// A value that takes the place of another, given whole.
    async fn json_value(&mut self, request: &Request) -> Result<Answer, Stop> {
        loop {
            let line = self.line("the value, as JSON or @FILE:").await?;
            if line == "-" {
                // It is the terminal.
                continue;
            }
            match read_value(request, line.as_ref()) {
                Ok(value) => return Ok(Answer::value(value)),
                Err(problem) => say(&problem.to_string()),
            }
        }
    }

    async fn value(&mut self, request: &Request) -> Result<Answer, Stop> {
        let form = form::Form::of(request);
        loop {
            let filled = form.fill(self).await?;
            match form.check(&filled) {
                Ok(value) => return Ok(Answer::value(value)),
                Err(problem) => say(&problem.to_string()),
            }
        }
    }
}

/// Says what is asked, and about what.
fn introduce(request: &Request) {
    let sign = paint(Colour::Yellow, "?");
    // No line of it looks like one of this program's own.
    let message = text::block(&request.message).replace('\n', "\n    ");
    say(&format!(
        "{sign} {message}  {}",
        paint(Colour::Dim, &text::line(&request.path, 120))
    ));
    if let Some(value) = &request.value {
        for line in shown(value).lines() {
            say(&format!("    {line}"));
        }
    }
    if let Some(deadline) = request.deadline {
        let left = deadline.saturating_sub(time::now_micros());
        let left = time::span(Duration::from_micros(left));
        say(&paint(Colour::Dim, &format!("    for the next {left}")));
    }
}

/// A value as people read it: a text as it is, JSON indented; its beginning if it is long.
fn shown(value: &Json) -> String {
    const MOST_LINES: usize = 40;
    const LONGEST: usize = 8_000;
    let whole = match value.decode::<String>() {
        Ok(words) => text::block(&words).into_owned(),
        Err(_) => text::pretty_json(value.as_str()),
    };
    let mut shown: String = whole.chars().take(LONGEST).collect();
    if let Some((at, _)) = shown.match_indices('\n').nth(MOST_LINES - 1) {
        shown.truncate(at);
    }
    if shown.len() < whole.len() {
        shown.push_str("\n…");
    }
    shown
}

/// Resolves when a request is not open any more: its time is over, or another process has answered.
async fn closed(session: &Session, request: &Request) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let query = RequestQuery {
            prefix: Some(request.id.to_string()),
            limit: Some(1),
            ..RequestQuery::default()
        };
        // A store that does not answer now is asked again: the answer will meet it as well.
        let open = session.runtime.requests(query).await;
        if open.is_ok_and(|open| open.is_empty()) {
            return;
        }
    }
}
