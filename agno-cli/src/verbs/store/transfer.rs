//! Moving a store: into a file, out of one, and straight into another store.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use agno_core::storage::{
    Storage,
    transfer::{
        self, Counts, ExportOptions, Exported, ImportOptions, ImportReport, OnProgress,
        TransferError,
    },
};
use serde::Serialize;
use tokio::{runtime::Handle, task::spawn_blocking};

use super::{counted, failed, from_root};
use crate::{
    app::Session,
    args::{CopyWish, ExportWish, What},
    failure::{Failure, exit},
    progress::screen::{self, say},
    report,
    store_url::StoreUrl,
    text::{line, quoted},
};

/// So many lines of what did not go over are said.
const SAID: usize = 20;

/// Writes the store into a file, or to standard output.
pub(super) async fn export(session: &Session, wish: ExportWish) -> Result<u8, Failure> {
    const VERB: &str = "store export";
    let target = Target::new(&wish.file, wish.force)?;
    session.open(VERB).await?;
    let storage = session.runtime.storage().clone();
    let options = options(wish.what);
    let to_stdout = matches!(target, Target::Stdout);
    let begun = target
        .begin()
        .map_err(|error| unwritable(&wish.file, &error))?;
    let exported = {
        let progress = Progress::begin("exported");
        let options = ExportOptions {
            on_progress: progress.teller(),
            ..options
        };
        beside(move |runtime| {
            let done = begun.write(|out| wait(&runtime, transfer::export(&*storage, out, options)));
            done.map_err(|error| match error {
                TransferError::Io { context, message } => {
                    Failure::usage(format!("{context}: {message}")).with_exit(exit::FAILED)
                }
                error => Failure::usage(error.to_string()).with_exit(exit::FAILED),
            })
        })
        .await?
    };
    let words = format!("exported {}", in_words(&exported.counts));
    match (wish.json, to_stdout) {
        (true, false) => report::print_json(&exported),
        // The store is on standard output.
        (true, true) => say(&serde_json::to_string(&exported).unwrap_or_default()),
        (false, true) => say(&words),
        (false, false) => {
            let file = line(&wish.file.to_string_lossy(), 200);
            say(&format!("{words} into {file}"));
        }
    }
    Ok(left_out(&exported))
}

/// Says what is not in an export, and answers the exit code.
fn left_out(exported: &Exported) -> u8 {
    for problem in exported.problems.iter().take(SAID) {
        say(&format!("error: {}", line(problem, 400)));
    }
    if let more @ 1.. = exported.problems.len().saturating_sub(SAID) {
        say(&format!("and {more} more that are left out"));
    }
    match exported.problems.is_empty() {
        true => exit::DONE,
        false => exit::FAILED,
    }
}

/// Takes over what an export holds.
pub(super) async fn import(session: &Session, file: &OsStr, json: bool) -> Result<u8, Failure> {
    const VERB: &str = "store import";
    let from: Box<dyn BufRead + Send> = match file.to_str() {
        Some("-") => Box::new(BufReader::new(io::stdin())),
        _ => Box::new(BufReader::new(File::open(file).map_err(|error| {
            let shown = line(&file.to_string_lossy(), 200);
            Failure::usage(format!("cannot read {shown}: {error}"))
        })?)),
    };
    session.open(VERB).await?;
    if !session.outlives_process() {
        return Err(not_kept());
    }
    let storage = session.runtime.storage().clone();
    let report = {
        let progress = Progress::begin("imported");
        let on_progress = progress.teller();
        beside(move |runtime| {
            let options = ImportOptions { on_progress };
            wait(&runtime, transfer::import(&*storage, from, options))
        })
        .await
    };
    let report = report.map_err(|error| not_moved(session, error, VERB))?;
    if json {
        report::print_json(&report);
    }
    Ok(imported(&report, json))
}

