//! Reference systems: which are geographic degrees that count as WGS-84, and which are not.

use super::FormatError;
use super::faults::Note;

/// Judges the text of a `.prj` file (WKT 1, ESRI or OGC, or WKT 2); gives notes to be shown.
///
/// # Errors
/// A projected system, or a geographic one on another datum.
pub fn check_prj(text: &str) -> Result<Vec<Note>, FormatError> {
    let text = text.trim().trim_start_matches('\u{feff}');
    let name = text.split('"').nth(1).unwrap_or("?").to_owned();
    let keyword = text.split(['[', '(']).next().unwrap_or("").trim().to_ascii_uppercase();
    if !matches!(keyword.as_str(), "GEOGCS" | "GEOGCRS" | "GEODCRS" | "GEODETICCRS") {
        return Err(FormatError::Projection(name));
    }
    check_datum_name(text, &name)
}

fn check_datum_name(text: &str, name: &str) -> Result<Vec<Note>, FormatError> {
    let plain: String =
        text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_lowercase();
    let is_any = |names: &[&str]| names.iter().any(|n| plain.contains(n));
    if is_any(&["wgs1984", "wgs84", "cgcs2000", "chinageodeticcoordinatesystem2000", "china2000"]) {
        return Ok(Vec::new());
    }
    if is_any(&["northamerican1983", "nad83", "nad1983"]) {
        return Ok(vec![Note::Nad83]);
    }
    if is_any(&["etrs89", "etrs1989", "gda94", "gda2020", "jgd2000", "jgd2011"]) {
        return Ok(vec![Note::Near(name.to_owned())]);
    }
    Err(FormatError::Projection(name.to_owned()))
}

/// Judges the name in the `crs` member of a GeoJSON file of 2008.
///
/// # Errors
/// A name that does not stand for geographic degrees near WGS-84.
pub fn check_crs_name(name: &str) -> Result<Vec<Note>, FormatError> {
    let upper = name.to_ascii_uppercase();
    let code = upper.rsplit([':', '/']).next().unwrap_or("");
    match code {
        "CRS84" | "OGC:CRS84" | "4326" | "4490" | "4979" => Ok(Vec::new()),
        "4269" => Ok(vec![Note::Nad83]),
        "4258" => Ok(vec![Note::Etrs89]),
        _ => Err(FormatError::Projection(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_degrees_near_wgs84_are_taken() {
        for (wkt, notes) in [
            (
                r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.2]]]"#,
                0,
            ),
            (r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000"]]"#, 0),
            (r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983"]]"#, 1),
        ] {
            assert_eq!(check_prj(wkt).unwrap().len(), notes, "{wkt}");
        }
        for wkt in [
            r#"PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS_China_2000",DATUM["D_China_2000"]]]"#,
            r#"GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954"]]"#,
            "",
        ] {
            let error = check_prj(wkt).unwrap_err().to_string();
            assert!(error.contains("EPSG:4326"), "{error}");
        }
    }

    #[test]
    fn a_crs_member_is_taken_or_named() {
        assert!(check_crs_name("urn:ogc:def:crs:OGC:1.3:CRS84").unwrap().is_empty());
        assert!(check_crs_name("EPSG:4490").unwrap().is_empty());
        assert!(check_crs_name("urn:ogc:def:crs:EPSG::3857").is_err());
    }
}
