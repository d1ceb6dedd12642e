//! What only root can bring about: files and folders of somebody else. `cargo xtask test` runs it as root in a stage of
//! its own, or says that it did not; everything else runs as somebody else.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;

use crate::sink::write;
use crate::storage::paths::rooted;

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn t08_a_folder_of_somebody_else_is_refused_and_its_owner_named() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = rooted(root.path());
    fs::create_dir(&paths.runtime).expect("made");
    chown(&paths.runtime, Some(1), None).expect("given away");
    let notice = paths.create(Lang::En).expect_err("not ours");
    assert_eq!(notice.code, Code::NotAllowed);
    assert!(notice.what.contains("belongs to daemon"), "{}", notice.what);
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn f55_mode_and_owner_of_somebody_elses_file_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(".env");
    fs::write(&path, "T=old\n").expect("a file");
    for mode in [0o600, 0o640, 0o664, 0o700] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
        chown(&path, Some(12_345), Some(23_456)).expect("given away");
        assert!(write(&path, &[("T", &format!("new{mode}"))]).expect("written").changed);
        let meta = path.metadata().expect("metadata");
        assert_eq!(meta.permissions().mode() & 0o7777, mode);
        assert_eq!((meta.uid(), meta.gid()), (12_345, 23_456));
    }
}
