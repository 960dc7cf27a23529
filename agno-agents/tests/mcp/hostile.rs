//! The server that misbehaves, and what is left of it.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use agno_agents::tools::mcp::{Mcp, McpServer};

use super::calling::script;

/// The misbehaving server, with a place where it notes each start.
pub(crate) struct Hostile {
    directory: tempfile::TempDir,
}

impl Hostile {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { directory }
    }

    pub(crate) fn mcp(&self, mode: &str) -> Mcp {
        let script = script("mcp_hostile.py");
        let args = [script.into_os_string(), mode.into(), self.marker().into()];
        Mcp::stdio("python3", args)
            .prefix("")
            .connect_timeout(Duration::from_secs(10))
            .call_timeout(Duration::from_secs(10))
    }

    pub(crate) async fn start(&self, mode: &str) -> McpServer {
        self.mcp(mode).connect().await.expect(mode)
    }

    fn marker(&self) -> PathBuf {
        self.directory.path().join("starts")
    }

    /// Process ids, which are those of the groups, too.
    pub(crate) fn starts(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.marker()).unwrap_or_default();
        text.lines()
            .map(|line| line.parse().expect("a number"))
            .collect()
    }

    /// Waits until nothing is alive in any of its groups.
    pub(crate) fn gone(&self, within: Duration) {
        let begun = Instant::now();
        loop {
            let left: Vec<_> = self.starts().into_iter().flat_map(living).collect();
            if left.is_empty() {
                return;
            }
            assert!(begun.elapsed() < within, "still there: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Processes of a group that are alive. One that has ended and was not waited for is not.
pub(crate) fn living(group: u32) -> Vec<String> {
    let listed = Command::new("ps")
        .args(["-eo", "pgid=,stat=,pid=,args="])
        .output();
    let listed = listed.expect("`ps` runs").stdout;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let of_group = listed.lines().filter(|line| {
        let mut columns = line.split_whitespace();
        let same = columns.next().is_some_and(|pgid| pgid == group.to_string());
        same && columns.next().is_some_and(|stat| !stat.starts_with('Z'))
    });
    of_group.map(str::to_owned).collect()
}
