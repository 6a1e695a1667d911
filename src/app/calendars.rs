//! Calendars of work days as an administrator keeps them: what there is, what a year's notice would
//! change, and putting it in force.

use super::admin_log::{self, what};
use super::clocks::count_retimed;
use super::ctx::Ctx;
use super::error::{AppError, FieldProblem, Say, say};
use super::faults::check_note;
use super::snapshot::{CALENDARS, load_calendars};
use crate::domain::calendar::is_plain_work_day;
use crate::domain::id::AccountId;
use crate::domain::issue::clock::Timekeeper;
use crate::domain::time::Day;
use crate::format::calendar::{
    CalendarPack, YearFault, YearFile, check_year, is_region, shipped_regions, shipped_years,
};
use std::collections::{BTreeMap, BTreeSet};

const NAME_CHARS_MAX: usize = 60;
const PAPERS_MAX: usize = 10;
const PAPER_CHARS_MAX: usize = 300;
/// Years of a region that are asked after, beyond those that it has.
const YEARS_AHEAD: i16 = 1;

/// The calendars in force.
pub struct Calendars {
    pub version: i64,
    pub pack: CalendarPack,
    /// The region by which work is done here.
    pub region: String,
    /// Years of a region that ship with Hexward and that it does not have, or has otherwise.
    pub offered: BTreeMap<String, Vec<YearFile>>,
    /// Years of the region here that clocks need and that it lacks, this year and the next among
    /// them.
    pub missing: Vec<i16>,
}

/// One day that another notice would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayChange {
    pub day: Day,
    pub name: String,
    /// Whether it is worked, before and after.
    pub before: bool,
    pub after: bool,
}

/// What putting years in force would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEffect {
    pub days: Vec<DayChange>,
    /// Open issues whose due times it moves; counted no further than
    /// [`super::clocks::RETIMED_MAX`].
    pub retimed: usize,
}

fn offered(pack: &CalendarPack) -> BTreeMap<String, Vec<YearFile>> {
    let regions = shipped_regions().into_iter().filter_map(|region| {
        let own = pack.regions.get(region);
        // What ships reads: a test looks at it.
        let years = shipped_years(region)?.ok()?.into_iter();
        let lacks = years.filter(|file| own.and_then(|own| own.get(&file.year)) != Some(file));
        Some((region.to_owned(), lacks.collect::<Vec<_>>()))
    });
    regions.filter(|(_, years)| !years.is_empty()).collect()
}

/// The calendars in force, and what they lack.
///
/// # Errors
/// The store is not available.
pub async fn list_calendars(ctx: &Ctx) -> Result<Calendars, AppError> {
    let (version, pack) = load_calendars(ctx.store.as_ref()).await?;
    let region = ctx.instance().calendar_region;
    let this_year = ctx.today().date().year();
    let own: BTreeSet<i16> =
        pack.regions.get(&region).into_iter().flat_map(BTreeMap::keys).copied().collect();
    let first = own.first().copied().unwrap_or(this_year).min(this_year);
    let needed = first..=this_year + YEARS_AHEAD;
    let missing = needed.filter(|year| !own.contains(year)).collect();
    Ok(Calendars { version, offered: offered(&pack), missing, region, pack })
}

fn says(fault: &YearFault) -> (String, Say) {
    let en = fault.to_string();
    match fault {
        YearFault::Year(_) => ("year".into(), say("年份须在 1970 到 9998 之间", en)),
        YearFault::TooMany => ("days".into(), say("一年的日期过多", en)),
        YearFault::NoDate { n, .. } => {
            (format!("days.{n}.date"), say("不是日期，请写成 YYYY-MM-DD", en))
        }
        YearFault::OtherYear { n, year, .. } => {
            (format!("days.{n}.date"), say(format!("不属于 {year} 年的通知（可含上一年末）"), en))
        }
        YearFault::Twice { n, .. } => (format!("days.{n}.date"), say("日期重复", en)),
    }
}

fn check_words(file: &YearFile) -> Vec<(String, Say)> {
    let unfit = |text: &str, max| text.chars().count() > max || text.chars().any(char::is_control);
    let mut faults = Vec::new();
    for (n, day) in file.days.iter().enumerate() {
        if day.name.trim().is_empty() || unfit(&day.name, NAME_CHARS_MAX) {
            let en = format!("A name of at most {NAME_CHARS_MAX} characters");
            faults.push((
                format!("days.{n}.name"),
                say(format!("名称为 1 到 {NAME_CHARS_MAX} 个字"), en),
            ));
        }
    }
    let papers = &file.papers;
    if papers.len() > PAPERS_MAX || papers.iter().any(|one| unfit(one, PAPER_CHARS_MAX)) {
        faults.push((
            "papers".into(),
            say("通知地址过多或过长", "Too many addresses of notices, or too long ones"),
        ));
    }
    faults
}

