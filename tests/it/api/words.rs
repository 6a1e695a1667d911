//! What administrators are told of broken files, in Chinese: sentences with place and remedy, where
//! a library's own English stands in brackets alone.

use super::World;
use super::report::form;
use crate::support::check;
use hexward::domain::access::Role;
use serde_json::Value;

/// The texts of an answer that are shown in Chinese: those under `zh`, and the details, sentences
/// and notes that the language of the request chose.
fn shown(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| shown(item, out)),
        Value::Object(members) => members.iter().for_each(|(name, member)| match member {
            Value::String(text)
                if ["zh", "detail", "title", "feature", "remedy", "message"]
                    .contains(&name.as_str()) =>
            {
                out.push(text.clone());
            }
            Value::Array(items) if ["says", "notes", "errors"].contains(&name.as_str()) => {
                out.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                items.iter().for_each(|item| shown(item, out));
            }
            _ if name == "en" => {}
            other => shown(other, out),
        }),
        _ => {}
    }
}

/// The text without what stands in brackets or is quoted from the file.
fn bare(text: &str) -> String {
    let (mut out, mut depth, mut quoted) = (String::new(), 0, false);
    for c in text.chars() {
        match c {
            '（' => depth += 1,
            '）' => depth -= 1,
            '"' => quoted = !quoted,
            c if depth == 0 && !quoted => out.push(c),
            _ => {}
        }
    }
    out
}

/// Whether three words of Latin letters follow each other.
fn has_latin_sentence(text: &str) -> bool {
    let bare = bare(text);
    let words: Vec<&str> = bare.split([' ', ',', ';', ':']).collect();
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    words.windows(3).any(|three| three.iter().all(is_word))
}

/// An archive with one stored file, of which the check sum is right.
fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = std::io::Cursor::new(Vec::new());
    let mut writer = zip::ZipWriter::new(&mut out);
    let plain =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file(name, plain).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap();
    out.into_inner()
}

struct Sent<'a> {
    path: &'a str,
    parts: Vec<(&'a str, Vec<u8>)>,
}

/// What sort of part a name is: texts come without one.
fn sort_of(name: &str) -> &'static str {
    match name {
        "lineage" | "layer" | "layer_name" => "",
        _ => "text/csv",
    }
}

