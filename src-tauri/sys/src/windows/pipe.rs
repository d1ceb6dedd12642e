//! Named pipes between programs of one user (T8, T9).

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::windows::io::{AsRawHandle, FromRawHandle as _, OwnedHandle};
use std::ptr;
use std::time::Duration;

use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_FILE_NOT_FOUND, ERROR_IO_PENDING, ERROR_OPERATION_ABORTED, ERROR_PIPE_BUSY,
    ERROR_PIPE_NOT_CONNECTED, GENERIC_READ, GENERIC_WRITE, INVALID_HANDLE_VALUE, WAIT_TIMEOUT,
};
use windows_sys::Win32::Security::Authorization::SE_KERNEL_OBJECT;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, ReadFile, SECURITY_IDENTIFICATION,
    SECURITY_SQOS_PRESENT, WriteFile,
};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Pipes::{GetNamedPipeClientProcessId, PeekNamedPipe, WaitNamedPipeW};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, WaitForSingleObject};

use super::security::{Descriptor, owner_of_handle};
use super::user::{Process, Sid, this_user};
use super::{check, wide};

/// How often a pipe whose instances are all taken is waited for.
const ROUNDS: u32 = 8;

/// Makes an instance of the pipe `name` that only this user may open, from this machine. `first`: fails if anybody
/// made one of that name before.
///
/// # Errors
/// What Windows answered: access denied if somebody else was first.
pub fn serve(name: &OsStr, first: bool) -> io::Result<NamedPipeServer> {
    let user = this_user()?;
    // Owned by the user also where the process is elevated, so that clients recognise it; nobody is allowed anything
    // but the user, and the network is forbidden before that.
    let descriptor = Descriptor::parse(&format!("O:{user}D:P(D;;GA;;;NU)(A;;GA;;;{user})"))?;
    let mut attributes = descriptor.attributes();
    let mut options = ServerOptions::new();
    // Remote clients are refused last: setting the mode once lifted that (RUSTSEC-2023-0001).
    options.first_pipe_instance(first).reject_remote_clients(true);
    // SAFETY: the attributes and the descriptor in them live through the call.
    let pipe = unsafe { options.create_with_security_attributes_raw(name, (&raw mut attributes).cast()) }?;
    // A later instance has the security of the first: whoever made that one decides who may come in.
    // SAFETY: the handle is open while the pipe is borrowed; it may be read, which includes its owner.
    let owner = unsafe { owner_of_handle(pipe.as_raw_handle(), SE_KERNEL_OBJECT) }?;
    if owner == user { Ok(pipe) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Who connected to an instance: process, user, path of the program.
///
/// # Errors
/// If Windows does not tell, for example because the process is gone.
pub fn caller(pipe: &NamedPipeServer) -> io::Result<(u32, Sid, String)> {
    let mut pid = 0;
    // SAFETY: the pipe is open while it is borrowed; the target takes one number.
    check(unsafe { GetNamedPipeClientProcessId(pipe.as_raw_handle(), &raw mut pid) })?;
    let process = Process::open(pid)?;
    Ok((pid, process.user()?, process.program().unwrap_or_default()))
}

/// Why there is no connection.
#[derive(Debug)]
pub enum NoPipe {
    /// Nobody listens: there is no pipe of that name, or its server takes no new callers any more, because it ends.
    Nobody,
    /// It belongs to another user, or does not let us in: nothing was sent.
    Stranger(Option<Sid>),
    /// Windows refused.
    Failed(io::Error),
}

/// Opens the pipe `name`, waits at most about `within` for an instance to be free, and proves that it belongs to this
/// user before anything is sent. Its server learns who we are and cannot act as us.
///
/// # Errors
/// See [`NoPipe`].
pub fn connect(name: &OsStr, within: Duration) -> Result<Connection, NoPipe> {
    let connection =
        open(name, within).map_err(|error| match error.raw_os_error().map(i32::cast_unsigned) {
            Some(ERROR_FILE_NOT_FOUND | ERROR_PIPE_BUSY) => NoPipe::Nobody,
            _ if error.kind() == io::ErrorKind::PermissionDenied => NoPipe::Stranger(None),
            _ => NoPipe::Failed(error),
        })?;
    let user = this_user().map_err(NoPipe::Failed)?;
    // SAFETY: the handle is open while the connection lives; it was opened for reading, which includes its owner.
    let owner = unsafe { owner_of_handle(connection.handle.as_raw_handle(), SE_KERNEL_OBJECT) };
    match owner.map_err(NoPipe::Failed)? {
        owner if owner == user => Ok(connection),
        owner => Err(NoPipe::Stranger(Some(owner))),
    }
}

fn open(name: &OsStr, within: Duration) -> io::Result<Connection> {
    let name = wide(name)?;
    for _ in 0..ROUNDS {
        // SAFETY: the name has a closing zero, the two pointers may be null.
        let handle = unsafe {
            CreateFileW(
                name.as_ptr(),
                GENERIC_READ | GENERIC_WRITE,
                0,
                ptr::null(),
                OPEN_EXISTING,
                FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                ptr::null_mut(),
            )
        };
        if handle != INVALID_HANDLE_VALUE {
            // SAFETY: it was opened just now and is ours alone.
            let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
            return Ok(Connection { handle, reading: INFINITE, writing: INFINITE });
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(ERROR_PIPE_BUSY.cast_signed()) {
            return Err(error);
        }
        // The server makes the next instance as soon as it has accepted the last one.
        let most = milliseconds(within / ROUNDS).max(1);
        // Whether it was in vain, or the pipe went meanwhile (which systems tell by different errors), the next try says.
        // SAFETY: the name has a closing zero.
        unsafe { WaitNamedPipeW(name.as_ptr(), most) };
    }
    Err(io::Error::from_raw_os_error(ERROR_PIPE_BUSY.cast_signed()))
}

/// A client's end, whose reads and writes end in time.
#[derive(Debug)]
pub struct Connection {
    handle: OwnedHandle,
    /// Milliseconds.
    reading: u32,
    writing: u32,
}

impl Connection {
    /// How long one read and one write may take.
    pub fn set_timeouts(&mut self, reading: Duration, writing: Duration) {
        (self.reading, self.writing) = (milliseconds(reading), milliseconds(writing));
    }

    /// Whether the server still has its end, and has said nothing yet.
    pub fn is_open(&self) -> bool {
        let (handle, mut waiting) = (self.handle.as_raw_handle(), 0);
        // SAFETY: the handle is open, nothing is copied out, and the targets that are null may be.
        let seen = check(unsafe {
            PeekNamedPipe(handle, ptr::null_mut(), 0, ptr::null_mut(), &raw mut waiting, ptr::null_mut())
        });
        seen.is_ok() && waiting == 0
    }

    /// Starts what `begin` starts and waits for its end. On a time-out it is called off, and that is waited for, too:
    /// Windows must not write to the buffer any more when this returns.
    fn transfer(&self, most: u32, begin: impl FnOnce(*mut OVERLAPPED) -> i32) -> io::Result<usize> {
        // SAFETY: no attributes, no name.
        let event = unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) };
        if event.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was made just now and is ours alone.
        let event = unsafe { OwnedHandle::from_raw_handle(event) };
        let mut overlapped = OVERLAPPED { hEvent: event.as_raw_handle(), ..OVERLAPPED::default() };
        let overlapped = &raw mut overlapped;
        let handle = self.handle.as_raw_handle();
        if let Err(error) = check(begin(overlapped))
            && error.raw_os_error() != Some(ERROR_IO_PENDING.cast_signed())
        {
            return Err(error);
        }
        // SAFETY: the event is open.
        if unsafe { WaitForSingleObject(event.as_raw_handle(), most) } == WAIT_TIMEOUT {
            // SAFETY: the handle is open, and the transfer was begun on it with this structure.
            // It fails only if the transfer has just ended by itself.
            unsafe { CancelIoEx(handle, overlapped) };
        }
        let mut moved = 0;
        // SAFETY: as above; waiting for the end is what makes the buffer ours again.
        check(unsafe { GetOverlappedResult(handle, overlapped, &raw mut moved, 1) }).map_err(|error| {
            match error.raw_os_error().map(i32::cast_unsigned) {
                Some(ERROR_OPERATION_ABORTED) => io::ErrorKind::TimedOut.into(),
                _ => error,
            }
        })?;
        usize::try_from(moved).map_err(io::Error::other)
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let handle = self.handle.as_raw_handle();
        let read = self.transfer(self.reading, |overlapped| {
            // SAFETY: the handle is open, the buffer has this length, and `transfer` returns only when Windows is
            // done with both.
            unsafe { ReadFile(handle, buffer.as_mut_ptr(), length, ptr::null_mut(), overlapped) }
        });
        match read {
            // The other end closed, or its server was ended.
            Err(error)
                if [ERROR_BROKEN_PIPE, ERROR_PIPE_NOT_CONNECTED]
                    .map(|ended| Some(ended.cast_signed()))
                    .contains(&error.raw_os_error()) =>
            {
                Ok(0)
            }
            other => other,
        }
    }
}

impl Write for &Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let handle = self.handle.as_raw_handle();
        let written = self.transfer(self.writing, |overlapped| {
            // SAFETY: the handle is open, the buffer has this length, and `transfer` returns only when Windows is
            // done with both.
            unsafe { WriteFile(handle, buffer.as_ptr(), length, ptr::null_mut(), overlapped) }
        });
        match written {
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_NOT_CONNECTED.cast_signed()) => {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // Flushing a pipe waits until the other end has read: nobody wants that.
        Ok(())
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        (&*self).write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn milliseconds(duration: Duration) -> u32 {
    // The largest number means for ever.
    u32::try_from(duration.as_millis()).unwrap_or(INFINITE - 1).min(INFINITE - 1)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(120);

    fn name(of: &str) -> String {
        format!(r"\\.\pipe\lamplighter-test-{of}-{}", std::process::id())
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    #[test]
    fn t08_whoever_comes_second_serves_no_pipe_of_that_name() {
        let _inside = runtime();
        let _entered = _inside.enter();
        let name = name("first");
        let first = serve(name.as_ref(), true).expect("nobody was there");
        assert_eq!(serve(name.as_ref(), true).expect_err("taken").kind(), io::ErrorKind::PermissionDenied);
        let next = serve(name.as_ref(), false).expect("our own next one");
        drop((first, next));
        serve(name.as_ref(), true).expect("free again");
    }

    #[test]
    fn t08_nobody_serves_is_told_from_a_stranger_who_does() {
        let _inside = runtime();
        let _entered = _inside.enter();
        let name = name("stranger");
        assert!(matches!(connect(name.as_ref(), PATIENCE), Err(NoPipe::Nobody)));
        let user = this_user().expect("told");
        // As another user would make it: open to all, so that only its owner can tell.
        let descriptor =
            Descriptor::parse(&format!("O:BAD:P(A;;GA;;;{user})(A;;GA;;;WD)")).expect("well written");
        let mut attributes = descriptor.attributes();
        // SAFETY: the attributes and the descriptor in them live through the call.
        let theirs = unsafe {
            ServerOptions::new().create_with_security_attributes_raw(&name, (&raw mut attributes).cast())
        }
        .expect("made");
        match connect(name.as_ref(), PATIENCE) {
            Err(NoPipe::Stranger(Some(owner))) => assert_eq!(owner.to_string(), "S-1-5-32-544"),
            other => panic!("not taken for a stranger's: {other:?}"),
        }
        let joined = serve(name.as_ref(), false).expect_err("it is not ours");
        assert_eq!(joined.kind(), io::ErrorKind::PermissionDenied);
        drop(theirs);
        serve(name.as_ref(), true).expect("free again");
    }

    #[test]
    fn t08_both_ends_know_each_other_and_what_is_said_arrives() {
        let runtime = runtime();
        let name = name("talk");
        let mut server = runtime.block_on(async { serve(name.as_ref(), true) }).expect("made");
        let there = name.clone();
        let client = move || {
            let mut connection = connect(there.as_ref(), PATIENCE).expect("it is ours");
            connection.set_timeouts(PATIENCE, PATIENCE);
            connection.write_all(&[7; 100_000]).expect("read");
            let mut answer = Vec::new();
            connection.read_to_end(&mut answer).expect("answered and closed");
            answer
        };
        runtime.block_on(async {
            let client = tokio::task::spawn_blocking(client);
            server.connect().await.expect("somebody comes");
            let (pid, user, program) = caller(&server).expect("told");
            assert_eq!((pid, user), (std::process::id(), this_user().expect("told")));
            assert!(!program.is_empty());
            let mut said = vec![0; 100_000];
            server.read_exact(&mut said).await.expect("said");
            assert!(said.iter().all(|byte| *byte == 7));
            server.write_all(b"understood").await.expect("written");
            drop(server);
            assert_eq!(client.await.expect("ends"), b"understood");
        });
    }

    #[test]
    fn i1_a_client_knows_whether_its_server_is_still_there() {
        let _inside = runtime();
        let _entered = _inside.enter();
        let name = name("there");
        let server = serve(name.as_ref(), true).expect("made");
        let mut connection = connect(name.as_ref(), PATIENCE).expect("there");
        assert!(connection.is_open());
        drop(server);
        assert!(!connection.is_open());
        let mut answer = [0];
        assert_eq!(connection.read(&mut answer).expect("the end"), 0);
    }

    #[test]
    fn i1_a_pipe_that_goes_while_it_is_waited_for_is_nobodys() {
        let _inside = runtime();
        let _entered = _inside.enter();
        let name = name("goes");
        let server = serve(name.as_ref(), true).expect("made");
        let first = connect(name.as_ref(), PATIENCE).expect("there");
        let late = {
            let name = name.clone();
            std::thread::spawn(move || connect(name.as_ref(), PATIENCE).map(drop))
        };
        // Whether the other one waits by now or not, it finds nobody in the end.
        std::thread::yield_now();
        drop((server, first));
        let late = late.join().expect("it ends");
        assert!(matches!(late, Err(NoPipe::Nobody)), "{late:?}");
    }

    #[test]
    fn f49_a_server_that_does_not_answer_is_not_waited_for_for_ever() {
        let _inside = runtime();
        let _entered = _inside.enter();
        let name = name("silent");
        let _server = serve(name.as_ref(), true).expect("made");
        let mut connection = connect(name.as_ref(), PATIENCE).expect("there");
        connection.set_timeouts(Duration::from_millis(20), PATIENCE);
        let mut answer = [0];
        assert_eq!(connection.read(&mut answer).expect_err("silent").kind(), io::ErrorKind::TimedOut);
        // The only instance is taken, and no other comes: so it is when a server ends.
        let late = connect(name.as_ref(), Duration::from_millis(20));
        assert!(matches!(late, Err(NoPipe::Nobody)), "{late:?}");
    }
}
