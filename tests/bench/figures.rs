//! Times of many runs, and what is told of them.

use std::time::Duration;

/// How long each run took.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// One more run.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Those of another series as well.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Not the mean: one run that met a busy disk says nothing.
    pub fn median(&self) -> Duration {
        self.at(50)
    }

    /// Of a hundred runs, ninety-nine took no longer.
    pub fn p99(&self) -> Duration {
        self.at(99)
    }

    fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        // The nearest rank, rounded up: of few runs p99 is the longest.
        sorted.get((last * percent).div_ceil(100)).copied().unwrap_or_default()
    }

    /// All, in whole microseconds, as another process is told them.
    pub fn to_line(&self) -> String {
        self.0.iter().map(|took| took.as_micros().to_string()).collect::<Vec<_>>().join(" ")
    }

    /// What [`Self::to_line`] wrote.
    pub fn of_line(line: &str) -> Self {
        Self(line.split(' ').filter_map(|word| word.parse().ok()).map(Duration::from_micros).collect())
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (median, p99) = (millis(self.median()), millis(self.p99()));
        write!(out, "{} ms (p99 {}, n {})", short(median), short(p99), self.count())
    }
}

/// Milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Three digits, as much as such figures are worth.
pub fn short(figure: f64) -> String {
    match figure {
        _ if figure >= 99.95 => format!("{figure:.0}"),
        _ if figure >= 9.995 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}
