//! Settings and calendars, for administrators: what there is, what a change would do, and the
//! change.

use super::App;
use super::extract::{Admin, At, Body, Params};
use super::problem::ApiError;
use crate::app::calendars::{CalendarEffect, change_calendar, list_calendars, preview_calendar};
use crate::app::settings::{SettingsEffect, change_settings, list_settings, preview_settings};
use crate::app::snapshot::load_calendars;
use crate::domain::issue::clock::{Stage, StageLimits};
use crate::format::calendar::{DayFile, YearFile, shipped_regions};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Whether only to tell what would be done.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// `true`: nothing is kept.
    pub dry_run: Option<bool>,
}

/// A scheme of categories that can be opened for reports.
#[derive(Serialize, ToSchema)]
pub struct SchemeWire {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
}

/// The settings that can be changed while the service runs.
#[derive(Serialize, ToSchema)]
pub struct SettingsWire {
    /// To be sent back with a change.
    pub version: i64,
    /// By name; what each may be is told in docs/operations.md.
    pub values: BTreeMap<String, String>,
    pub schemes: Vec<SchemeWire>,
    /// Regions that have calendars.
    pub regions: Vec<String>,
    /// Minutes that each stage may take as the settings are; 0 for no limit.
    pub stage_minutes: BTreeMap<String, u32>,
    /// What only the command line sets.
    pub district: String,
    pub time_zone: String,
}

/// A change of settings.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChangeWire {
    /// The version that was read.
    pub version: i64,
    /// By name; what is not named stays.
    pub values: BTreeMap<String, String>,
}

/// One setting that changes.
#[derive(Serialize, ToSchema)]
pub struct SettingChangeWire {
    pub name: String,
    pub before: String,
    pub after: String,
}

/// What a change of settings does.
#[derive(Serialize, ToSchema)]
pub struct SettingsEffectWire {
    pub version: i64,
    pub changes: Vec<SettingChangeWire>,
    /// Open issues whose due times move, counted to 20,000.
    pub retimed: usize,
}

fn settings_effect(version: i64, effect: SettingsEffect) -> SettingsEffectWire {
    let changes = effect.changes.into_iter().map(|one| SettingChangeWire {
        name: one.name.to_owned(),
        before: one.before,
        after: one.after,
    });
    SettingsEffectWire { version, changes: changes.collect(), retimed: effect.retimed }
}

fn minutes_of(stages: &StageLimits) -> BTreeMap<String, u32> {
    let minutes = |stage: Stage| (stage.as_str().to_owned(), stages.minutes(stage));
    Stage::ALL.into_iter().map(minutes).collect()
}

/// The settings that can be changed while the service runs.
#[utoipa::path(get, path = "/settings", tag = "administration",
    responses((status = 200, body = SettingsWire), (status = 403)))]
pub async fn show_settings(
    State(app): State<App>,
    _admin: Admin,
) -> Result<Json<SettingsWire>, ApiError> {
    let settings = list_settings(&app.ctx).await?;
    let snapshot = app.ctx.snapshot();
    let schemes = snapshot.catalog.schemes().map(|one| SchemeWire {
        code: one.code.to_string(),
        name: one.name.clone(),
        name_en: one.name_en.clone(),
    });
    let (_, calendars) = load_calendars(app.ctx.store.as_ref()).await?;
    let values = settings.values.into_iter().map(|(name, value)| (name.to_owned(), value));
    Ok(Json(SettingsWire {
        version: settings.version,
        values: values.collect(),
        schemes: schemes.collect(),
        regions: calendars.regions.into_keys().collect(),
        stage_minutes: minutes_of(&snapshot.keeper.stages),
        district: snapshot.instance.district.clone(),
        time_zone: snapshot.instance.time_zone.clone(),
    }))
}

/// Changes settings on all nodes, or tells what that would do.
#[utoipa::path(patch, path = "/settings", tag = "administration", params(DryRun),
    request_body = SettingsChangeWire,
    responses((status = 200, body = SettingsEffectWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn update_settings(
    State(app): State<App>,
    admin: Admin,
    Params(query): Params<DryRun>,
    Body(wire): Body<SettingsChangeWire>,
) -> Result<Json<SettingsEffectWire>, ApiError> {
    if query.dry_run == Some(true) {
        let effect = preview_settings(&app.ctx, &wire.values).await?;
        return Ok(Json(settings_effect(wire.version, effect)));
    }
    let (version, effect) =
        change_settings(&app.ctx, admin.account.id, wire.version, &wire.values).await?;
    Ok(Json(settings_effect(version, effect)))
}

/// A day that departs from plain weekends, or says that it does not.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarDayWire {
    /// `YYYY-MM-DD`.
    pub date: String,
    pub name: String,
    pub works: bool,
}

/// One year's notice.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarYearWire {
    pub year: i16,
    /// Addresses of the notice.
    #[serde(default)]
    pub papers: Vec<String>,
    pub days: Vec<CalendarDayWire>,
}

