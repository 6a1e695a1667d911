//! How a generated issue begins: who reports what, where and when, and where the matrix sends it.

use super::World;
use super::play::{PlannedPhoto, Play};
use super::spot::Spot;
use super::words::{Hours, Phrase};
use crate::app::place::place;
use crate::app::route::{Routed, route};
use crate::demo::load::DemoError;
use crate::demo::names;
use crate::demo::rng::Rng;
use crate::domain::access::{Actor, Role};
use crate::domain::audit::Hash;
use crate::domain::catalog::{Category, Condition, TimeType};
use crate::domain::id::{AttachmentId, IssueId};
use crate::domain::issue::event::{EventActor, Facts, fact};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::likeness::text_likeness;
use crate::domain::issue::record::{evolve, place_facts};
use crate::domain::issue::state::{Action, State};
use crate::domain::issue::step::{Draft, seal};
use crate::domain::territory::Level;
use crate::domain::time::{Day, MINUTE_MS, Timestamp};
use crate::store::change::{Contact, StoredRoute};

/// Crockford's base 32, as tracking numbers are written.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What is drawn: the categories that have a picture.
pub const DRAWN: [&str; 3] = ["bj-02-17", "sj-01-10", "sj-01-13"];
const DRAWN_PERCENT: u64 = 7;

/// A UUID of version 7 (RFC 9562, 5.7) whose random part is drawn from `rng`.
pub fn new_id(at: Timestamp, rng: &mut Rng) -> u128 {
    let time = u128::from(at.0.unsigned_abs() & 0xffff_ffff_ffff) << 80;
    let (a, b) = (u128::from(rng.next_u64() & 0xfff), u128::from(rng.next_u64() >> 2));
    time | 0x7 << 76 | a << 64 | 0b10 << 62 | b
}

/// A tracking number in the form of the service's own.
pub fn new_number(rng: &mut Rng) -> String {
    let mut number = String::from("HX");
    for i in 0..13 {
        if i % 4 == 0 && i < 12 {
            number.push('-');
        }
        number.push(char::from(ALPHABET[rng.below(32) as usize]));
    }
    number
}

/// What is reported.
#[derive(Clone)]
pub struct Scene<'w> {
    pub phrase: &'w Phrase,
    pub spot: Spot,
    pub severity: Severity,
    pub at: Timestamp,
}

/// Who reports.
struct Reporter<'w> {
    worker: Option<&'w Actor>,
    contact: Option<Contact>,
}

impl<'w> World<'w> {
    /// What happens on a day.
    pub fn scene(&'w self, day: Day, rng: &mut Rng) -> Option<Scene<'w>> {
        let phrase = self.words.pick(day.date().month(), rng)?;
        let spot = self.spots.pick(self.snapshot, rng)?;
        let severity = match rng.chance(phrase.major_percent) {
            true => Severity::Major,
            false => Severity::General,
        };
        let at = self.clock.instant(day, phrase.hours, rng);
        Some(Scene { phrase, spot, severity, at })
    }

    /// The same thing as somebody else sees it, up to three days later.
    pub fn seen_again(&self, scene: &Scene<'w>, rng: &mut Rng) -> Scene<'w> {
        let later = rng.between(3, 3 * 24 * 60) * MINUTE_MS;
        let spot = self.spots.beside(&scene.spot, rng);
        Scene { spot, at: Timestamp(scene.at.0 + later), ..scene.clone() }
    }

    fn reporter(&'w self, scene: &Scene<'_>, category: &Category, rng: &mut Rng) -> Reporter<'w> {
        let by_worker = match (category.kind, scene.phrase.hours) {
            (Kind::Dispute, _) => 85,
            (Kind::Opinion, _) => 55,
            (Kind::Hazard, Hours::Evening) => 30,
            (Kind::Hazard, _) => 66,
        };
        if rng.chance(by_worker) {
            return Reporter { worker: self.staff.worker(&scene.spot.grid), contact: None };
        }
        let named = !category.anonymous_allowed || rng.chance(6);
        let contact = named.then(|| Contact {
            name: names::person(rng),
            phone: names::phone(rng.below(100_000_000) as usize),
        });
        Reporter { worker: None, contact }
    }

    /// The report of a scene, placed and routed.
    ///
    /// # Errors
    /// Its category, office or worker is missing.
    pub fn open(&'w self, scene: &Scene<'w>, mut rng: Rng) -> Result<Play<'w>, DemoError> {
        let lacks = |what: &str| DemoError::Refused(format!("{}: no {what}", scene.spot.grid));
        let category = self.snapshot.catalog.category(&scene.phrase.category);
        let category = category.ok_or_else(|| lacks(scene.phrase.category.as_str()))?;
        let text = scene.phrase.text(&scene.spot.words, &mut rng);
        let condition = self.condition_of(category, scene.severity, &text);
        let placed = place(
            &self.snapshot.territory,
            scene.spot.raw,
            scene.spot.datum,
            Some(scene.spot.accuracy_m),
        )?;
        let routed = route(self.snapshot, &placed, (category, condition), scene.severity, scene.at);
        // A shifted datum can put a place at a border a hand's breadth beyond it.
        let at_level = |level| placed.chain.iter().find(|area| area.level == level);
        let street =
            at_level(Level::Street).map_or(scene.spot.street.as_str(), |a| a.code.as_str());
        let grid = at_level(Level::Grid).map_or(scene.spot.grid.as_str(), |a| a.code.as_str());
        let (office, worker) = (self.staff.office(street), self.staff.worker(grid));
        let reporter = self.reporter(scene, category, &mut rng);
        let id = IssueId(new_id(scene.at, &mut rng));
        let photo = AttachmentId(new_id(scene.at, &mut rng));
        let drawn = DRAWN.contains(&category.code.as_str()) && rng.chance(DRAWN_PERCENT);
        let mut facts = place_facts(&placed.place);
        put_report(&mut facts, category, condition, scene.severity, &text, &mut rng);
        put_reporter(&mut facts, &reporter);
        put_route(&mut facts, &routed);
        let draft = Draft {
            actor: match reporter.worker.and_then(Actor::account) {
                Some(id) => EventActor::Account { id, role: Some(Role::GridWorker) },
                None => EventActor::Reporter,
            },
            action: Action::Report,
            note: None,
            facts,
            attachments: if drawn { vec![photo] } else { Vec::new() },
        };
        let event = seal(id, 1, scene.at, draft, (None, State::Reported), Hash::START);
        let event = self.snapshot.keeper.time(None, event, self.clock.until);
        let mut issue =
            evolve(None, &event).map_err(|error| DemoError::Refused(error.to_string()))?;
        issue.text = text;
        issue.address = (category.kind == Kind::Hazard).then(|| scene.spot.words.clone());
        let photo = PlannedPhoto { id: photo, purpose: "report", at: scene.at };
        let route = StoredRoute {
            issue: id,
            seq: 1,
            at: scene.at,
            matrix_version: routed.matrix_version,
            trace: routed.trace_json(),
        };
        Ok(Play {
            world: self,
            office: office.ok_or_else(|| lacks("office"))?,
            worker: worker.ok_or_else(|| lacks("worker"))?,
            kinds: Rng::new(rng.clone().next_u64(), "kinds"),
            parties: None,
            agreement: None,
            claims: Vec::new(),
            rng,
            issue,
            events: vec![event],
            routes: vec![route],
            assists: routed.assists().to_vec(),
            contact: reporter.contact,
            photos: if drawn { vec![photo] } else { Vec::new() },
        })
    }

