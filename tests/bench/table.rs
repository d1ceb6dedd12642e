//! The table: what, ours, another's, their ratio, the bar, and whether it is met.

use super::figures::{Times, millis, short};

/// One line of it.
pub struct Row {
    /// What was measured.
    pub what: String,
    /// What Lamplighter takes.
    pub ours: String,
    /// What the other takes, with its name; or why there is none, and the command that gets it.
    pub peer: String,
    /// Ours as so many times the other.
    pub ratio: Option<f64>,
    /// What was promised.
    pub bar: String,
    /// Whether that is kept; `None` where nothing was promised, or could be compared.
    pub met: Option<bool>,
}

impl Row {
    /// Our runs beside another's: medians are compared, and ours may take `most` times as long.
    pub fn times(what: &str, ours: &Times, name: &str, theirs: Result<&Times, &str>, most: f64) -> Self {
        let ratio = theirs.ok().map(|theirs| millis(ours.median()) / millis(theirs.median()).max(1e-6));
        Self {
            what: what.to_owned(),
            ours: ours.to_string(),
            peer: match theirs {
                Ok(theirs) => format!("{name}: {theirs}"),
                Err(why) => format!("{name}: {why}"),
            },
            ratio,
            bar: format!("≤ {most} ×"),
            met: ratio.map(|ratio| ratio <= most),
        }
    }

    /// Without anybody to compare with.
    pub fn alone(what: &str, ours: String, bar: &str, met: Option<bool>) -> Self {
        Self { what: what.to_owned(), ours, peer: "–".to_owned(), ratio: None, bar: bar.to_owned(), met }
    }
}

/// Prints all of them, as Markdown.
pub fn print(rows: &[Row]) {
    let head = ["what", "Lamplighter", "beside", "ratio", "bar", "met"].map(str::to_owned);
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let widths: Vec<usize> = (0..6)
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    for (index, line) in lines.iter().enumerate() {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        println!("| {} |", padded.collect::<Vec<_>>().join(" | "));
        if index == 0 {
            let rules = widths.iter().map(|width| "-".repeat(*width));
            println!("| {} |", rules.collect::<Vec<_>>().join(" | "));
        }
    }
}

fn cells(row: &Row) -> [String; 6] {
    let ratio = row.ratio.map_or_else(|| "–".to_owned(), short);
    let met = match row.met {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "–",
    };
    [row.what.clone(), row.ours.clone(), row.peer.clone(), ratio, row.bar.clone(), met.to_owned()]
}
