//! Calendars of work days: one JSON file for each year of a region, as holiday-cn publishes them,
//! and all calendars in force as one document.

use crate::domain::calendar::{Calendar, Hours, Year};
use crate::domain::time::Day;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most days that one year's notice may name.
const DAYS_MAX: usize = 366;
const REGION_CHARS_MAX: usize = 40;

/// One year's notice as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearFile {
    /// The schema's address and the file's own, in some editions.
    #[serde(rename = "$schema", default, skip_serializing)]
    pub schema: Option<String>,
    #[serde(rename = "$id", default, skip_serializing)]
    pub id: Option<String>,
    pub year: i16,
    /// Addresses of the notice.
    #[serde(default)]
    pub papers: Vec<String>,
    pub days: Vec<DayFile>,
}

/// One day that departs from plain weekends, or says that it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayFile {
    pub name: String,
    /// `YYYY-MM-DD`.
    pub date: String,
    #[serde(rename = "isOffDay")]
    pub is_off_day: bool,
}

/// What is wrong with a year's file; each with its place.
pub type CalendarProblems = Vec<String>;

/// All calendars in force: years by region.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CalendarPack {
    pub regions: BTreeMap<String, BTreeMap<i16, YearFile>>,
}

/// Whether a text can name a region: letters, digits and hyphens.
pub fn is_region(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= REGION_CHARS_MAX && text.chars().all(fits)
}

/// Reads one year's file.
///
/// # Errors
/// It is not JSON of this form, or a day is no date, is named twice or belongs to another year.
pub fn read_year(name: &str, text: &str) -> Result<(YearFile, Year), CalendarProblems> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file: YearFile =
        serde_json::from_str(text).map_err(|error| vec![format!("{name}: {error}")])?;
    let year = year_of(name, &file)?;
    Ok((file, year))
}

/// What is wrong with one year's notice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YearFault {
    #[error("the year {0} is not between 1970 and 9998")]
    Year(i16),
    #[error("more than {DAYS_MAX} days")]
    TooMany,
    #[error("days[{n}], {text:?}: not a date: write it as YYYY-MM-DD")]
    NoDate { n: usize, text: String },
    #[error("days[{n}], {text:?}: does not belong into a notice of {year}")]
    OtherYear { n: usize, text: String, year: i16 },
    #[error("days[{n}], {text:?}: is named twice")]
    Twice { n: usize, text: String },
}

/// Reads what a notice says.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_year(file: &YearFile) -> Result<Year, Vec<YearFault>> {
    let mut faults = Vec::new();
    let mut days = BTreeMap::new();
    if !(1970..=9998).contains(&file.year) {
        faults.push(YearFault::Year(file.year));
    }
    if file.days.len() > DAYS_MAX {
        faults.push(YearFault::TooMany);
    }
    for (n, day) in file.days.iter().enumerate() {
        let text = || day.date.clone();
        // Other spellings of ISO 8601 would pass for the same day.
        let date = Day::parse(&day.date).filter(|_| day.date.len() == 10);
        let Some(date) = date else {
            faults.push(YearFault::NoDate { n, text: text() });
            continue;
        };
        let of_year = date.date().year();
        // A notice may settle the end of the year before.
        if of_year != file.year && file.year.checked_sub(1) != Some(of_year) {
            faults.push(YearFault::OtherYear { n, text: text(), year: file.year });
        }
        if days.insert(date, (!day.is_off_day, day.name.clone())).is_some() {
            faults.push(YearFault::Twice { n, text: text() });
        }
    }
    match faults.is_empty() {
        true => Ok(Year { year: file.year, sources: file.papers.clone(), days }),
        false => Err(faults),
    }
}

fn year_of(name: &str, file: &YearFile) -> Result<Year, CalendarProblems> {
    let told = |faults: Vec<YearFault>| faults.iter().map(|one| format!("{name}: {one}")).collect();
    check_year(file).map_err(told)
}

impl CalendarPack {
    /// Adds a year, in the place of the one that was there.
    pub fn put(&mut self, region: &str, file: YearFile) {
        self.regions.entry(region.to_owned()).or_default().insert(file.year, file);
    }