    /// The filing condition that a text is about: an urgent one for what is major, and the one
    /// whose words are the likest.
    fn condition_of(
        &self,
        category: &Category,
        severity: Severity,
        text: &str,
    ) -> Option<&'w Condition> {
        let urgent = |condition: &Condition| {
            condition.limit.is_some_and(|limit| limit.unit == TimeType::UrgentHour)
        };
        let all: Vec<&Condition> = self.snapshot.catalog.conditions_of(&category.code).collect();
        let fitting = all.iter().copied().filter(|c| urgent(c) == (severity == Severity::Major));
        let fitting: Vec<&Condition> = fitting.collect();
        let pool = if fitting.is_empty() { all } else { fitting };
        pool.into_iter()
            .rev()
            .max_by(|a, b| text_likeness(&a.text, text).total_cmp(&text_likeness(&b.text, text)))
    }
}

fn put_report(
    facts: &mut Facts,
    category: &Category,
    condition: Option<&Condition>,
    severity: Severity,
    text: &str,
    rng: &mut Rng,
) {
    let mut put = |name: &str, value: String| facts.insert(name.to_owned(), value);
    put(fact::NUMBER, new_number(rng));
    put(fact::KIND, category.kind.to_string());
    put(fact::CATEGORY, category.code.to_string());
    put(fact::SEVERITY, severity.as_str().to_owned());
    put(fact::INSPECTION, category.needs_inspection.to_string());
    // As for reports: the digest of a dispute's short text would let a guess be tried.
    if category.kind != Kind::Dispute {
        put(fact::TEXT_SHA256, Hash::of_text(text).to_string());
    }
    if let Some(condition) = condition {
        put(fact::CONDITION, condition.code.to_string());
    }
    if let Some(nature) = category.nature {
        put(fact::NATURE, nature.as_str().to_owned());
    }
}

fn put_route(facts: &mut Facts, routed: &Routed) {
    if let Some(lead) = routed.lead() {
        facts.insert(fact::PROPOSED.into(), lead.to_string());
    }
    if let Some(limit) = routed.limit() {
        facts.insert(fact::LIMIT.into(), limit.to_string());
    }
}

fn put_reporter(facts: &mut Facts, reporter: &Reporter<'_>) {
    let account = reporter.worker.and_then(Actor::account);
    let anonymous = account.is_none() && reporter.contact.is_none();
    let source = if account.is_some() { "staff" } else { "public" };
    facts.insert(fact::SOURCE.to_owned(), source.to_owned());
    facts.insert(fact::ANONYMOUS.to_owned(), anonymous.to_string());
    if let Some(id) = account {
        facts.insert(fact::REPORTER.to_owned(), id.to_string());
    }
    if reporter.contact.is_some() {
        facts.insert(fact::CONTACT.to_owned(), true.to_string());
    }
}
