//! `hexward init`: the settings of an installation.

use super::open::{open, told};
use crate::app::instance::save_instance;
use crate::config::ConfigArgs;
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
    /// A base map: an address with {z}, {x} and {y} on this host.
    #[arg(long)]
    basemap_url: Option<String>,
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
    let slots = [
        (&mut instance.name_zh, args.name),
        (&mut instance.name_en, args.name_en),
        (&mut instance.district, args.district),
        (&mut instance.time_zone, args.time_zone),
        (&mut instance.locale, args.locale),
        (&mut instance.schemes, args.schemes),
        (&mut instance.position_days, args.position_days.map(|days| days.to_string())),
        (&mut instance.basemap_url, args.basemap_url),
        (&mut instance.basemap_attribution, args.basemap_attribution),
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
    Ok(ExitCode::SUCCESS)
}
