//! Who is at the other end of a Unix socket (T7, T8).

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd as _};

/// The process at the other end, as the kernel knows it from when the connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its user.
    pub uid: u32,
    /// Its process, where the system tells; it can be gone by now.
    pub pid: Option<u32>,
}

/// The peer of a connected Unix socket.
///
/// # Errors
/// If `socket` is none, or the system does not tell.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn peer(socket: impl AsFd) -> io::Result<Peer> {
    let credentials: libc::ucred = option(&socket, libc::SOL_SOCKET, libc::SO_PEERCRED)?;
    // A peer in a pid namespace that we do not see has the number 0.
    let pid = u32::try_from(credentials.pid).ok().filter(|pid| *pid != 0);
    Ok(Peer { uid: credentials.uid, pid })
}

/// The peer of a connected Unix socket.
///
/// # Errors
/// If `socket` is none, or the system does not tell.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn peer(socket: impl AsFd) -> io::Result<Peer> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: the descriptor is open while it is borrowed, both targets are valid for one value.
    let answer = unsafe { libc::getpeereid(socket.as_fd().as_raw_fd(), &raw mut uid, &raw mut gid) };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    #[cfg(target_os = "macos")]
    let pid = option::<libc::pid_t>(&socket, libc::SOL_LOCAL, libc::LOCAL_PEERPID).ok();
    #[cfg(not(target_os = "macos"))]
    let pid: Option<libc::pid_t> = None;
    Ok(Peer { uid, pid: pid.and_then(|pid| u32::try_from(pid).ok()) })
}

/// One option of a socket; `T` must be the C type that the option is documented with.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
fn option<T: Copy>(socket: &impl AsFd, level: libc::c_int, name: libc::c_int) -> io::Result<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    let mut length = libc::socklen_t::try_from(size_of::<T>()).map_err(io::Error::other)?;
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: the descriptor is open while it is borrowed; `value` is writable for `length` bytes.
    let answer = unsafe { libc::getsockopt(fd, level, name, value.as_mut_ptr().cast(), &raw mut length) };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    if length as usize != size_of::<T>() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // SAFETY: the kernel has filled all of it; both types asked for are plain integers.
    Ok(unsafe { value.assume_init() })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn t07_the_peer_of_a_socket_is_named_by_the_kernel() {
        let (one, other) = UnixStream::pair().expect("a pair of sockets");
        let found = peer(&one).expect("a Unix socket has a peer");
        // SAFETY: takes no arguments and cannot fail.
        assert_eq!(found.uid, unsafe { libc::geteuid() });
        assert_eq!(found.pid, Some(std::process::id()));
        drop(other);
    }

    #[test]
    fn t07_what_is_no_socket_has_no_peer() {
        let file = std::fs::File::open("/").expect("the root folder");
        assert!(peer(&file).is_err());
    }
}