/// Says what came of an import, and answers the exit code.
fn imported(report: &ImportReport, json: bool) -> u8 {
    if !json {
        let (added, present) = (in_words(&report.added), report.present.pieces());
        let mut words = format!("added {added}");
        if present > 0 {
            let were = if present == 1 { "was" } else { "were" };
            let present = counted(present, "piece");
            words.push_str(&format!("; {present} {were} there already"));
        }
        say(&words);
        for problem in report.problems.iter().take(SAID) {
            let reason = line(&problem.reason, 400);
            say(&format!("error: line {}: {reason}", problem.line));
        }
        if report.refused > 0 {
            let refused = counted(report.refused, "piece");
            say(&format!(
                "{refused} refused; what is in the store stays as it is"
            ));
        }
    }
    if !report.complete {
        say("error: the export was cut: its end is missing");
        say("next: import a whole one; what is there already is passed over");
    }
    match report.is_whole() {
        true => exit::DONE,
        false => exit::FAILED,
    }
}

#[derive(Serialize)]
struct Copied<'a> {
    exported: &'a Exported,
    imported: &'a ImportReport,
}

/// Copies the store into another one.
pub(super) async fn copy(session: &Session, wish: CopyWish) -> Result<u8, Failure> {
    const VERB: &str = "store copy";
    let url = StoreUrl::new(&wish.to);
    if url.config().is_ok() && !url.outlives_process() {
        return Err(not_kept());
    }
    if let (Some(from), Some(to)) = (session.url.directory(), url.directory())
        && from_root(from) == from_root(to)
    {
        return Err(Failure::usage("`--to` names the store itself"));
    }
    session.open(VERB).await?;
    let storage = session.runtime.storage().clone();
    let other = url.open().await;
    let other = other.map_err(|error| failed(session, error, VERB))?;
    let options = options(wish.what);
    let done = {
        let progress = Progress::begin("copied");
        piped(storage, other.clone(), options, progress.teller()).await
    };
    let closed = other.close().await;
    let (exported, report) = done.map_err(|error| not_moved(session, error, VERB))?;
    closed.map_err(|error| failed(session, error, VERB))?;
    if wish.json {
        report::print_json(&Copied {
            exported: &exported,
            imported: &report,
        });
    }
    let left_out = left_out(&exported);
    let imported = imported(&report, wish.json);
    let code = left_out.max(imported);
    if code == exit::DONE && !wish.json {
        let there = session.program.with_store(Some(url.shown().to_owned()));
        say(&format!("next: {}", there.command("runs")));
    }
    Ok(code)
}

/// Exports into a pipe and imports from it. Whichever ends first ends the other.
async fn piped(
    from: Arc<dyn Storage>,
    to: Arc<dyn Storage>,
    options: ExportOptions<'static>,
    on_progress: Option<OnProgress<'static>>,
) -> Result<(Exported, ImportReport), TransferError> {
    let (reader, writer) = io::pipe().map_err(|error| TransferError::Io {
        context: "cannot make a pipe",
        message: error.to_string(),
    })?;
    let exporting = beside(move |runtime| {
        let out = BufWriter::new(writer);
        wait(&runtime, transfer::export(&*from, out, options))
    });
    let importing = beside(move |runtime| {
        let options = ImportOptions { on_progress };
        wait(
            &runtime,
            transfer::import(&*to, BufReader::new(reader), options),
        )
    });
    let (exported, imported) = futures_util::join!(exporting, importing);
    match (exported, imported) {
        (Ok(exported), Ok(imported)) => Ok((exported, imported)),
        // A pipe that broke is what the other side's end looks like from here.
        (Err(TransferError::Io { .. }) | Ok(_), Err(error)) => Err(error),
        (Err(error), _) => Err(error),
    }
}

/// Works on a thread that may block.
async fn beside<T: Send + 'static>(work: impl FnOnce(Handle) -> T + Send + 'static) -> T {
    let runtime = Handle::current();
    match spawn_blocking(move || work(runtime)).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(match error.try_into_panic() {
            Ok(panic) => panic,
            Err(error) => Box::new(error.to_string()),
        }),
    }
}

/// Only called on a thread of [`beside`], which may block.
#[allow(
    clippy::disallowed_methods,
    reason = "it is not called inside of the runtime"
)]
fn wait<T>(runtime: &Handle, done: impl Future<Output = T>) -> T {
    runtime.block_on(done)
}

fn options(what: What) -> ExportOptions<'static> {
    ExportOptions {
        workflows: what.workflow.into_iter().map(Arc::from).collect(),
        without_cache: what.no_cache,
        ..ExportOptions::default()
    }
}

