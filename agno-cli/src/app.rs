//! A program that runs workflows.

use std::{ffi::OsString, io, process::ExitCode, sync::Arc};

use agno_core::{
    RunId, Runtime, RuntimeBuilder, Workflow,
    storage::{Retention, StoreError},
};

use crate::{
    args::{self, PeopleVerb, RecordedVerb, Verb, Wish},
    crash,
    failure::{Failure, exit},
    flags::Flags,
    late_store::LateStore,
    log,
    look::Looking,
    program::Program,
    progress::screen,
    report,
    store_url::StoreUrl,
    text, verbs,
};

/// Where runs are kept, if nobody says otherwise.
pub(crate) const DEFAULT_STORE: &str = "./.agno";

/// What may begin a store. Anything else is about what is in one.
const BEGINS: [&str; 3] = ["run", "worker", "store import"];

/// So long a program that ends waits for cached results that are being computed anew.
const REFRESHING: std::time::Duration = std::time::Duration::from_secs(5);

/// Begins a program that runs workflows: `agno::app().workflow(Hello).main()`.
pub fn app() -> App {
    App {
        builder: Runtime::builder(),
        store: DEFAULT_STORE.to_owned(),
        retention: None,
    }
}

/// A program that runs workflows. See the [crate]'s documentation for what it understands.
#[derive(Debug)]
#[must_use = "an app does nothing until `main`"]
pub struct App {
    builder: RuntimeBuilder,
    store: String,
    retention: Option<Retention>,
}

/// What a command has at hand.
pub(crate) struct Session {
    pub(crate) runtime: Runtime,
    pub(crate) program: Program,
    /// The store, as it was named.
    pub(crate) url: StoreUrl,
    /// It was named on the command line.
    is_typed: bool,
    /// What is kept, if anybody has said so.
    pub(crate) retention: Option<Retention>,
    pub(crate) store: Arc<LateStore>,
    pub(crate) looking: Looking,
}

impl App {
    /// Adds a workflow.
    pub fn workflow<W: Workflow>(mut self, workflow: W) -> Self {
        self.builder = self.builder.workflow(workflow);
        self
    }

    /// The store that is used when neither `--store` nor `AGNO_STORE` names one. Default:
    /// `./.agno`. All of them are listed at
    /// [`StoreConfig::parse`](agno_core::storage::StoreConfig::parse).
    pub fn store(mut self, url: impl Into<String>) -> Self {
        self.store = url.into();
        self
    }

    /// What `worker` keeps, and `prune` without an age, unless a configuration file says otherwise.
    /// Default: everything.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// The environment variables that inputs may name as secrets: see
    /// [`RuntimeBuilder::secrets`].
    pub fn secrets(mut self, names: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.builder = self.builder.secrets(names);
        self
    }

    /// Does what the command line says. Starts a tokio runtime, so it is called outside of one.
    ///
    /// `main` returns the exit code. With a semicolon after it, it would be lost:
    ///
    /// ```compile_fail
    /// #![deny(unused_must_use)]
    /// agno_cli::app().main();
    /// ```
    #[must_use = "without its exit code a failed run ends as if it were done: return it from `main`"]
    pub fn main(self) -> ExitCode {
        self.run_from(std::env::args_os().skip(1))
    }

    /// Does what `args` say: the command line without the program's name.
    #[must_use = "without its exit code a failed run ends as if it were done: return it from `main`"]
    pub fn run_from(self, args: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        if tokio::runtime::Handle::try_current().is_ok() {
            screen::say(
                "error: `main` runs a runtime of its own: write a plain `fn main()` without \
                 `#[tokio::main]`",
            );
            return ExitCode::from(exit::USAGE);
        }
        log::install();
        let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return cannot_start(&error),
        };
        let code = runtime.block_on(self.run(args));
        // A blocking step that nobody waits for any more must not keep the process.
        runtime.shutdown_background();
        ExitCode::from(report::code(code))
    }

    async fn run(self, args: Vec<OsString>) -> u8 {
        let program = Program::current(&args);
        let wants_json = args.iter().any(|arg| arg == "--json");
        let store = Arc::new(LateStore::default());
        let runtime = match self.builder.storage(store.clone()).build().await {
            Ok(runtime) => runtime,
            Err(error) => return Failure::of(&error, &program, "workflows").tell(wants_json),
        };
        let flags = match args::may_have_fields(&args) {
            true => Flags::of(&runtime, &args),
            false => Flags::default(),
        };
        let wish = match args::read(&args, &program, &about(&runtime), &flags) {
            Ok(wish) => wish,
            Err(error) => return refuse(&error, &flags, wants_json),
        };
        let url = match url(&wish, &self.store) {
            Ok(url) => url,
            Err(failure) => return failure.tell(wants_json),
        };
        // The next command is to find the run, whatever the environment will say.
        let is_default = wish.store.is_none() && url == self.store;
        let is_typed = wish.store.is_some();
        let url = StoreUrl::new(&url);
        let session = Session {
            program: program.with_store((!is_default).then(|| url.shown().to_owned())),
            runtime,
            retention: url.retention().cloned().or(self.retention),
            url,
            is_typed,
            store,
            looking: Looking::default(),
        };
        let json = wish.verb.json();
        let done = session.answer(wish.verb).await;
        let code = done.unwrap_or_else(|failure| failure.tell(json));
        session.leave().await;
        // What a run has begun to compute anew is of use to the next; a short while is spent on it.
        let _ = tokio::time::timeout(REFRESHING, session.runtime.cache_idle()).await;
        let closed = session.runtime.storage().close().await;
        match closed {
            Err(error) if code == exit::DONE => {
                let error = agno_core::Error::from(error);
                Failure::of(&error, &session.program, "runs").tell(false)
            }
            _ => code,
        }
    }
}

