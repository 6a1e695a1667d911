//! Each defect by its name, in small matrices made by hand.

use super::*;

#[test]
fn a_hexagon_covers_no_area_and_seven_small_ones_cover_a_large_one() {
    let [own, next, _, around] = cells();
    let at = |id: &str, cell: Option<CellIndex>, priority: i32| Rule {
        cell,
        priority,
        ..rule(id, "any", "a")
    };
    let dead = |rules: Vec<Rule>| -> Vec<RuleId> {
        let told = found(&matrix(rules, Vec::new()), "unreachable").into_iter();
        told.filter_map(|defect| match defect.row()? {
            RowRef::Rule(id) => Some(id),
            RowRef::Rung { .. } => None,
        })
        .collect()
    };
    let ids = |ids: &[&str]| ids.iter().map(|id| RuleId::parse(id).unwrap()).collect::<Vec<_>>();
    assert_eq!(dead(vec![at("area", None, 0), at("cell", Some(around), 1)]), ids(&[]));
    assert_eq!(dead(vec![at("area", None, 1), at("cell", Some(around), 0)]), ids(&["cell"]));
    assert_eq!(
        dead(vec![at("large", Some(around), 1), at("small", Some(own), 0)]),
        ids(&["small"])
    );
    let mut tiles: Vec<Rule> = around
        .children(Resolution::Nine)
        .enumerate()
        .map(|(i, cell)| at(&format!("t{i}"), Some(cell), 0))
        .collect();
    tiles.push(at("large", Some(around), 0));
    assert_eq!(dead(tiles.clone()), ids(&["large"]));
    tiles.remove(3);
    assert_eq!(dead(tiles), ids(&[]));
    // Two hexagons of one size are never tied, and no finding says that the other places lack a
    // lead less than they do.
    let pair = matrix(vec![at("a", Some(own), 0), at("b", Some(next), 0)], Vec::new());
    assert_eq!(found(&pair, "equal_rank"), []);
    assert_ne!(found(&pair, "no_lead"), []);
    let twice = matrix(vec![at("a", Some(own), 0), at("b", Some(own), 0)], Vec::new());
    assert_eq!(found(&twice, "equal_rank").len(), 1);
}

#[test]
fn each_defect_is_found_by_name_with_its_row_and_its_sentence() {
    let with = |change: &dyn Fn(&mut Rule)| {
        let mut rule = rule("r1", "small:b1", "a");
        change(&mut rule);
        rule
    };
    let past = Validity::new(None, Some(Day(TODAY.0 - 1))).unwrap();
    let cases: Vec<(&str, Weight, Vec<Rule>)> = vec![
        ("inactive_lead", Weight::Error, vec![rule("r1", "any", "closed")]),
        (
            "inactive_assist",
            Weight::Warning,
            vec![with(&|r| {
                r.assists = vec![DepartmentCode::parse("closed").unwrap()];
            })],
        ),
        ("expired", Weight::Warning, vec![with(&|r| r.validity = past)]),
        (
            "expired",
            Weight::Warning,
            vec![with(&|r| {
                r.window = TimeWindow::parse("", "", "2020-01-01..2020-02-01").unwrap();
            })],
        ),
        ("unknown_area", Weight::Error, vec![with(&|r| r.area = area(Level::Street, "d"))]),
        ("unknown_area", Weight::Error, vec![with(&|r| r.area = area(Level::Street, "gone"))]),
        ("unknown_selector", Weight::Error, vec![rule("r1", "small:nothing", "a")]),
        ("unknown_selector", Weight::Error, vec![rule("r1", "small:b", "a")]),
        (
            "unknown_asset",
            Weight::Warning,
            vec![with(&|r| {
                r.asset = Some(AssetScope { layer: "park".into(), owner: None });
            })],
        ),
        (
            "unknown_asset",
            Weight::Warning,
            vec![with(&|r| {
                r.asset =
                    Some(AssetScope { layer: "river".into(), owner: Some("水务局".into()) });
            })],
        ),
        ("equal_rank", Weight::Error, vec![rule("r0", "any", "a"), rule("r1", "any", "b")]),
        ("equal_rank", Weight::Warning, vec![rule("r0", "any", "a"), rule("r1", "any", "a")]),
        (
            "unreachable",
            Weight::Warning,
            vec![
                with(&|_| ()),
                with(&|r| {
                    r.id = RuleId::parse("r0").unwrap();
                    r.priority = 1;
                }),
            ],
        ),
        ("no_limit", Weight::Warning, vec![rule("r1", "big:o", "a")]),
    ];
    for (code, weight, rules) in cases {
        let rungs = ["d", "x"].map(|code| rung(Level::District, code, "a"));
        let matrix = matrix(rules, rungs.to_vec());
        let mut found = check(&matrix);
        found.retain(|finding| finding.defect.code() == code);
        let [finding] = found.as_slice() else { panic!("{code}: {found:?}") };
        assert_eq!(finding.weight, weight, "{code}");
        assert_eq!(finding.defect.row(), Some(RowRef::Rule(rule("r1", "any", "a").id)), "{code}");
        let (zh, en) = (finding.defect.sentence(Lang::Zh), finding.defect.sentence(Lang::En));
        assert!(zh.contains("r1") && en.contains("r1") && zh != en, "{zh} {en}");
    }
}

