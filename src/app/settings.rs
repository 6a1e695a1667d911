//! The settings that an administrator changes while the service runs: what they may be, what a
//! change would do, and that nobody's change is lost under another's.

use super::admin_log::{self, what};
use super::clocks::count_retimed;
use super::ctx::Ctx;
use super::error::{AppError, FieldProblem, Say, say};
use super::instance::{CHANNELS, Instance};
use super::snapshot::load_calendars;
use crate::domain::access::Actor;
use crate::domain::id::AccountId;
use crate::domain::issue::care::RiskLevels;
use crate::domain::issue::clock::Timekeeper;
use crate::domain::retention::Terms;
use std::collections::{BTreeMap, BTreeSet};

/// The settings that may be changed while the service runs. District and time zone are not among
/// them: numbers, counters and days of what there is already go by these.
pub const NAMES: [&str; 15] = [
    "name_zh",
    "name_en",
    "locale",
    "basemap_url",
    "basemap_attribution",
    "schemes",
    "channels",
    "position_days",
    "risk_levels",
    "retention",
    "calendar_region",
    "work_slots",
    "stage_limits",
    "stage_time_type",
    "sources",
];
/// Those that due times of open issues hang on.
const TIMING: [&str; 2] = ["calendar_region", "work_slots"];
const NAME_CHARS_MAX: usize = 60;
const TEXT_CHARS_MAX: usize = 2_000;
const POSITION_DAYS_MAX: i64 = 3_650;
const SETTINGS_VERSION: &str = "settings_version";

/// The settings in force, by name.
pub struct Settings {
    /// Counts the changes; 0 before the first.
    pub version: i64,
    pub values: BTreeMap<&'static str, String>,
}

/// One setting that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    pub name: &'static str,
    pub before: String,
    pub after: String,
}

/// What a change of settings does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsEffect {
    pub changes: Vec<SettingChange>,
    /// Open issues whose due times it moves; counted no further than
    /// [`super::clocks::RETIMED_MAX`].
    pub retimed: usize,
}

fn values_of(mut instance: Instance) -> BTreeMap<&'static str, String> {
    let slots = instance.slots().into_iter().filter(|(name, _)| NAMES.contains(name));
    slots.map(|(name, value)| (name, value.clone())).collect()
}

/// The settings in force.
///
/// # Errors
/// The store is not available.
pub async fn list_settings(ctx: &Ctx) -> Result<Settings, AppError> {
    // The count is read first: whoever writes between is found out when this reader writes.
    let versions = ctx.store.find_versions().await?;
    let version = versions.iter().find(|(kind, _)| kind == SETTINGS_VERSION).map_or(0, |v| v.1);
    let instance = Instance::from_settings(ctx.store.list_settings().await?);
    Ok(Settings { version, values: values_of(instance) })
}

/// Whether people without an account may use this; staff always may.
///
/// # Errors
/// The installation has closed it.
pub fn check_open(ctx: &Ctx, actor: &Actor, channel: &str) -> Result<(), AppError> {
    if actor.is_staff() || ctx.snapshot().instance.is_open(channel) {
        return Ok(());
    }
    Err(AppError::Forbidden(say(
        "本单位没有向公众开放这项服务，请拨打服务热线或联系社区",
        "This is not open to the public here; call the service line or ask your community office",
    )))
}

/// A base map's address: on this host, since pages fetch nothing from another one.
fn is_basemap(url: &str) -> bool {
    let plain = url.chars().all(|c| c.is_ascii_graphic());
    let whole = ["{z}", "{x}", "{y}"].iter().all(|part| url.contains(part));
    url.is_empty() || (plain && whole && url.starts_with('/') && !url.starts_with("//"))
}

fn check_text(name: &str, value: &str) -> Option<Say> {
    let chars_max = if name.starts_with("name") { NAME_CHARS_MAX } else { TEXT_CHARS_MAX };
    let is_lines = name == "sources";
    let controls = |c: char| c.is_control() && !(is_lines && matches!(c, '\n' | '\t'));
    if value.chars().count() > chars_max {
        return Some(say(
            format!("至多 {chars_max} 个字"),
            format!("This has at most {chars_max} characters"),
        ));
    }
    value.chars().any(controls).then(|| say("含有控制字符", "This holds a control character"))
}

/// A list of words, each of which must be known; none means what the setting says.
fn check_words(value: &str, known: &BTreeSet<&str>) -> Option<Say> {
    let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
    let unknown: Vec<&str> = words.filter(|word| !known.contains(word)).collect();
    (!unknown.is_empty()).then(|| {
        let (wrong, known) = (unknown.join(", "), known.iter().copied().collect::<Vec<_>>());
        let known = known.join(", ");
        say(format!("未知：{wrong}；可用：{known}"), format!("{wrong} is not one of {known}"))
    })
}

