//! What each kind has of its own (DOMAIN.md §3): control of hazards, risk and mediation of
//! disputes, answers and wishes of opinions. Replayed from the log like the rest of the issue.
//!
//! Invariant: no fact written here names a party, a claimant without an account, or a text: facts
//! are hashed and cannot be erased.

use super::event::{Event, Facts, fact};
use super::kind::{Kind, Severity};
use super::record::Issue;
use super::state::{Action, Outcome, named};
use super::step::{Command, FieldFault, Refusal};
use super::workflow::Field;
use crate::domain::access::LEGAL_CONSULTATION;
use crate::domain::id::AccountId;
use crate::domain::territory::level::Level;
use crate::domain::time::{DAY_MS, Day, MINUTE_MS, Timestamp};
use std::collections::BTreeMap;
use std::fmt;

/// The nature of an opinion that is a small wish (微心愿).
pub const SMALL_WISH: &str = "small_wish";
/// The most mediators of one attempt, and the longest name or place, in characters.
pub const MEDIATORS_MAX: usize = 10;
pub const NAME_CHARS_MAX: usize = 60;
pub const VENUE_CHARS_MAX: usize = 200;
/// The most days on which one agreement is looked after, and the farthest of them, in days.
pub const VISITS_MAX: usize = 12;
pub const VISIT_DAYS_MAX: i64 = 2 * 366;

named! {
    /// 风险等级: how likely a dispute is to do harm.
    Risk {
        /// 红
        Red = "red",
        /// 橙
        Orange = "orange",
        /// 黄
        Yellow = "yellow",
    }
}

named! {
    /// 协议形式: how an agreement binds.
    AgreementForm {
        /// 口头协议
        Oral = "oral",
        /// 书面协议
        Written = "written",
        /// 人民调解协议书
        PeoplesMediation = "peoples_mediation",
        /// 司法确认
        JudicialConfirmation = "judicial_confirmation",
    }
}

named! {
    /// How far a claim of a wish has come.
    ClaimState {
        Pending = "pending",
        Approved = "approved",
    }
}

/// Someone has offered to fulfil a wish. Who it is stands outside the log, so that it can be
/// erased; an account is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub state: ClaimState,
    /// The event by which it was claimed.
    pub seq: i64,
    pub account: Option<AccountId>,
}

/// An answer or a wish that anyone may read; the words are the note of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    pub seq: i64,
    pub at: Timestamp,
}

/// What lists and filters need to know of a kind's own matters.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Care {
    pub risk: Option<Risk>,
    /// When the first control measure against a hazard was recorded.
    pub controlled: Option<Timestamp>,
    /// Attempts at mediation.
    pub attempts: u32,
    /// Whether a sealed record was made.
    pub parties: bool,
    pub agreement: Option<AgreementForm>,
    /// The days on which the agreement is still to be looked after, in order.
    pub visits: Vec<Day>,
    pub claim: Option<Claim>,
    pub published: Option<Published>,
}

impl Care {
    /// The account that claimed the wish.
    pub fn claimant(&self) -> Option<AccountId> {
        self.claim.and_then(|claim| claim.account)
    }
}

/// Whether a major hazard stands without a control measure: it is marked until one is recorded.
pub fn needs_control(issue: &Issue) -> bool {
    issue.kind == Kind::Hazard
        && issue.severity == Severity::Major
        && issue.state.is_open()
        && issue.care.controlled.is_none()
}

/// Which level each colour summons (local), as `yellow=community,orange=street,red=district`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskLevels(BTreeMap<Risk, Level>);

/// A text that says no levels of risk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not COLOUR=LEVEL with red, orange and yellow each given a level of areas")]
pub struct RiskLevelsError(String);

impl RiskLevels {
    /// Reads the setting; each colour must be there, and a graver one must not summon a lower
    /// level.
    ///
    /// # Errors
    /// The text, when a colour or a level is unknown or missing.
    pub fn parse(text: &str) -> Result<Self, RiskLevelsError> {
        let wrong = || RiskLevelsError(text.to_owned());
        let mut levels = BTreeMap::new();
        for part in text.split(',') {
            let (risk, level) = part.split_once('=').ok_or_else(wrong)?;
            let risk = Risk::parse(risk.trim()).ok_or_else(wrong)?;
            levels.insert(risk, Level::parse(level.trim()).ok_or_else(wrong)?);
        }
        let told: Vec<Level> = levels.values().copied().collect();
        // Red, orange, yellow; the outermost level is the least.
        match told.len() == Risk::ALL.len() && told.is_sorted() {
            true => Ok(Self(levels)),
            false => Err(wrong()),
        }
    }

    pub fn level(&self, risk: Risk) -> Option<Level> {
        self.0.get(&risk).copied()
    }
}

impl fmt::Display for RiskLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter().map(|(risk, level)| format!("{risk}={level}"));
        f.write_str(&parts.collect::<Vec<_>>().join(","))
    }
}

