//! Real hosts: names that lead here, and a certificate for them that this machine believes.
//!
//! Browsers drop `Secure` and `__Host-` cookies on loopback addresses, and cookies ignore ports, so that two sites on
//! one address share a jar. `cargo xtask test peers` therefore runs tests in a mount namespace of their own, where
//! [`Hosts::prepare`]'s files lie over `/etc/hosts` and the system's list of authorities.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::certificates::certify;

/// Every name that leads here within the namespace. `.test` is nobody's (RFC 6761 section 6.2).
pub const NAMES: [&str; 6] = [
    "practice.test",
    "app.practice.test",
    "id.practice.test",
    "jwt.peers.test",
    "web.peers.test",
    "oidc.peers.test",
];

/// Where the prepared folder is; set by whoever made the namespace.
const FOLDER: &str = "TESTKIT_HOSTS";

/// The system's list of authorities, where Debian has it: for OpenSSL, GnuTLS and rustls alike.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A prepared folder.
#[derive(Debug, Clone)]
pub struct Hosts {
    folder: PathBuf,
}

impl Hosts {
    /// Makes an authority, a certificate for [`NAMES`], and the files that are to lie over the system's, in `folder`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn prepare(folder: &Path) -> io::Result<()> {
        let made = certify(NAMES.map(str::to_owned).to_vec());
        let system = fs::read_to_string(BUNDLE)?;
        for (name, text) in [
            ("hosts", format!("127.0.0.1 localhost {}\n::1 localhost\n", NAMES.join(" "))),
            ("bundle.pem", format!("{system}\n{}", made.ca)),
            ("ca.pem", made.ca),
            ("certificate.pem", made.certificate),
            ("key.pem", made.key),
        ] {
            fs::write(folder.join(name), text)?;
        }
        Ok(())
    }

    /// Makes an authority and a certificate for other names and addresses of this machine, for programs that are told
    /// which authorities to believe: `ca.pem`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn prepare_for(folder: &Path, names: &[&str]) -> io::Result<()> {
        let made = certify(names.iter().map(|name| (*name).to_owned()).collect());
        for (name, text) in
            [("ca.pem", made.ca), ("certificate.pem", made.certificate), ("key.pem", made.key)]
        {
            fs::write(folder.join(name), text)?;
        }
        Ok(())
    }

    /// A folder that was prepared.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder of the namespace that this process runs in, if it does.
    ///
    /// # Panics
    /// If there should be one and the names do not lead to this machine.
    pub fn here() -> Option<Self> {
        use std::net::ToSocketAddrs as _;
        let folder = PathBuf::from(std::env::var_os(FOLDER)?);
        for name in NAMES {
            let found: Vec<_> = (name, 443).to_socket_addrs().map(Iterator::collect).unwrap_or_default();
            let is_here = !found.is_empty() && found.iter().all(|address| address.ip().is_loopback());
            assert!(is_here, "{name} leads elsewhere: {found:?}");
        }
        Some(Self { folder })
    }

    /// The certificate for [`NAMES`], in PEM.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    /// Its private key, in PEM.
    pub fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// Makes Chromium trust the authority for the user whose home this is: it has a list of its own and, beside it,
    /// asks the user's NSS database only.
    ///
    /// # Errors
    /// If `certutil` (package libnss3-tools) fails.
    pub fn trust(&self, home: &Path) -> io::Result<()> {
        let database = home.join(".pki/nssdb");
        fs::create_dir_all(&database)?;
        let place = format!("sql:{}", database.display());
        certutil(&place, &["-N", "--empty-password"])?;
        let ca = self.folder.join("ca.pem").display().to_string();
        certutil(&place, &["-A", "-t", "C,,", "-n", "tests", "-i", &ca])
    }
}

fn certutil(database: &str, words: &[&str]) -> io::Result<()> {
    let output = Command::new("certutil").args(["-d", database]).args(words).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("certutil: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