#[test]
fn a_rule_whose_validity_and_window_never_meet_is_told() {
    let told = |validity: (&str, &str), weekdays: &str, dates: &str| {
        let mut own = rule("r1", "any", "a");
        let day = |text: &str| (!text.is_empty()).then(|| Day::parse(text).unwrap());
        own.validity = Validity::new(day(validity.0), day(validity.1)).unwrap();
        own.window = TimeWindow::parse(weekdays, "", dates).unwrap();
        let rungs = ["d", "x"].map(|code| rung(Level::District, code, "a"));
        let found = found(&matrix(vec![own], rungs.to_vec()), "unreachable");
        for defect in &found {
            assert_eq!(defect.row(), Some(RowRef::Rule(RuleId::parse("r1").unwrap())));
            let (zh, en) = (defect.sentence(Lang::Zh), defect.sentence(Lang::En));
            assert!(zh.contains("有效期") && en.contains("valid_from"), "{zh} {en}");
        }
        found.len()
    };
    assert_eq!(told(("2026-01-01", "2026-12-31"), "", "2027-03-01..2027-04-01"), 1);
    // A Saturday.
    assert_eq!(told(("", ""), "1-5", "2026-11-21..2026-11-21"), 1);
    assert_eq!(told(("", ""), "6", "2026-11-21..2026-11-21"), 0);
    assert_eq!(told(("2026-11-01", "2027-01-31"), "", "03-01..04-01"), 1);
    // They meet, later than the check looks.
    assert_eq!(told(("2028-01-01", ""), "", "03-01..04-01"), 0);
    assert_eq!(told(("", ""), "1", "02-29..02-29"), 0, "in 2044");
}

#[test]
fn a_category_that_only_the_fallback_leads_is_told_by_name() {
    let rungs = ["d", "x"].map(|code| rung(Level::District, code, "a")).to_vec();
    let told = |rules: Vec<Rule>, rungs: &[Rung]| -> Vec<String> {
        let found = found(&matrix(rules, rungs.to_vec()), "only_fallback").into_iter();
        let code = |defect: Defect| match &defect {
            Defect::OnlyFallback { category } => {
                let code = category.code.to_string();
                assert!(defect.sentence(Lang::En).contains(&code), "{defect:?}");
                assert_eq!(defect.file(), Some(MatrixFile::Rules));
                code
            }
            other => panic!("{other:?}"),
        };
        found.map(code).collect()
    };
    assert_eq!(told(vec![rule("r1", "big:b", "a")], &rungs), ["e", "o"]);
    assert_eq!(
        told(vec![rule("r1", "small:b1", "a"), rule("r2", "big:o", "closed")], &rungs),
        ["b2", "e", "o"]
    );
    // A rule for one of its conditions is one of its own.
    assert_eq!(told(vec![rule("r1", "condition:o-1", "a")], &rungs), ["b1", "b2", "e"]);
    assert_eq!(told(vec![rule("r1", "any", "a")], &rungs), Vec::<String>::new());
    assert_eq!(told(Vec::new(), &[]), Vec::<String>::new(), "without a ladder nobody leads");
}

#[test]
fn what_lacks_a_row_names_the_file_and_the_codes() {
    let one = |code: &str, rules: Vec<Rule>, ladder: Vec<Rung>| {
        found(&matrix(rules, ladder), code).into_iter().next().expect("a finding")
    };
    let gap = one("rung_gap", vec![rule("r1", "any", "a")], vec![rung(Level::Street, "s1", "a")]);
    let missing =
        one("rung_missing", vec![rule("r1", "any", "a")], vec![rung(Level::Street, "s1", "a")]);
    let unled = one("no_lead", vec![rule("r1", "small:b1", "a")], Vec::new());
    for (defect, file, code) in [
        (&gap, MatrixFile::Ladder, "(s2)"),
        (&missing, MatrixFile::Ladder, "(s2)"),
        (&unled, MatrixFile::Rules, "(d)"),
    ] {
        assert_eq!(defect.file(), Some(file));
        for lang in [Lang::Zh, Lang::En] {
            assert!(defect.sentence(lang).contains(code), "{}", defect.sentence(lang));
        }
    }
    let unlimited = one("no_limit", vec![rule("r1", "big:o", "a")], Vec::new());
    assert!(unlimited.sentence(Lang::En).contains("the catalog's row o-1"), "{unlimited:?}");
}

