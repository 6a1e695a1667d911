//! The examples of docs/formats.md are read as the page says, and bad rows are refused by name.

use proptest::prelude::*;

use super::*;
use crate::domain::catalog::Catalog;

macro_rules! example {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/formats/", $name)).as_slice()
    };
}

const PAGE: &str = include_str!("../../../docs/formats.md");

fn clean<T>((value, problems): (T, Vec<LineProblem>)) -> T {
    assert_eq!(problems, []);
    value
}

fn category(code: &str) -> CategoryCode {
    CategoryCode::parse(code).unwrap()
}

/// The catalog of the examples.
pub(in crate::format) fn example_catalog() -> Catalog {
    let limits = clean(read_limit_table(example!("limits.csv")));
    let parts = CatalogParts {
        schemes: clean(read_schemes(example!("schemes.csv"))),
        categories: clean(read_categories(example!("categories.csv"))),
        conditions: clean(read_conditions(example!("conditions.csv"), &limits)),
        walks: clean(read_crosswalk(example!("crosswalk.csv"))),
    };
    let (catalog, problems) = Catalog::build("example", parts);
    assert_eq!(problems, []);
    catalog
}

#[test]
fn the_page_shows_the_examples_as_they_are() {
    for example in [
        example!("schemes.csv"),
        example!("categories.csv"),
        example!("conditions.csv"),
        example!("limits.csv"),
        example!("published_table.csv"),
        example!("names_en.csv"),
        example!("crosswalk.csv"),
        example!("departments.csv"),
        example!("matrix.csv"),
        example!("ladder.csv"),
    ] {
        let text = std::str::from_utf8(example).unwrap();
        assert!(PAGE.contains(&format!("```csv\n{text}```")), "the page lacks:\n{text}");
    }
}

#[test]
fn the_examples_make_a_catalog() {
    let catalog = example_catalog();
    let wish = catalog.category(&category("zl-02-05")).unwrap();
    assert_eq!((wish.nature, wish.anonymous_allowed), (Some(Nature::SmallWish), true));
    assert_eq!(catalog.big_class_of(wish).unwrap().name, "社情民意");
    let conditions: Vec<_> = catalog.conditions_of(&category("zl-01-02")).collect();
    let limit = |amount, unit| Some(Limit { amount, unit });
    assert_eq!(conditions[0].limit, limit(15, TimeType::WorkDay));
    assert_eq!(conditions[1].limit, limit(24, TimeType::UrgentHour));
    assert_eq!(conditions[1].responsible_units, ["派出所", "司法所"]);
    let wish_condition = catalog.conditions_of(&category("zl-02-05")).next().unwrap();
    assert_eq!(wish_condition.limit, limit(30, TimeType::NaturalDay));
    let walks = |code: &str| catalog.walks_of(&category(code)).to_vec();
    assert_eq!(walks("rx-12"), [(category("zl-02-05"), Relation::Broader)]);
    assert_eq!(walks("zl-02-05"), [(category("rx-12"), Relation::Narrower)]);
}

#[test]
fn a_published_table_becomes_conditions_and_named_problems() {
    let limits = clean(read_limit_table(example!("limits.csv")));
    let names = clean(read_names_en(example!("names_en.csv")));
    let scheme = SchemeCode::parse("national").unwrap();
    let (parts, problems) =
        read_published_table(example!("published_table.csv"), &scheme, &limits, &names);
    let codes: Vec<_> = parts.conditions.iter().map(|c| c.code.as_str()).collect();
    assert_eq!(codes, ["bj-01-01-01", "bj-01-01-02"]);
    assert_eq!(parts.categories[1].name_en.as_deref(), Some("Water supply manhole cover"));
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].to_string(),
        "line 4, limit_text: \"立即\" is refused by the limit table: 没有数量，不能计时"
    );
}