fn in_words(counts: &Counts) -> String {
    let all = [
        (counts.runs, "run"),
        (counts.entries, "journal entry"),
        (counts.sessions, "session"),
        (counts.cached, "cached result"),
        (counts.definitions, "definition"),
        (counts.artifacts, "artifact"),
    ];
    let words: Vec<_> = all
        .iter()
        .map(|(number, what)| counted(*number, what))
        .collect();
    words.join(", ")
}

fn not_kept() -> Failure {
    Failure::usage("a store in memory ends with this command: name another one")
}

fn not_moved(session: &Session, error: TransferError, verb: &str) -> Failure {
    match error {
        TransferError::Store(error) => failed(session, error, verb),
        TransferError::Io { .. } => Failure::usage(error.to_string()).with_exit(exit::FAILED),
        error => Failure::input(error.to_string()),
    }
}

fn unwritable(file: &OsStr, error: &io::Error) -> Failure {
    let shown = line(&file.to_string_lossy(), 200);
    match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "{shown} is there already: name another file, or say --force"
        )),
        _ => Failure::usage(format!("cannot write {shown}: {error}")).with_exit(exit::FAILED),
    }
}

/// A line on a terminal that says how far it is.
struct Progress(Option<indicatif::ProgressBar>, &'static str);

impl Progress {
    fn begin(done: &'static str) -> Self {
        let line = screen::begin_live().then(screen::live_line).flatten();
        Self(line, done)
    }

    fn teller(&self) -> Option<OnProgress<'static>> {
        let (line, done) = (self.0.clone()?, self.1);
        Some(Box::new(move |counts: &Counts| {
            line.set_message(format!("{done} {}", in_words(counts)));
            line.tick();
        }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        screen::end_live();
    }
}

/// Where an export goes.
enum Target {
    Stdout,
    /// A file that is not there yet.
    New(PathBuf),
    /// A file that is replaced once its successor is whole.
    Replaced(PathBuf),
}

/// An export that has begun.
enum Begun {
    Stdout,
    File {
        file: File,
        path: PathBuf,
        /// What it is renamed to.
        last: Option<PathBuf>,
    },
}

impl Target {
    fn new(file: &OsStr, force: bool) -> Result<Self, Failure> {
        let path = Path::new(file);
        match force {
            _ if file == "-" => Ok(Self::Stdout),
            _ if path.is_dir() => {
                let shown = line(&path.to_string_lossy(), 200);
                let inside = quoted(&path.join("store.jsonl").to_string_lossy());
                Err(Failure::usage(format!(
                    "{shown} is a directory: name a file, such as {inside}"
                )))
            }
            false => Ok(Self::New(path.to_owned())),
            true => Ok(Self::Replaced(path.to_owned())),
        }
    }

    /// Makes the file, for its user alone: what runs were told is in it.
    fn begin(self) -> io::Result<Begun> {
        let (path, last) = match self {
            Self::Stdout => return Ok(Begun::Stdout),
            Self::New(path) => (path, None),
            Self::Replaced(path) => {
                let mut name = path.file_name().unwrap_or_default().to_owned();
                name.push(format!(".{}.new", std::process::id()));
                (path.with_file_name(name), Some(path))
            }
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&path)?;
        Ok(Begun::File { file, path, last })
    }
}

impl Begun {
    /// Has it written, and makes it durable. A file that is not whole is removed.
    fn write<T>(
        self,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, TransferError>,
    ) -> Result<T, TransferError> {
        let (file, path, last) = match self {
            Self::Stdout => return write(&mut BufWriter::new(io::stdout())),
            Self::File { file, path, last } => (file, path, last),
        };
        let unwritable = |error: io::Error| TransferError::Io {
            context: "cannot write the export",
            message: error.to_string(),
        };
        let mut out = BufWriter::new(&file);
        let written = write(&mut out).and_then(|done| {
            out.flush()
                .and_then(|()| file.sync_all())
                .map_err(unwritable)?;
            if let Some(last) = &last {
                fs::rename(&path, last).map_err(unwritable)?;
            }
            Ok(done)
        });
        if written.is_err() {
            // It is this call that has made it, and a half of it is of no use.
            let _ = fs::remove_file(&path);
        }
        written
    }
}