    /// The years of a region that can be read, and what is wrong with the others.
    pub fn years(&self, region: &str) -> (Vec<Year>, CalendarProblems) {
        let mut problems = CalendarProblems::new();
        let files = self.regions.get(region).into_iter().flat_map(BTreeMap::values);
        let years = files.filter_map(|file| {
            let read = year_of(&format!("{region} {}", file.year), file);
            read.map_err(|told| problems.extend(told)).ok()
        });
        let years = years.collect();
        (years, problems)
    }

    /// A region's calendar; without years where the region has none.
    pub fn calendar(
        &self,
        region: &str,
        zone: TimeZone,
        hours: Hours,
    ) -> (Calendar, CalendarProblems) {
        let (years, problems) = self.years(region);
        (Calendar::new(region, zone, hours, &years), problems)
    }
}

macro_rules! shipped {
    ($region:literal: $($year:literal)+) => {
        ($region, &[$(include_str!(
            concat!("../../geodata/holidays/", $region, "/", $year, ".json")
        )),+])
    };
}

/// Regions whose years ship inside the binary.
const SHIPPED: [(&str, &[&str]); 2] = [
    shipped!("cn": "2019" "2020" "2021" "2022" "2023" "2024" "2025" "2026"),
    shipped!("us-federal": "2019" "2020" "2021" "2022" "2023" "2024" "2025" "2026"),
];

/// The regions that ship with Hexward.
pub fn shipped_regions() -> BTreeSet<&'static str> {
    SHIPPED.iter().map(|(region, _)| *region).collect()
}