/// A condition that one kind puts on a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CareGuard {
    Of(Kind),
    /// A dispute with an agreement.
    Agreed,
    LegalConsultation,
    /// An opinion that was answered or adopted, and is not published.
    Answered,
    /// A small wish that nobody has claimed.
    OpenWish,
    /// As [`CareGuard::OpenWish`], and not published.
    HiddenWish,
    Published,
    Claimed,
    ClaimPending,
    ClaimApproved,
}

impl CareGuard {
    pub fn holds(self, issue: &Issue) -> bool {
        let care = &issue.care;
        let is_opinion = issue.kind == Kind::Opinion;
        let nature = issue.nature.as_deref().filter(|_| is_opinion);
        let open_wish = nature == Some(SMALL_WISH) && care.claim.is_none();
        let claim = care.claim.map(|claim| claim.state);
        match self {
            CareGuard::Of(kind) => issue.kind == kind,
            CareGuard::Agreed => issue.kind == Kind::Dispute && care.agreement.is_some(),
            CareGuard::LegalConsultation => nature == Some(LEGAL_CONSULTATION),
            CareGuard::Answered => {
                let told = matches!(issue.outcome, Some(Outcome::Answered | Outcome::Adopted));
                is_opinion && told && care.published.is_none()
            }
            CareGuard::OpenWish => open_wish,
            CareGuard::HiddenWish => open_wish && care.published.is_none(),
            CareGuard::Published => care.published.is_some(),
            CareGuard::Claimed => claim.is_some(),
            CareGuard::ClaimPending => claim == Some(ClaimState::Pending),
            CareGuard::ClaimApproved => claim == Some(ClaimState::Approved),
        }
    }
}

/// What a command may say beside the fields that all kinds share.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CareFields {
    pub risk: Option<Risk>,
    pub severity: Option<Severity>,
    pub held_at: Option<Timestamp>,
    pub venue: Option<String>,
    pub mediators: Vec<String>,
    pub agreement_form: Option<AgreementForm>,
    pub visits: Vec<Day>,
    pub kept: Option<bool>,
    /// A sealed record comes with the command.
    pub parties: bool,
    /// Who claims, when it is an account.
    pub claimant: Option<AccountId>,
}

impl CareFields {
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::Risk => self.risk.is_some(),
            Field::Severity => self.severity.is_some(),
            Field::HeldAt => self.held_at.is_some(),
            Field::Venue => self.venue.is_some(),
            Field::Mediators => !self.mediators.is_empty(),
            Field::AgreementForm => self.agreement_form.is_some(),
            Field::Visits => !self.visits.is_empty(),
            Field::Kept => self.kept.is_some(),
            Field::Parties => self.parties,
            _ => false,
        }
    }

    /// Writes what the log keeps of it.
    pub fn put_facts(&self, facts: &mut Facts) {
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                facts.insert(name.to_owned(), value);
            }
        };
        put(fact::RISK, self.risk.map(|risk| risk.to_string()));
        put(fact::SEVERITY, self.severity.map(|severity| severity.as_str().to_owned()));
        put(fact::HELD_AT, self.held_at.map(Timestamp::to_rfc3339));
        put(fact::VENUE, self.venue.clone());
        let mediators = self.mediators.join(";");
        put(fact::MEDIATORS, Some(mediators).filter(|names| !names.is_empty()));
        put(fact::AGREEMENT_FORM, self.agreement_form.map(|form| form.to_string()));
        put(fact::VISITS, Some(join_days(&self.visits)).filter(|days| !days.is_empty()));
        put(fact::KEPT, self.kept.map(|kept| kept.to_string()));
        put(fact::CLAIMANT, self.claimant.map(|id| id.to_string()));
    }
}

/// Days joined by `;`.
pub fn join_days(days: &[Day]) -> String {
    days.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
}

/// Reads what [`join_days`] wrote.
pub fn parse_days(text: &str) -> Option<Vec<Day>> {
    text.split(';').filter(|part| !part.is_empty()).map(Day::parse).collect()
}

fn is_line(text: &str, chars_max: usize) -> bool {
    let fits = !text.trim().is_empty() && text.chars().count() <= chars_max;
    fits && !text.contains(';') && !text.chars().any(char::is_control)
}

