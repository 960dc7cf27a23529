//! Running programs of a list.

mod process;
#[cfg(all(test, unix))]
mod tests;

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::{
    files::{FileError, Root},
    text::within,
};
use crate::{Tool, ToolContext};

/// Variables that a program is given of this process's, if they are set.
const PASSED_ON: [&str; 6] = ["PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SystemRoot"];

/// Why a program did not run to its end. An exit status other than zero is no error: see
/// [`Ran::status`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShellError {
    /// It is not on the list.
    #[error("`{program}` may not be run; allowed are {}", allowed.join(", "))]
    NotAllowed {
        /// The program.
        program: String,
        /// The list.
        allowed: Vec<String>,
    },
    /// No folder of `PATH` has it.
    #[error("`{program}` is not installed")]
    NotFound {
        /// The program.
        program: String,
    },
    /// The folder to work in is not one.
    #[error(transparent)]
    Folder(#[from] FileError),
    /// It did not end in its time, and was killed with all it had started.
    #[error(
        "`{program}` did not end within {limit:?} and was killed{}",
        so_far(output)
    )]
    Timeout {
        /// The program.
        program: String,
        /// Its time.
        limit: Duration,
        /// What it had written until then.
        output: Box<Ran>,
    },
    /// The operating system said no.
    #[error("`{program}` could not be run: {error}")]
    System {
        /// The program.
        program: String,
        /// What it said.
        error: io::Error,
    },
}

fn so_far(output: &Ran) -> String {
    let text = format!("{}{}", output.stdout, output.stderr);
    if text.is_empty() {
        return " without a word".to_owned();
    }
    format!("; it had written: {}", within(&text, 2_000))
}

/// What a program did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ran {
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
    /// Whether one of them is only the beginning of what it wrote.
    pub shortened: bool,
}

/// Runs programs of a list, without a shell: arguments are passed as they are, and `;`, `|`, `$(..)`
/// mean nothing. Cheap to clone.
///
/// It is the name that is checked, not the arguments: who allows `git` allows all that git does,
/// and git can run other programs. A tool made of it asks a person before each run, unless told
/// otherwise.
///
/// A program works in one folder, is given `PATH`, `LANG`, `LC_ALL`, `TZ` and `TMPDIR` and no other
/// variable, and no input. Default limits: 30 seconds, 64 KiB of output and of errors each. At its
/// end, in time or not, and when the call is dropped, all that it started is killed with it (on
/// Unix; what makes itself a session of its own gets away).
///
/// ```
/// use agno_agents::tools::shell::Shell;
///
/// let shell = Shell::allowing(["git", "ls"]);
/// assert!(shell.tool().options().confirm.is_some());
/// assert!(!shell.tool().options().idempotent);
/// ```
#[derive(Clone, Debug)]
pub struct Shell {
    allowed: Arc<[String]>,
    root: Option<Arc<Root>>,
    passed_on: Vec<String>,
    set: BTreeMap<String, Hidden>,
    timeout: Duration,
    most_output: usize,
    confirm: bool,
}

/// A value that may be a key.
#[derive(Clone)]
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

/// What `run_program` takes.
#[derive(Deserialize, JsonSchema)]
struct RunProgram {
    /// Name of the program.
    program: String,
    /// Its arguments, one by one. They are passed as they are: no quotes, no pipes, no variables.
    #[serde(default)]
    arguments: Vec<String>,
    /// Path of the folder to work in; empty for the topmost.
    #[serde(default)]
    folder: String,
}

impl Shell {
    /// Runs these programs, by their names in `PATH` or their absolute paths.
    pub fn allowing<P: Into<String>>(programs: impl IntoIterator<Item = P>) -> Self {
        Self {
            allowed: programs.into_iter().map(Into::into).collect(),
            root: None,
            passed_on: PASSED_ON.map(str::to_owned).to_vec(),
            set: BTreeMap::new(),
            timeout: Duration::from_secs(30),
            most_output: 64 * 1024,
            confirm: true,
        }
    }

    /// Works in this folder and those in it. Default: the folder this process works in.
    ///
    /// # Errors
    ///
    /// [`ShellError::Folder`] if there is no such folder.
    pub fn under(mut self, folder: impl AsRef<Path>) -> Result<Self, ShellError> {
        self.root = Some(Arc::new(Root::at(folder.as_ref())?));
        Ok(self)
    }

