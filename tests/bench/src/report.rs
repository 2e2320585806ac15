//! What was measured, against what was wanted. A missed target is printed, it never fails the run: timing on somebody
//! else's machine is information, not a test.

use std::fmt;
use std::io::{self, Write as _};

use crate::stats::Samples;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// For the reader's information.
    None,
    AtMost(f64),
    /// The ratio to nginx.
    RatioAtMost(f64),
    RatioAtLeast(f64),
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    unit: &'static str,
    ours: f64,
    nginx: Option<f64>,
    /// Ratios to nginx of measurements that followed one another.
    ratios: Option<Samples>,
    target: Target,
    note: String,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self {
            what: what.into(),
            unit,
            ours,
            nginx: None,
            ratios: None,
            target: Target::None,
            note: String::new(),
        }
    }

    pub(crate) fn beside(mut self, nginx: f64) -> Self {
        self.nginx = Some(nginx);
        self
    }

    /// Ratios of pairs: what the machine does meanwhile hits both of a pair, so they say more than the ratio of the
    /// medians.
    pub(crate) fn ratios(mut self, ratios: Samples) -> Self {
        self.ratios = Some(ratios);
        self
    }

    pub(crate) fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The ratio to nginx, from the least to the most it may well be.
    fn ratio(&self) -> Option<(f64, f64)> {
        match &self.ratios {
            Some(ratios) => Some(ratios.quartiles()),
            None => self.nginx.map(|nginx| (self.ours / nginx, self.ours / nginx)),
        }
    }

    fn verdict(&self) -> &'static str {
        let (least, most) = match (self.target, self.ratio()) {
            (Target::None, _) => return "",
            (Target::AtMost(_), _) => (self.ours, self.ours),
            (_, Some(ratio)) => ratio,
            (_, None) => return "MISSED",
        };
        let is_met = |value: f64| match self.target {
            Target::None => true,
            Target::AtMost(most) | Target::RatioAtMost(most) => value <= most,
            Target::RatioAtLeast(least) => value >= least,
        };
        match (is_met(least), is_met(most)) {
            (true, true) => "met",
            (false, false) => "MISSED",
            _ => "not settled",
        }
    }

    fn ratio_in_words(&self) -> String {
        match (&self.ratios, self.ratio()) {
            (Some(ratios), Some((least, most))) => {
                format!("{:.2} ({least:.2} to {most:.2})", ratios.median())
            }
            (None, Some((ratio, _))) => format!("{ratio:.2}"),
            (_, None) => String::new(),
        }
    }

    fn cells(&self) -> [String; 7] {
        let target = match self.target {
            Target::None => String::new(),
            Target::AtMost(most) => format!("<= {} {}", number(most), self.unit),
            Target::RatioAtMost(most) => format!("ratio <= {}", number(most)),
            Target::RatioAtLeast(least) => format!("ratio >= {}", number(least)),
        };
        [
            self.what.clone(),
            format!("{} {}", number(self.ours), self.unit),
            self.nginx
                .map(|v| format!("{} {}", number(v), self.unit))
                .unwrap_or_default(),
            self.ratio_in_words(),
            target,
            self.verdict().to_owned(),
            self.note.clone(),
        ]
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.cells();
        let said: Vec<&str> = cells
            .iter()
            .map(String::as_str)
            .filter(|c| !c.is_empty())
            .collect();
        f.write_str(&said.join(" | "))
    }
}

/// Three significant digits are what a benchmark can mean.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        v if v >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.digits$}")
}

const HEAD: [&str; 7] = ["figure", "Tributary", "nginx", "ratio", "target", "", "notes"];

/// All rows as a Markdown table that is also readable in a terminal.
pub(crate) fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 7]> = std::iter::once(HEAD.map(str::to_owned))
        .chain(rows.iter().map(Row::cells))
        .collect();
    let mut widths = [0; 7];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for (index, row) in cells.iter().enumerate() {
        out.push('|');
        for (cell, width) in row.iter().zip(widths) {
            out.push_str(&format!(" {cell:width$} |"));
        }
        out.push('\n');
        if index == 0 {
            out.push('|');
            for width in widths {
                out.push_str(&format!("{}|", "-".repeat(width + 2)));
            }
            out.push('\n');
        }
    }
    out
}

/// A line on the standard output; a closed pipe is nobody listening, not a failure.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_was_met() {
        let rows = [
            Row::new("ingest", "s", 0.1)
                .beside(0.1)
                .target(Target::RatioAtMost(2.0)),
            Row::new("wake", "ms", 200.0).target(Target::AtMost(150.0)),
            Row::new("requests", "/s", 50.0)
                .beside(100.0)
                .target(Target::RatioAtLeast(0.8)),
            Row::new("pairs", "/s", 80.0)
                .beside(100.0)
                .ratios(Samples::new(vec![0.7, 0.75, 0.82, 0.9]))
                .target(Target::RatioAtLeast(0.8)),
        ];
        let table = table(&rows);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 6);
        assert!(
            lines[2].contains("| 1.00 ") && lines[2].contains("| met "),
            "{table}"
        );
        assert!(
            lines[3].contains("MISSED") && lines[3].contains("<= 150 ms"),
            "{table}"
        );
        assert!(lines[4].contains("MISSED"), "{table}");
        assert!(
            lines[5].contains("| 0.75 (0.70 to 0.82) ") && lines[5].contains("| not settled "),
            "{table}"
        );
    }
}