/// Checks what the kinds add to a command.
///
/// # Errors
/// The field that does not fit.
pub fn check(issue: &Issue, command: &Command, now: Timestamp) -> Result<(), Refusal> {
    let invalid = |field, why| Err(Refusal::Invalid { field, why });
    let told = &command.care;
    if told.mediators.len() > MEDIATORS_MAX {
        return invalid(Field::Mediators, FieldFault::TooMany);
    }
    if told.mediators.iter().any(|name| !is_line(name, NAME_CHARS_MAX)) {
        return invalid(Field::Mediators, FieldFault::NotALine);
    }
    if told.venue.as_deref().is_some_and(|venue| !is_line(venue, VENUE_CHARS_MAX)) {
        return invalid(Field::Venue, FieldFault::NotALine);
    }
    // A phone's clock may be a little ahead.
    if told.held_at.is_some_and(|at| at.0 > now.0.saturating_add(10 * MINUTE_MS)) {
        return invalid(Field::HeldAt, FieldFault::InFuture);
    }
    if told.visits.len() > VISITS_MAX {
        return invalid(Field::Visits, FieldFault::TooMany);
    }
    let today = i64::from(Day((now.0.div_euclid(DAY_MS)) as i32).0);
    let in_term = |day: &Day| (today - 1..=today + VISIT_DAYS_MAX).contains(&i64::from(day.0));
    if !told.visits.iter().all(in_term) {
        return invalid(Field::Visits, FieldFault::OutOfTerm);
    }
    if told.severity == Some(issue.severity) {
        return invalid(Field::Severity, FieldFault::Unchanged);
    }
    if told.risk.is_some() && told.risk == issue.care.risk {
        return invalid(Field::Risk, FieldFault::Unchanged);
    }
    match (command.action, command.outcome) {
        (Action::Submit | Action::Settle, Some(Outcome::AgreementReached))
            if issue.care.agreement.is_none() =>
        {
            invalid(Field::Outcome, FieldFault::NoAgreement)
        }
        (Action::Submit | Action::Settle, Some(Outcome::Claimed))
            if !CareGuard::ClaimApproved.holds(issue) =>
        {
            invalid(Field::Outcome, FieldFault::NoClaim)
        }
        _ => Ok(()),
    }
}

/// Brings the kind's own matters up to date; called for every event after the report.
///
/// # Errors
/// The fact that the event lacks.
pub fn apply(issue: &mut Issue, event: &Event) -> Result<(), &'static str> {
    let Issue { care, severity, outcome, times, .. } = issue;
    match event.action {
        Action::Control => care.controlled = care.controlled.or(Some(event.at)),
        Action::SetSeverity => {
            let told = event.fact(fact::SEVERITY).and_then(Severity::parse);
            *severity = told.ok_or(fact::SEVERITY)?;
        }
        Action::SetRisk => {
            let told = event.fact(fact::RISK).and_then(Risk::parse);
            care.risk = Some(told.ok_or(fact::RISK)?);
        }
        Action::RecordParties => care.parties = true,
        Action::Mediate => care.attempts = care.attempts.saturating_add(1),
        Action::RecordAgreement => {
            let form = event.fact(fact::AGREEMENT_FORM).and_then(AgreementForm::parse);
            care.agreement = Some(form.ok_or(fact::AGREEMENT_FORM)?);
            care.visits = visits_of(event)?;
        }
        Action::FollowUp => follow_up(care, event)?,
        Action::Answer => {
            (times.handled, *outcome) = (event.known_time(), Some(Outcome::Answered));
        }
        Action::Fulfil => {
            (times.handled, *outcome) = (event.known_time(), Some(Outcome::Claimed));
        }
        Action::PublishAnswer | Action::PublishWish => {
            care.published = Some(Published { seq: event.seq, at: event.at });
        }
        Action::Withdraw => care.published = None,
        Action::Claim => {
            let account = event.fact(fact::CLAIMANT).and_then(AccountId::parse);
            care.claim = Some(Claim { state: ClaimState::Pending, seq: event.seq, account });
        }
        Action::ApproveClaim => {
            if let Some(claim) = &mut care.claim {
                claim.state = ClaimState::Approved;
            }
        }
        Action::Unclaim => care.claim = None,
        // What is opened again was not answered, agreed or fulfilled after all.
        Action::Reopen => {
            (care.published, care.claim, care.agreement) = (None, None, None);
            care.visits.clear();
        }
        _ => {}
    }
    Ok(())
}

fn visits_of(event: &Event) -> Result<Vec<Day>, &'static str> {
    let mut days = match event.fact(fact::VISITS) {
        None => Vec::new(),
        Some(text) => parse_days(text).ok_or(fact::VISITS)?,
    };
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// The first visit that was due is done; further ones may be agreed on.
fn follow_up(care: &mut Care, event: &Event) -> Result<(), &'static str> {
    if !care.visits.is_empty() {
        care.visits.remove(0);
    }
    care.visits.extend(visits_of(event)?);
    care.visits.sort_unstable();
    care.visits.dedup();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_colour_summons_a_level_and_a_graver_one_no_lower_one() {
        let text = "yellow=community,orange=street,red=district";
        let levels = RiskLevels::parse(text).unwrap();
        assert_eq!(levels.level(Risk::Red), Some(Level::District));
        assert_eq!(levels.level(Risk::Yellow), Some(Level::Community));
        assert_eq!(RiskLevels::parse(&levels.to_string()), Ok(levels));
        for wrong in [
            "",
            "red=district",
            "red=district,orange=street,yellow=moon",
            "red=community,orange=street,yellow=district",
            "pink=street,orange=street,yellow=street",
        ] {
            assert!(RiskLevels::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_read_back() {
        let days = vec![Day(20_000), Day(20_030)];
        assert_eq!(parse_days(&join_days(&days)), Some(days));
        assert_eq!(parse_days(""), Some(Vec::new()));
        assert_eq!(parse_days("x"), None);
    }
}
