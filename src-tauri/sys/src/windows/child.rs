//! Programs that get a few of our handles and nothing else, and live in a job: all of it ends at once, also when we do.

use std::ffi::{OsStr, OsString, c_void};
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::io::{AsHandle, AsRawHandle as _, BorrowedHandle, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation, WAIT_OBJECT_0};
use windows_sys::Win32::System::JobObjects::{
    CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicAccountingInformation,
    JobObjectExtendedLimitInformation, QueryInformationJobObject, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, InitializeProcThreadAttributeList, LPPROC_THREAD_ATTRIBUTE_LIST,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROC_THREAD_ATTRIBUTE_JOB_LIST, PROCESS_INFORMATION,
    STARTF_USESTDHANDLES, STARTUPINFOEXW, UpdateProcThreadAttribute, WaitForSingleObject,
};

use super::{check, wide};

/// Processes that end together, at the latest when the last handle of the job closes, which is when we die.
#[derive(Debug)]
pub struct Job(OwnedHandle);

impl Job {
    /// An empty one.
    ///
    /// # Errors
    /// What Windows answered.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no attributes, no name.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was made just now and is ours alone.
        let job = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        // SAFETY: the job is open, the structure is that of this class and of the size told.
        check(unsafe {
            SetInformationJobObject(
                job.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size(&limits),
            )
        })?;
        Ok(job)
    }

    /// Ends all of its processes at once and without asking.
    ///
    /// # Errors
    /// What Windows answered.
    pub fn end(&self) -> io::Result<()> {
        // SAFETY: the job is open.
        check(unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) })
    }

    /// How many of its processes live.
    ///
    /// # Errors
    /// What Windows answered.
    pub fn living(&self) -> io::Result<u32> {
        let mut counts = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        // SAFETY: the job is open, the structure is that of this class and of the size told.
        check(unsafe {
            QueryInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectBasicAccountingInformation,
                (&raw mut counts).cast(),
                size(&counts),
                ptr::null_mut(),
            )
        })?;
        Ok(counts.ActiveProcesses)
    }
}

/// What is started.
pub struct Spawn<'a> {
    /// The executable.
    pub program: &'a Path,
    /// Its words, without its name.
    pub words: &'a [OsString],
    /// All of its environment.
    pub environment: &'a [(OsString, OsString)],
    /// Handles that it gets beside its standard ones, under the same numbers; made ready by [`inheritable`].
    pub handles: &'a [BorrowedHandle<'a>],
    /// Where its standard error goes, made ready, too. It has neither input nor output.
    pub errors: BorrowedHandle<'a>,
}

/// A process that was started.
#[derive(Debug)]
pub struct Child {
    process: OwnedHandle,
    pid: u32,
}

/// From now on a child can get this handle. Others that are started by `std::process` at the same time get it, too:
/// it should be closed soon after the child was started.
///
/// # Errors
/// What Windows answered.
pub fn inheritable(handle: &impl AsHandle) -> io::Result<()> {
    let handle = handle.as_handle().as_raw_handle();
    // SAFETY: the handle is open while it is borrowed.
    check(unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) })
}

