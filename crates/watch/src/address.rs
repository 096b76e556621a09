//! Where a run's control socket is, and how it comes to be there: for its owner alone from the first instant.
//!
//! A Unix socket's path ends at 108 bytes and a run's need not: it is reached through the open directory's
//! entry in `/proc/self/fd`. Where the run's directory takes no socket, it is in `$XDG_RUNTIME_DIR`.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, Stat, chmodat, fchmod, statat, unlinkat};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};

/// In the run's directory.
const NAME: &str = "control.sock";
/// For its owner to read and write.
const OWNERS: Mode = Mode::RUSR.union(Mode::WUSR);
/// Connections that may wait to be accepted.
const WAITING: i32 = 16;

/// A bound socket's name, which is taken away when this is dropped.
#[derive(Debug)]
pub(super) struct Placed {
    place: Place,
    /// Device and inode: a later process may have put another socket there.
    identity: (u64, u64),
}

/// A name in an open directory.
#[derive(Debug)]
struct Place {
    directory: File,
    name: String,
    path: PathBuf,
}

/// Listens for watchers of the run in `root`. The caller holds the lock of its journal, so that a socket
/// which is there already belonged to a process that is dead.
pub(super) fn listen_in(root: &Path) -> io::Result<(UnixListener, Placed)> {
    let in_run = Place::in_run(root).and_then(Place::listen);
    in_run.or_else(|error| Place::in_runtime_directory(root).and_then(Place::listen).map_err(|_| error))
}

/// Connects to the process that works on the run in `root`.
pub(super) fn connect_to(root: &Path) -> io::Result<UnixStream> {
    let connect = |place: Place| UnixStream::connect(place.address());
    let in_run = Place::in_run(root).and_then(connect);
    in_run.or_else(|error| Place::in_runtime_directory(root).and_then(connect).map_err(|_| error))
}

impl Place {
    fn in_run(root: &Path) -> io::Result<Self> {
        Ok(Self { directory: File::open(root)?, name: NAME.into(), path: root.join(NAME) })
    }

    /// A directory that belongs to this user alone: anyone could put a socket into another.
    fn in_runtime_directory(root: &Path) -> io::Result<Self> {
        let folder = env::var_os("XDG_RUNTIME_DIR").ok_or(ErrorKind::NotFound)?;
        let directory = File::open(&folder)?;
        let about = directory.metadata()?;
        let is_ours =
            about.uid() == rustix::process::geteuid().as_raw() && about.mode().trailing_zeros() >= 6;
        if !about.is_dir() || !is_ours {
            return Err(ErrorKind::PermissionDenied.into());
        }
        let run = std::fs::canonicalize(root)?;
        let name =
            format!("superfuse-{}.sock", &blake3::hash(run.as_os_str().as_encoded_bytes()).to_hex()[..24]);
        Ok(Self { directory, path: Path::new(&folder).join(&name), name })
    }

    /// The name's path through the open directory, or where there is no `/proc` its own.
    fn address(&self) -> PathBuf {
        let opened = PathBuf::from(format!("/proc/self/fd/{}", self.directory.as_raw_fd()));
        if opened.exists() { opened.join(&self.name) } else { self.path.clone() }
    }

    fn listen(self) -> io::Result<(UnixListener, Placed)> {
        self.clear()?;
        let socket: OwnedFd = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
        // Linux makes the file with the socket's own mode; elsewhere it is set before anyone can connect,
        // which is after `listen`.
        let _ = fchmod(&socket, OWNERS);
        bind(&socket, &SocketAddrUnix::new(self.address().as_path())?)?;
        let mut found = self.look()?;
        let placed = Placed { identity: identity(&found), place: self };
        if mode(&found) != OWNERS {
            chmodat(&placed.place.directory, &placed.place.name, OWNERS, AtFlags::empty())?;
            found = placed.place.look()?;
        }
        if mode(&found) != OWNERS || identity(&found) != placed.identity {
            return Err(ErrorKind::PermissionDenied.into());
        }
        listen(&socket, WAITING)?;
        let listener = UnixListener::from(socket);
        listener.set_nonblocking(true)?;
        Ok((listener, placed))
    }

    /// Takes a dead process's socket away, and nothing else.
    fn clear(&self) -> io::Result<()> {
        match self.look() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(found) => match FileType::from_raw_mode(found.st_mode) {
                // A symbolic link is taken away as one, whatever it points to.
                FileType::Socket | FileType::Symlink => {
                    Ok(unlinkat(&self.directory, &self.name, AtFlags::empty())?)
                }
                _ => Err(io::Error::new(
                    ErrorKind::AlreadyExists,
                    format!("{} exists and is not a socket", self.path.display()),
                )),
            },
        }
    }

    fn look(&self) -> io::Result<Stat> {
        Ok(statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)?)
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        if self.place.look().is_ok_and(|found| identity(&found) == self.identity) {
            let _ = unlinkat(&self.place.directory, &self.place.name, AtFlags::empty());
        }
    }
}

fn mode(found: &Stat) -> Mode {
    Mode::from_raw_mode(found.st_mode & 0o7777)
}

#[allow(clippy::unnecessary_cast, reason = "these are narrower on other systems")]
fn identity(found: &Stat) -> (u64, u64) {
    (found.st_dev as u64, found.st_ino as u64)
}
