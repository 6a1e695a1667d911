//! What the installation is and what it knows: instance, categories, departments, matrix.

use super::App;
use super::extract::{Lang, Params, SignedIn};
use super::filter::parse_word;
use super::problem::ApiError;
use super::wire::report::LimitWire;
use super::wire::{Items, Texts};
use crate::app::ctx::Snapshot;
use crate::app::error::say;
use crate::app::instance::CHANNELS;
use crate::domain::catalog::{Category, PhotoRequirement};
use crate::domain::issue::kind::Kind;
use axum::Json;
use axum::extract::State;
use pinyin::ToPinyin;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Where data comes from.
#[derive(Serialize, ToSchema)]
pub struct SourceWire {
    pub name: String,
    pub terms: String,
}

/// A base map's address.
#[derive(Serialize, ToSchema)]
pub struct BasemapWire {
    /// `xyz`.
    pub kind: String,
    pub url: String,
    pub attribution: String,
}

/// An account of the demo.
#[derive(Serialize, ToSchema)]
pub struct DemoAccountWire {
    pub login: String,
    pub password: String,
    pub name: String,
    pub role: String,
}

/// What this installation is.
#[derive(Serialize, ToSchema)]
pub struct InstanceWire {
    pub name: Texts,
    pub district_code: String,
    pub time_zone: String,
    pub locale_default: String,
    /// Whether the data shown was made up.
    pub generated: bool,
    pub generated_note: Option<Texts>,
    pub sources: Vec<SourceWire>,
    #[schema(value_type = Option<[f64; 2]>)]
    pub center: Option<(f64, f64)>,
    #[schema(value_type = Option<[f64; 4]>)]
    pub bbox: Option<(f64, f64, f64, f64)>,
    pub basemap: Option<BasemapWire>,
    /// What is open to people without an account: `report`, `answers`, `map`.
    pub channels: Vec<String>,
    pub territory_version: i64,
    pub matrix_version: i64,
    /// The instant up to which the data reaches: now, unless the collection has ended.
    pub as_of: String,
    pub demo_accounts: Option<Vec<DemoAccountWire>>,
    pub version: String,
}

fn demo_accounts(snapshot: &Snapshot) -> Option<Vec<DemoAccountWire>> {
    let lines = snapshot.instance.demo_accounts.lines();
    let accounts: Vec<DemoAccountWire> = lines
        .filter_map(|line| {
            let mut parts = line.split('\t').map(str::to_owned);
            Some(DemoAccountWire {
                login: parts.next()?,
                password: parts.next()?,
                name: parts.next()?,
                role: parts.next()?,
            })
        })
        .collect();
    (!accounts.is_empty()).then_some(accounts)
}

/// What this installation is.
#[utoipa::path(get, path = "/instance", tag = "reference",
    responses((status = 200, body = InstanceWire)))]
pub async fn show_instance(State(app): State<App>) -> Json<InstanceWire> {
    let snapshot = app.ctx.snapshot();
    let instance = &snapshot.instance;
    let bounds = snapshot.bounds();
    let sources = instance.sources.lines().map(|line| {
        let (name, terms) = line.split_once('\t').unwrap_or((line, ""));
        SourceWire { name: name.to_owned(), terms: terms.to_owned() }
    });
    let note = say(instance.generated_note_zh.clone(), instance.generated_note_en.clone());
    let basemap = (!instance.basemap_url.is_empty()).then(|| BasemapWire {
        kind: "xyz".into(),
        url: instance.basemap_url.clone(),
        attribution: instance.basemap_attribution.clone(),
    });
    Json(InstanceWire {
        name: say(instance.name_zh.clone(), instance.name_en.clone()).into(),
        district_code: instance.district.clone(),
        time_zone: instance.time_zone.clone(),
        locale_default: instance.locale.clone(),
        generated: instance.generated,
        generated_note: instance.generated.then(|| note.into()),
        sources: sources.collect(),
        center: bounds.map(|(w, s, e, n)| (f64::midpoint(w, e), f64::midpoint(s, n))),
        bbox: bounds,
        basemap,
        channels: CHANNELS
            .into_iter()
            .filter(|channel| instance.is_open(channel))
            .map(str::to_owned)
            .collect(),
        territory_version: snapshot.territory_version(),
        matrix_version: snapshot.matrix_version,
        as_of: instance.as_of(app.ctx.now(), &snapshot.zone).to_rfc3339(),
        demo_accounts: demo_accounts(&snapshot),
        version: env!("CARGO_PKG_VERSION").into(),
    })
}

