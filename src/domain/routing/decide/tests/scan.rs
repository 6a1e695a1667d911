//! The index against a scan of all rules.

use super::*;

fn selects(selector: &Selector, facts: &Facts) -> bool {
    match selector {
        Selector::Condition(code) => facts.condition.as_ref() == Some(code),
        Selector::SmallClass(code) => facts.category.small.as_ref() == Some(code),
        Selector::BigClass(code) => facts.category.big.as_ref() == Some(code),
        Selector::Kind(kind) => facts.kind == *kind,
        Selector::Any => true,
    }
}

fn is_about(rule: &Rule, facts: &Facts) -> bool {
    let inside = |area: &RuleArea| {
        facts.chain.iter().any(|p| (p.level, &p.code) == (area.level, &area.code))
    };
    let covers = |cell: CellIndex| {
        let children = facts.position.map(|p| LatLng::new(p.lat, p.lon).unwrap());
        let finest = children.map(|at| at.to_cell(h3o::Resolution::Eleven));
        finest.is_some_and(|finest| cell.children(h3o::Resolution::Eleven).any(|c| c == finest))
    };
    selects(&rule.selector, facts)
        && rule.area.as_ref().is_none_or(inside)
        && rule.cell.is_none_or(covers)
}

/// The slow truth: looks at every rule, compares by the words of the specification, and knows
/// nothing of the index or of the stored order.
fn lead_by_scan<'a>(rules: &'a [Rule], matrix: &Matrix, facts: &Facts) -> Option<&'a RuleId> {
    let applies = |rule: &&Rule| {
        is_about(rule, facts)
            && rule.window.contains(&facts.local)
            && rule.severity.is_none_or(|s| s == facts.severity)
            && rule.validity.contains(facts.local.day)
            && rule.asset_fits(facts)
            && matrix.is_active(&rule.lead)
    };
    let better = |a: &&Rule, b: &&Rule| {
        let area = |rule: &Rule| rule.area.as_ref().map(|area| area.level);
        // The smaller hexagon goes first, and any goes before none.
        let edge = |rule: &Rule| {
            rule.cell.map_or(f64::INFINITY, |cell| cell.resolution().edge_length_km())
        };
        // The nearest of the things that the rule is about, by going through all of them.
        let near = |rule: &Rule| {
            let of_rule = |asset: &&NearbyAsset| {
                let owner = rule.asset.as_ref().and_then(|scope| scope.owner.as_ref());
                rule.asset.as_ref().is_some_and(|scope| scope.layer == asset.layer)
                    && (owner.is_none() || owner == asset.owner.as_ref())
            };
            let far = facts.assets.iter().filter(of_rule).map(|asset| asset.distance_m);
            far.fold(f64::INFINITY, f64::min)
        };
        let owned = |rule: &Rule| rule.asset.as_ref().map(|asset| asset.owner.is_some());
        a.priority
            .cmp(&b.priority)
            .then_with(|| a.selector.rank().cmp(&b.selector.rank()))
            .then_with(|| owned(a).cmp(&owned(b)))
            .then_with(|| edge(b).total_cmp(&edge(a)))
            .then_with(|| area(a).cmp(&area(b)))
            .then_with(|| near(b).total_cmp(&near(a)))
            .then_with(|| b.id.cmp(&a.id))
    };
    let best = rules.iter().filter(applies).max_by(|a, b| match better(a, b) {
        Ordering::Equal => unreachable!("ids are unique"),
        order => order,
    });
    best.map(|rule| &rule.id)
}

type RuleRow = (&'static str, Option<RuleArea>, u8, &'static str, i32, u8, Option<Option<String>>);

fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    let selectors = prop::sample::select(vec![
        "any",
        "kind:hazard",
        "kind:opinion",
        "big:x",
        "big:y",
        "small:x-01",
        "small:x-02",
        "condition:x-01-01",
        "condition:x-01-02",
    ]);
    let areas = prop::sample::select(vec![
        None,
        rule_area(Level::District, "d1"),
        rule_area(Level::Street, "s1"),
        rule_area(Level::Street, "s2"),
        rule_area(Level::Grid, "g1"),
        rule_area(Level::Community, "g1"),
    ]);
    let leads = prop::sample::select(vec!["a", "b", "c", "closed"]);
    let owner = prop::sample::select(vec!["city", "county"]).prop_map(str::to_owned);
    let asset = prop::option::weighted(0.3, prop::option::weighted(0.7, owner));
    let fields = (selectors, areas, 0..12u8, leads, -1..2i32, 0..4u8, asset);
    prop::collection::vec(fields, 0..60).prop_map(|rows| {
        let make =
            |(i, (selector, area, place, lead, priority, misfit, asset)): (usize, RuleRow)| {
                with(rule(&format!("r{i}"), selector, lead), |r: &mut Rule| {
                    r.area = area;
                    let near = LatLng::new(34.775, 113.69).unwrap().to_cell(h3o::Resolution::Nine);
                    r.cell = match place {
                        0..4 => cell(6 + place),
                        4 => Some(near),
                        _ => None,
                    };
                    r.priority = priority;
                    r.asset = asset
                        .map(|owner: Option<String>| AssetScope { layer: "road".into(), owner });
                    match misfit {
                        0 => r.severity = Some(Severity::Major),
                        1 => r.validity = Validity::new(None, Some(Day(100))).unwrap(),
                        _ => {}
                    }
                })
            };
        rows.into_iter().enumerate().map(make).collect()
    })
}

proptest! {
    #[test]
    fn the_index_agrees_with_a_scan_whatever_the_order_of_the_rows(
        (rules, shuffled) in any_rules()
            .prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        on_a_road: bool,
        county_m in prop::option::of(0..6u8),
        major: bool,
    ) {
        let mut facts = if on_a_road { facts_on_a_road() } else { facts() };
        if let Some(m) = county_m {
            facts.assets.push(road_of("county", f64::from(m)));
        }
        if major {
            facts.severity = Severity::Major;
        }
        let matrix = matrix(rules.clone(), vec![]);
        let decision = decide(&matrix, &facts);
        prop_assert_eq!(decision.rule(), lead_by_scan(&rules, &matrix, &facts));
        let every: Vec<usize> =
            (0..rules.len()).filter(|&i| is_about(&matrix.rules()[i], &facts)).collect();
        prop_assert_eq!(&decision, &judge(&matrix, &facts, &every, facts.local.day));
        prop_assert_eq!(decision, decide(&self::matrix(shuffled, vec![]), &facts));
    }
}
