//! Findings in plain sentences, for the person who mends the matrix.

use super::super::{AssetScope, RuleId};
use super::{Defect, Moment, NamedCategory, NamedPlace, RowRef};
use crate::domain::catalog::Lang;
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::territory::Level;

/// How many of a list a sentence names.
const NAMED_MAX: usize = 3;

impl Defect {
    /// What is wrong and what can be done about it.
    pub fn sentence(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.sentence_zh(),
            Lang::En => self.sentence_en(),
        }
    }

    fn sentence_zh(&self) -> String {
        match self {
            Defect::NoLead { categories, area, leaves, moment } => format!(
                "{}在{}没有主办部门（涉及 {leaves} 个末级区域，例如{}）；请补一条规则或兜底",
                categories_zh(categories),
                place(area),
                moment_zh(*moment)
            ),
            Defect::EqualRank { rule, other, same_lead } => format!(
                "规则{rule}与{other}同级且可能同时适用，{}仅按编号先后取{other}；请设不同的优先级或收窄其一",
                if *same_lead { "主办相同，" } else { "主办不同，" }
            ),
            Defect::Unreachable { rule, by } => unreachable_zh(rule, by),
            Defect::OnlyFallback { category } => format!(
                "{}（{}）没有任何规则，只能由兜底部门处置；请在规则表中补一条",
                category.name, category.code
            ),
            Defect::InactiveLead { row, department } => {
                format!("{}的主办部门{department}已停用；请改派或删除", row.words(Lang::Zh))
            }
            Defect::InactiveAssist { rule, department } => {
                format!("规则{rule}的协办部门{department}已停用，不会收到协办")
            }
            Defect::Expired { row, to } => {
                format!("{}已于{to}失效，保留备查；如仍需要请延长有效期", row.words(Lang::Zh))
            }
            Defect::NoLimit { condition, text, category, rules } => format!(
                "立案条件{condition}（{}：{text}）没有时限，规则{}也未规定；请在目录中编码为{condition}的一行\
                 或在规则中给出时限",
                category.name,
                list(rules, "、")
            ),
            Defect::RungGap { area, kinds, leaves } => format!(
                "{}（{leaves} 个末级区域）的{}没有任何一级兜底；请在该区域或其上级加一级",
                place(area),
                kinds_zh(kinds)
            ),
            Defect::RungMissing { level, areas, of } => format!(
                "{of} 个{}中有 {} 个没有兜底（{}），由上一级兜底",
                level.chinese(),
                areas.len(),
                places(areas, "、")
            ),
            Defect::UnknownArea { row, level, area, found } => match found {
                Some(found) => format!(
                    "{}所写的{}{area}实为{}；请改正层级",
                    row.words(Lang::Zh),
                    level.chinese(),
                    found.chinese()
                ),
                None => format!(
                    "{}所写的{}{area}不存在；请改正编码或先导入区域",
                    row.words(Lang::Zh),
                    level.chinese()
                ),
            },
            Defect::UnknownSelector { rule, selector } => {
                format!("规则{rule}所写的{selector}不是目录中的类别或立案条件；请改正编码")
            }
            Defect::UnknownAsset { rule, asset, layer_known } => {
                unknown_asset_zh(rule, asset, *layer_known)
            }
            Defect::NoTerritory => "尚未导入区域，未检查区域编码".to_owned(),
        }
    }

    fn sentence_en(&self) -> String {
        match self {
            Defect::NoLead { categories, area, leaves, moment } => format!(
                "{} in {} has no lead ({leaves} innermost areas; for one, {}); add a rule or rung",
                categories_en(categories),
                place(area),
                moment_en(*moment)
            ),
            Defect::EqualRank { rule, other, same_lead } => format!(
                "rules {rule} and {other} have the same rank and can both fit; only its id puts \
                 {other} first{}; give them different priorities or narrow one",
                if *same_lead { " (the lead is the same)" } else { "" }
            ),
            Defect::Unreachable { rule, by } => unreachable_en(rule, by),
            Defect::OnlyFallback { category } => format!(
                "no rule takes {} ({}), so that only the fallback leads; add a row to the rules",
                category.name_en.as_ref().unwrap_or(&category.name),
                category.code
            ),
            Defect::InactiveLead { row, department } => format!(
                "{} leads to department {department}, which is inactive; name another or delete it",
                row.words(Lang::En)
            ),
            Defect::InactiveAssist { rule, department } => format!(
                "rule {rule} asks help of department {department}, which is inactive and gets none"
            ),
            Defect::Expired { row, to } => format!(
                "{} has not been valid since {to}; it is kept as a record; prolong it if needed",
                row.words(Lang::En)
            ),
            Defect::NoLimit { condition, text, category, rules } => format!(
                "filing condition {condition} ({}: {text}) has no limit, and rule {} gives none; \
                 give one in the catalog's row {condition} or in the rule",
                category.name_en.as_ref().unwrap_or(&category.name),
                list(rules, ", ")
            ),
            Defect::RungGap { area, kinds, leaves } => format!(
                "no rung of the ladder answers for {} of {} ({leaves} innermost areas); add one \
                 here or further out",
                kinds_en(kinds),
                place(area)
            ),
            Defect::RungMissing { level, areas, of } => format!(
                "{} of {of} areas of level {level} have no rung of their own ({}); the level above \
                 answers",
                areas.len(),
                places(areas, ", ")
            ),
            Defect::UnknownArea { row, level, area, found } => {
                unknown_area_en(&row.words(Lang::En), &format!("{level} {area}"), found.as_ref())
            }
            Defect::UnknownSelector { rule, selector } => format!(
                "rule {rule} names {selector}, which is no category or condition of the catalog"
            ),
            Defect::UnknownAsset { rule, asset, layer_known } => {
                unknown_asset_en(rule, asset, *layer_known)
            }
            Defect::NoTerritory => {
                "there is no territory yet, so codes of areas are not checked".to_owned()
            }
        }
    }
}

