//! The secret scan: every secret that is known, in every form in which it could have been written down, looked for in
//! files, command lines and environments.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::practice::Issued;
use crate::processes;

/// Texts shorter than this would be found by chance.
const SHORTEST: usize = 10;
/// File systems that hold no files but views of the kernel's (linux/magic.h: proc, sysfs): endless to read.
/// A container's root below a folder for temporary files has them.
const VIEWS: [u64; 2] = [0x9fa0, 0x6265_6572];

/// What to look for.
pub struct Scan {
    matcher: AhoCorasick,
    patterns: Vec<(String, &'static str)>,
}

/// A secret where none may be. Never holds the secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// File, or process and which part of it.
    pub place: String,
    /// What it is: `password`, `cookie sid`, `access token`, …
    pub kind: String,
    /// In which form: `raw`, `base64`, …
    pub form: &'static str,
}

/// What was looked at, so that "nothing found" means something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Processes.
    pub processes: usize,
}

impl Scan {
    /// Looks for these, raw, base64 (either alphabet, any alignment), URL-encoded, hex and UTF-16.
    ///
    /// # Panics
    /// If there are more secrets than memory.
    pub fn new(secrets: &[Issued]) -> Self {
        let mut seen = BTreeSet::new();
        let mut forms = Vec::new();
        for secret in secrets.iter().filter(|secret| secret.value.len() >= SHORTEST) {
            for (form, bytes) in written_forms(&secret.value) {
                if seen.insert(bytes.clone()) {
                    forms.push((bytes, (secret.kind.clone(), form)));
                }
            }
        }
        let (bytes, patterns): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        let matcher = AhoCorasick::builder().match_kind(MatchKind::Standard).build(bytes);
        Self { matcher: matcher.expect("some thousand patterns fit into memory"), patterns }
    }

    /// Looks at some bytes.
    pub fn bytes(&self, place: &str, bytes: &[u8]) -> BTreeSet<Finding> {
        self.matcher.find_iter(bytes).map(|found| self.finding(place, found.pattern().as_usize())).collect()
    }

    /// Looks at all of our files below `roots`, sockets and devices aside.
    pub fn files(&self, roots: &[PathBuf], extent: &mut Extent) -> BTreeSet<Finding> {
        let own = rustix::process::geteuid().as_raw();
        let mut found = BTreeSet::new();
        let mut queue: Vec<PathBuf> = roots.to_vec();
        let mut visited = BTreeSet::new();
        while let Some(path) = queue.pop() {
            // Gone again, or not ours to read: not ours to have written either.
            let Ok(data) = fs::symlink_metadata(&path) else { continue };
            if !visited.insert((data.dev(), data.ino())) {
                continue;
            }
            if data.is_dir() {
                if is_view(&path) {
                    continue;
                }
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                queue.extend(entries.map(|entry| entry.path()));
            } else if data.is_file() && data.uid() == own {
                extent.files += 1;
                extent.bytes += data.len();
                // A file that vanishes while it is read was looked at as long as it was there.
                _ = self.file(&path, &mut found);
            }
        }
        found
    }

    /// Looks at command line and environment of all processes, as far as we may look.
    pub fn processes(&self, extent: &mut Extent) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        for pid in processes::all() {
            let name = processes::name(pid).unwrap_or_default();
            extent.processes += 1;
            for part in ["cmdline", "environ"] {
                let bytes = fs::read(format!("/proc/{pid}/{part}")).unwrap_or_default();
                found.extend(self.bytes(&format!("{part} of {name}"), &bytes));
            }
        }
        found
    }

    fn file(&self, path: &Path, found: &mut BTreeSet<Finding>) -> io::Result<()> {
        let place = path.display().to_string();
        for hit in self.matcher.stream_find_iter(fs::File::open(path)?) {
            found.insert(self.finding(&place, hit?.pattern().as_usize()));
        }
        Ok(())
    }

    fn finding(&self, place: &str, pattern: usize) -> Finding {
        let (kind, form) = &self.patterns[pattern];
        Finding { place: place.to_owned(), kind: kind.clone(), form }
    }
}

