//! What a desk and a leader look at: one connection, one question after the other, in an order that
//! is the same in every run.

use super::Asked;
use super::client::Client;
use super::server::Server;
use super::table::{Table, Times};
use anyhow::ensure;
use std::time::{Duration, Instant};

/// Numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// The demo's district: west, south, east, north.
const DISTRICT: (f64, f64, f64, f64) = (113.64, 34.74, 113.86, 34.90);

fn date(days_ago: u64) -> String {
    let today = jiff::Zoned::now().date();
    today.saturating_sub(jiff::Span::new().days(days_ago as i64)).to_string()
}

fn heatmap(dice: &mut Dice) -> String {
    let to = dice.below(90);
    let from = to + 1 + dice.below(90);
    let res = dice.pick(&["7", "8", "8", "9"]);
    let kind = dice.pick(&["", "", "&kind=hazard"]);
    let metric = dice.pick(&["closing_rate", "on_time_closing_rate", "reported", "open"]);
    let (from, to) = (date(from), date(to));
    // As the map asks for it.
    format!(
        "/api/v1/metrics/cells?format=geojson&names=true&metrics={metric}&res={res}\
         &from={from}&to={to}{kind}"
    )
}

/// Column and row of the tile at a place.
pub fn tile_at(zoom: i32, (lon, lat): (f64, f64)) -> (u32, u32) {
    let side = f64::from(1 << zoom);
    let x = (lon + 180.0) / 360.0 * side;
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
    (x as u32, y as u32)
}

fn tile(dice: &mut Dice) -> String {
    let zoom = 10 + dice.below(9) as i32;
    let share = |dice: &mut Dice| dice.below(1 << 20) as f64 / f64::from(1 << 20);
    let lon = DISTRICT.0 + share(dice) * (DISTRICT.2 - DISTRICT.0);
    let lat = DISTRICT.1 + share(dice) * (DISTRICT.3 - DISTRICT.1);
    let (x, y) = tile_at(zoom, (lon, lat));
    let filter = dice.pick(&["", "?open=true", "?kind=hazard"]);
    format!("/api/v1/tiles/issues/{zoom}/{x}/{y}.mvt{filter}")
}

fn queue(dice: &mut Dice) -> String {
    let filter = dice.pick(&[
        "open=true&sort=due_at",
        "state=reported",
        "state=dispatched&sort=due_at",
        "kind=dispute&open=true",
        "light=red&sort=due_at",
        "category=sj-02-01",
        "open=true&sort=reported_at",
        "state=handling&kind=hazard",
        "light=yellow&open=true",
        "area=410105001",
    ]);
    format!("/api/v1/issues?limit=50&{filter}")
}

fn drill(dice: &mut Dice) -> String {
    let measure = dice.pick(&["reported", "closing_rate.numerator", "closing_rate.denominator"]);
    let from = date(20 + dice.below(90));
    let area = dice.pick(&["410105001", "410105002", "410105003"]);
    format!("/api/v1/issues?limit=50&measure={measure}&from={from}&area={area}")
}

/// How long a node has after its first heatmap to end what a start does.
const AFTER_START: Duration = Duration::from_secs(2);

struct Question {
    name: &'static str,
    promise: &'static str,
    most_ms: f64,
    rounds: usize,
    ask: fn(&mut Dice) -> String,
}

const QUESTIONS: [Question; 4] = [
    Question {
        name: "heatmap",
        promise: "heatmap, any dates",
        most_ms: 5.0,
        rounds: 200,
        ask: heatmap,
    },
    Question {
        name: "tiles",
        promise: "tile, zoom 10 to 18",
        most_ms: 10.0,
        rounds: 500,
        ask: tile,
    },
    Question {
        name: "queue",
        promise: "page of the queue",
        most_ms: 20.0,
        rounds: 300,
        ask: queue,
    },
    Question {
        name: "drill",
        promise: "issues behind a number",
        most_ms: 20.0,
        rounds: 100,
        ask: drill,
    },
];

/// All issues as one table, three times; the best of them, for 100,000 rows.
async fn export(client: &mut Client, table: &mut Table) -> anyhow::Result<()> {
    let (mut best, mut rows) = (f64::INFINITY, 0);
    for _ in 0..3 {
        let begun = Instant::now();
        let answer = client.get("/api/v1/issues/export").await?;
        ensure!(answer.status == 200, "{}: {:?}", answer.status, answer.body);
        rows = answer.body.windows(2).filter(|end| end == b"\r\n").count() - 1;
        best = best.min(begun.elapsed().as_secs_f64() * 100_000.0 / rows as f64);
    }
    let more = format!(" (of {rows} issues)");
    table.at_most("export as CSV, for 100,000 issues", (500.0, best * 1_000.0), "ms", &more);
    Ok(())
}

/// # Errors
/// The server refuses a question.
pub async fn measure(server: &Server, asked: &Asked, table: &mut Table) -> anyhow::Result<()> {
    let mut client = Client::sign_in(server.address, "leader").await?;
    // The first map after a start, which waits for the counters, has a promise of its own; what
    // else a start does goes on a moment longer.
    client.get(&heatmap(&mut Dice(1))).await?;
    tokio::time::sleep(AFTER_START).await;
    for question in QUESTIONS.iter().filter(|question| asked.wants(question.name)) {
        let (mut dice, mut times) = (Dice(0x2545_f491_4f6c_dd1d), Times::default());
        let (mut bytes, mut worst) = (0, (0.0, String::new()));
        for _ in 0..question.rounds {
            let path = (question.ask)(&mut dice);
            let begun = Instant::now();
            let answer = client.get(&path).await?;
            let took = begun.elapsed();
            ensure!(
                matches!(answer.status, 200 | 204),
                "{path}: {} {:?}",
                answer.status,
                answer.body
            );
            times.add(took);
            bytes += answer.body.len();
            if took.as_secs_f64() > worst.0 {
                worst = (took.as_secs_f64(), path);
            }
        }
        let (p50, p99) = (times.quantile_ms(0.5), times.quantile_ms(0.99));
        let more = format!(" (half in {p50:.1} ms; {} kB each)", bytes / question.rounds / 1_000);
        let promise = format!("{}, p99 at {} issues", question.promise, asked.issues);
        table.at_most(&promise, (question.most_ms, p99), "ms", &more);
        eprintln!("  slowest: {:.1} ms {}", worst.0 * 1_000.0, worst.1);
    }
    if asked.wants("export") {
        export(&mut client, table).await?;
    }
    if asked.wants("start") {
        let memory = server.memory_mb()?;
        table.at_most("memory after these questions", (300.0, memory), "MB", "");
    }
    Ok(())
}
