//! A program and all that it starts, bounded in time and output.

use std::{io, pin::pin, process::Stdio, time::Duration};

use futures_util::future::join;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

use super::Ran;

/// How long output is still waited for after the end: something may hold the pipe that got away.
const AFTERWARDS: Duration = Duration::from_secs(1);

pub(super) struct Ended {
    pub(super) ran: Ran,
    pub(super) in_time: bool,
}

/// Runs it to its end, or kills it at the limit. Dropped, it kills it too.
pub(super) async fn run(mut command: Command, limit: Duration, most: usize) -> io::Result<Ended> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut group = Group::of(command.spawn()?);
    let stdout = group.child.stdout.take();
    let stderr = group.child.stderr.take();
    let (mut out, mut err) = (Kept::default(), Kept::default());
    let status = {
        let mut reading = pin!(join(out.fill(stdout, most), err.fill(stderr, most)));
        let mut read = false;
        let status = timeout(limit, async {
            loop {
                tokio::select! {
                    _ = &mut reading, if !read => read = true,
                    status = group.child.wait() => break status,
                }
            }
        })
        .await;
        group.kill();
        if !read {
            // Whether it came to the end of the pipe or not, what came is kept.
            let _ = timeout(AFTERWARDS, reading).await;
        }
        match status {
            Ok(status) => Some(status?),
            Err(_) => {
                group.child.wait().await?;
                None
            }
        }
    };
    Ok(Ended {
        in_time: status.is_some(),
        ran: Ran {
            status: status.and_then(|status| status.code()),
            shortened: out.more || err.more,
            stdout: out.text(),
            stderr: err.text(),
        },
    })
}

/// A program, leading a process group of its own.
struct Group {
    child: Child,
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    fn of(child: Child) -> Self {
        Self {
            #[cfg(unix)]
            leader: child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(rustix::process::Pid::from_raw),
            child,
        }
    }

    /// Kills all that is left of the group, once. After its leader's end the group's number is its
    /// own as long as it has members, and without members there is nothing to kill.
    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader.take() {
            // That it is gone already is what is wanted.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
        // As above.
        let _ = self.child.start_kill();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The beginning of what comes through a pipe.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    more: bool,
}

impl Kept {
    async fn fill(&mut self, pipe: Option<impl AsyncRead + Unpin>, most: usize) {
        let Some(mut pipe) = pipe else {
            return;
        };
        let mut chunk = [0; 8 * 1024];
        // A pipe that breaks has ended.
        while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
            let room = (most - self.bytes.len()).min(count);
            self.bytes.extend_from_slice(&chunk[..room]);
            self.more |= room < count;
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}
