//! Limits (时限) and the other texts about time: hours of work and of duty, windows of rules, days.

use super::assert_said;
use hexward::app::words::row::row_words;
use hexward::domain::calendar::{Calendar, Hours};
use hexward::domain::catalog::{LIMIT_AMOUNT_MAX, Lang, Limit, LimitError, LimitTable};
use hexward::domain::routing::{MonthDay, TimeWindow};
use hexward::domain::territory::DutyHours;
use hexward::domain::time::{Day, HOUR_MS, Timestamp};
use hexward::format::calendar::{CalendarPack, shipped_years};
use hexward::format::catalog::read_limit_table;
use hexward::format::csv_rows::RowError;
use hexward::format::packs::{load_common_limits, load_yuncheng_limits};
use std::sync::OnceLock;

/// 2026-11-20T10:00+08:00, a Friday.
const NOW: Timestamp = Timestamp(1_795_140_000_000);

/// The lines of the text; the first may be followed by a limit table of the file's own, behind a
/// form feed.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, table) = text.split_once('\u{c}').unwrap_or((&text, ""));
    let own = read_limit_table(table.as_bytes()).0;
    for line in text.lines() {
        check_limit(line, Limit::parse(line));
        let shipped = SHIPPED.get_or_init(|| [load_common_limits().0, load_yuncheng_limits().0]);
        for table in shipped.iter().chain([&own]) {
            let read = table.read(line);
            if table.rows().is_empty() {
                assert_eq!(read, Limit::parse(line), "an empty table changes nothing");
            }
            check_limit(line, read);
        }
        check_times(line);
    }
}

static SHIPPED: OnceLock<[LimitTable; 2]> = OnceLock::new();

fn calendar(hours: Hours) -> Calendar {
    static PACK: OnceLock<CalendarPack> = OnceLock::new();
    let pack = PACK.get_or_init(|| {
        let mut pack = CalendarPack::default();
        for file in shipped_years("cn").expect("a region").expect("calendars") {
            pack.put("cn", file);
        }
        pack
    });
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").expect("the zone is built in");
    pack.calendar("cn", zone, hours).0
}

fn check_limit(text: &str, read: Result<Limit, LimitError>) {
    let limit = match read {
        Ok(limit) => limit,
        Err(error) => return assert_said(&row_words(&RowError::Limit(error))),
    };
    assert!((1..=LIMIT_AMOUNT_MAX).contains(&limit.amount), "{text:?}: {limit:?}");
    assert_eq!(Limit::parse(&limit.to_string()), Ok(limit), "{text:?}");
    assert!(!limit.words(Lang::Zh).is_empty() && !limit.words(Lang::En).is_empty());
    static USUAL: OnceLock<Calendar> = OnceLock::new();
    let calendar = USUAL.get_or_init(|| calendar(Hours::parse("08:00-12:00").expect("hours")));
    check_clock(calendar, limit);
}

/// A limit ends after it began, and what has run by then is the whole of it.
fn check_clock(calendar: &Calendar, limit: Limit) {
    let amount_ms = i64::from(limit.amount) * HOUR_MS;
    let Ok(end) = calendar.after(limit.unit, (NOW, amount_ms), NOW) else { return };
    assert!(end.at > NOW, "{limit:?}");
    let ran = calendar.elapsed(limit.unit, (NOW, end.at), NOW);
    assert_eq!(ran, Ok(amount_ms), "{limit:?}");
}

fn check_times(text: &str) {
    if let Ok(hours) = Hours::parse(text) {
        assert_eq!(Hours::parse(&hours.to_string()), Ok(hours.clone()), "{text:?}");
        let calendar = calendar(hours);
        let unit = hexward::domain::catalog::TimeType::WorkHour;
        check_clock(&calendar, Limit { amount: 9, unit });
    }
    if let Ok(hours) = DutyHours::parse(text) {
        assert_eq!(DutyHours::parse(&hours.to_string()), Ok(hours), "{text:?}");
    }
    if let Some(day) = MonthDay::parse(text) {
        assert_eq!(MonthDay::parse(&day.to_string()), Some(day), "{text:?}");
    }
    if let Some(day) = Day::parse(text) {
        assert_eq!(Day::parse(&day.to_string()), Some(day), "{text:?}");
    }
    if let Some(at) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&at.to_rfc3339()), Some(at), "{text:?}");
    }
    let mut parts = text.splitn(3, '|').map(str::trim);
    let [days, hours, dates] = [(); 3].map(|()| parts.next().unwrap_or(""));
    if let Ok(window) = TimeWindow::parse(days, hours, dates) {
        let texts = [window.weekdays_text(), window.hours_text(), window.dates_text()];
        assert_eq!(TimeWindow::parse(&texts[0], &texts[1], &texts[2]), Ok(window), "{texts:?}");
    }
}