impl RowRef {
    /// The row in words.
    pub fn words(&self, lang: Lang) -> String {
        match (self, lang) {
            (RowRef::Rule(id), Lang::Zh) => format!("规则{id}"),
            (RowRef::Rule(id), Lang::En) => format!("rule {id}"),
            (RowRef::Rung { level, area, .. }, Lang::Zh) => {
                format!("{}{area}的兜底", level.chinese())
            }
            (RowRef::Rung { level, area, .. }, Lang::En) => format!("the rung of {level} {area}"),
        }
    }
}

fn list<T: ToString>(items: &[T], between: &str) -> String {
    let named: Vec<String> = items.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    match items.len() > NAMED_MAX {
        true => format!("{}…", named.join(between)),
        false => named.join(between),
    }
}

/// An area by its name and its code, which is what a row has.
fn place(area: &NamedPlace) -> String {
    format!("{} ({})", area.name, area.code)
}

fn places(areas: &[NamedPlace], between: &str) -> String {
    list(&areas.iter().map(place).collect::<Vec<_>>(), between)
}

fn unreachable_zh(rule: &RuleId, by: &[RuleId]) -> String {
    match by {
        [] => format!("规则{rule}永远不会适用：有效期内没有一天符合其星期和日期；请改正其中之一"),
        by => format!("规则{rule}永远不会适用：{}总是先于它；请删除或提高优先级", list(by, "、")),
    }
}

fn unreachable_en(rule: &RuleId, by: &[RuleId]) -> String {
    match by {
        [] => format!(
            "rule {rule} never wins: on no day of its validity do its weekdays and dates hold; \
             mend valid_from, valid_to, weekdays or dates"
        ),
        by => format!(
            "rule {rule} never wins: whenever it fits, so does {}; delete it or raise it",
            list(by, ", ")
        ),
    }
}

fn unknown_asset_zh(rule: &RuleId, asset: &AssetScope, layer_known: bool) -> String {
    match layer_known {
        true => format!(
            "图层{}中没有属于{}的对象，规则{rule}不会适用",
            asset.layer,
            asset.owner.as_deref().unwrap_or_default()
        ),
        false => format!("尚未导入图层{}，规则{rule}不会适用", asset.layer),
    }
}

fn unknown_asset_en(rule: &RuleId, asset: &AssetScope, layer_known: bool) -> String {
    match layer_known {
        true => format!(
            "nothing in layer {} belongs to {}, so rule {rule} never fits",
            asset.layer,
            asset.owner.as_deref().unwrap_or_default()
        ),
        false => format!("layer {} has not been imported, so rule {rule} never fits", asset.layer),
    }
}

fn categories_zh(categories: &[NamedCategory]) -> String {
    let names: Vec<String> = categories.iter().map(|c| format!("“{}”", c.name)).collect();
    match categories.len() > NAMED_MAX {
        true => format!("{}等 {} 类", names[..NAMED_MAX].concat(), categories.len()),
        false => names.concat(),
    }
}

fn categories_en(categories: &[NamedCategory]) -> String {
    let name = |c: &NamedCategory| c.name_en.clone().unwrap_or_else(|| c.name.clone());
    let names: Vec<String> = categories.iter().map(|c| format!("“{}”", name(c))).collect();
    match categories.len().checked_sub(NAMED_MAX) {
        Some(more @ 1..) => format!("{} and {more} more", names[..NAMED_MAX].join(", ")),
        _ => names.join(", "),
    }
}

fn moment_zh(moment: Moment) -> String {
    let severity = match moment.severity {
        Severity::General => "一般",
        Severity::Major => "重大",
    };
    format!("{} {}，{severity}", moment.day, clock(moment.minute))
}

fn moment_en(moment: Moment) -> String {
    format!("{} {}, {}", moment.day, clock(moment.minute), moment.severity.as_str())
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn kinds_zh(kinds: &[Kind]) -> String {
    if kinds.len() == Kind::ALL.len() {
        return "各类事项".to_owned();
    }
    let word = |kind: &Kind| match kind {
        Kind::Hazard => "隐患",
        Kind::Dispute => "矛盾纠纷",
        Kind::Opinion => "社情民意",
    };
    kinds.iter().map(word).collect::<Vec<_>>().join("、")
}

fn kinds_en(kinds: &[Kind]) -> String {
    if kinds.len() == Kind::ALL.len() {
        return "any kind of issue".to_owned();
    }
    kinds.iter().map(|kind| format!("{kind}s")).collect::<Vec<_>>().join(" and ")
}

/// `found` is the level at which there is an area of that code.
fn unknown_area_en(row: &str, area: &str, found: Option<&Level>) -> String {
    match found {
        Some(found) => format!("{row} says {area}, which is a {found}"),
        None => {
            format!("{row} names the {area}, which does not exist; mend the code or import it")
        }
    }
}
