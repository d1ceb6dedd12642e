//! Tables for people: columns as wide as they need to be, numbers to the right.

/// Rows of cells, printed with the first one as their head.
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// With this head.
    pub fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Self {
        Self(vec![head.into_iter().map(Into::into).collect()])
    }

    /// One more row.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.0.push(cells.into_iter().map(Into::into).collect());
    }

    /// One more row: a name and counts, nought as a dot so that the eye finds the others.
    pub fn counts(&mut self, name: impl Into<String>, counts: impl IntoIterator<Item = usize>) {
        let counts =
            counts.into_iter().map(|count| if count == 0 { "·".to_owned() } else { count.to_string() });
        self.row(std::iter::once(name.into()).chain(counts));
    }

    /// As lines, the first column to the left, all others to the right.
    pub fn text(&self) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.0
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().enumerate().map(|(column, cell)| match column {
                0 => format!("{cell:<width$}", width = widths[0]),
                _ => format!("{cell:>width$}", width = widths[column]),
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        self.0.iter().map(line).collect()
    }
}