impl Session {
    async fn answer(&self, verb: Verb) -> Result<u8, Failure> {
        match verb {
            Verb::Run(wish) => verbs::run::run(self, *wish).await,
            Verb::Resume { run, watch } => verbs::run::resume(self, &run, watch).await,
            Verb::Artifact(wish) => verbs::artifact::artifact(self, wish).await,
            Verb::People(verb) => self.people(verb).await,
            Verb::Recorded(verb) => self.recorded(*verb).await,
            Verb::Runs(wish) => verbs::runs::runs(self, wish).await,
            Verb::Show {
                run,
                json,
                follow: None,
            } => verbs::show::show(self, &run, json).await,
            Verb::Show {
                run,
                json: false,
                follow: Some(from),
            } => verbs::show::follow(self, &run, from).await,
            Verb::Show {
                run,
                follow: Some(from),
                ..
            } => verbs::events::events(self, &run, from, true, true).await,
            Verb::Events {
                run,
                from,
                follow,
                json,
            } => verbs::events::events(self, &run, from, follow, json).await,
            Verb::Cancel { run, json } => verbs::cancel::cancel(self, &run, json).await,
            Verb::Workflows { json, check } => Ok(verbs::workflows::workflows(self, json, check)),
            Verb::Schema {
                workflow,
                save: Some(file),
                ..
            } => verbs::fingerprints::save(self, workflow.as_deref(), &file),
            Verb::Schema {
                workflow,
                check: Some(file),
                json,
                ..
            } => verbs::fingerprints::check(self, workflow.as_deref(), &file, json),
            Verb::Schema {
                workflow, output, ..
            } => verbs::workflows::schema(self, workflow.as_deref(), output),
            Verb::Graph {
                workflow,
                run,
                format,
            } => verbs::graph::graph(self, workflow.as_deref(), run.as_deref(), &format).await,
            Verb::Cache(wish) => verbs::cache::cache(self, *wish).await,
            Verb::Store(verb) => verbs::store::store(self, verb).await,
        }
    }

    async fn people(&self, verb: PeopleVerb) -> Result<u8, Failure> {
        match verb {
            PeopleVerb::Inbox {
                run,
                workflow,
                json,
            } => verbs::inbox::inbox(self, run.as_deref(), workflow, json).await,
            PeopleVerb::Answer(wish) => verbs::decide::answer(self, wish).await,
        }
    }

    async fn recorded(&self, verb: RecordedVerb) -> Result<u8, Failure> {
        match verb {
            RecordedVerb::Retry { run, watch } => verbs::run::retry(self, &run, watch).await,
            RecordedVerb::Fork(wish) => verbs::fork::fork(self, wish).await,
            RecordedVerb::Diff { left, right, json } => {
                verbs::diff::diff(self, &left, &right, json).await
            }
            RecordedVerb::Resolve(wish) => verbs::resolve::resolve(self, wish).await,
            RecordedVerb::Prune(wish) => verbs::prune::prune(self, wish).await,
            RecordedVerb::Export {
                run,
                html,
                output,
                force,
            } => verbs::export::export(self, &run, html, output.as_deref(), force).await,
            RecordedVerb::Sessions { workflow, json } => {
                verbs::sessions::sessions(self, workflow.as_deref(), json).await
            }
            RecordedVerb::Worker { limit, until_idle } => {
                verbs::worker::worker(self, limit, until_idle).await
            }
        }
    }

