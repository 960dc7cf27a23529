//! The local socket: where it is, and who may use it.

use std::{
    env, fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
        net::SocketAddr,
    },
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

/// A connection to a process of the same user.
pub(super) type Stream = UnixStream;

/// Name of the socket in the store's directory.
const FILE: &str = "owner.sock";

/// Waits for connections.
#[derive(Debug)]
pub(super) struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Listens for a store, whose lock this process holds. A socket that is there is a dead
    /// owner's, and is replaced.
    pub(super) fn bind(store: &Path) -> io::Result<Self> {
        let path = place(store)?;
        // Made under another name, so that nobody finds it before it is private.
        let new = path.with_extension("new");
        remove(&new)?;
        let listener = UnixListener::bind(&new)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o600))?;
        fs::rename(&new, &path)?;
        Ok(Self { listener, path })
    }

    /// Where it is. Whoever stops listening removes it, while the lock is still held: later it may
    /// be the next owner's.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next connection of this user.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            match check_peer(&stream) {
                Ok(()) => return Ok(stream),
                Err(error) => tracing::warn!(%error, "refused to answer about the store"),
            }
        }
    }
}

/// Connects to the owner of a store, if it listens.
///
/// # Errors
///
/// `NotFound` or `ConnectionRefused` when nobody listens, `PermissionDenied` when it is another
/// user who does.
pub(super) async fn connect(store: &Path) -> io::Result<Stream> {
    let stream = UnixStream::connect(place(store)?).await?;
    check_peer(&stream)?;
    Ok(stream)
}

/// Removes a socket; that it is not there is as good.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn check_peer(stream: &UnixStream) -> io::Result<()> {
    may_talk(stream.peer_cred()?.uid(), own_user())
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A store is its user's: nobody else is answered or believed, not even root.
fn may_talk(peer: u32, own: u32) -> io::Result<()> {
    if peer == own {
        return Ok(());
    }
    let problem = format!("the other side is user {peer}, and this process is user {own}");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, problem))
}

/// Where the socket of a store is: beside its lock if the system takes a path of that length, or
/// in a directory of the user's own.
fn place(store: &Path) -> io::Result<PathBuf> {
    let store = store.canonicalize()?;
    let beside = store.join(FILE);
    if is_short_enough(&beside) {
        return Ok(beside);
    }
    let hash = blake3::hash(store.as_os_str().as_bytes()).to_hex();
    let name = format!("{}.sock", &hash[..32]);
    let own = own_user();
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|directory| directory.is_absolute() && directory.is_dir());
    let directory = match runtime {
        Some(directory) => directory.join("agno"),
        None => env::temp_dir().join(format!("agno-{own}")),
    };
    let path = directory.join(name);
    if !is_short_enough(&path) {
        let problem = format!("{} is too long for a socket", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    make_private(&directory, own)?;
    Ok(path)
}

/// The system says itself how long a path may be: 107 bytes on Linux, 103 elsewhere. The name
/// under which a socket is made is shorter than its own.
fn is_short_enough(path: &Path) -> bool {
    SocketAddr::from_pathname(path).is_ok()
}

/// Makes a directory that nobody else can enter, or checks that it is one: in a directory for all,
/// another user could have made it first.
fn make_private(directory: &Path, own: u32) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(directory)?;
    if found.is_dir() && found.uid() == own && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let problem = format!(
        "{} is not a directory of this user alone: remove it, or `chmod 700` it",
        directory.display()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_is_answered() {
        assert!(may_talk(1000, 1000).is_ok());
        for (peer, own) in [(1001, 1000), (0, 1000), (1000, 0), (u32::MAX, 0)] {
            let refused = may_talk(peer, own).expect_err("another user");
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
            assert!(refused.to_string().contains(&format!("user {peer}")));
        }
    }

    #[tokio::test]
    async fn the_socket_is_private_and_stands_beside_the_lock() {
        let store = tempfile::tempdir().expect("a directory");
        let path = store.path().canonicalize().expect("is there").join(FILE);
        // What a dead owner has left.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("is new"));
        let refused = connect(store.path()).await.expect_err("nobody listens");
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);

        let listener = Listener::bind(store.path()).expect("listens");
        assert_eq!(listener.path(), path);
        let mode = fs::metadata(&path).expect("is there").mode();
        assert_eq!(mode & 0o777, 0o600);
        let (connected, accepted) = tokio::join!(connect(store.path()), listener.accept());
        assert!(connected.is_ok() && accepted.is_ok());
        assert_eq!(fs::read_dir(store.path()).expect("lists").count(), 1);
    }

    #[test]
    fn a_long_path_has_its_socket_elsewhere() {
        let directory = tempfile::tempdir().expect("a directory");
        let deep = directory.path().join("d".repeat(90)).join("e".repeat(90));
        fs::create_dir_all(&deep).expect("is made");
        let path = place(&deep).expect("has a place");
        assert!(is_short_enough(&path) && !path.starts_with(&deep));
        assert_eq!(place(&deep).expect("again"), path);
        let other = deep.parent().expect("has one");
        assert_ne!(place(other).ok(), Some(path.clone()));
        let parent = path.parent().expect("has one");
        assert_eq!(fs::metadata(parent).expect("is there").mode() & 0o077, 0);
    }

    #[test]
    fn a_directory_of_somebody_else_is_not_used() {
        let place = tempfile::tempdir().expect("a directory");
        let (private, linked) = (place.path().join("private"), place.path().join("linked"));
        make_private(&private, own_user()).expect("is made");
        make_private(&private, own_user()).expect("is ours");
        make_private(&private, own_user() + 1).expect_err("is another user's");
        std::os::unix::fs::symlink(&private, &linked).expect("links");
        make_private(&linked, own_user()).expect_err("is a link");
        fs::set_permissions(&private, fs::Permissions::from_mode(0o750)).expect("ours");
        make_private(&private, own_user()).expect_err("is open to others");
    }
}
