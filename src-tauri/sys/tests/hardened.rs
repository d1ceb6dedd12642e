//! A process that forbids debugging cannot be dumped; in a binary of its own, because it cannot be undone.

#[cfg(target_os = "linux")]
#[test]
fn t21_a_hardened_process_leaves_no_core_and_is_not_dumpable() {
    lamplighter_sys::forbid_debugging().expect("any process may forbid it");
    let limits = std::fs::read_to_string("/proc/self/limits").expect("procfs");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // SAFETY: PR_GET_DUMPABLE takes no further arguments and touches no memory.
    assert_eq!(unsafe { libc::prctl(libc::PR_GET_DUMPABLE) }, 0);
}