    /// Opens the store. `verb` is what the user typed, for trying again.
    pub(crate) async fn open(&self, verb: &str) -> Result<(), Failure> {
        let crash_after = crash::asked_for()?;
        self.is_there(verb)?;
        let opened = self.url.open().await;
        let storage = opened.map_err(|error| self.not_open(&error, verb))?;
        self.store.set(match crash_after {
            Some(commits) => crash::crashing(storage, commits),
            None => storage,
        });
        Ok(())
    }

    /// Refuses a directory that was typed and is not there: an empty store would be made in it, and a slip in its name
    /// look like a store without runs.
    pub(crate) fn is_there(&self, verb: &str) -> Result<(), Failure> {
        match self.url.missing() {
            Some(directory) if self.is_typed && !BEGINS.contains(&verb) => {
                let directory = text::line(&directory.to_string_lossy(), 400);
                let failure = Failure::not_found(format!("there is no store in {directory}"));
                Err(failure.note("look at its name; `run` makes one where there is none"))
            }
            _ => Ok(()),
        }
    }

    /// Opens the store here, or reaches the process that has it.
    pub(crate) async fn reach(&self, verb: &str) -> Result<(), Failure> {
        crash::asked_for()?;
        match self.open(verb).await {
            Ok(()) => Ok(()),
            Err(_) => self.look(verb).await,
        }
    }

    /// Why the store does not open, and what to do.
    pub(crate) fn not_open(&self, error: &agno_core::Error, verb: &str) -> Failure {
        let failure = Failure::of(error, &self.program, verb);
        let again = |store: &str| self.program.with_store(Some(store.to_owned())).again(verb);
        match error.store_error() {
            // Another store has other runs: only a new one can begin there.
            Some(StoreError::Locked { .. }) if verb == "run" => {
                let apart = again(&self.url.another());
                failure
                    .note(format!("in a store of its own: {apart}"))
                    .next(self.program.again_and(verb, "--detach"))
            }
            // It is the URL that does not fit.
            Some(StoreError::Config(_)) => {
                let failure = Failure::input(text::block(error.message()));
                match StoreUrl::instead(error) {
                    Some(store) => failure.next(again(&store)),
                    None => failure,
                }
            }
            _ => failure,
        }
    }

    /// Whether this program has a workflow: a store may have runs of others as well.
    pub(crate) fn has(&self, workflow: &str) -> bool {
        self.runtime.input_schema(workflow).is_ok()
    }

    /// How many events of a run are stored: the number of the next.
    pub(crate) async fn events_of(&self, run: &RunId) -> Result<u64, agno_core::Error> {
        let events = self.runtime.inspect(run).await?.events().len();
        Ok(u64::try_from(events).unwrap_or(u64::MAX))
    }

    /// Whether anything of this process is there for the next.
    pub(crate) fn outlives_process(&self) -> bool {
        self.url.outlives_process()
    }
}

/// What the program is for.
fn about(runtime: &Runtime) -> String {
    match runtime.workflows().as_slice() {
        [only] if !only.description.is_empty() => only.description.clone(),
        _ => "Runs workflows durably".to_owned(),
    }
}

/// The command line does not fit, or asks for help.
fn refuse(error: &clap::Error, flags: &Flags, json: bool) -> u8 {
    let code = u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
    if json && code != exit::DONE {
        let told = error.to_string();
        let message = told.lines().next().unwrap_or_default();
        return Failure::usage(message.trim_start_matches("error: ")).tell(true);
    }
    report::note(&error.print());
    if error.kind() == clap::error::ErrorKind::UnknownArgument {
        for note in flags.notes.iter().filter(|note| note.is_named) {
            screen::say(&format!("  = {}", note.text));
        }
    }
    code
}

/// The store's URL: from the command line, the environment, or the program.
fn url(wish: &Wish, default: &str) -> Result<String, Failure> {
    let url = match (&wish.store, std::env::var("AGNO_STORE")) {
        (Some(url), _) => url.clone(),
        (None, Ok(url)) if !url.is_empty() => url,
        (None, Err(std::env::VarError::NotUnicode(_))) => {
            return Err(Failure::usage("AGNO_STORE is not UTF-8 text").next("unset AGNO_STORE"));
        }
        _ => default.to_owned(),
    };
    match url.is_empty() {
        true => Err(Failure::usage(
            "`--store` names nothing: give a directory, or `memory:`",
        )),
        false => Ok(url),
    }
}

fn cannot_start(error: &io::Error) -> ExitCode {
    screen::say(&format!("error: cannot start threads: {error}"));
    ExitCode::from(exit::FAILED)
}
