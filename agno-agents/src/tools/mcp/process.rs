//! A server that is a program: started in a process group of its own, and gone with all of it.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{McpError, clean};

/// How long a server may take to end by itself, and then again when it was told to.
const GRACE: Duration = Duration::from_secs(1);
/// Longest line of its standard error that is logged, in bytes. The rest of it is dropped.
const LONGEST_REMARK: u64 = 4_096;
/// So many lines of its standard error are logged; then they are read and dropped.
const MOST_REMARKS: usize = 2_000;

/// Environment variables that a program needs to find its files and speak its user's language.
const HANDED_ON: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    // Windows does not start programs without these.
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "PATHEXT",
    "TEMP",
    "TMP",
];

/// How to start a server.
#[derive(Clone)]
pub(super) struct Launch {
    pub(super) command: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) env: BTreeMap<OsString, OsString>,
    pub(super) inherit: Vec<OsString>,
    pub(super) directory: Option<PathBuf>,
}

impl Launch {
    /// The program's name. Arguments may hold a secret.
    pub(super) fn label(&self) -> String {
        let name = Path::new(&self.command).file_name();
        clean(&name.unwrap_or(&self.command).to_string_lossy(), 80)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.command);
        command
            .args(&self.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let inherited = self.inherit.iter().map(OsString::as_os_str);
        for name in HANDED_ON.iter().map(OsStr::new).chain(inherited) {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(&self.env);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        #[cfg(unix)]
        command.process_group(0);
        command
    }

    /// Starts it. What it reads and writes is answered beside.
    pub(super) fn start(
        &self,
        server: &Arc<str>,
    ) -> Result<(Process, ChildStdout, ChildStdin), McpError> {
        let cannot = |message: String| McpError::Start {
            server: server.clone(),
            message,
        };
        let mut child = self
            .command()
            .spawn()
            .map_err(|error| cannot(error.to_string()))?;
        // Before anything else: from here on nothing leaves without the group.
        let group = Arc::new(Group::of(&child));
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            group.kill();
            return Err(cannot("it has no standard input and output".to_owned()));
        };
        let process = Process {
            group: group.clone(),
            ending: CancellationToken::new(),
            gone: CancellationToken::new(),
        };
        let remarks = AbortOnDropHandle::new(tokio::spawn(log(stderr, server.clone())));
        let keeper = keep(
            child,
            KillOnDrop(group),
            process.ending.clone(),
            Farewell(process.gone.clone()),
            remarks,
        );
        tokio::spawn(keeper);
        Ok((process, stdout, stdin))
    }
}

/// A server under way. Dropped, its whole group is killed at once: no task has to be polled for
/// it, so it works while a runtime shuts down, too.
pub(super) struct Process {
    group: Arc<Group>,
    /// Asks the keeper to end it.
    ending: CancellationToken,
    /// The keeper has seen the end.
    gone: CancellationToken,
}

impl Process {
    /// Ends when the program has ended.
    pub(super) fn gone(&self) -> CancellationToken {
        self.gone.clone()
    }

    /// Ends it, first gently. Its standard input should be closed by now. Takes at most three
    /// times the grace.
    pub(super) async fn end(&self) {
        self.ending.cancel();
        if timeout(GRACE * 3, self.gone.cancelled()).await.is_err() {
            self.group.kill();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.ending.cancel();
        self.group.kill();
    }
}

/// Waits for the end of a server, or brings it about, and ends what the server leaves behind.
async fn keep(
    mut child: Child,
    group: KillOnDrop,
    ending: CancellationToken,
    gone: Farewell,
    remarks: AbortOnDropHandle<()>,
) {
    tokio::select! {
        _ = child.wait() => {}
        () = ending.cancelled() => {
            if timeout(GRACE, child.wait()).await.is_err() {
                group.0.terminate();
                let _ = timeout(GRACE, child.wait()).await;
            }
        }
    }
    // The others of the group too, whether or not the first is gone.
    group.0.kill();
    let _ = child.start_kill();
    let _ = timeout(GRACE, child.wait()).await;
    // Its last words.
    let _ = timeout(Duration::from_millis(100), remarks).await;
    drop(gone);
}

/// The process group of a server. Its number stays taken until the first process is waited for,
/// and that happens in [`keep`], which forgets it then.
struct Group(Mutex<Option<u32>>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(Mutex::new(child.id()))
    }

    fn terminate(&self) {
        let group = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        signal(*group, false);
    }

    /// Kills all of it, once.
    fn kill(&self) {
        let mut group = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        signal(group.take(), true);
    }
}

#[cfg(unix)]
fn signal(group: Option<u32>, kill: bool) {
    use rustix::process::{Pid, Signal, kill_process_group};

    let group = group.and_then(|group| i32::try_from(group).ok());
    if let Some(group) = group.and_then(Pid::from_raw) {
        let signal = if kill { Signal::KILL } else { Signal::TERM };
        // It fails when nobody is left.
        let _ = kill_process_group(group, signal);
    }
}

/// There are no groups; the keeper kills the program itself.
#[cfg(not(unix))]
fn signal(_: Option<u32>, _: bool) {}

/// Kills the group when its keeper is dropped with the runtime.
struct KillOnDrop(Arc<Group>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// Says that the keeper is gone, however it went.
struct Farewell(CancellationToken);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Logs what the server writes on its standard error, within bounds, and reads on to its end: a
/// full pipe would hold the server up.
async fn log(stderr: ChildStderr, server: Arc<str>) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    for _ in 0..MOST_REMARKS {
        line.clear();
        let mut limited = (&mut reader).take(LONGEST_REMARK);
        match limited.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if !text.is_empty() {
            tracing::debug!(%server, "{}", clean(text, 4_096));
        }
    }
    tracing::debug!(%server, "it writes more on its standard error than is logged");
    let _ = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
}
