//! A PostgreSQL server of a test's own: made in a temporary directory, ended and removed with the test, or
//! with its process, however that ends: a shell waits for it.
//!
//! Uses nothing but the standard library and `tempfile`, so that tests of other crates can mount it with `#[path]`.
//! For Unix: mount it under `#[cfg(unix)]`.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    process: Mutex<Child>,
    /// Ends the server when its standard input does.
    warden: Child,
}

/// How long a server may take to begin, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    /// Starts a server whose data need not outlive a power cut. `None`, and a line that says why, where there is no
    /// PostgreSQL: in `AGNO_PG_BIN`, `PATH` or `/usr/lib/postgresql/*/bin`.
    pub(crate) fn start() -> Option<Self> {
        Self::with("fsync = off\n", None, &[])
    }

    /// Starts a server that keeps what it acknowledges when it is killed.
    pub(crate) fn durable() -> Option<Self> {
        Self::with("fsync = on\n", None, &[])
    }

    /// Starts a server as [`start`](Self::start) does that asks for a password.
    pub(crate) fn guarded(password: &str) -> Option<Self> {
        Self::with("fsync = off\n", Some(password), &[])
    }

    /// Starts a server as [`start`](Self::start) does that offers TLS with this certificate and its key.
    pub(crate) fn encrypted(certificate: &str, key: &str) -> Option<Self> {
        let files = [("server.crt", certificate), ("server.key", key)];
        Self::with("fsync = off\nssl = on\n", None, &files)
    }

    /// `files` are put beside its data, for its user alone.
    fn with(settings: &str, password: Option<&str>, files: &[(&str, &str)]) -> Option<Self> {
        let Some(programs) = programs() else {
            println!("skipped: no PostgreSQL server is installed here (set AGNO_PG_BIN)");
            return None;
        };
        let directory = tempfile::Builder::new()
            .prefix("agno-pg-")
            .tempdir()
            .ok()?
            .keep();
        let give_to = |user: &str| {
            let mut given = Command::new("chown");
            given.arg(user).arg(&directory).stderr(Stdio::null());
            given.status().is_ok_and(|status| status.success())
        };
        if is_root() && !give_to("postgres") && !give_to("nobody") {
            println!("skipped: a server does not run as root, and there is no user for it");
            let _ = fs::remove_dir(&directory);
            return None;
        }
        let data = directory.join("data");
        let mut initdb = as_user(&programs.join("initdb"), &directory);
        if let Some(password) = password {
            let file = directory.join("password");
            fs::write(&file, password).expect("write the password");
            initdb.arg(format!("--pwfile={}", file.display()));
        }
        let made = initdb
            .args([
                "-A",
                password.map_or("trust", |_| "scram-sha-256"),
                "-U",
                "agno",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(&data)
            .output()
            .expect("run initdb");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))
            .expect("the settings");
        file.write_all(settings.as_bytes()).expect("write settings");
        for (name, text) in files {
            let mut written = as_user(Path::new("sh"), &directory)
                .args(["-c", r#"umask 077; cat >"$0""#])
                .arg(data.join(name))
                .stdin(Stdio::piped())
                .spawn()
                .expect("a shell");
            let input = written.stdin.take().expect("is piped");
            (&input).write_all(text.as_bytes()).expect("write a file");
            drop(input);
            assert!(
                written.wait().is_ok_and(|status| status.success()),
                "{name}"
            );
        }
        let port = free_port();
        let end = r#"read -r _; "$0" stop -m immediate -D "$1/data" >/dev/null 2>&1; rm -rf "$1""#;
        let warden = as_user(Path::new("sh"), &directory)
            .current_dir("/")
            .args(["-c", end])
            .arg(programs.join("pg_ctl"))
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let process = Mutex::new(spawn(&programs, &directory, port));
        let server = Self {
            programs,
            directory,
            port,
            process,
            warden,
        };
        server.wait();
        Some(server)
    }

    /// Its address: the only user is `agno`, the database `postgres`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://agno@127.0.0.1:{}/postgres", self.port)
    }

    /// Where its files are, which its user owns.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where it listens, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends all its processes at once, as a power cut would, and starts it again.
    pub(crate) fn kill_and_restart(&self) {
        self.kill();
        self.restart();
    }

    /// Ends all its processes at once. Nobody is answered until [`restart`](Self::restart).
    pub(crate) fn kill(&self) {
        let mut process = self.process.lock().expect("the process");
        let first = process.id().to_string();
        // By themselves, those that serve a connection notice that the first one is gone only once they wait for
        // something. That is what happens without `pgrep`.
        let others = Command::new("pgrep").args(["-P", &first]).output();
        let others = others.map_or(String::new(), |found| {
            String::from_utf8_lossy(&found.stdout).into_owned()
        });
        // Some may have ended since they were listed.
        let _ = Command::new("kill")
            .args(["-9", &first])
            .args(others.split_whitespace())
            .stderr(Stdio::null())
            .status();
        process.kill().expect("kill the server");
        process.wait().expect("wait for the server");
    }

    /// Starts it again after a [`kill`](Self::kill), and waits until it lets its user in.
    pub(crate) fn restart(&self) {
        let mut process = self.process.lock().expect("the process");
        let begun = Instant::now();
        loop {
            // Refuses to start while one of them still has the shared memory.
            let mut next = spawn(&self.programs, &self.directory, self.port);
            loop {
                if self.answers() {
                    *process = next;
                    return;
                }
                if next.try_wait().expect("look at the server").is_some() {
                    break;
                }
                assert!(
                    begun.elapsed() < PATIENCE,
                    "the server does not start again: {}",
                    self.log()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "the server does not start again: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops it in an orderly way; it is not started again.
    pub(crate) fn stop(&self) {
        let mut process = self.process.lock().expect("the process");
        let stopped = as_user(&self.programs.join("pg_ctl"), &self.directory)
            .args(["stop", "-m", "fast", "-D"])
            .arg(self.directory.join("data"))
            .stdout(Stdio::null())
            .status();
        assert!(
            stopped.is_ok_and(|status| status.success()),
            "stop the server"
        );
        process.wait().expect("wait for the server");
    }

    /// Whether it lets its user in: a server that starts answers too, with an error.
    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let mut message = vec![0, 3, 0, 0];
        message.extend_from_slice(b"user\0agno\0database\0postgres\0\0");
        let length = (message.len() as u32 + 4).to_be_bytes();
        let mut answer = [0];
        let asked = stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.write_all(&[&length[..], &message].concat()))
            .and_then(|()| stream.read_exact(&mut answer));
        asked.is_ok() && answer == *b"R"
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self.answers() {
            assert!(
                begun.elapsed() < PATIENCE,
                "the server does not start: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.warden.stdin.take());
        let _ = self.warden.wait();
        if let Ok(process) = self.process.get_mut() {
            let _ = process.wait();
        }
    }
}

fn spawn(programs: &Path, directory: &Path, port: u16) -> Child {
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .expect("a log");
    as_user(&programs.join("postgres"), directory)
        .arg("-D")
        .arg(directory.join("data"))
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
        .args([
            "-c",
            "max_connections=200",
            "-c",
            "shared_buffers=64MB",
            "-k",
        ])
        .arg(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("start the server")
}

/// The directory of the server's programs.
fn programs() -> Option<PathBuf> {
    let there = |directory: &PathBuf| {
        let program = |name| directory.join(name).is_file();
        program("initdb") && program("postgres") && program("pg_ctl")
    };
    if let Some(named) = std::env::var_os("AGNO_PG_BIN") {
        return Some(PathBuf::from(named)).filter(there);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&path).find(there) {
        return Some(found);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<_> = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(there)
        .collect();
    found.sort();
    found.pop()
}

/// A port that stays free while its server is stopped: none that the system hands out, and another one for each process
/// and each call.
pub(crate) fn free_port() -> u16 {
    const FIRST: u32 = 12_000;
    const PORTS: u32 = 20_000;
    /// So many for each process; those with near numbers run at the same time.
    const EACH: u32 = 20;
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed) % EACH;
        let port = FIRST + (std::process::id() * EACH + count) % PORTS;
        let port = u16::try_from(port).expect("below 32,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn is_root() -> bool {
    // What a process makes belongs to who runs it.
    tempfile::tempdir()
        .is_ok_and(|made| fs::metadata(made.path()).is_ok_and(|made| made.uid() == 0))
}

/// A program of the server, run by whoever owns the directory: it refuses to be run by root.
pub(crate) fn as_user(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    let owner = fs::metadata(directory).expect("the directory");
    if is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    // What ends the test by a signal to all its processes is left to the warden.
    command.current_dir(directory).process_group(0);
    command
}
