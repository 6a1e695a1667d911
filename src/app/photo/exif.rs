//! What a camera says about a photo: which way is up, when and where it was taken. Claims, not
//! facts: whoever has the file can write anything there.

use crate::domain::time::Timestamp;
use exif::{Exif, In, Reader, Tag, Value};
use image::metadata::Orientation;
use jiff::civil::DateTime;

/// When a photo was taken, as well as the camera says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenAt {
    /// The camera wrote an offset from UTC, or the time of the satellites.
    Instant(Timestamp),
    /// The camera's local time; its zone is not known.
    Local(DateTime),
}

/// What the EXIF block of a photo holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claims {
    pub orientation: Orientation,
    pub taken_at: Option<TakenAt>,
    /// Longitude and latitude in degrees. EXIF means WGS-84; some phones write what their map
    /// shows, so the datum is the camera's word too.
    pub taken_position: Option<(f64, f64)>,
}

impl Claims {
    pub const NONE: Claims =
        Claims { orientation: Orientation::NoTransforms, taken_at: None, taken_position: None };

    /// Reads a raw EXIF block. What cannot be read is absent.
    pub fn read(block: &[u8]) -> Self {
        // Some programs put JPEG's own introduction into WebP and PNG as well.
        let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        let orientation = Orientation::from_exif_chunk(block).unwrap_or(Orientation::NoTransforms);
        let Ok(exif) = Reader::new().read_raw(block.to_vec()) else {
            return Self { orientation, ..Self::NONE };
        };
        Self { orientation, taken_at: taken_at(&exif), taken_position: position(&exif) }
    }

    /// Whether upright width and height are the file's height and width.
    pub fn turns_sideways(&self) -> bool {
        // EXIF 2.3 §4.6.4: from 5 on, the rows of the file are columns of what is seen.
        self.orientation.to_exif() >= 5
    }
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&str> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => std::str::from_utf8(parts.first()?).ok(),
        _ => None,
    }
}

fn rationals(exif: &Exif, tag: Tag) -> Option<[f64; 3]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(parts) => {
            let parts = parts.get(..3)?;
            Some([parts[0].to_f64(), parts[1].to_f64(), parts[2].to_f64()])
        }
        _ => None,
    }
}

fn taken_at(exif: &Exif) -> Option<TakenAt> {
    let Some(local) = ascii(exif, Tag::DateTimeOriginal)
        .and_then(|text| DateTime::strptime("%Y:%m:%d %H:%M:%S", text.trim_end()).ok())
    else {
        return satellite_time(exif).map(TakenAt::Instant);
    };
    let zoned = ascii(exif, Tag::OffsetTimeOriginal).and_then(|offset| {
        let text = format!("{}{}", local, offset.trim_end());
        text.parse::<jiff::Timestamp>().ok()
    });
    match zoned {
        Some(instant) => Some(TakenAt::Instant(Timestamp(instant.as_millisecond()))),
        None => satellite_time(exif).map(TakenAt::Instant).or(Some(TakenAt::Local(local))),
    }
}

/// `GPSDateStamp` and `GPSTimeStamp`, which are in UTC.
fn satellite_time(exif: &Exif) -> Option<Timestamp> {
    let date = ascii(exif, Tag::GPSDateStamp)?;
    let date = jiff::civil::Date::strptime("%Y:%m:%d", date.trim_end()).ok()?;
    let [hours, minutes, seconds] = rationals(exif, Tag::GPSTimeStamp)?;
    let since_midnight_ms = ((hours * 60.0 + minutes) * 60.0 + seconds) * 1000.0;
    // A leap second may still be written; nothing longer than a day is a time.
    if !(0.0..=86_401_000.0).contains(&since_midnight_ms) {
        return None;
    }
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Some(Timestamp(midnight + since_midnight_ms as i64))
}

fn position(exif: &Exif) -> Option<(f64, f64)> {
    let degrees = |value: Tag, reference: Tag, negative: &str, max: f64| {
        let [degrees, minutes, seconds] = rationals(exif, value)?;
        let sign = if ascii(exif, reference)? == negative { -1.0 } else { 1.0 };
        let degrees = sign * (degrees + minutes / 60.0 + seconds / 3600.0);
        (degrees.is_finite() && degrees.abs() <= max).then_some(degrees)
    };
    let lon = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W", 180.0)?;
    let lat = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S", 90.0)?;
    // A camera without a fix writes zeros.
    (lon != 0.0 || lat != 0.0).then_some((lon, lat))
}