/// Whether this folder is the kernel's. What processes have in it is looked at by [`Scan::processes`].
fn is_view(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|system| VIEWS.contains(&(system.f_type as u64)))
}

/// The forms in which a secret could have been written down.
fn written_forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let raw = secret.as_bytes();
    let mut forms = vec![("raw", raw.to_vec())];
    let encoded: String = url::form_urlencoded::byte_serialize(raw).collect();
    forms.push(("URL-encoded", encoded.clone().into_bytes()));
    forms.push(("URL-encoded", encoded.replace('+', "%20").into_bytes()));
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.push(("hex", hex.to_uppercase().into_bytes()));
    forms.push(("hex", hex.into_bytes()));
    forms.push(("UTF-16", secret.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    forms.push(("UTF-16", secret.encode_utf16().flat_map(u16::to_be_bytes).collect()));
    for shift in 0..3 {
        for text in [base64_within(raw, shift, false), base64_within(raw, shift, true)] {
            forms.push(("base64", text));
        }
    }
    forms
}

/// What `secret` looks like within the base64 of something longer, `shift` bytes past a group's start: the digits
/// that depend on it alone.
fn base64_within(secret: &[u8], shift: usize, url: bool) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(secret.iter().copied()).collect();
    let coded = if url { URL_SAFE_NO_PAD.encode(&padded) } else { STANDARD_NO_PAD.encode(&padded) };
    let start = if shift == 0 { 0 } else { shift + 1 };
    // Each byte is 8 bits, each digit 6: the last whole digit ends at or before the last bit.
    let end = padded.len() * 8 / 6;
    coded.as_bytes()[start..end].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan() -> Scan {
        let secret = Issued { kind: "password".to_owned(), value: "correct horse+battery/staple".to_owned() };
        Scan::new(&[secret])
    }

    #[test]
    fn every_form_of_a_secret_is_found() {
        use base64::engine::general_purpose::STANDARD;
        let secret = "correct horse+battery/staple";
        let hex: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
        let mut samples = vec![
            ("raw", format!("x{secret}y").into_bytes()),
            ("URL-encoded", b"p=correct+horse%2Bbattery%2Fstaple&".to_vec()),
            ("URL-encoded", b"correct%20horse%2Bbattery%2Fstaple".to_vec()),
            ("hex", hex.into_bytes()),
            ("UTF-16", secret.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ];
        for before in ["", "a", "ab", "abc"] {
            samples.push(("base64", STANDARD.encode(format!("{before}{secret}tail")).into_bytes()));
            samples.push(("base64", URL_SAFE_NO_PAD.encode(format!("{before}{secret}")).into_bytes()));
        }
        for (form, bytes) in samples {
            let found = scan().bytes("here", &bytes);
            assert_eq!(
                found.first().map(|finding| finding.form),
                Some(form),
                "{}",
                String::from_utf8_lossy(&bytes)
            );
        }
        assert!(scan().bytes("here", b"correct horse, other battery").is_empty());
    }

    #[test]
    fn views_of_the_kernel_are_no_files() {
        let mut extent = Extent::default();
        assert!(scan().files(&["/proc".into(), "/sys".into()], &mut extent).is_empty());
        assert_eq!(extent, Extent::default());
    }

    #[test]
    fn files_and_command_lines_are_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("deep")).expect("a folder");
        fs::write(folder.path().join("deep/file"), "…correct horse+battery/staple…").expect("a file");
        let mut extent = Extent::default();
        let found = scan().files(&[folder.path().to_owned()], &mut extent);
        assert_eq!((found.len(), extent.files), (1, 1));
        let mut child = std::process::Command::new("sleep");
        let mut child = child.arg("300").env("PW", "correct horse+battery/staple").spawn().expect("sleep");
        let found = crate::wait::until(std::time::Duration::from_secs(120), || {
            scan().processes(&mut extent).into_iter().find(|finding| finding.place == "environ of sleep")
        });
        child.kill().and_then(|()| child.wait()).expect("it ends");
        assert!(found.is_some());
    }
}
