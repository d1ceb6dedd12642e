//! The secret scan of a step.

use std::collections::BTreeSet;

use testkit::processes::Still;
use testkit::scan::{Extent, Finding, Scan};

use crate::consumer::KEY;
use crate::world::World;

impl World {
    /// A scan in the middle of a step, while a login window or a browser is there.
    pub fn scan_midway(&mut self, moment: &str) {
        let (leaks, _) = self.scan();
        self.leaks.extend(leaks.into_iter().map(|leak| format!("{leak}, {moment}")));
    }

    /// Holds all processes of the app still, and looks for every secret wherever they could have left one. Returns
    /// where one lay that may not be there, and what was looked at.
    pub fn scan(&mut self) -> (Vec<String>, String) {
        self.scans += 1;
        // The client secret is a constant of the site's source, and nobody uses it here.
        let secrets: Vec<_> =
            self.site.secrets().into_iter().filter(|secret| secret.kind != "client secret").collect();
        let scan = Scan::new(&secrets);
        let still = Still::hold(self.app_processes());
        let mut extent = Extent::default();
        let mut found = scan.files(&self.folders(), &mut extent);
        found.extend(scan.processes(&mut extent));
        let held = still.count();
        drop(still);
        let in_env_file = found.iter().filter(|finding| self.is_allowed(finding, &scan)).count();
        let leaks: BTreeSet<String> = found
            .into_iter()
            .filter(|finding| !self.is_allowed(finding, &scan))
            .map(|finding| format!("{} ({}) in {}", finding.kind, finding.form, finding.place))
            .collect();
        let looked = format!(
            "{} files, {:.1} MB, {} processes ({held} held still), for {} secrets; {in_env_file} in the .env key",
            extent.files,
            extent.bytes as f64 / 1e6,
            extent.processes,
            secrets.len()
        );
        (leaks.into_iter().collect(), looked)
    }

    /// Access tokens may be in the value of the one key of the consumer's file, and nothing anywhere else.
    fn is_allowed(&self, finding: &Finding, scan: &Scan) -> bool {
        if finding.kind != "access token" || finding.place != self.env_file.to_string_lossy() {
            return false;
        }
        let text = std::fs::read_to_string(&self.env_file).unwrap_or_default();
        let key = format!("{KEY}=");
        text.lines()
            .filter(|line| !line.starts_with(&key))
            .all(|line| scan.bytes("", line.as_bytes()).is_empty())
    }
}
