//! Network file systems, where a lock may not hold over machines (F49).

use std::path::Path;

/// The kind of network file system that `path` is on, if it is one: then only a warning can be given that the
/// lock may not keep out an engine on another machine.
#[cfg(target_os = "linux")]
pub fn network_file_system(path: &Path) -> Option<&'static str> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the magic is 32 bits wide")]
    let magic = rustix::fs::statfs(path).ok()?.f_type as u32;
    kind_of(magic)
}

/// The kind of network file system that the kernel calls by this number, if it is one.
#[cfg(target_os = "linux")]
pub fn kind_of(magic: u32) -> Option<&'static str> {
    // From linux/magic.h and the file systems' own headers; the kernel gives the number as a signed word.
    const KINDS: [(u32, &str); 8] = [
        (0x0000_6969, "NFS"),
        (0xff53_4d42, "SMB"),
        (0xfe53_4d42, "SMB"),
        (0x0000_517b, "SMB"),
        (0x5346_414f, "AFS"),
        (0x7375_7245, "Coda"),
        (0x0102_1997, "9P"),
        (0x00c3_6400, "Ceph"),
    ];
    KINDS.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name)
}

/// The kind of network file system that `path` is on, where that can be told.
#[cfg(not(target_os = "linux"))]
pub fn network_file_system(_path: &Path) -> Option<&'static str> {
    None
}
