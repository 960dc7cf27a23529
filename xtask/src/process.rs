//! Running one command with its output in a file, for a limited time.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How a command ended.
pub(crate) enum Ending {
    Exited(ExitStatus),
    /// It was ended here, with the processes it had started.
    TooLong,
}

/// Runs `command`, adding what it says to `log`. Its output goes to a file and not through a
/// pipe: a pipe stays open as long as any forgotten grandchild, and the stage would hang.
pub(crate) fn run(
    command: &mut Command,
    log: &Path,
    limit: Duration,
    mut tick: impl FnMut(Duration),
) -> io::Result<Ending> {
    let mut output = OpenOptions::new().create(true).append(true).open(log)?;
    write_command(&mut output, command)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ending::Exited(status));
        }
        if started.elapsed() > limit {
            end(&mut child)?;
            return Ok(Ending::TooLong);
        }
        tick(started.elapsed());
        thread::sleep(Duration::from_millis(50));
    }
}

fn write_command(log: &mut File, command: &Command) -> io::Result<()> {
    write!(log, "$")?;
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            write!(
                log,
                " {}={:?}",
                name.to_string_lossy(),
                value.to_string_lossy()
            )?;
        }
    }
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    write!(log, " {}", program.to_string_lossy())?;
    for arg in command.get_args() {
        write!(log, " {}", arg.to_string_lossy())?;
    }
    writeln!(log)
}

/// Ends a process and all below it: a test that hangs is a child of Cargo, not of this program.
/// Without `/proc`, only the process itself.
fn end(child: &mut Child) -> io::Result<()> {
    let mut doomed = vec![child.id()];
    let mut next = 0;
    while let Some(&parent) = doomed.get(next) {
        doomed.extend(children(parent));
        next += 1;
    }
    let ids: Vec<String> = doomed.iter().skip(1).map(u32::to_string).collect();
    child.kill()?;
    if !ids.is_empty() {
        let script = format!("kill -KILL {} 2>&-", ids.join(" "));
        // Some may have ended by themselves by now.
        let _ = Command::new("sh").args(["-c", &script]).status()?;
    }
    child.wait()?;
    Ok(())
}

fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&process| parent_of(process) == Some(parent))
        .collect()
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold spaces and parentheses of its own.
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_hangs_is_ended_with_its_children() {
        let log = std::env::temp_dir().join(format!("xtask-process-{}", std::process::id()));
        let mut command = Command::new("sh");
        // The grandchild holds the output open.
        command.args(["-c", "sleep 600 & echo $!; wait"]);
        let ending = run(&mut command, &log, Duration::from_secs(1), |_| {}).expect("run");
        let text = std::fs::read_to_string(&log).expect("the log");
        std::fs::remove_file(&log).expect("remove the log");
        assert!(matches!(ending, Ending::TooLong));
        let grandchild = text.lines().last().expect("its number");
        grandchild.parse::<u32>().expect("its number");
        // Killed, it still takes its leave in its own time.
        let deadline = Instant::now() + Duration::from_secs(10);
        while runs(grandchild) {
            assert!(Instant::now() < deadline, "process {grandchild} still runs");
            thread::yield_now();
        }
    }

    fn runs(process: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{process}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z"))
    }

    #[test]
    fn output_and_status_are_kept() {
        let log = std::env::temp_dir().join(format!("xtask-status-{}", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let ending = run(&mut command, &log, Duration::from_secs(60), |_| {}).expect("run");
        let text = std::fs::read_to_string(&log).expect("the log");
        std::fs::remove_file(&log).expect("remove the log");
        assert!(matches!(ending, Ending::Exited(status) if status.code() == Some(3)));
        assert!(text.ends_with("out\nerr\n"), "{text}");
    }
}
