//! Systems without local sockets: there is no looking on.

use std::{
    convert::Infallible,
    io,
    path::{Path, PathBuf},
};

/// A connection that never is.
pub(super) type Stream = tokio::io::DuplexStream;

/// Waits for connections.
#[derive(Debug)]
pub(super) struct Listener {
    path: PathBuf,
    never: Infallible,
}

impl Listener {
    pub(super) fn bind(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    #[expect(clippy::unused_async, reason = "as where there are sockets")]
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self.never {}
    }
}

#[expect(clippy::unused_async, reason = "as where there are sockets")]
pub(super) async fn connect(_: &Path) -> io::Result<Stream> {
    Err(io::ErrorKind::NotFound.into())
}

pub(super) fn remove(_: &Path) -> io::Result<()> {
    Ok(())
}