fn check_value(ctx: &Ctx, name: &str, value: &str) -> Option<Say> {
    let told = |zh: &str, en: String| Some(say(format!("{zh}（{en}）"), en));
    match name {
        "name_zh" if value.trim().is_empty() => Some(say("名称不能为空", "A name is needed")),
        "locale" if !["zh-CN", "en"].contains(&value) => {
            Some(say("须为 zh-CN 或 en", "Must be zh-CN or en"))
        }
        "basemap_url" if !is_basemap(value) => Some(say(
            "须为本机地址：以一个 / 开头，含 {z}、{x}、{y}；外部底图请经本机代理",
            "An address on this host: it begins with one / and holds {z}, {x} and {y}; \
             bring another host's map through a proxy on this one",
        )),
        "schemes" => {
            let snapshot = ctx.snapshot();
            check_words(value, &snapshot.catalog.schemes().map(|one| one.code.as_str()).collect())
        }
        "channels" => check_words(value, &CHANNELS.into_iter().collect()),
        "position_days" => {
            let days = value.parse::<i64>().ok().filter(|n| (0..=POSITION_DAYS_MAX).contains(n));
            days.is_none().then(|| {
                say(
                    format!("须为 0 到 {POSITION_DAYS_MAX} 的整数"),
                    format!("A whole number from 0 to {POSITION_DAYS_MAX}"),
                )
            })
        }
        "risk_levels" => {
            RiskLevels::parse(value).err().and_then(|e| told("风险等级写法有误", e.to_string()))
        }
        "retention" => Terms::parse(value).err().and_then(|e| told("期限写法有误", e.to_string())),
        _ => None,
    }
}

/// The instance as it would be, and what would change; every fault is named.
fn changed(
    ctx: &Ctx,
    asked: &BTreeMap<String, String>,
) -> Result<(Instance, Vec<SettingChange>), AppError> {
    let mut faults = Vec::new();
    let mut changes = Vec::new();
    let mut instance = ctx.instance();
    for name in asked.keys().filter(|name| !NAMES.contains(&name.as_str())) {
        let says = say("没有这项设置，或不能在运行中更改", "No setting that changes while it runs");
        faults.push(FieldProblem { field: name.clone(), says });
    }
    for (name, slot) in instance.slots() {
        let Some(value) = asked.get(name).filter(|_| NAMES.contains(&name)) else { continue };
        if let Some(says) = check_text(name, value).or_else(|| check_value(ctx, name, value)) {
            faults.push(FieldProblem { field: name.to_owned(), says });
        } else if value != slot {
            changes.push(SettingChange { name, before: slot.clone(), after: value.clone() });
            slot.clone_from(value);
        }
    }
    match faults.is_empty() {
        true => Ok((instance, changes)),
        false => Err(AppError::Invalid(faults)),
    }
}

/// What due times would be worked out by.
async fn keeper_of(ctx: &Ctx, instance: &Instance) -> Result<Timekeeper, AppError> {
    let (hours, stages) = instance.work()?;
    let (version, pack) = load_calendars(ctx.store.as_ref()).await?;
    let region = &instance.calendar_region;
    if !pack.regions.contains_key(region) {
        let known: Vec<&str> = pack.regions.keys().map(String::as_str).collect();
        let known = known.join(", ");
        let says = say(
            format!("没有 {region} 的日历，请先导入；现有：{known}"),
            format!("There is no calendar of {region}; import it first. There are: {known}"),
        );
        return Err(AppError::field("calendar_region", says));
    }
    let (calendar, _) = pack.calendar(region, ctx.snapshot().zone.clone(), hours);
    Ok(Timekeeper { calendar, version, stages })
}

async fn effect(
    ctx: &Ctx,
    instance: &Instance,
    changes: Vec<SettingChange>,
) -> Result<SettingsEffect, AppError> {
    instance.work()?;
    let retimed = match changes.iter().any(|change| TIMING.contains(&change.name)) {
        true => count_retimed(ctx, &keeper_of(ctx, instance).await?).await?,
        false => 0,
    };
    Ok(SettingsEffect { changes, retimed })
}

/// What changing settings would do; nothing is kept.
///
/// # Errors
/// A setting cannot be changed or read; each fault by its name.
pub async fn preview_settings(
    ctx: &Ctx,
    asked: &BTreeMap<String, String>,
) -> Result<SettingsEffect, AppError> {
    let (instance, changes) = changed(ctx, asked)?;
    effect(ctx, &instance, changes).await
}

/// Changes settings on all nodes. Due times follow by the next run of the clocks.
///
/// # Errors
/// As for [`preview_settings`]; `Conflict` when somebody changed settings since `seen`.
pub async fn change_settings(
    ctx: &Ctx,
    actor: AccountId,
    seen: i64,
    asked: &BTreeMap<String, String>,
) -> Result<(i64, SettingsEffect), AppError> {
    let (instance, changes) = changed(ctx, asked)?;
    let told = effect(ctx, &instance, changes).await?;
    if told.changes.is_empty() {
        return Ok((seen, told));
    }
    let settings = told.changes.iter().map(|one| (one.name.to_owned(), one.after.clone()));
    let settings = settings.collect();
    let facts = told.changes.iter();
    let facts = facts.filter_map(|one| admin_log::change(one.name, &one.before, &one.after));
    let log = admin_log::entry(ctx, Some(actor), what::SETTING_UPDATE, "", facts);
    let version = ctx.store.put_settings(settings, Some(seen), Some(log)).await?;
    ctx.refresh().await?;
    Ok((version, told))
}

#[cfg(test)]
mod tests {
    use super::is_basemap;

    #[test]
    fn a_base_map_lies_on_this_host() {
        for fit in ["", "/tiles/{z}/{x}/{y}.png", "/t?z={z}&x={x}&y={y}"] {
            assert!(is_basemap(fit), "{fit}");
        }
        for unfit in [
            "//cdn.example/{z}/{x}/{y}",
            "https://a.example/{z}/{x}/{y}",
            "/t/{z}/{x}",
            "/{z} {x}{y}",
        ] {
            assert!(!is_basemap(unfit), "{unfit}");
        }
    }
}