#[test]
fn a_normal_layer_with_two_owners_is_no_tie() {
    let of = |id: &str, owner: &str, lead: &str| {
        let mut own = rule(id, "any", lead);
        own.asset = Some(AssetScope { layer: "road".into(), owner: Some(owner.into()) });
        own
    };
    let two = matrix(vec![of("r1", "路局", "a"), of("r2", "市政", "b")], Vec::new());
    assert_eq!(found(&two, "equal_rank"), []);
    let same = matrix(vec![of("r1", "路局", "a"), of("r2", "路局", "b")], Vec::new());
    assert_eq!(found(&same, "equal_rank").len(), 1);
}

#[test]
fn a_sound_matrix_has_no_finding() {
    let limited = |mut rule: Rule| {
        rule.limit = Some(Limit { amount: 2, unit: TimeType::WorkDay });
        rule
    };
    let rules = vec![limited(rule("r1", "kind:hazard", "a")), limited(rule("r2", "any", "b"))];
    let all = |code: &'static str, level| rung(level, code, "a");
    let ladder = AREAS.map(|(code, level, _)| all(code, level)).into();
    assert_eq!(check(&matrix(rules, ladder)), []);
}

#[test]
fn a_gap_in_the_ladder_is_told_where_it_begins() {
    let rules = vec![rule("r1", "any", "a")];
    let told = |ladder: Vec<Rung>| -> Vec<(String, usize)> {
        let gaps = found(&matrix(rules.clone(), ladder), "rung_gap").into_iter();
        let gap = |defect: Defect| match defect {
            Defect::RungGap { area, leaves, .. } => (area.code.to_string(), leaves),
            other => panic!("{other:?}"),
        };
        gaps.map(gap).collect()
    };
    assert_eq!(told(vec![rung(Level::District, "d", "a")]), [("x".to_owned(), 1)]);
    let street = || rung(Level::Street, "s1", "a");
    assert_eq!(told(vec![street()]), [("s2".to_owned(), 1), ("x".to_owned(), 1)]);
    // An inactive rung answers for nobody, and shuts out the one for every kind beside it.
    let shut = Rung { kind: Some(Kind::Hazard), ..rung(Level::District, "d", "closed") };
    let told_kinds =
        found(&matrix(rules.clone(), vec![rung(Level::District, "d", "a"), shut]), "rung_gap");
    let of_d = |defect: &Defect| {
        matches!(defect, Defect::RungGap { area, kinds, .. }
        if area.code.as_str() == "d" && kinds == &[Kind::Hazard])
    };
    assert!(told_kinds.iter().any(of_d), "{told_kinds:?}");
    let missing = found(&matrix(rules.clone(), vec![street()]), "rung_missing");
    assert!(
        matches!(&missing[..], [Defect::RungMissing { level: Level::Street, areas, of: 2 }]
        if areas.len() == 1),
        "{missing:?}"
    );
}

/// 5,000 areas and 600 categories with 20,000 rules: three million pairs, which would
/// take this test hours if they were decided one by one.
#[test]
fn a_large_matrix_is_checked_without_going_through_every_pair() {
    let mut entries: Vec<AreaEntry> = vec![(area_code("d"), Level::District, "d".into(), None)];
    for s in 0..50 {
        let street = format!("s{s}");
        entries.push((area_code(&street), Level::Street, street.clone(), Some(area_code("d"))));
        for g in 0..99 {
            let grid = format!("{street}-{g}");
            entries.push((area_code(&grid), Level::Grid, grid.clone(), Some(area_code(&street))));
        }
    }
    let tree = AreaTree::new(entries.clone());
    let big = (0..20).map(|b| category(&format!("b{b}"), None, Kind::Hazard));
    let small =
        (0..600).map(|c| category(&format!("c{c}"), Some(&format!("b{}", c % 20)), Kind::Hazard));
    let catalog = catalog_of(big.chain(small).collect(), Vec::new());
    let mut rules = Vec::new();
    for (i, (code, level, _, _)) in entries.iter().enumerate() {
        for k in 0..4 {
            let mut rule =
                rule(&format!("r{i}-{k}"), &format!("small:c{}", (i * 7 + k * 131) % 599), "a");
            rule.area = area(*level, code.as_str());
            rules.push(rule);
        }
    }
    // The last category has one rule in one street, and no rung is anywhere but in that street.
    let mut last = rule("last", "small:c599", "b");
    last.area = area(Level::Street, "s0");
    rules.push(last);
    let ladder = entries
        .iter()
        .filter(|e| e.0.as_str().starts_with("s0"))
        .map(|e| rung(e.1, e.0.as_str(), "a"));
    let matrix = matrix(rules, ladder.collect());
    let horizon = Horizon { from: TODAY, days: HORIZON_DAYS };
    let layers = BTreeMap::new();
    let around =
        Surroundings { catalog: &catalog, schemes: &[], areas: &tree, layers: &layers, horizon };
    let findings = lint(&matrix, around);
    let of_last = findings.iter().find_map(|finding| match &finding.defect {
        Defect::NoLead { categories, leaves, .. }
            if categories.iter().any(|c| c.code.as_str() == "c599") =>
        {
            Some((categories.len(), *leaves))
        }
        _ => None,
    });
    assert_eq!(of_last, Some((1, 49 * 99)));
}
