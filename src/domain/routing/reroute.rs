//! What a corrected place, category or severity does to the route of an issue: the decision before,
//! the one after, and the word by which a person confirms exactly this difference.

use super::{Decision, Outcome, Route};
use crate::domain::audit::Hash;
use crate::domain::catalog::Lang;
use crate::domain::id::{DepartmentCode, IssueId};

/// Two decisions about one issue.
#[derive(Clone, Copy, Debug)]
pub struct RouteDiff<'a> {
    /// As it was decided last; `None` where no decision was kept.
    pub old: Option<&'a Decision>,
    pub new: &'a Decision,
}

impl RouteDiff<'_> {
    fn old_lead(&self) -> Option<&DepartmentCode> {
        self.old.and_then(Decision::lead)
    }

    pub fn lead_differs(&self) -> bool {
        self.old_lead() != self.new.lead()
    }

    pub fn limit_differs(&self) -> bool {
        self.old.and_then(Decision::limit) != self.new.limit()
    }

    pub fn unit_differs(&self) -> bool {
        self.old.map_or("", Decision::unit) != self.new.unit()
    }

    pub fn assists_differ(&self) -> bool {
        self.old.map_or(&[][..], Decision::assists) != self.new.assists()
    }

    pub fn chain_differs(&self) -> bool {
        self.old.is_none_or(|old| old.trace.facts.chain != self.new.trace.facts.chain)
    }

    /// What changes, in one sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        let name = |decision: Option<&Decision>| {
            let code = decision.and_then(Decision::lead)?;
            let departments = &decision?.trace.departments;
            let known = departments.iter().find(|department| department.code == *code);
            let english = known.and_then(|known| known.name_en.clone());
            Some(match (known, lang) {
                (Some(known), Lang::Zh) => known.name.clone(),
                (Some(known), Lang::En) => english.unwrap_or_else(|| known.name.clone()),
                (None, _) => code.to_string(),
            })
        };
        let limit = |decision: Option<&Decision>| decision?.limit().map(|limit| limit.words(lang));
        let none = match lang {
            Lang::Zh => "无",
            Lang::En => "none",
        };
        let (old, new) = (name(self.old), name(Some(self.new)));
        let said = |text: Option<String>| text.unwrap_or_else(|| none.to_owned());
        let lead = match (self.lead_differs(), lang) {
            (true, Lang::Zh) => format!("主办由{}改为{}", said(old), said(new)),
            (true, Lang::En) => format!("the lead changes from {} to {}", said(old), said(new)),
            (false, Lang::Zh) => format!("主办仍为{}", said(new)),
            (false, Lang::En) => format!("the lead stays {}", said(new)),
        };
        let (was, is) = (said(limit(self.old)), said(limit(Some(self.new))));
        let limit = match (self.limit_differs(), lang) {
            (true, Lang::Zh) => format!("，时限由{was}改为{is}"),
            (true, Lang::En) => format!(", the limit changes from {was} to {is}"),
            (false, _) => String::new(),
        };
        let unit = |decision: Option<&Decision>| {
            said(decision.map(|d| d.unit().to_owned()).filter(|unit| !unit.is_empty()))
        };
        let (was, is) = (unit(self.old), unit(Some(self.new)));
        let unit = match (self.unit_differs(), lang) {
            (true, Lang::Zh) => format!("，承办单位由{was}改为{is}"),
            (true, Lang::En) => format!(", the unit changes from {was} to {is}"),
            (false, _) => String::new(),
        };
        match lang {
            Lang::Zh => format!("{lead}{unit}{limit}。"),
            Lang::En => format!("{lead}{unit}{limit}."),
        }
    }
}

fn route_text(route: &Route) -> String {
    let assists: Vec<&str> = route.assists.iter().map(DepartmentCode::as_str).collect();
    let limit = route.limit.map_or_else(String::new, |(limit, _)| limit.to_string());
    let (lead, unit) = (&route.lead, &route.unit);
    format!("{lead}\n{unit}\n{}\n{limit}\n{:?}", assists.join(";"), route.by)
}

/// The word that confirms a change of route: it names the issue as it was seen, what is corrected,
/// and what the matrix answers. Another issue, another version of it, another correction or
/// another answer give another word. The time of the decision is not in it.
pub fn confirmation(issue: IssueId, version: i64, new: &Decision) -> String {
    let facts = &new.trace.facts;
    let place = facts.position.map_or_else(String::new, |at| {
        format!("{},{},{}", at.lon, at.lat, at.accuracy_m.unwrap_or(-1.0))
    });
    let chain: Vec<&str> = facts.chain.iter().map(|area| area.code.as_str()).collect();
    let condition = facts.condition.as_ref().map_or("", |code| code.as_str());
    let outcome = match &new.trace.outcome {
        Outcome::Routed(route) => route_text(route),
        Outcome::Unrouted(reason) => format!("{reason:?}"),
    };
    let matrix = &new.trace.matrix_version;
    let category = &facts.category.code;
    let severity = facts.severity.as_str();
    let text = format!(
        "{issue}\n{version}\n{place}\n{}\n{category}\n{condition}\n{severity}\n{matrix}\n{outcome}",
        chain.join("/")
    );
    Hash::of_text(&text).to_string()
}
