//! `hexward init`: the settings of an installation.

use super::open::{open, told};
use crate::app::ctx::Ctx;
use crate::app::instance::save_instance;
use crate::app::intake::publish_shipped_calendar;
use crate::config::ConfigArgs;
use crate::domain::issue::care::RiskLevels;
use crate::domain::retention::Terms;
use crate::format::calendar::shipped_regions;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// The name in Chinese.
    #[arg(long)]
    name: Option<String>,
    /// The name in English.
    #[arg(long)]
    name_en: Option<String>,
    /// The district's code, such as 410105.
    #[arg(long)]
    district: Option<String>,
    /// The time zone, such as Asia/Shanghai.
    #[arg(long)]
    time_zone: Option<String>,
    /// The language when a reader names none: zh-CN or en.
    #[arg(long)]
    locale: Option<String>,
    /// The category schemes that people report under, separated by commas.
    #[arg(long)]
    schemes: Option<String>,
    /// For how many days positions of people who arrive or check in are kept.
    #[arg(long, value_name = "DAYS")]
    position_days: Option<u16>,
    /// Which level each colour of a dispute's risk summons, such as
    /// yellow=community,orange=street,red=district.
    #[arg(long)]
    risk_levels: Option<String>,
    /// Days after its end that what is personal of an issue is kept, such as
    /// hazard=730,dispute=1095,opinion=730.
    #[arg(long)]
    retention: Option<String>,
    /// A base map: an address with {z}, {x} and {y} on this host.
    #[arg(long)]
    basemap_url: Option<String>,
    /// The region whose calendars say which days are worked, such as cn.
    #[arg(long)]
    calendar_region: Option<String>,
    /// The hours that are worked, such as 08:00-12:00,14:00-18:00. Behind a semicolon each, seasons
    /// and spans of days with other hours: 05-01..09-30 08:00-12:00,15:00-18:30 for every year,
    /// 2027-01-01.. 09:00-17:00 from a day on.
    #[arg(long)]
    work_slots: Option<String>,
    /// How long stages may take in minutes, such as accept=15,dispatch=15,sign_off=30,check=30.
    #[arg(long)]
    stage_limits: Option<String>,
    /// The time type of those minutes: urgent_hour, work_hour, work_day or natural_day.
    #[arg(long)]
    stage_time_type: Option<String>,
    /// Whom the base map is from.
    #[arg(long)]
    basemap_attribution: Option<String>,
}

/// Runs the command: sets what is given, leaves the rest, and shows all.
///
/// # Errors
/// The time zone is unknown, or the database cannot be used.
pub async fn run(config: &ConfigArgs, args: InitArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let mut instance = ctx.instance();
    if let Some(zone) = &args.time_zone {
        jiff::tz::TimeZone::get(zone)?;
    }
    if let Some(levels) = &args.risk_levels {
        RiskLevels::parse(levels)?;
    }
    if let Some(terms) = &args.retention {
        Terms::parse(terms)?;
    }
    let slots = [
        (&mut instance.name_zh, args.name),
        (&mut instance.name_en, args.name_en),
        (&mut instance.district, args.district),
        (&mut instance.time_zone, args.time_zone),
        (&mut instance.locale, args.locale),
        (&mut instance.schemes, args.schemes),
        (&mut instance.position_days, args.position_days.map(|days| days.to_string())),
        (&mut instance.risk_levels, args.risk_levels),
        (&mut instance.retention, args.retention),
        (&mut instance.basemap_url, args.basemap_url),
        (&mut instance.basemap_attribution, args.basemap_attribution),
        (&mut instance.calendar_region, args.calendar_region),
        (&mut instance.work_slots, args.work_slots),
        (&mut instance.stage_limits, args.stage_limits),
        (&mut instance.stage_time_type, args.stage_time_type),
    ];
    for (slot, given) in slots {
        if let Some(given) = given {
            *slot = given;
        }
    }
    save_instance(&ctx, instance.clone()).await.map_err(told)?;
    println!("name        {} / {}", instance.name_zh, instance.name_en);
    println!("district    {}", instance.district);
    println!("time zone   {}", instance.time_zone);
    println!("locale      {}", instance.locale);
    println!("risk levels {}", instance.risk_levels);
    println!("retention   {}", instance.retention);
    tell_calendar(&ctx).await
}

/// Puts the region's shipped years in force where there is no calendar at all, and says what there
/// is.
async fn tell_calendar(ctx: &Ctx) -> anyhow::Result<ExitCode> {
    let region = ctx.instance().calendar_region;
    if ctx.snapshot().keeper.calendar.years().next().is_none()
        && shipped_regions().contains(region.as_str())
    {
        let outcome = publish_shipped_calendar(ctx, &region, "shipped").await.map_err(told)?;
        outcome.map_err(|problems| anyhow::anyhow!("{}", problems.join("; ")))?;
    }
    let years = ctx.snapshot().keeper.calendar.years().map(|y| y.to_string()).collect::<Vec<_>>();
    let years = match years.is_empty() {
        true => "no year yet: see `hexward import calendar`".to_owned(),
        false => years.join(", "),
    };
    println!("calendar    {region}: {years}");
    Ok(ExitCode::SUCCESS)
}