fn sent<'a>(path: &'a str, parts: &[(&'a str, &[u8])]) -> Sent<'a> {
    Sent { path, parts: parts.iter().map(|(name, bytes)| (*name, bytes.to_vec())).collect() }
}

const TERRITORY: &str = "/api/v1/territory/versions";
const BRANCHES: &str = "/api/v1/imports/branches?dry_run=true";
const PEOPLE: &str = "/api/v1/imports/people?dry_run=true";
const CATALOG: &str = "/api/v1/imports/categories?dry_run=true";
const LAYER: &str = "/api/v1/imports/assets?dry_run=true";
const PAST: &str = "/api/v1/imports/issues?dry_run=true";
const DRAFT: &str = "/api/v1/matrix/versions";

fn of_territory() -> Vec<Sent<'static>> {
    let feature = |geometry: &str| {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":
            {{"code":"1"}},"geometry":{geometry}}}]}}"#
        )
    };
    let files: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"[1]".to_vec(),
        b"{}".to_vec(),
        b"\xff\xfe{\0".to_vec(),
        b"PK\x03\x04 no archive".to_vec(),
        b"\0\0\x27\x0a".to_vec(),
        zip_of("a.txt", b"x"),
        zip_of("a.shp", b"x"),
        br#"{"type":"Topology","objects":{},"arcs":7}"#.to_vec(),
        br#"{"type":"Topology","arcs":[],"objects":{"a":{"type":"Polygon","arcs":[[9]]}}}"#
            .to_vec(),
        br#"{"type":"FeatureCollection","features":[7]}"#.to_vec(),
        br#"{"crs":{"properties":{"name":"EPSG:3857"}},"type":"FeatureCollection","features":[]}"#
            .to_vec(),
        feature(r#"{"type":"Point","coordinates":[1,2]}"#).into_bytes(),
        feature(r#"{"type":"Polygon","coordinates":"x"}"#).into_bytes(),
        feature(r#"{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2]]]}"#).into_bytes(),
        feature("7").into_bytes(),
    ];
    let mut all: Vec<Sent<'static>> =
        files.iter().map(|file| sent(TERRITORY, &[("file", file)])).collect();
    let lineage = b"kind,from,to,day\njoin,a,b,2026-07-01\nsplit,a,b;c,soon\n";
    all.push(sent(TERRITORY, &[("lineage", lineage), ("file", b"{}")]));
    all
}

fn of_imports() -> Vec<Sent<'static>> {
    let point = br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":
        {"code":"b","name":"n"},"geometry":{"type":"LineString","coordinates":[[1,1],[2,2]]}},
        {"type":"Feature","properties":{"code":"c","name":"n"},"geometry":{"type":"Point",
        "coordinates":"x"}}]}"#;
    let thing = br#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{},"geometry":null},
        {"type":"Feature","properties":{"code":"a"},"geometry":{"type":"Point",
            "coordinates":[1,1]}},
        {"type":"Feature","properties":{"code":"b"},"geometry":{"type":"LineString",
            "coordinates":[[34.7,113.1],[1,1]]}}]}"#;
    let layer = |file: &'static [u8]| {
        sent(LAYER, &[("layer", b"road"), ("layer_name", "道路".as_bytes()), ("file", file)])
    };
    let categories = b"code,scheme,kind,name,big_code,class,nature,needs_inspection,valid_from\n\
        a,nope,crime,n,1,,,,\nb,nope,hazard,n,1,thing,,,\nc,nope,opinion,n,1,,loud,,\n\
        d,nope,hazard,n,1,,,perhaps,\ne,nope,hazard,n,1,,,,soon\n\"f\n";
    let conditions = b"code,category,text,closing_condition,limit,photo,evidence_distance_m\n\
        a,nope,t,c,2,,\nb,nope,t,c,two days,,\nc,nope,t,c,,maybe,\nd,nope,t,c,,,far\n";
    let walks = b"from,to,relation\na,b,near\n";
    vec![
        sent(BRANCHES, &[("file", b"{")]),
        sent(BRANCHES, &[("file", br#"{"type":"Topology","arcs":[],"objects":{}}"#)]),
        sent(BRANCHES, &[("file", point)]),
        sent(BRANCHES, &[("file", b"name\nx\n")]),
        sent(BRANCHES, &[("file", b"code,name,lon,lat,colour\na,b,east,1,red\nc\n\xff,a\n")]),
        sent(PEOPLE, &[("workers", b"id,name\nx,y\n")]),
        sent(PEOPLE, &[("posts", b"worker,area,role,hours,valid_from\nx,y,z,always,soon\n")]),
        sent(CATALOG, &[("categories", categories), ("conditions", conditions)]),
        sent(CATALOG, &[("crosswalk", walks)]),
        layer(b"{"),
        layer(b"\xff"),
        layer(br#"{"type":"Point","coordinates":[1,1]}"#),
        layer(thing),
        sent(PAST, &[("file", b"a\n1\n"), ("mapping", b"= nothing")]),
        sent(PAST, &[("file", b"a\n1\n"), ("mapping", PAST_MAPPING.as_bytes())]),
    ]
}

const PAST_MAPPING: &str = "source = 'x'\nencoding = 'latin1'\ntext = '{a}'\n\
    time_zone = 'Asia/Shanghai'\ntime_formats = ['%Y-%m-%d']\n[columns]\nid = 'a'\n\
    category = 'a'\nreported = 'a'\nlongitude = 'a'\nlatitude = 'a'\n";

#[test]
fn broken_files_of_every_sort_are_told_in_chinese() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let mut told = 0;
        for Sent { path, parts } in of_territory().into_iter().chain(of_imports()) {
            let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
            let parts: Vec<(&str, &str, &[u8])> =
                parts.iter().map(|(name, bytes)| (*name, sort_of(name), &bytes[..])).collect();
            let call = form(path, &parts).header("accept-language", "zh-CN").by(&root);
            let reply = world.send(call).await;
            assert!(matches!(reply.status.as_u16(), 200 | 201 | 422), "{path}: {}", reply.text());
            let mut texts = Vec::new();
            shown(&reply.json(), &mut texts);
            assert!(!texts.is_empty(), "{path} {names:?}: {}", reply.text());
            for text in &texts {
                assert!(!has_latin_sentence(text), "{path} {names:?}: {text:?}");
            }
            let is_chinese = |text: &String| text.chars().any(|c| c >= '\u{4e00}');
            assert!(texts.iter().any(is_chinese), "{path} {names:?}: {texts:?}");
            told += texts.len();
        }
        assert!(told > 60, "every file has something wrong with it: {told}");
        assert!(has_latin_sentence("应为 one whole number"), "the check finds one");
    });
}

#[test]
fn rows_of_a_matrix_that_cannot_be_kept_are_told_in_chinese() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let rules = "id,selector,lead,priority,severity,area_level,area_code,weekdays,hours,dates,\
            cell,valid_from,limit\na,some,d,,,,,,,,,,\nb,any,d,high,,,,,,,,,\n\
            c,any,d,,bad,,,,,,,,\ne,any,d,,,moon,1,,,,,,\nf,any,d,,,,,x,,,,,\n\
            g,any,d,,,,,,x,,,,\nh,any,d,,,,,,,x,,,\ni,any,d,,,,,,,,x,,\nj,any,d,,,,,,,,,x,\n\
            k,any,d,,,,,,,,,,soon\nl,any,nobody,,,,,,,,,,\n";
        let ladder = "level,area_code,department,limit\ncity,1,d,1工作日\ncity,1,d,1工作日\n\
            town,1,d,1工作日\n";
        let departments = "code,name\nd,甲\nd,乙\n";
        let parts: [(&str, &str, &[u8]); 3] = [
            ("departments", "", departments.as_bytes()),
            ("ladder", "", ladder.as_bytes()),
            ("file", "text/csv", rules.as_bytes()),
        ];
        let call = form(DRAFT, &parts);
        let reply = world.send(call.header("accept-language", "zh-CN").by(&root)).await;
        let told = reply.problem(422, "validation");
        let mut texts = Vec::new();
        shown(&told, &mut texts);
        assert!(texts.len() > 12, "{texts:?}");
        let wrong: Vec<&String> = texts.iter().filter(|text| has_latin_sentence(text)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}
