//! What only root can bring about: disks of one's own (`disk`), becoming another user (`stranger`), a root of one's own
//! (`container`), looking into a process that is closed (`heap`). `cargo xtask test` runs all of it as root in a stage of its own, or says that it did not; everything else runs as somebody else.

#![cfg(target_os = "linux")]

mod container;
mod disk;
mod heap;
mod stranger;
