//! Other engines beside it (I1), and other programs of the same user that would look into it (T21).

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::process::Command;

use super::server::{ASKED_AT, Served};
use crate::bad_input::ended::finished;
use crate::bad_input::rig::{Rig, lines};

#[test]
fn i1_serve_waits_for_a_one_shot_and_then_takes_its_place() {
    let rig = Rig::new();
    let one_shot = rig.engine();
    let (manager, address) = super::manager::listening(rig.path("notify"));
    let mut command = rig.command(&["serve"]);
    command.env("NOTIFY_SOCKET", address);
    let served = Served::spawn(command);
    assert_eq!(super::manager::heard(&manager), "STATUS=Starting");
    assert_eq!(served.said(), "", "it waits");
    drop(one_shot);
    assert_eq!(super::manager::heard(&manager), "READY=1");
    served.await_said(ASKED_AT);
    assert_eq!(served.terminated().0, Some(0));
}

#[test]
fn i1_a_second_serve_says_who_runs_already_and_that_all_is_well() {
    let rig = Rig::new();
    let served = Served::start(&rig);
    let pid = served.pid();
    let second = rig.lamp(&["serve"]);
    assert_eq!(second.exit, 6, "{second:?}");
    assert_eq!(
        lines(&second),
        [
            &format!("lamp: Lamplighter runs already: `lamp serve`, process {pid}."),
            "Your logins are safe.",
            "`lamp serve` keeps all logins alive, and answers `lamp`.",
            &format!("Leave it at that, or end it first: kill {pid}"),
        ]
    );
    assert_eq!(rig.code(&["serve"]), "busy");
    let french = rig.french(&["serve"]);
    assert!(french.err.contains("Lamplighter est déjà en marche\u{a0}: `lamp serve`"), "{french:?}");
    assert_eq!(rig.lamp(&["list"]).exit, 0, "the first one answers as before");
    assert_eq!(served.terminated().0, Some(0));
}

/// Nobody holds the lock then, and still there must be no second one: the socket says who is there.
#[test]
fn f49_a_second_serve_without_the_lock_file_names_the_first_one_and_not_its_socket_as_the_fault() {
    let rig = Rig::new();
    let served = Served::start(&rig);
    let pid = served.pid();
    for file in ["data/lock", "data/lock.holder"] {
        // Who holds it is not written down everywhere.
        _ = std::fs::remove_file(rig.path(file));
    }
    assert!(!rig.path("data/lock").exists());
    let second = rig.lamp(&["serve"]);
    assert_eq!(second.exit, 6, "{second:?}");
    assert!(
        second.err.contains(&format!("Another Lamplighter (lamp, process {pid}) answers at ")),
        "{second:?}"
    );
    assert!(second.err.contains(&format!("End it, then start again: kill {pid}")), "{second:?}");
    assert!(!second.err.contains("in the way") && !second.err.contains("removed,"), "{second:?}");
    let french = rig.french(&["serve"]);
    assert!(
        french.err.contains(&format!("Un autre Lamplighter (lamp, processus {pid}) répond sur ")),
        "{french:?}"
    );
    served.terminated();
    let _third = Served::start(&rig);
}

/// Attaches as gdb does, and says what the system answers.
const ATTACH: &str = r#"
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
answer = libc.ptrace(PTRACE_ATTACH, pid, None, None)
print('attached' if answer == 0 else os.strerror(ctypes.get_errno()))
if answer == 0:
    libc.waitpid(pid, None, 0)
    libc.ptrace(PTRACE_DETACH, pid, None, None)
class Iovec(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('len', ctypes.c_size_t)]
buffer = ctypes.create_string_buffer(8)
ours = Iovec(ctypes.cast(buffer, ctypes.c_void_p), 8)
theirs = Iovec(int(sys.argv[2], 16), 8)
read = libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
print('read' if read > 0 else os.strerror(ctypes.get_errno()))
"#;

fn attach(pid: u32, address: &str) -> String {
    let mut command = Command::new("python3");
    command.args(["-c", ATTACH, &pid.to_string(), address]);
    finished(command).out
}

#[test]
fn t21_another_process_of_the_same_user_neither_reads_nor_traces_serve() {
    assert!(!rustix::process::geteuid().is_root(), "root may do all of it: run as cargo's runner does");
    let rig = Rig::logged_in();
    let served = Served::start(&rig);
    let pid = served.pid();
    for file in ["mem", "maps", "environ", "auxv", "stack", "fd", "exe"] {
        let path = format!("/proc/{pid}/{file}");
        let refused = match file {
            "fd" => std::fs::read_dir(&path).map(drop),
            "exe" => std::fs::read_link(&path).map(drop),
            _ => File::open(&path)
                .and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()))
                .map(drop),
        };
        assert_eq!(refused.expect_err(&path).kind(), ErrorKind::PermissionDenied, "{path}");
    }
    assert_eq!(attach(pid, "0x400000"), "Operation not permitted\n".repeat(2));
    // The same call as above, from the tool that people have, where they have it.
    if Path::new("/usr/bin/gdb").exists() {
        let mut gdb = Command::new("/usr/bin/gdb");
        gdb.args(["-nx", "-batch", "-p", &pid.to_string(), "-ex", "info registers"]);
        let gdb = finished(gdb);
        assert!(gdb.err.contains("Operation not permitted") && !gdb.out.contains("rip"), "{gdb:?}");
    }
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("for all to read");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("Linux has it");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    assert_eq!(served.terminated().0, Some(0));
}

/// Lets everybody of the same user attach (`PR_SET_PTRACER_ANY`), says so, and stays.
const OPEN: &str = r#"
import ctypes, time
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1), 0, 0, 0)
print('open', flush=True)
time.sleep(600)
"#;

/// The same tools do it to a process that is not closed: what they answer above is not for want of rights.
#[test]
fn t21_the_same_tools_look_into_a_process_that_is_not_closed() {
    let mut open = Command::new("python3");
    open.args(["-c", OPEN]).stdout(std::process::Stdio::piped());
    let mut open = open.spawn().expect("python3");
    let mut said = [0; 5];
    open.stdout.as_mut().expect("piped").read_exact(&mut said).expect("it says so");
    let pid = open.id();
    for file in ["mem", "maps", "environ", "auxv", "fd", "exe"] {
        let path = format!("/proc/{pid}/{file}");
        let seen = match file {
            "fd" => std::fs::read_dir(&path).map(drop),
            "exe" => std::fs::read_link(&path).map(drop),
            // Of the memory itself the first page is nobody's: that it can be opened is enough.
            "mem" => File::open(&path).map(drop),
            _ => std::fs::read(&path).map(drop),
        };
        seen.expect(&path);
    }
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("it is not closed");
    let first = maps.split('-').next().expect("it is a program");
    let seen = attach(pid, &format!("0x{first}"));
    open.kill().and_then(|()| open.wait()).expect("it is ours");
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    // Where the system lets nobody but root trace anything, the refusal above shows nothing; the files do.
    match scope.trim() {
        "" | "0" | "1" => assert_eq!(seen, "attached\nread\n"),
        scope => eprintln!("NOT SHOWN: tracing is closed by the system (ptrace_scope {scope}): {seen}"),
    }
}