impl Spawn<'_> {
    /// Starts it as a member of `job` from its first moment on.
    ///
    /// # Errors
    /// What Windows answered.
    pub fn start(&self, job: &Job) -> io::Result<Child> {
        let program = wide(self.program)?;
        let mut command = wide(self.command_line())?;
        let environment = self.environment_block()?;
        let mut handles: Vec<HANDLE> = self.handles.iter().map(|handle| handle.as_raw_handle()).collect();
        handles.push(self.errors.as_raw_handle());
        let jobs = [job.0.as_raw_handle()];
        let mut attributes = Attributes::new(2)?;
        attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &handles)?;
        attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, &jobs)?;
        let mut startup = STARTUPINFOEXW::default();
        startup.StartupInfo.cb = size(&startup);
        startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        startup.StartupInfo.hStdError = self.errors.as_raw_handle();
        startup.lpAttributeList = attributes.list();
        let mut started = PROCESS_INFORMATION::default();
        let flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW;
        // SAFETY: all texts have a closing zero, the command line may be written to, the block of the environment ends
        // in two zeroes, attributes and what they name live through the call, and the flags say what `startup` is.
        check(unsafe {
            CreateProcessW(
                program.as_ptr(),
                command.as_mut_ptr(),
                ptr::null(),
                ptr::null(),
                1,
                flags,
                environment.as_ptr().cast(),
                ptr::null(),
                (&raw const startup).cast(),
                &raw mut started,
            )
        })?;
        // SAFETY: both were opened just now and are ours alone; the thread's is not needed.
        let (process, _thread) = unsafe {
            (OwnedHandle::from_raw_handle(started.hProcess), OwnedHandle::from_raw_handle(started.hThread))
        };
        Ok(Child { process, pid: started.dwProcessId })
    }

    fn command_line(&self) -> OsString {
        let mut line = quoted(self.program.as_os_str());
        for word in self.words {
            line.push(" ");
            line.push(quoted(word));
        }
        line
    }

    /// `NAME=value`, each with a closing zero, sorted as Windows wants them, and one more zero.
    fn environment_block(&self) -> io::Result<Vec<u16>> {
        let mut sorted: Vec<_> = self.environment.iter().collect();
        sorted.sort_by_key(|(name, _)| name.to_ascii_uppercase());
        let mut block = Vec::new();
        for (name, value) in sorted {
            let mut entry = name.clone();
            entry.push("=");
            entry.push(value);
            block.extend(wide(&entry)?);
        }
        if block.is_empty() {
            block.push(0);
        }
        block.push(0);
        Ok(block)
    }
}

impl Child {
    /// Its number.
    pub fn id(&self) -> u32 {
        self.pid
    }

    /// Waits for its end; whether it came in time.
    pub fn wait(&self, most: Duration) -> bool {
        let most = u32::try_from(most.as_millis()).unwrap_or(u32::MAX - 1);
        // SAFETY: the process is open.
        unsafe { WaitForSingleObject(self.process.as_raw_handle(), most) == WAIT_OBJECT_0 }
    }
}

/// One word of a command line, so that programs read it back as it is ("Parsing C++ command-line arguments" in
/// Microsoft's documentation of the C runtime).
pub fn quoted(word: &OsStr) -> OsString {
    const QUOTE: u16 = 0x22;
    const BACKSLASH: u16 = 0x5c;
    let units: Vec<u16> = word.encode_wide().collect();
    let is_plain = |unit: &u16| !matches!(*unit, QUOTE | 0x20 | 0x09 | 0x0a | 0x0b);
    if !units.is_empty() && units.iter().all(is_plain) {
        return word.to_owned();
    }
    let mut line = vec![QUOTE];
    let mut backslashes = 0;
    for unit in units {
        if unit == QUOTE {
            // Backslashes count only before a quote: twice as many, and one for the quote itself.
            line.extend(std::iter::repeat_n(BACKSLASH, backslashes + 1));
        }
        backslashes = if unit == BACKSLASH { backslashes + 1 } else { 0 };
        line.push(unit);
    }
    line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
    line.push(QUOTE);
    OsString::from_wide(&line)
}

/// Attributes of a process to be started.
struct Attributes {
    /// Of usize, so that it is aligned.
    buffer: Vec<usize>,
}

impl Attributes {
    fn new(count: u32) -> io::Result<Self> {
        let mut bytes = 0;
        // SAFETY: without a list it only tells how large one is, and says so by failing.
        unsafe { InitializeProcThreadAttributeList(ptr::null_mut(), count, 0, &raw mut bytes) };
        let mut buffer = vec![0_usize; bytes.div_ceil(size_of::<usize>())];
        // SAFETY: the buffer has the size that was asked for.
        check(unsafe {
            InitializeProcThreadAttributeList(buffer.as_mut_ptr().cast(), count, 0, &raw mut bytes)
        })?;
        Ok(Self { buffer })
    }