/// The shipped years of a region; `None` when it has none.
///
/// # Errors
/// A shipped file that does not read.
pub fn shipped_years(region: &str) -> Option<Result<Vec<YearFile>, CalendarProblems>> {
    let (region, texts) = SHIPPED.iter().find(|(name, _)| *name == region)?;
    let read = |text: &&str| read_year(&format!("geodata/holidays/{region}"), text);
    Some(texts.iter().map(|text| read(text).map(|(file, _)| file)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Slots;
    use crate::domain::time::Timestamp;
    use jiff::civil::{Date, Weekday, date};

    fn calendar(region: &str) -> Calendar {
        let mut pack = CalendarPack::default();
        for file in shipped_years(region).unwrap().unwrap() {
            pack.put(region, file);
        }
        let (calendar, problems) = pack.calendar(region, TimeZone::UTC, Hours::of(Slots::usual()));
        assert_eq!(problems, CalendarProblems::new());
        calendar
    }

    fn works(calendar: &Calendar, day: &str) -> bool {
        calendar.works_on(Day::parse(day).unwrap())
    }

    #[test]
    fn the_end_of_december_is_settled_by_the_notice_of_the_year_that_follows() {
        let calendar = calendar("cn");
        // A Saturday that was worked, and the Monday that was not, by the notice of 2019.
        assert!(works(&calendar, "2018-12-29") && !works(&calendar, "2018-12-31"));
        let file = |year, day: &str, is_off_day| YearFile {
            schema: None,
            id: None,
            year,
            papers: Vec::new(),
            days: vec![DayFile { name: "元旦".into(), date: day.into(), is_off_day }],
        };
        let day = "2026-12-31";
        let (early, late) = (file(2026, day, false), file(2027, day, true));
        // The order of import does not matter.
        for files in [[early.clone(), late.clone()], [late, early]] {
            let mut pack = CalendarPack::default();
            files.into_iter().for_each(|file| pack.put("cn", file));
            let (calendar, _) = pack.calendar("cn", TimeZone::UTC, Hours::of(Slots::usual()));
            assert!(!works(&calendar, day));
        }
    }

    #[test]
    fn weekends_inside_a_holiday_rest_and_moved_ones_are_worked() {
        let calendar = calendar("cn");
        for (day, worked) in [
            ("2025-01-27", true),
            ("2025-01-26", true),
            ("2025-01-28", false),
            ("2025-02-02", false),
            ("2025-02-08", true),
            ("2025-02-09", false),
            ("2025-10-04", false),
            ("2025-10-05", false),
            ("2025-10-11", true),
            ("2025-10-12", false),
        ] {
            assert_eq!(works(&calendar, day), worked, "{day}");
        }
    }

    /// Holidays by 5 U.S.C. 6103(a), as (month, day) or (month, weekday, which; 0 for the last).
    fn federal(year: i16) -> BTreeMap<Date, &'static str> {
        let nth =
            |month, weekday, n| date(year, month, 1).nth_weekday_of_month(n, weekday).unwrap();
        let monday = Weekday::Monday;
        let mut days = vec![
            (date(year, 1, 1), "New Year's Day"),
            (nth(1, monday, 3), "Birthday of Martin Luther King, Jr."),
            (nth(2, monday, 3), "Washington's Birthday"),
            (nth(5, monday, -1), "Memorial Day"),
            (date(year, 7, 4), "Independence Day"),
            (nth(9, monday, 1), "Labor Day"),
            (nth(10, monday, 2), "Columbus Day"),
            (date(year, 11, 11), "Veterans Day"),
            (nth(11, Weekday::Thursday, 4), "Thanksgiving Day"),
            (date(year, 12, 25), "Christmas Day"),
        ];
        if year >= 2021 {
            days.push((date(year, 6, 19), "Juneteenth National Independence Day"));
        }
        let observed = days.into_iter().map(|(day, name)| match day.weekday() {
            Weekday::Saturday => (day.yesterday().unwrap(), name),
            Weekday::Sunday => (day.tomorrow().unwrap(), name),
            _ => (day, name),
        });
        observed.collect()
    }

    #[test]
    fn the_federal_holidays_are_those_of_the_law() {
        for file in shipped_years("us-federal").unwrap().unwrap() {
            let told: BTreeMap<Date, &str> = file
                .days
                .iter()
                .map(|day| (day.date.parse().unwrap(), day.name.trim_end_matches(" (observed)")))
                .collect();
            assert_eq!(told, federal(file.year), "{}", file.year);
            assert!(file.days.iter().all(|day| day.is_off_day));
        }
        assert!(!works(&calendar("us-federal"), "2021-12-31"));
    }

    #[test]
    fn a_faulty_file_is_refused_with_the_place_of_every_fault() {
        let text = r#"{"year": 2027, "days": [
            {"name": "a", "date": "2027-02-30", "isOffDay": true},
            {"name": "b", "date": "2027-05-01", "isOffDay": true},
            {"name": "c", "date": "2027-05-01", "isOffDay": false},
            {"name": "d", "date": "2028-01-01", "isOffDay": true},
            {"name": "e", "date": "20270601", "isOffDay": true}
        ]}"#;
        let problems = read_year("2027.json", text).unwrap_err();
        let places: Vec<&str> = problems.iter().map(|p| p.split(": ").nth(1).unwrap()).collect();
        let at = |n: usize, day: &str| format!("days[{n}], {day:?}");
        let want = [at(0, "2027-02-30"), at(2, "2027-05-01"), at(3, "2028-01-01")];
        assert_eq!(places, [&want[..], &[at(4, "20270601")]].concat());
        for text in ["", "[]", r#"{"year": "2027", "days": []}"#, r#"{"year": 2027}"#] {
            assert_eq!(read_year("x.json", text).unwrap_err().len(), 1, "{text}");
        }
    }

    #[test]
    fn the_first_year_that_there_is_has_none_before_it() {
        let text = r#"{"year": -32768, "days": [
            {"name": "a", "date": "2027-01-01", "isOffDay": true}
        ]}"#;
        let problems = read_year("a.json", text).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn every_shipped_year_names_its_notice() {
        for region in shipped_regions() {
            let files = shipped_years(region).unwrap().unwrap();
            assert_eq!(files.len(), 8, "{region}");
            assert!(files.iter().all(|file| !file.papers.is_empty()), "{region}");
            let calendar = calendar(region);
            let asked = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
            let lacking = calendar.check_day(Day::parse("2018-06-01").unwrap(), asked);
            assert!(lacking.unwrap_err().to_string().contains("2018"), "{region}");
        }
    }
}
