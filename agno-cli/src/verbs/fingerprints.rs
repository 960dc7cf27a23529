//! `schema --save` and `schema --check`: what a change of the workflows means for their runs.

use std::fs;

use agno_core::{Change, Fingerprint};
use serde::{Deserialize, Serialize};

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report, select,
    text::{line, quoted},
};

/// What a file says.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// Version of this form.
    agno: u32,
    workflows: Vec<Fingerprint>,
}

const FORM: u32 = 1;

#[derive(Serialize)]
struct Report {
    /// Whether some change breaks runs that are under way.
    breaks: bool,
    workflows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    workflow: String,
    changes: Vec<Change>,
}

/// Writes the structure of one workflow, or of all, into a file.
pub(crate) fn save(session: &Session, named: Option<&str>, file: &str) -> Result<u8, Failure> {
    let names = match named {
        Some(_) => vec![select::workflow(
            &session.runtime,
            named,
            &session.program,
            "schema",
        )?],
        None => {
            let all = session.runtime.workflows();
            all.into_iter().map(|summary| summary.name).collect()
        }
    };
    let mut workflows = Vec::new();
    for name in names {
        let made = session.runtime.fingerprint(&name);
        workflows.push(made.map_err(|error| Failure::of(&error, &session.program, "schema"))?);
    }
    let saved = Saved {
        agno: FORM,
        workflows,
    };
    let text = serde_json::to_string_pretty(&saved)
        .map_err(|error| Failure::usage(format!("the schemas cannot be saved: {error}")))?;
    fs::write(file, text + "\n")
        .map_err(|error| Failure::usage(format!("`{}`: {error}", line(file, 200))))?;
    say(&format!(
        "saved: {} ({} workflows)",
        line(file, 200),
        saved.workflows.len()
    ));
    let check = format!("schema --check {}", quoted(file));
    say(&format!("next: {}", session.program.command(&check)));
    Ok(exit::DONE)
}

/// Compares the workflows with what a file says, and fails when that breaks runs.
pub(crate) fn check(
    session: &Session,
    named: Option<&str>,
    file: &str,
    json: bool,
) -> Result<u8, Failure> {
    let mut saved = read(session, file)?;
    if named.is_some() {
        let name = select::workflow(&session.runtime, named, &session.program, "schema")?;
        saved.retain(|one| one.workflow == name);
        if saved.is_empty() {
            let problem = format!(
                "`{}` says nothing of `{}`",
                line(file, 200),
                line(&name, 60)
            );
            return Err(Failure::not_found(problem));
        }
    }
    let rows: Vec<Row> = saved.iter().map(|old| compare(session, old)).collect();
    let breaks = rows
        .iter()
        .any(|row| row.changes.iter().any(|change| change.breaks));
    if json {
        report::print_json(&Report {
            breaks,
            workflows: rows,
        });
    } else {
        for row in &rows {
            tell(row);
        }
    }
    Ok(if breaks { exit::FAILED } else { exit::DONE })
}

fn read(session: &Session, file: &str) -> Result<Vec<Fingerprint>, Failure> {
    let again = || {
        let save = format!("schema --save {}", quoted(file));
        session.program.command(&save)
    };
    let name = line(file, 200);
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("`{name}`: {error}")).next(again()))?;
    let saved: Saved = serde_json::from_str(&text).map_err(|error| {
        let error = line(&error.to_string(), 200);
        Failure::usage(format!("`{name}` is no file of saved schemas: {error}")).next(again())
    })?;
    if saved.agno != FORM {
        let problem = format!(
            "`{name}` has the form {}, this program reads {FORM}",
            saved.agno
        );
        return Err(Failure::usage(problem).next(again()));
    }
    Ok(saved.workflows)
}

fn compare(session: &Session, old: &Fingerprint) -> Row {
    let changes = match session.runtime.fingerprint(&old.workflow) {
        Ok(new) => Fingerprint::compare(old, &new),
        Err(_) => vec![Change::gone()],
    };
    Row {
        workflow: old.workflow.clone(),
        changes,
    }
}

fn tell(row: &Row) {
    let name = line(&row.workflow, 60);
    if row.changes.is_empty() {
        return report::print(&format!("{name}: unchanged"));
    }
    for change in &row.changes {
        let word = if change.breaks { "breaks" } else { "holds" };
        let (what, reason) = (line(&change.what, 100), line(&change.reason, 400));
        report::print(&format!("{name}: {word}: {what}: {reason}"));
    }
}