/// Which categories.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CategoryQuery {
    kind: Option<String>,
    q: Option<String>,
    scheme: Option<String>,
}

/// A filing condition.
#[derive(Serialize, ToSchema)]
pub struct ConditionWire {
    pub code: String,
    pub text: String,
    pub closing_condition: String,
    pub limit: Option<LimitWire>,
    pub photo_required: bool,
    pub responsible_units: Vec<String>,
}

/// A category that can be reported under.
#[derive(Serialize, ToSchema)]
pub struct CategoryWire {
    pub code: String,
    pub scheme: String,
    pub kind: String,
    pub big_code: String,
    pub big_name: Option<String>,
    pub small_code: Option<String>,
    pub name: String,
    pub name_zh: String,
    pub name_en: Option<String>,
    /// The name in pinyin without tones, whole and by its initials: `shangshuijinggai ssjg`.
    pub pinyin: String,
    /// For opinions: `suggestion`, `complaint`, `question`, `legal_consultation`, `small_wish`.
    pub nature: Option<String>,
    pub anonymous_allowed: bool,
    pub needs_inspection: bool,
    pub conditions: Vec<ConditionWire>,
}

/// What a phone's keyboard gives for a name: whole syllables, and their initials.
fn pinyin_of(name: &str) -> String {
    let (mut whole, mut initials) = (String::new(), String::new());
    for letter in name.chars() {
        match letter.to_pinyin() {
            Some(sound) => {
                whole.push_str(&sound.plain().replace('ü', "v"));
                initials.push_str(sound.first_letter());
            }
            None if letter.is_ascii_alphanumeric() => {
                whole.push(letter.to_ascii_lowercase());
                initials.push(letter.to_ascii_lowercase());
            }
            None => {}
        }
    }
    format!("{whole} {initials}")
}

fn category_wire(snapshot: &Snapshot, lang: Lang, category: &Category) -> CategoryWire {
    let catalog = &snapshot.catalog;
    let conditions = catalog.conditions_of(&category.code).map(|condition| ConditionWire {
        code: condition.code.to_string(),
        text: condition.text.clone(),
        closing_condition: condition.closing_condition.clone(),
        limit: condition.limit.map(LimitWire::of),
        photo_required: condition.photo != PhotoRequirement::None,
        responsible_units: condition.responsible_units.clone(),
    });
    let big = catalog.big_class_of(category);
    CategoryWire {
        code: category.code.to_string(),
        scheme: category.scheme.to_string(),
        kind: category.kind.to_string(),
        big_code: category.big_code.clone(),
        big_name: big.map(|big| big.name_in(lang).to_owned()),
        small_code: category.small_code.clone(),
        name: category.name_in(lang).to_owned(),
        name_zh: category.name.clone(),
        name_en: category.name_en.clone(),
        pinyin: pinyin_of(&category.name),
        nature: category.nature.map(|nature| nature.as_str().to_owned()),
        anonymous_allowed: category.anonymous_allowed,
        needs_inspection: category.needs_inspection,
        conditions: conditions.collect(),
    }
}

/// The categories that can be reported under today.
#[utoipa::path(get, path = "/categories", tag = "reference", params(CategoryQuery),
    responses((status = 200, body = Items<CategoryWire>)))]
