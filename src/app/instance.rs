//! What this installation is: names, district, time zone, and where its data comes from.

use super::ctx::Ctx;
use super::error::{AppError, say};
use crate::domain::calendar::Hours;
use crate::domain::issue::clock::StageLimits;
use crate::domain::time::{Day, Timestamp};
use crate::format::calendar::is_region;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The settings of the installation, kept in the database.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub name_zh: String,
    pub name_en: String,
    /// The code that the large tables are divided by.
    pub district: String,
    /// An IANA time zone name.
    pub time_zone: String,
    pub locale: String,
    /// Whether the data was made up; said wherever it is shown.
    pub generated: bool,
    pub generated_note_zh: String,
    pub generated_note_en: String,
    /// Where the data comes from, one source a line: name and terms.
    pub sources: String,
    pub basemap_url: String,
    pub basemap_attribution: String,
    /// The last day of a collection that is not continued, as `YYYY-MM-DD`; empty when work goes
    /// on.
    pub data_until: String,
    /// The category schemes that people report under, separated by commas; empty for all.
    pub schemes: String,
    /// For how many days positions of people are kept who arrive, check in or hand in photos.
    pub position_days: String,
    /// Demo accounts shown at the sign-in, one a line: login, password, name, role; tab-separated.
    pub demo_accounts: String,
    /// Which level each colour of risk summons, as `yellow=community,orange=street,red=district`.
    pub risk_levels: String,
    /// Days after its end that what is personal of an issue is kept, by kind.
    pub retention: String,
    /// The region whose calendars say which days are worked.
    pub calendar_region: String,
    /// The hours of a work day that are worked, such as `08:00-12:00,14:00-18:00`.
    pub work_slots: String,
    /// How long stages may take in minutes, such as `accept=15,sign_off=30`; the others usual.
    pub stage_limits: String,
    /// The time type of those minutes.
    pub stage_time_type: String,
    /// What is open to people without an account, separated by commas: `report`, `answers`, `map`.
    pub channels: String,
}

/// What can be open to people without an account: reporting, published answers and wishes, and the
/// map of coarse places. Following one's own report always is.
pub const CHANNELS: [&str; 3] = ["report", "answers", "map"];

impl Default for Instance {
    fn default() -> Self {
        Self {
            name_zh: "网格哨".into(),
            name_en: "Hexward".into(),
            district: "0".into(),
            time_zone: "Asia/Shanghai".into(),
            locale: "zh-CN".into(),
            generated: false,
            generated_note_zh: String::new(),
            generated_note_en: String::new(),
            sources: String::new(),
            basemap_url: String::new(),
            basemap_attribution: String::new(),
            data_until: String::new(),
            schemes: String::new(),
            position_days: "30".into(),
            demo_accounts: String::new(),
            risk_levels: "yellow=community,orange=street,red=district".into(),
            retention: "hazard=730,dispute=1095,opinion=730".into(),
            calendar_region: "cn".into(),
            work_slots: "08:00-12:00,14:00-18:00".into(),
            stage_limits: String::new(),
            stage_time_type: "work_hour".into(),
            channels: CHANNELS.join(","),
        }
    }
}

impl Instance {
    /// Reads settings; what is not set keeps its default.
    pub fn from_settings(settings: Vec<(String, String)>) -> Self {
        let mut map: BTreeMap<String, String> = settings.into_iter().collect();
        let mut instance = Self::default();
        for (name, slot) in instance.slots() {
            if let Some(value) = map.remove(name) {
                *slot = value;
            }
        }
        instance.generated = map.get("generated").is_some_and(|value| value == "true");
        instance
    }

    /// The working hours and the limits of stages.
    ///
    /// # Errors
    /// A setting cannot be read; it is named.
    pub fn work(&self) -> Result<(Hours, StageLimits), AppError> {
        let wrong = |field: &str, why: String| {
            AppError::field(field, say(format!("设置 {field} 无法读取：{why}"), why))
        };
        if !is_region(&self.calendar_region) {
            let why = "a region is lower-case letters, digits and hyphens, such as cn".to_owned();
            return Err(wrong("calendar_region", why));
        }
        let hours = Hours::parse(&self.work_slots);
        let hours = hours.map_err(|error| wrong("work_slots", error.to_string()))?;
        let stages = StageLimits::parse(&self.stage_limits, &self.stage_time_type);
        Ok((hours, stages.map_err(|error| wrong("stage_limits", error.to_string()))?))
    }

    /// Whether people without an account find this open.
    pub fn is_open(&self, channel: &str) -> bool {
        self.channels.split(',').any(|open| open.trim() == channel)
    }

    /// The instant up to which the data reaches: now, or the end of a collection's last day.
    pub fn as_of(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let last = Day::parse(&self.data_until);
        let end = last.map(|day| Timestamp(Day(day.0.saturating_add(1)).start_in(zone).0 - 1));
        end.map_or(now, |end| end.min(now))
    }

    /// The days for which positions of people are kept; a setting that is no number keeps them for
    /// none.
    pub fn position_days(&self) -> i64 {
        self.position_days.trim().parse().ok().filter(|days| *days >= 0).unwrap_or(0)
    }

    pub(super) fn slots(&mut self) -> [(&'static str, &mut String); 21] {
        [
            ("name_zh", &mut self.name_zh),
            ("name_en", &mut self.name_en),
            ("district", &mut self.district),
            ("time_zone", &mut self.time_zone),
            ("locale", &mut self.locale),
            ("generated_note_zh", &mut self.generated_note_zh),
            ("generated_note_en", &mut self.generated_note_en),
            ("sources", &mut self.sources),
            ("basemap_url", &mut self.basemap_url),
            ("basemap_attribution", &mut self.basemap_attribution),
            ("data_until", &mut self.data_until),
            ("schemes", &mut self.schemes),
            ("position_days", &mut self.position_days),
            ("demo_accounts", &mut self.demo_accounts),
            ("risk_levels", &mut self.risk_levels),
            ("retention", &mut self.retention),
            ("calendar_region", &mut self.calendar_region),
            ("work_slots", &mut self.work_slots),
            ("stage_limits", &mut self.stage_limits),
            ("stage_time_type", &mut self.stage_time_type),
            ("channels", &mut self.channels),
        ]
    }
}

/// Keeps the settings of an installation.
///
/// # Errors
/// A setting cannot be read, or the store is not available.
pub async fn save_instance(ctx: &Ctx, mut instance: Instance) -> Result<(), AppError> {
    instance.work()?;
    let generated = instance.generated.to_string();
    let mut settings = vec![("generated".to_owned(), generated)];
    settings.extend(instance.slots().map(|(name, value)| (name.to_owned(), value.clone())));
    ctx.store.put_settings(settings, None).await?;
    ctx.refresh().await
}
