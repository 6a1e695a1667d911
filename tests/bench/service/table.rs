//! What was measured beside what is promised, and what came of faults.

use std::time::Duration;

/// One line.
struct Row {
    promise: String,
    target: String,
    measured: String,
    /// Measured as a share of what is allowed, or allowed as a share of what was reached: at most 1
    /// when the promise is kept; `None` where nothing is promised.
    share: Option<f64>,
}

/// The lines in order.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// A figure that may be `most` at most.
    pub fn at_most(&mut self, promise: &str, (most, is): (f64, f64), unit: &str, more: &str) {
        let target = format!("≤ {most} {unit}");
        self.add(promise, &target, &format!("{is:.1} {unit}{more}"), Some(is / most));
    }

    /// A figure that must be `least` at least.
    pub fn at_least(&mut self, promise: &str, (least, is): (f64, f64), unit: &str, more: &str) {
        let target = format!("≥ {least} {unit}");
        self.add(promise, &target, &format!("{is:.0} {unit}{more}"), Some(least / is));
    }

    /// A figure to compare others with.
    pub fn reference(&mut self, name: &str, measured: &str) {
        self.add(name, "", measured, None);
    }

    fn add(&mut self, promise: &str, target: &str, measured: &str, share: Option<f64>) {
        let row = Row {
            promise: promise.to_owned(),
            target: target.to_owned(),
            measured: measured.to_owned(),
            share,
        };
        eprintln!("{}", line(&row));
        self.rows.push(row);
    }

    /// Prints all lines as a table in Markdown.
    pub fn print(&self) {
        println!("| promise | target | measured | of the target | kept |");
        println!("|---|---|---|---|---|");
        for row in &self.rows {
            println!("{}", line(row));
        }
    }
}

fn line(row: &Row) -> String {
    let share = row.share.map(|share| format!("{share:.2}")).unwrap_or_default();
    let kept = row.share.map_or("", |share| if share <= 1.0 { "yes" } else { "NO" });
    format!("| {} | {} | {} | {share} | {kept} |", row.promise, row.target, row.measured)
}

/// How long each of many took.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub fn join(&mut self, other: Times) {
        self.0.extend(other.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The time in milliseconds that the share `q` of all have kept.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = ((sorted.len() as f64 * q).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

/// What came of each fault.
#[derive(Default)]
pub struct Verdicts(Vec<(String, anyhow::Result<Option<String>>)>);

impl Verdicts {
    /// Nothing in an outcome means that there is no such fault on that engine.
    pub fn add(&mut self, fault: &str, engine: &str, outcome: anyhow::Result<Option<String>>) {
        eprintln!("{fault}, {engine}: {outcome:?}");
        self.0.push((format!("{fault}, {engine}"), outcome));
    }

    pub fn all_hold(&self) -> bool {
        self.0.iter().all(|(_, outcome)| outcome.is_ok())
    }

    /// Prints all lines as a table in Markdown.
    pub fn print(&self) {
        println!("| fault | what came of it | borne |");
        println!("|---|---|---|");
        for (fault, outcome) in &self.0 {
            match outcome {
                Ok(Some(told)) => println!("| {fault} | {told} | yes |"),
                Ok(None) => {}
                Err(error) => println!("| {fault} | {error:#} | NO |"),
            }
        }
    }
}