#[test]
fn a_published_class_with_two_names_is_a_problem() {
    let text = std::str::from_utf8(example!("published_table.csv")).unwrap();
    let text = text.replacen("上水井盖,供水公司、各产权单位,城市管理局,破损", "水井,a,b,破损", 1);
    let limits = clean(read_limit_table(example!("limits.csv")));
    let scheme = SchemeCode::parse("national").unwrap();
    let (parts, problems) =
        read_published_table(text.as_bytes(), &scheme, &limits, &HashMap::new());
    assert_eq!((parts.conditions.len(), problems.len()), (1, 2));
    assert!(problems.iter().any(|p| p.line == 3 && p.column.as_deref() == Some("small_name")));
}

#[test]
fn departments_are_read_with_their_areas() {
    let departments = clean(read_departments(example!("departments.csv")));
    let seen: Vec<_> = departments.iter().map(|d| (d.code.as_str(), d.active)).collect();
    assert_eq!(seen, [("sf", true), ("st-1", true), ("old", false)]);
    assert_eq!(departments[1].area, Some((Level::Street, AreaCode::parse("410199001").unwrap())));
    let (_, problems) = read_departments("code,name,area_code\na,b,410199\n".as_bytes());
    assert_eq!(problems[0].to_string(), "line 2, area_level: a value is needed");
}

#[test]
fn a_limit_table_tells_doubled_and_senseless_rows() {
    let text = "text,amount,unit,reason\n天,,work_day,a\n天,,natural_day,b\n时,0,work_hour,c\n\
                分,,minute,d\n";
    let (table, problems) = read_limit_table(text.as_bytes());
    assert_eq!(table.rows().len(), 1);
    let mut columns: Vec<_> =
        problems.iter().map(|p| (p.line, p.column.as_deref().unwrap())).collect();
    columns.sort_unstable();
    assert_eq!(columns, [(3, "text"), (4, "amount"), (5, "unit")]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let with_header = |header: &str| [header.as_bytes(), b"\n", &bytes].concat();
        let limits = LimitTable::default();
        let table = with_header(&PUBLISHED.required.join(","));
        let scheme = SchemeCode::parse("national").unwrap();
        read_published_table(&table, &scheme, &limits, &HashMap::new());
        read_published_table(&bytes, &scheme, &limits, &HashMap::new());
        read_categories(&with_header(&CATEGORIES.required.join(",")));
        read_conditions(&with_header(&CONDITIONS.required.join(",")), &limits);
        read_departments(&with_header(&DEPARTMENTS.required.join(",")));
        read_limit_table(&with_header(&LIMITS.required.join(",")));
    }

    #[test]
    fn any_text_is_a_limit_or_an_error(text in ".{0,12}|[0-9０-９]{1,12}(工作日|天|紧急工作时).?") {
        if let Ok(limit) = Limit::parse(&text) {
            prop_assert!((1..=LIMIT_AMOUNT_MAX).contains(&limit.amount));
            prop_assert_eq!(Limit::parse(&limit.to_string()), Ok(limit));
        }
    }
}

#[test]
fn evidence_follows_from_the_photos_and_the_bounds() {
    let head = "code,category,text,closing_condition,limit,photo,evidence_distance_m,\
                evidence_age_hours";
    let read =
        |row: &str| read_conditions(format!("{head}\n{row}").as_bytes(), &LimitTable::default());
    let (conditions, problems) = read("c1,c,文,结,,before_and_after,200,24");
    assert!(problems.is_empty(), "{problems:?}");
    let evidence = conditions[0].evidence;
    assert!(evidence.before && evidence.after);
    assert_eq!((evidence.distance_m_max, evidence.age_hours_max), (Some(200), Some(24)));
    let (conditions, _) = read("c1,c,文,结,,before,,");
    let evidence = conditions[0].evidence;
    assert!(evidence.before && !evidence.after && evidence.distance_m_max.is_none());
    for wrong in ["c1,c,文,结,,none,-1,", "c1,c,文,结,,none,,0", "c1,c,文,结,,none,1.5,"] {
        let (conditions, problems) = read(wrong);
        assert_eq!((conditions.len(), problems.len()), (0, 1), "{wrong}");
    }
}