/// A region with years joined to those that are there; every fault by its place.
fn joined(pack: &CalendarPack, region: &str, years: &[YearFile]) -> Result<CalendarPack, AppError> {
    let mut faults = Vec::new();
    if !is_region(region) {
        faults.push(FieldProblem {
            field: "region".into(),
            says: say(
                "地区代码为小写字母、数字和连字符，如 cn",
                "A region is lower-case letters, digits and hyphens, such as cn",
            ),
        });
    }
    let mut fresh = pack.clone();
    for (n, file) in years.iter().enumerate() {
        let of_days = check_year(file).err().into_iter().flatten();
        let told = of_days.map(|fault| says(&fault)).chain(check_words(file));
        faults.extend(
            told.map(|(place, says)| FieldProblem { field: format!("years.{n}.{place}"), says }),
        );
        fresh.put(region, file.clone());
    }
    match faults.is_empty() {
        true => Ok(fresh),
        false => Err(AppError::Invalid(faults)),
    }
}

/// The named days of a region: whether each is worked, and what it is called.
fn named(pack: &CalendarPack, region: &str) -> BTreeMap<Day, (bool, String)> {
    let (years, _) = pack.years(region);
    let mut days = BTreeMap::new();
    // In order of year: of two that speak of one day the later counts.
    for year in years {
        days.extend(year.days);
    }
    days
}

fn changes(before: &CalendarPack, after: &CalendarPack, region: &str) -> Vec<DayChange> {
    let (old, new) = (named(before, region), named(after, region));
    let days: BTreeSet<&Day> = old.keys().chain(new.keys()).collect();
    let works = |known: Option<&(bool, String)>, day: Day| {
        known.map_or_else(|| is_plain_work_day(day), |known| known.0)
    };
    let change = |day: &Day| DayChange {
        day: *day,
        name: new.get(day).or(old.get(day)).map(|known| known.1.clone()).unwrap_or_default(),
        before: works(old.get(day), *day),
        after: works(new.get(day), *day),
    };
    days.into_iter().map(change).filter(|one| one.before != one.after).collect()
}

async fn effect(
    ctx: &Ctx,
    (version, before): (i64, &CalendarPack),
    after: &CalendarPack,
    region: &str,
) -> Result<CalendarEffect, AppError> {
    let snapshot = ctx.snapshot();
    let retimed = if region == snapshot.instance.calendar_region && before != after {
        let (hours, stages) = snapshot.instance.work()?;
        let (calendar, _) = after.calendar(region, snapshot.zone.clone(), hours);
        count_retimed(ctx, &Timekeeper { calendar, version: version + 1, stages }).await?
    } else {
        0
    };
    Ok(CalendarEffect { days: changes(before, after, region), retimed })
}

/// What putting years in force would change; nothing is kept.
///
/// # Errors
/// Everything that is wrong with the years, by place.
pub async fn preview_calendar(
    ctx: &Ctx,
    region: &str,
    years: &[YearFile],
) -> Result<CalendarEffect, AppError> {
    let (version, pack) = load_calendars(ctx.store.as_ref()).await?;
    let fresh = joined(&pack, region, years)?;
    effect(ctx, (version, &pack), &fresh, region).await
}

/// Puts years in force on all nodes, each in the place of the one that was there. Due times follow
/// by the next run of the clocks.
///
/// # Errors
/// As for [`preview_calendar`]; `Conflict` when somebody changed the calendars since `seen`.
pub async fn change_calendar(
    ctx: &Ctx,
    actor: AccountId,
    (seen, region): (i64, &str),
    years: &[YearFile],
    note: &str,
) -> Result<(i64, CalendarEffect), AppError> {
    check_note("note", note)?;
    let (version, pack) = load_calendars(ctx.store.as_ref()).await?;
    let fresh = joined(&pack, region, years)?;
    let told = effect(ctx, (version, &pack), &fresh, region).await?;
    if fresh == pack {
        return Ok((version, told));
    }
    let body = serde_json::to_string(&fresh).map_err(|e| AppError::Internal(e.to_string()))?;
    let named: Vec<String> = years.iter().map(|file| file.year.to_string()).collect();
    let facts = [
        ("years", named.join(", ")),
        ("changed", told.days.len().to_string()),
        ("note", note.to_owned()),
    ];
    let log = admin_log::entry(ctx, Some(actor), what::CALENDAR_UPDATE, region, facts);
    let document = (CALENDARS, &*body, note);
    let version = ctx.store.put_pack_after(seen, document, ctx.now(), Some(log)).await?;
    ctx.refresh().await?;
    Ok((version, told))
}