    /// `handles` must live as long as the attributes are used.
    fn set(&mut self, attribute: u32, handles: &[HANDLE]) -> io::Result<()> {
        let list = self.list();
        // SAFETY: the list is initialised, with room for this one; the value has the size told.
        check(unsafe {
            UpdateProcThreadAttribute(
                list,
                0,
                usize::try_from(attribute).unwrap_or(0),
                handles.as_ptr().cast::<c_void>(),
                size_of_val(handles),
                ptr::null_mut(),
                ptr::null(),
            )
        })
    }

    fn list(&mut self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.buffer.as_mut_ptr().cast()
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: the list was initialised and nobody uses it any more.
        unsafe { DeleteProcThreadAttributeList(self.list()) };
    }
}

fn size<T>(of: &T) -> u32 {
    // Structures of Windows, of a few hundred bytes.
    u32::try_from(size_of_val(of)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::os::windows::io::AsHandle as _;

    use super::*;

    const HANDLES: &str = "LAMPLIGHTER_TEST_HANDLES";

    #[test]
    fn m6_every_word_is_read_back_as_it_was() {
        for (word, line) in [
            ("plain", "plain"),
            ("", r#""""#),
            (r"C:\Program Files\x", r#""C:\Program Files\x""#),
            (r"ends in \", r#""ends in \\""#),
            (r#"a"b"#, r#""a\"b""#),
            (r#"a\"b c\d"#, r#""a\\\"b c\d""#),
        ] {
            assert_eq!(quoted(OsStr::new(word)), line, "{word}");
        }
    }

    /// The child of the test below; alone it does nothing.
    #[test]
    fn echo() {
        let Ok(named) = std::env::var(HANDLES) else { return };
        let open = |number: &str| {
            let number: usize = number.parse().expect("a number");
            // SAFETY: our parent handed it over under this number, and nobody else here knows it.
            File::from(unsafe { OwnedHandle::from_raw_handle(number as HANDLE) })
        };
        let (input, output) = named.split_once(',').expect("two");
        let (mut input, mut output) = (open(input), open(output));
        let mut said = [0; 5];
        input.read_exact(&mut said).expect("the parent says something");
        said.reverse();
        output.write_all(&said).expect("the parent listens");
        // Until the parent closes its end, or ends the job.
        _ = input.read(&mut said);
    }

    #[test]
    fn t16_f60_a_child_gets_the_named_handles_and_ends_with_its_job() {
        let folder = tempfile::tempdir().expect("a folder");
        let (its_input, mut our_output) = io::pipe().expect("a pipe");
        let (mut our_input, its_output) = io::pipe().expect("a pipe");
        let errors = File::create(folder.path().join("errors with spaces")).expect("made");
        for handle in [its_input.as_handle(), its_output.as_handle(), errors.as_handle()] {
            inheritable(&handle).expect("made ready");
        }
        let named = format!("{},{}", its_input.as_raw_handle() as usize, its_output.as_raw_handle() as usize);
        let mut environment = vec![(OsString::from(HANDLES), OsString::from(named))];
        environment.extend(
            ["SystemRoot", "PATH", "WINEPREFIX"]
                .iter()
                .filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?))),
        );
        let words = ["--exact", "windows::child::tests::echo"].map(OsString::from);
        let job = Job::new().expect("made");
        let child = Spawn {
            program: &std::env::current_exe().expect("known"),
            words: &words,
            environment: &environment,
            handles: &[its_input.as_handle(), its_output.as_handle()],
            errors: errors.as_handle(),
        }
        .start(&job)
        .expect("started");
        drop((its_input, its_output));
        our_output.write_all(b"abcde").expect("it listens");
        let mut answer = [0; 5];
        our_input.read_exact(&mut answer).expect("it answers");
        assert_eq!(&answer, b"edcba");
        assert!(job.living().expect("told") >= 1, "the child is in the job");
        assert!(!child.wait(Duration::ZERO), "it waits for us");
        job.end().expect("ended");
        assert!(child.wait(Duration::from_secs(120)), "it ends with its job");
        assert_eq!(our_input.read(&mut answer).expect("closed"), 0);
    }
}