/// The years of a region.
#[derive(Serialize, ToSchema)]
pub struct CalendarRegionWire {
    pub region: String,
    /// Whether work here goes by it.
    pub in_force: bool,
    pub years: Vec<CalendarYearWire>,
    /// Years that ship with Hexward and are lacking here, or are otherwise here.
    pub offered: Vec<CalendarYearWire>,
}

/// The calendars of work days.
#[derive(Serialize, ToSchema)]
pub struct CalendarsWire {
    /// To be sent back with a change.
    pub version: i64,
    pub regions: Vec<CalendarRegionWire>,
    /// Years that the region in force lacks, from its first to the next.
    pub missing: Vec<i16>,
    /// The hours that are worked.
    pub hours: String,
}

/// Years to be put in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarChangeWire {
    /// The version that was read.
    pub version: i64,
    pub years: Vec<CalendarYearWire>,
    #[serde(default)]
    pub note: String,
}

/// A day that another notice changes.
#[derive(Serialize, ToSchema)]
pub struct DayChangeWire {
    pub date: String,
    pub name: String,
    /// Whether it is worked.
    pub before: bool,
    pub after: bool,
}

/// What putting years in force does.
#[derive(Serialize, ToSchema)]
pub struct CalendarEffectWire {
    pub version: i64,
    pub days: Vec<DayChangeWire>,
    /// Open issues whose due times move, counted to 20,000.
    pub retimed: usize,
}

fn year_wire(file: &YearFile) -> CalendarYearWire {
    let days = file.days.iter().map(|day| CalendarDayWire {
        date: day.date.clone(),
        name: day.name.clone(),
        works: !day.is_off_day,
    });
    CalendarYearWire { year: file.year, papers: file.papers.clone(), days: days.collect() }
}

fn year_file(wire: CalendarYearWire) -> YearFile {
    let days = wire.days.into_iter().map(|day| DayFile {
        name: day.name,
        date: day.date,
        is_off_day: !day.works,
    });
    YearFile { schema: None, id: None, year: wire.year, papers: wire.papers, days: days.collect() }
}

fn calendar_effect(version: i64, effect: CalendarEffect) -> CalendarEffectWire {
    let days = effect.days.into_iter().map(|one| DayChangeWire {
        date: one.day.to_string(),
        name: one.name,
        before: one.before,
        after: one.after,
    });
    CalendarEffectWire { version, days: days.collect(), retimed: effect.retimed }
}

/// The calendars of all regions, and what they lack.
#[utoipa::path(get, path = "/calendars", tag = "administration",
    responses((status = 200, body = CalendarsWire), (status = 403)))]
pub async fn show_calendars(
    State(app): State<App>,
    _admin: Admin,
) -> Result<Json<CalendarsWire>, ApiError> {
    let found = list_calendars(&app.ctx).await?;
    let known = found.pack.regions.keys().map(String::as_str).chain(shipped_regions());
    let names: BTreeSet<&str> = known.collect();
    let regions = names.into_iter().map(|region| CalendarRegionWire {
        region: region.to_owned(),
        in_force: region == found.region,
        years: match found.pack.regions.get(region) {
            Some(years) => years.values().map(year_wire).collect(),
            None => Vec::new(),
        },
        offered: match found.offered.get(region) {
            Some(years) => years.iter().map(year_wire).collect(),
            None => Vec::new(),
        },
    });
    Ok(Json(CalendarsWire {
        version: found.version,
        regions: regions.collect(),
        missing: found.missing.clone(),
        hours: app.ctx.instance().work_slots,
    }))
}

/// Puts years of a region in force on all nodes, or tells what that would do.
#[utoipa::path(post, path = "/calendars/{region}", tag = "administration",
    params(("region" = String, Path), DryRun), request_body = CalendarChangeWire,
    responses((status = 200, body = CalendarEffectWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn update_calendar(
    State(app): State<App>,
    admin: Admin,
    At(region): At<String>,
    Params(query): Params<DryRun>,
    Body(wire): Body<CalendarChangeWire>,
) -> Result<Json<CalendarEffectWire>, ApiError> {
    let years: Vec<YearFile> = wire.years.into_iter().map(year_file).collect();
    if query.dry_run == Some(true) {
        let effect = preview_calendar(&app.ctx, &region, &years).await?;
        return Ok(Json(calendar_effect(wire.version, effect)));
    }
    let (version, effect) =
        change_calendar(&app.ctx, admin.account.id, (wire.version, &region), &years, &wire.note)
            .await?;
    Ok(Json(calendar_effect(version, effect)))
}
