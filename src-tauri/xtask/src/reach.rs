//! How the unprivileged user gets at what root built: a checkout below root's home is closed to others.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::runner::test_user;
use crate::shell::{has, is_root, root, target};

/// In a mount namespace of its own, shows some folders at their own paths below a closed one. Arguments: a folder for
/// the meantime, the closed folder, the folders, `--`, the command.
const SHOW: &str = r#"
set -e
aside=$1 closed=$2; shift 2
count=0
for folder; do
  [ "$folder" = -- ] && break
  count=$((count + 1)); mkdir -p "$aside/$count"; mount --bind "$folder" "$aside/$count"
done
mount -t tmpfs -o mode=0755 tmpfs "$closed"
count=0
while [ "$1" != -- ]; do
  count=$((count + 1)); mkdir -p "$1"; mount --bind "$aside/$count" "$1"; shift
done
shift; exec "$@"
"#;

/// The ways there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Nothing is in the way, or we are not root.
    Direct,
    /// This folder is closed; a mount namespace opens it for one command.
    Namespace(PathBuf),
    /// Neither: what is to run is copied.
    Copy,
}

/// How the test user gets at `path`.
pub fn reach(path: &Path) -> Reach {
    let Some((uid, gid)) = test_user().filter(|_| is_root()) else { return Reach::Direct };
    let ids = [format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()];
    let open = |path: &Path| {
        let mut test = Command::new("setpriv");
        test.args(&ids).args(["test", "-x"]).arg(path).current_dir("/");
        test.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let mut ancestors: Vec<&Path> = path.ancestors().skip(1).collect();
    ancestors.reverse();
    let Some(closed) = ancestors.into_iter().find(|folder| !open(folder)) else { return Reach::Direct };
    if may_mount() { Reach::Namespace(closed.to_owned()) } else { Reach::Copy }
}

/// Whether a mount namespace can be had: it needs a privilege that root does not have in every container.
pub fn may_mount() -> bool {
    has("unshare") && namespace().arg("true").status().is_ok_and(|status| status.success())
}

fn namespace() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]).stderr(Stdio::null());
    command
}

/// `env`, run where checkout and target folder are shown below `closed`; what it is to run follows as arguments.
pub fn shown(closed: &Path, aside: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", SHOW, "sh"]);
    command.arg(aside).arg(closed);
    for folder in [root(), target()] {
        let within = folder != root() && folder.starts_with(root());
        if folder.starts_with(closed) && !within {
            command.arg(folder);
        }
    }
    command.args(["--", "env"]);
    command
}
