//! The library that stands between a child and its files: built here, from C, when a test needs it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// The built library; its folder lives as long.
#[derive(Debug)]
pub struct Shim {
    _folder: TempDir,
    library: PathBuf,
}

impl Shim {
    /// Builds it with `cc`.
    ///
    /// # Errors
    ///
    /// The reason in words, where this machine cannot.
    pub fn build() -> Result<Self, String> {
        if !cfg!(all(target_os = "linux", target_env = "gnu")) {
            return Err("files are watched on Linux with glibc only".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let library = folder.path().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/shim.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O2", "-o"])
            .args([&library, &source])
            .arg("-lpthread");
        let built = cc
            .output()
            .map_err(|_| "there is no C compiler (`cc`) to build the shim with".to_owned())?;
        if !built.status.success() {
            let said = String::from_utf8_lossy(&built.stderr).into_owned();
            return Err(format!("`cc` does not build the shim: {said}"));
        }
        Ok(Self {
            _folder: folder,
            library,
        })
    }

    /// Puts it before a child: what happens in `directory` is written to `log`.
    ///
    /// # Panics
    ///
    /// If the directory is not there.
    pub fn watch(&self, child: &mut Command, directory: &Path, log: &Path) {
        child
            .env("LD_PRELOAD", &self.library)
            .env(
                "TORTURE_DIRECTORY",
                directory.canonicalize().expect("the directory is there"),
            )
            .env("TORTURE_LOG", log);
    }
}