    /// Also passes on this variable of this process, if it is set.
    #[must_use]
    pub fn pass_on(mut self, variable: impl Into<String>) -> Self {
        self.passed_on.push(variable.into());
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn set(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.set.insert(variable.into(), Hidden(value.into()));
        self
    }

    /// Longest time of a program. Default: 30 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Most bytes that are kept of a program's output, and as many of its errors. The rest is read
    /// and left. Default: 64 KiB.
    #[must_use]
    pub fn most_output(mut self, bytes: usize) -> Self {
        self.most_output = bytes;
        self
    }

    /// Does not ask a person before each run.
    #[must_use]
    pub fn without_confirmation(mut self) -> Self {
        self.confirm = false;
        self
    }

    /// Runs a program. `folder` is below the one it works under; `""` is that one.
    ///
    /// # Errors
    ///
    /// [`ShellError`].
    pub async fn run(
        &self,
        program: &str,
        arguments: &[String],
        folder: &str,
    ) -> Result<Ran, ShellError> {
        if !self.allowed.iter().any(|allowed| allowed == program) {
            return Err(ShellError::NotAllowed {
                program: program.to_owned(),
                allowed: self.allowed.to_vec(),
            });
        }
        let system = |error: io::Error| ShellError::System {
            program: program.to_owned(),
            error,
        };
        let folder = match &self.root {
            Some(root) => root.folder(folder)?,
            None => Root::at(&env::current_dir().map_err(system)?)?.folder(folder)?,
        };
        let found = find(program, self.variable("PATH")).ok_or_else(|| ShellError::NotFound {
            program: program.to_owned(),
        })?;
        let mut command = Command::new(found);
        command
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null());
        let passed_on = self.passed_on.iter();
        command.envs(passed_on.filter_map(|name| Some((name, env::var_os(name)?))));
        command.envs(self.set.iter().map(|(name, value)| (name, &value.0)));
        let ended = process::run(command, self.timeout, self.most_output).await;
        let ended = ended.map_err(system)?;
        if ended.in_time {
            Ok(ended.ran)
        } else {
            Err(ShellError::Timeout {
                program: program.to_owned(),
                limit: self.timeout,
                output: Box::new(ended.ran),
            })
        }
    }

    /// The tool `run_program(program, arguments, folder)`: not idempotent, and a person is asked
    /// first unless [`without_confirmation`](Self::without_confirmation).
    pub fn tool(&self) -> Tool {
        let programs = self.allowed.join(", ");
        let shell = self.clone();
        let tool = Tool::new(
            "run_program",
            format!("Runs a program without a shell. Allowed: {programs}."),
            move |arguments: RunProgram, _: ToolContext| {
                let shell = shell.clone();
                async move {
                    let RunProgram {
                        program,
                        arguments,
                        folder,
                    } = arguments;
                    shell.run(&program, &arguments, &folder).await
                }
            },
        );
        // The program's own limit comes first: it tells what was written until then.
        let tool = tool
            .not_idempotent()
            .timeout(self.timeout.saturating_add(Duration::from_secs(10)));
        if self.confirm {
            tool.confirm(format!("Run a program on this machine ({programs})?"))
        } else {
            tool
        }
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        if let Some(value) = self.set.get(name) {
            return Some(OsString::from(&value.0));
        }
        let is_passed_on = self.passed_on.iter().any(|known| known == name);
        env::var_os(name).filter(|_| is_passed_on)
    }
}

/// A program's file. Only absolute folders of `PATH` count: a relative one would let a file that
/// was written into the working folder be taken for a program.
#[cfg(unix)]
fn find(program: &str, path: Option<OsString>) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;

    let named = Path::new(program);
    if named.is_absolute() {
        return Some(named.to_owned());
    }
    if program.is_empty() || program.contains('/') {
        return None;
    }
    let path = path?;
    let mut candidates = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program));
    candidates.find(|candidate| {
        candidate
            .metadata()
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    })
}

/// The system finds it: it also knows the endings of programs' names.
#[cfg(not(unix))]
fn find(program: &str, _path: Option<OsString>) -> Option<PathBuf> {
    Some(PathBuf::from(program))
}