pub async fn list_categories(
    State(app): State<App>,
    lang: Lang,
    Params(query): Params<CategoryQuery>,
) -> Result<Json<Items<CategoryWire>>, ApiError> {
    let snapshot = app.ctx.snapshot();
    let kind = parse_word("kind", query.kind.as_ref(), Kind::parse)?;
    let today = app.ctx.now().day_in(&snapshot.zone);
    let words = query.q.as_deref().unwrap_or("").trim();
    let catalog = &snapshot.catalog;
    let schemes = &snapshot.instance.schemes;
    let found: Vec<&Category> = match words.is_empty() {
        true => catalog.categories().collect(),
        false => catalog.search(words, today, 100),
    };
    let items = found
        .into_iter()
        .filter(|category| catalog.can_be_filed(category) && category.validity.contains(today))
        .filter(|category| kind.is_none_or(|kind| category.kind == kind))
        .filter(|category| match query.scheme.as_deref().filter(|scheme| !scheme.is_empty()) {
            Some(scheme) => category.scheme.as_str() == scheme,
            None => {
                schemes.is_empty() || schemes.split(',').any(|own| own == category.scheme.as_str())
            }
        });
    Ok(Json(Items { items: items.map(|c| category_wire(&snapshot, lang, c)).collect() }))
}

/// A department.
#[derive(Serialize, ToSchema)]
pub struct DepartmentWire {
    pub code: String,
    pub name: String,
    pub name_zh: String,
    pub name_en: Option<String>,
    pub active: bool,
}

/// The departments of the matrix in force.
#[utoipa::path(get, path = "/departments", tag = "reference",
    responses((status = 200, body = Items<DepartmentWire>)))]
pub async fn list_departments(State(app): State<App>, lang: Lang) -> Json<Items<DepartmentWire>> {
    let snapshot = app.ctx.snapshot();
    let items = snapshot.matrix.departments().map(|department| DepartmentWire {
        code: department.code.to_string(),
        name: department.name_in(lang).to_owned(),
        name_zh: department.name.clone(),
        name_en: department.name_en.clone(),
        active: department.active,
    });
    Json(Items { items: items.collect() })
}

/// A rule of the matrix.
#[derive(Serialize, ToSchema)]
pub struct RuleWire {
    pub id: String,
    pub priority: i32,
    pub selector: String,
    pub area: Option<String>,
    pub severity: Option<String>,
    pub lead: String,
    pub assists: Vec<String>,
    pub limit: Option<LimitWire>,
    pub source: String,
}

/// The matrix in force.
#[derive(Serialize, ToSchema)]
pub struct MatrixWire {
    pub version: i64,
    pub rules: Vec<RuleWire>,
}

/// The responsibility matrix in force, for staff.
#[utoipa::path(get, path = "/matrix", tag = "reference",
    responses((status = 200, body = MatrixWire), (status = 401)))]
pub async fn show_matrix(State(app): State<App>, _caller: SignedIn) -> Json<MatrixWire> {
    let snapshot = app.ctx.snapshot();
    let rules = snapshot.matrix.rules().iter().map(|rule| RuleWire {
        id: rule.id.to_string(),
        priority: rule.priority,
        selector: rule.selector.to_string(),
        area: rule.area.as_ref().map(|area| area.code.to_string()),
        severity: rule.severity.map(|severity| severity.as_str().to_owned()),
        lead: rule.lead.to_string(),
        assists: rule.assists.iter().map(ToString::to_string).collect(),
        limit: rule.limit.map(LimitWire::of),
        source: rule.source.clone(),
    });
    Json(MatrixWire { version: snapshot.matrix_version, rules: rules.collect() })
}

#[cfg(test)]
mod tests {
    use super::pinyin_of;

    #[test]
    fn a_name_is_told_as_a_phone_types_it() {
        assert_eq!(pinyin_of("上水井盖"), "shangshuijinggai ssjg");
        assert_eq!(pinyin_of("绿地（A类）"), "lvdialei ldal");
        assert_eq!(pinyin_of("——"), " ");
    }
}
