//! A trace as one plain sentence, for a dispatcher and a resident alike.

use super::{
    AssetScope, DepartmentName, Outcome, Route, RoutedBy, Selector, Trace, UnroutedReason,
};
use crate::domain::catalog::Lang;
use crate::domain::id::DepartmentCode;
use crate::domain::territory::level::Level;

impl Trace {
    /// Where the report went and why, in one sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        match (&self.outcome, lang) {
            (Outcome::Routed(route), Lang::Zh) => self.routed_zh(route),
            (Outcome::Routed(route), Lang::En) => self.routed_en(route),
            (Outcome::Unrouted(reason), Lang::Zh) => self.unrouted_zh(*reason),
            (Outcome::Unrouted(reason), Lang::En) => self.unrouted_en(*reason),
        }
    }

    fn routed_zh(&self, route: &Route) -> String {
        let what = self.facts.category.name_in(Lang::Zh);
        let (place, version) = (self.place(Lang::Zh), &self.matrix_version);
        let lead = self.name(&route.lead, Lang::Zh);
        let why = match &route.by {
            RoutedBy::Rule(id) => format!(
                "按权责清单（{version}）第{id}条（{}，{}），由{lead}主办",
                self.selector_words(Lang::Zh),
                self.scope_words(Lang::Zh),
            ),
            RoutedBy::Rung { level, .. } => format!(
                "权责清单（{version}）中没有适用的规则，按{}兜底由{lead}主办",
                level_words(*level, Lang::Zh)
            ),
        };
        let assists: Vec<_> = route.assists.iter().map(|code| self.name(code, Lang::Zh)).collect();
        let assists = match assists.is_empty() {
            true => String::new(),
            false => format!("，{}协办", assists.join("、")),
        };
        let unit = match route.unit.is_empty() {
            true => String::new(),
            false => format!("（{}）", route.unit),
        };
        let limit = route
            .limit
            .map_or_else(String::new, |(limit, _)| format!("，时限{}", limit.words(Lang::Zh)));
        format!("{place}的“{what}”：{why}{unit}{assists}{limit}。")
    }

    fn routed_en(&self, route: &Route) -> String {
        let what = self.facts.category.name_in(Lang::En);
        let (place, version) = (self.place(Lang::En), &self.matrix_version);
        let lead = self.name(&route.lead, Lang::En);
        let assists: Vec<_> = route.assists.iter().map(|code| self.name(code, Lang::En)).collect();
        let assists = match assists.is_empty() {
            true => String::new(),
            false => format!(" with help from {}", assists.join(", ")),
        };
        let limit = route
            .limit
            .map_or_else(String::new, |(limit, _)| format!(" within {}", limit.words(Lang::En)));
        let unit = match route.unit.is_empty() {
            true => String::new(),
            false => format!(" ({})", route.unit),
        };
        let why = match &route.by {
            RoutedBy::Rule(id) => format!(
                "rule {id} of responsibility matrix {version} ({}, {}) names it",
                self.selector_words(Lang::En),
                self.scope_words(Lang::En),
            ),
            RoutedBy::Rung { level, .. } => format!(
                "no rule of responsibility matrix {version} applies, and it answers for the {} \
                 as fallback",
                level_words(*level, Lang::En)
            ),
        };
        format!("“{what}” in {place} goes to {lead}{unit}{assists}{limit}, because {why}.")
    }

    fn unrouted_zh(&self, reason: UnroutedReason) -> String {
        let what = self.facts.category.name_in(Lang::Zh);
        let why = match reason {
            UnroutedReason::OutsideEveryArea => "位置不在任何辖区内，",
            UnroutedReason::NoRuleAndNoRung => "",
        };
        let (place, version) = (self.place(Lang::Zh), &self.matrix_version);
        format!(
            "{place}的“{what}”：{why}权责清单（{version}）中没有适用的规则，也没有兜底单位，\
             由街道裁定主办部门。"
        )
    }

    fn unrouted_en(&self, reason: UnroutedReason) -> String {
        let what = self.facts.category.name_in(Lang::En);
        let why = match reason {
            UnroutedReason::OutsideEveryArea => "the position lies in no known area and ",
            UnroutedReason::NoRuleAndNoRung => "",
        };
        let (place, version) = (self.place(Lang::En), &self.matrix_version);
        format!(
            "“{what}” in {place} stays with the street, which will name the department, because \
             {why}neither a rule nor a fallback of responsibility matrix {version} applies."
        )
    }

    /// The names from the street inwards, or the innermost one where there is no street.
    fn place(&self, lang: Lang) -> String {
        let chain = &self.facts.chain;
        let inner: Vec<&str> = chain
            .iter()
            .filter(|place| place.level >= Level::Street)
            .map(|place| place.name.as_str())
            .collect();
        // A grid is often named after its community: what the next name says already is left out.
        let next = inner.iter().skip(1).copied().chain([""]);
        let inner: Vec<&str> = inner
            .iter()
            .zip(next)
            .filter(|(name, next)| !next.starts_with(**name))
            .map(|(name, _)| *name)
            .collect();
        match (inner.is_empty(), chain.last(), lang) {
            (false, _, Lang::Zh) => inner.concat(),
            (false, _, Lang::En) => inner.join(", "),
            (true, Some(place), _) => place.name.clone(),
            (true, None, Lang::Zh) => "未知地点".to_owned(),
            (true, None, Lang::En) => "an unknown place".to_owned(),
        }
    }

    fn name<'a>(&'a self, code: &'a DepartmentCode, lang: Lang) -> &'a str {
        let found = self.departments.iter().find(|department| department.code == *code);
        match (found, lang) {
            (Some(DepartmentName { name_en: Some(name), .. }), Lang::En) => name,
            (Some(department), _) => &department.name,
            (None, _) => code.as_str(),
        }
    }

    fn selector_words(&self, lang: Lang) -> &'static str {
        let won = self.considered.iter().find(|c| c.fate == super::Fate::Won);
        match (won.map(|considered| &considered.selector), lang) {
            (Some(Selector::Condition(_)), Lang::Zh) => "针对该立案条件",
            (Some(Selector::SmallClass(_)), Lang::Zh) => "针对该小类",
            (Some(Selector::BigClass(_)), Lang::Zh) => "针对该大类",
            (Some(Selector::Kind(_)), Lang::Zh) => "针对该类事项",
            (Some(Selector::Any) | None, Lang::Zh) => "针对所有事项",
            (Some(Selector::Condition(_)), Lang::En) => "for this filing condition",
            (Some(Selector::SmallClass(_)), Lang::En) => "for this category",
            (Some(Selector::BigClass(_)), Lang::En) => "for this group of categories",
            (Some(Selector::Kind(_)), Lang::En) => "for this kind of issue",
            (Some(Selector::Any) | None, Lang::En) => "for every issue",
        }
    }

    /// The thing that made the rule fit, and how far it is.
    fn asset_words(&self, scope: &AssetScope, lang: Lang) -> String {
        let owner = scope.owner.as_deref();
        let found = self.facts.assets.iter().find(|asset| scope.holds(asset));
        let near = found.map(|asset| (asset.name.as_str(), asset.distance_m.round()));
        match (near, lang) {
            (Some((name, 0.0)), Lang::Zh) => format!("位于“{name}”"),
            (Some((name, 0.0)), Lang::En) => format!("on “{name}”"),
            (Some((name, metres)), Lang::Zh) => format!("距“{name}”{metres}米"),
            (Some((name, metres)), Lang::En) => format!("{metres} m from “{name}”"),
            (None, Lang::Zh) => format!("限{}{}", owner.unwrap_or_default(), scope.layer),
            (None, Lang::En) => owner.map_or_else(
                || format!("on a {}", scope.layer),
                |owner| format!("on a {} of {owner}", scope.layer),
            ),
        }
    }

    fn scope_words(&self, lang: Lang) -> String {
        let won = self.considered.iter().find(|c| c.fate == super::Fate::Won);
        if let Some(asset) = won.and_then(|considered| considered.asset.as_ref()) {
            return self.asset_words(asset, lang);
        }
        let area = won.and_then(|considered| considered.area.as_ref());
        let place = area.and_then(|area| {
            self.facts.chain.iter().find(|p| p.level == area.level && p.code == area.code)
        });
        if won.is_some_and(|considered| considered.cell.is_some()) {
            return match (place, lang) {
                (Some(place), Lang::Zh) => format!("适用于{}的一个六边形", place.name),
                (Some(place), Lang::En) => format!("in one hexagon of {}", place.name),
                (None, Lang::Zh) => "适用于一个六边形".to_owned(),
                (None, Lang::En) => "in one hexagon".to_owned(),
            };
        }
        match (place, lang) {
            (Some(place), Lang::Zh) => format!("适用于{}", place.name),
            (Some(place), Lang::En) => format!("everywhere in {}", place.name),
            (None, Lang::Zh) => "不限地点".to_owned(),
            (None, Lang::En) => "anywhere".to_owned(),
        }
    }
}

fn level_words(level: Level, lang: Lang) -> &'static str {
    match (level, lang) {
        (Level::Province, Lang::Zh) => "省级",
        (Level::City, Lang::Zh) => "市级",
        (Level::District, Lang::Zh) => "区级",
        (Level::Street, Lang::Zh) => "街道",
        (Level::Community, Lang::Zh) => "社区",
        (Level::Grid, Lang::Zh) => "网格",
        (Level::MicroGrid, Lang::Zh) => "微网格",
        (Level::Province, Lang::En) => "province",
        (Level::City, Lang::En) => "city",
        (Level::District, Lang::En) => "district",
        (Level::Street, Lang::En) => "street",
        (Level::Community, Lang::En) => "community",
        (Level::Grid, Lang::En) => "grid",
        (Level::MicroGrid, Lang::En) => "micro-grid",
    }
}
