//! Tests that are marked as ignored, read from the source: no runner lists their reasons.

use std::{fs, path::Path};

/// Begins the reason of a test that is a process of another test, which starts it: it does run.
const PROCESS: &str = "the other process of ";

/// Every test below `folder` that nobody runs, as `name: reason`.
pub(crate) fn tests(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    visit(folder, &mut found);
    found.sort();
    found
}

fn visit(folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            // The samples in this program's own tests are no tests.
            if name != "target" && name != "xtask" && !name.starts_with('.') {
                visit(&path, found);
            }
        } else if name.ends_with(".rs")
            && let Ok(source) = fs::read_to_string(&path)
        {
            found.extend(in_source(&source));
        }
    }
}

fn in_source(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(attribute) = line.strip_prefix("#[ignore") else {
            continue;
        };
        let reason = attribute.split('"').nth(1).unwrap_or("no reason is given");
        let function = lines.by_ref().find_map(|line| line.split_once("fn "));
        if let Some((_, function)) = function
            && !reason.starts_with(PROCESS)
        {
            let name = function.split(['(', '<']).next().unwrap_or(function);
            found.push(format!("{name}: {reason}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::in_source;

    #[test]
    fn reasons_and_names() {
        let source = "
            #[test]
            #[ignore = \"needs a server\"]
            #[allow(dead_code)]
            async fn talks() {}

            #[test]
            #[ignore]
            fn silent() {}

            #[test]
            #[ignore = \"the other process of talks\"]
            fn partner() {}";
        assert_eq!(
            in_source(source),
            ["talks: needs a server", "silent: no reason is given"]
        );
    }
}
