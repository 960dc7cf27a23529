//! The crate that the half-typed files are modules of, and the server that has read it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    document::Document,
    questions::Questions,
    server::{Server, uri},
};

/// A crate on disk with a module for each half-typed file, open in rust-analyzer.
pub(crate) struct Project {
    source: PathBuf,
    server: Server,
    /// What did not come out as wanted, in all files.
    faults: Vec<String>,
    /// Two runs at once would write the same files.
    _lock: File,
}

const MANIFEST: &str = r#"
[package]
name = "half-typed"
edition = "2024"

[workspace]

[dependencies]
agno-workflows = { path = "ROOT", default-features = false }
"#;

fn half_typed() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/editor/files");
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .expect("the folder of half-typed files")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a file").to_string_lossy();
            let name = name.strip_suffix(".rs.txt").expect("a file `NAME.rs.txt`");
            (name.to_owned(), fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    files.sort();
    files
}

impl Project {
    /// Writes the crate under the target directory, where what it depends on stays built, and waits
    /// until the server has read it.
    pub(crate) fn open() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
        let source = folder.join("src");
        fs::create_dir_all(&source).expect("the folder of the crate");
        let lock = File::create(folder.join("lock")).expect("the lock of the folder");
        lock.lock().expect("the other run ends");
        let write = |path: PathBuf, text: &str| {
            fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        };
        let manifest = MANIFEST.replace("ROOT", &root.display().to_string());
        write(folder.join("Cargo.toml"), &manifest);
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the versions");
        let files = half_typed();
        let modules = files.iter().map(|(name, _)| format!("mod {name};\n"));
        write(source.join("lib.rs"), &modules.collect::<String>());
        for (name, marked) in &files {
            let text = Document::new(String::new(), marked).text;
            write(source.join(format!("{name}.rs")), &text);
        }
        let settings = json!({
            "cargo": { "buildScripts": { "enable": true }, "targetDir": folder.join("target") },
            "procMacro": { "enable": true },
            "checkOnSave": false,
            "cachePriming": { "enable": false },
            // Only what the code itself offers.
            "completion": { "autoimport": { "enable": false }, "postfix": { "enable": false } },
        });
        let server = Server::start(&folder, &folder.join("server.log"), &settings);
        Self {
            source,
            server,
            faults: Vec::new(),
            _lock: lock,
        }
    }

    /// Asks about one file. Whatever comes out otherwise than wanted is kept for the end.
    pub(crate) fn in_file(&mut self, name: &str, ask: impl FnOnce(&mut Questions<'_>)) {
        let files = half_typed();
        let (_, marked) = files
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("no file `{name}`"));
        let uri = uri(&self.source.join(format!("{name}.rs")));
        let document = Document::new(uri, marked);
        let opened = json!({ "textDocument": {
            "uri": document.uri, "languageId": "rust", "version": 1, "text": document.text,
        } });
        self.server.tell("textDocument/didOpen", &opened);
        let mut questions = Questions::new(&mut self.server, document);
        ask(&mut questions);
        let faults = questions.faults.into_iter();
        self.faults
            .extend(faults.map(|fault| format!("{name}: {fault}")));
    }

    /// Fails with everything that did not come out as wanted.
    pub(crate) fn finish(self) {
        let (faults, count) = (self.faults.join("\n"), self.faults.len());
        assert!(
            faults.is_empty(),
            "{count} answers are not as wanted:\n{faults}"
        );
    }
}
