//! Random issues and histories, made through the same functions that the use cases call.

mod command;

use super::{Chance, zone};
use command::rare_ground;
use hexward::domain::access::{Actor, AreaPath, Grant, Role};
use hexward::domain::audit::Hash;
use hexward::domain::calendar::Hours;
use hexward::domain::datum::Datum;
use hexward::domain::id::{AccountId, AreaCode, CategoryCode, DepartmentCode, IssueId};
use hexward::domain::issue::clock::{StageLimits, Timekeeper};
use hexward::domain::issue::event::{Event, EventActor, Facts, fact};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::{Issue, Place, evolve, place_facts};
use hexward::domain::issue::state::{Action, State};
use hexward::domain::issue::step::{self, Draft};
use hexward::domain::issue::workflow::{To, rows};
use hexward::domain::metrics::contribution::{Deltas, deltas_of};
use hexward::domain::time::{DAY_MS, HOUR_MS, Timestamp};
use hexward::format::calendar::{CalendarPack, shipped_years};
use hexward::store::change::{Change, Save};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Codes as published, some of them hostile: prefixes of each other, the signs of LIKE, quotes.
pub const CODES: &[&str] =
    &["41", "4101", "41010", "4101'05", "41%", "4_01", "网格", "Ab", "aB", "\"q\"", "a\\b"];
pub const DEPARTMENTS: &[&str] = &["police", "Police", "roads", "城管", "d'%_", "roads2"];
pub const NATURES: &[Option<&str>] =
    &[None, Some("legal_consultation"), None, Some("legal_consultation"), Some("small_wish")];
pub const CATEGORIES: &[&str] = &["0101", "0102", "c%", "分类"];
/// What sets a limit, and how long; some are kept and some are missed.
const LIMITS: &[Option<&str>] = &[
    None,
    None,
    Some("24 urgent_hour"),
    Some("2 natural_day"),
    Some("40 natural_day"),
    Some("9000 natural_day"),
    Some("3 work_day"),
    Some("6 work_hour"),
];
/// 2026-03-01T00:00+08:00.
pub const START: Timestamp = Timestamp(1_772_294_400_000);

pub fn department(text: impl AsRef<str>) -> DepartmentCode {
    DepartmentCode::parse(text.as_ref()).expect("a code")
}

pub fn category(text: impl AsRef<str>) -> CategoryCode {
    CategoryCode::parse(text.as_ref()).expect("a code")
}

pub fn path_of(codes: &[&str]) -> AreaPath {
    let codes: Vec<AreaCode> =
        codes.iter().map(|code| AreaCode::parse(code).expect("a code")).collect();
    AreaPath::of(&codes)
}

/// An actor with one role everywhere.
pub fn actor(id: u128, role: Role, own: Option<&str>) -> Actor {
    let grant =
        Grant { role, area: None, path: None, department: own.map(department), kinds: None };
    Actor::Account { id: AccountId(id), name: "张三".into(), grants: vec![grant] }
}

pub fn random_path(chance: &mut Chance) -> AreaPath {
    let depth = chance.below(5);
    let codes: Vec<&str> = (0..depth).map(|_| *chance.pick(CODES)).collect();
    path_of(&codes)
}

pub fn random_kind(chance: &mut Chance) -> Kind {
    *chance.pick(&Kind::ALL)
}

pub fn random_place(chance: &mut Chance) -> Place {
    let position = match chance.below(8) {
        // The whole globe, now and then, and near a pentagon.
        0 => (chance.share() * 360.0 - 180.0, chance.share() * 180.0 - 90.0),
        1 => pentagon_position(chance),
        _ => (113.6 + chance.share() * 0.1, 34.7 + chance.share() * 0.1),
    };
    let cell = h3o::LatLng::new(position.1, position.0)
        .expect("a position")
        .to_cell(h3o::Resolution::Eleven);
    Place {
        position,
        raw: position,
        datum: *chance.pick(&[Datum::Wgs84, Datum::Gcj02, Datum::Bd09]),
        accuracy_m: chance.one_in(2).then(|| chance.share() * 500.0),
        cell: cell.into(),
        path: random_path(chance),
        candidates: if chance.one_in(4) { vec!["41010".into()] } else { Vec::new() },
        territory: 1,
    }
}

fn pentagon_position(chance: &mut Chance) -> (f64, f64) {
    let pentagons: Vec<_> = h3o::Resolution::Nine.pentagons().collect();
    let center = h3o::LatLng::from(*chance.pick(&pentagons));
    (center.lng() + chance.share() * 0.002, center.lat() + chance.share() * 0.002)
}

/// The report event and the issue that it begins.
pub fn report(chance: &mut Chance, at: Timestamp, reporter: Option<AccountId>) -> (Issue, Event) {
    let id = IssueId(chance.id());
    report_as(id, chance, at, reporter)
}

/// As [`report`], of an issue with an id of one's own.
pub fn report_as(
    id: IssueId,
    chance: &mut Chance,
    at: Timestamp,
    reporter: Option<AccountId>,
) -> (Issue, Event) {
    let kind = random_kind(chance);
    let mut facts: Facts = place_facts(&random_place(chance));
    let mut put = |name: &str, value: &str| facts.insert(name.to_owned(), value.to_owned());
    put(fact::NUMBER, &format!("HX-{:032X}", id.0));
    put(fact::KIND, kind.as_str());
    put(fact::CATEGORY, chance.pick::<&str>(CATEGORIES));
    put(fact::SEVERITY, if chance.one_in(5) { "major" } else { "general" });
    put(fact::INSPECTION, if chance.one_in(2) { "true" } else { "false" });
    put(fact::SOURCE, "app");
    if let (Kind::Opinion, Some(nature)) = (kind, chance.pick(NATURES)) {
        put(fact::NATURE, nature);
    }
    if chance.one_in(2) {
        put(fact::PROPOSED, chance.pick::<&str>(DEPARTMENTS));
    }
    if let Some(reporter) = reporter {
        put(fact::REPORTER, &reporter.to_string());
    } else {
        put(fact::ANONYMOUS, "true");
    }
    let draft = Draft {
        actor: EventActor::Reporter,
        action: Action::Report,
        note: None,
        facts,
        attachments: Vec::new(),
    };
    let event = step::seal(id, 1, at, draft, (None, State::Reported), Hash::START);
    let mut issue = evolve(None, &event).expect("the report is whole");
    issue.text =
        (*chance.pick(&["路边护栏损坏 50%", "Dog_barking at night", "井盖 'missing'"])).into();
    issue.address = chance.one_in(2).then(|| "经三路_9号".to_owned());
    (issue, event)
}

/// A change that begins an issue.
pub fn opening(issue: &Issue, event: Event) -> Change {
    Change {
        district: "410105".into(),
        at: event.at,
        deltas: deltas_of(None, issue, &zone()),
        saves: vec![Save { version_seen: 0, issue: issue.clone(), events: vec![event] }],
        ..Change::default()
    }
}

/// A change that carries steps of existing issues: each as (before, after, event).
pub fn advance(steps: Vec<(Issue, Issue, Event)>) -> Change {
    let mut change = Change { district: "410105".into(), ..Change::default() };
    for (before, after, event) in steps {
        change.at = event.at;
        add(&mut change.deltas, &deltas_of(Some(&before), &after, &zone()));
        change.saves.push(Save { version_seen: before.version, issue: after, events: vec![event] });
    }
    change
}

/// Whether an action may lead to another state in which things go on.
fn leads_on(action: Action) -> bool {
    rows().any(|row| row.action == action && matches!(row.to, To::State(state) if state.is_open()))
}

/// Adds counters; those that come to nothing go.
pub fn add(sum: &mut Deltas, more: &Deltas) {
    for (key, n) in more {
        let own = sum.entry(key.clone()).or_insert(0);
        *own += n;
        if *own == 0 {
            sum.remove(key);
        }
    }
}

/// The changes of a world as one: every issue as the last of them leaves it, with all its events.
pub fn joined(changes: Vec<Change>) -> Change {
    let mut whole = Change::default();
    let mut saves = BTreeMap::<IssueId, Save>::new();
    for change in changes {
        (whole.district, whole.at) = (change.district, change.at);
        add(&mut whole.deltas, &change.deltas);
        for save in change.saves {
            match saves.entry(save.issue.id) {
                Entry::Vacant(free) => drop(free.insert(save)),
                Entry::Occupied(known) => {
                    let known = known.into_mut();
                    known.issue = save.issue;
                    known.events.extend(save.events);
                }
            }
        }
    }
    whole.saves = saves.into_values().collect();
    whole
}

/// Timekeepers of two settings of working slots, by the calendars that ship: later years have none.
fn keepers() -> Vec<Timekeeper> {
    let mut pack = CalendarPack::default();
    for file in shipped_years("cn").expect("a region").expect("calendars") {
        pack.put("cn", file);
    }
    let keeper = |slots| Timekeeper {
        calendar: pack.calendar("cn", zone(), Hours::parse(slots).expect("hours")).0,
        version: 1,
        stages: StageLimits::default(),
    };
    ["08:00-12:00,14:00-18:00", "10:00-11:00"].map(keeper).into()
}

/// Issues and their logs as they should be stored, and those who act on them.
pub struct World {
    pub chance: Chance,
    pub now: Timestamp,
    pub issues: Vec<Issue>,
    pub logs: BTreeMap<IssueId, Vec<Event>>,
    /// Who acts, and how many chances they have.
    actors: Vec<(Actor, usize)>,
    keepers: Vec<Timekeeper>,
    /// The issue of the last change.
    last: Option<IssueId>,
    /// How often each action was taken.
    taken: BTreeMap<Action, u32>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut actors = vec![(Actor::System, 1), (Actor::Anonymous, 1)];
        actors.extend(Role::ALL.into_iter().zip(1..).map(|(role, id)| (actor(id, role, None), 2)));
        actors.extend(DEPARTMENTS.iter().map(|own| (actor(50, Role::Handler, Some(own)), 1)));
        Self {
            chance: Chance(seed),
            now: START,
            issues: Vec::new(),
            logs: BTreeMap::new(),
            actors,
            keepers: keepers(),
            last: None,
            taken: BTreeMap::new(),
        }
    }

    /// The report with a limit, now and then, and with its due times.
    fn limit(&mut self, issue: &Issue, mut event: Event) -> (Issue, Event) {
        if let Some(limit) = self.chance.pick(LIMITS) {
            event.facts.insert(fact::LIMIT.to_owned(), (*limit).to_owned());
        }
        let event = self.keepers[0].time(None, event, self.now);
        let timed = evolve(None, &event).expect("the report is whole");
        (Issue { text: issue.text.clone(), address: issue.address.clone(), ..timed }, event)
    }

    pub fn events(&self) -> usize {
        self.logs.values().map(Vec::len).sum()
    }

    /// The next changes as one.
    pub fn next_joined(&mut self, count: usize) -> Change {
        joined((0..count).map(|_| self.next_change()).collect())
    }

    /// The next change: a new issue, or a step of an old one.
    pub fn next_change(&mut self) -> Change {
        // Times repeat now and then, and sometimes a day or a month goes by.
        let pause = match self.chance.below(40) {
            0..4 => 0,
            4 => DAY_MS * self.chance.below(20) as i64,
            _ => (self.chance.share() * 4.0 * HOUR_MS as f64) as i64,
        };
        self.now = Timestamp(self.now.0 + pause);
        if self.issues.len() < 5 || self.chance.one_in(9) {
            let reporter = self.chance.one_in(2).then_some(AccountId(1));
            let (issue, event) = report(&mut self.chance, self.now, reporter);
            let (issue, event) = self.limit(&issue, event);
            self.logs.insert(issue.id, vec![event.clone()]);
            self.last = Some(issue.id);
            self.issues.push(issue.clone());
            return opening(&issue, event);
        }
        loop {
            if let Some(steps) = self.try_step() {
                for (_, after, event) in &steps {
                    self.last = Some(after.id);
                    let at = self.issues.iter().position(|issue| issue.id == after.id);
                    self.issues[at.expect("a known issue")] = after.clone();
                    self.logs.entry(after.id).or_default().push(event.clone());
                }
                return advance(steps);
            }
        }
    }

    /// What someone may do: the seldomer it was taken so far, the likelier, so that histories go
    /// everywhere, however many things can be done at a place.
    fn pick_action(&mut self, issue: &Issue) -> Option<(Action, Actor)> {
        let mut weighed: BTreeMap<Action, (f64, Vec<usize>)> = BTreeMap::new();
        for (i, (actor, chances)) in self.actors.iter().enumerate() {
            for action in step::allowed_actions(issue, actor) {
                let taken = self.taken.get(&action).copied().unwrap_or_default();
                let rare = action == Action::Appeal && rare_ground(issue, self.now).is_some();
                let seldom = if rare { 0 } else { taken };
                let share = if leads_on(action) { 8.0 } else { 1.0 } / f64::from(1 + seldom);
                let weight = share * share;
                let (_, actors) = weighed.entry(action).or_insert((weight, Vec::new()));
                actors.extend(std::iter::repeat_n(i, *chances));
            }
        }
        // Another calendar is what moves due times.
        weighed.remove(&Action::Retime);
        let mut left =
            self.chance.share() * weighed.values().map(|(weight, _)| weight).sum::<f64>();
        let (action, (_, actors)) = weighed.into_iter().find(|(_, (weight, _))| {
            left -= weight;
            left <= 0.0
        })?;
        let actor = *self.chance.pick(&actors);
        Some((action, self.actors[actor].0.clone()))
    }

    fn try_step(&mut self) -> Option<Vec<(Issue, Issue, Event)>> {
        // Some histories go on at once; or every step would come long past its due time.
        let last = self.issues.iter().find(|issue| Some(issue.id) == self.last);
        let issue = match last {
            Some(last) if !self.chance.one_in(5) => last.clone(),
            _ => self.chance.pick(&self.issues).clone(),
        };
        if self.chance.one_in(40) {
            let place = random_place(&mut self.chance);
            let (after, event) = step::rehome(&issue, &place, self.now)?;
            return Some(vec![(issue, after, event)]);
        }
        if self.chance.one_in(30) {
            // Other slots came into force, or those of before again.
            let keeper = self.chance.pick(&self.keepers);
            let (after, event) = keeper.retime(&issue, None, self.now)?;
            return Some(vec![(issue, after, event)]);
        }
        let (action, actor) = self.pick_action(&issue)?;
        let other = match action {
            Action::Unmerge => {
                self.issues.iter().find(|i| Some(i.id) == issue.merged_into).cloned()
            }
            _ => Some(self.chance.pick(&self.issues).clone()),
        }?;
        let command = self.command(&issue, action, &other);
        let by = (self.now, &self.keepers[0]);
        let (after, event) = step::decide_timed(&issue, &command, &actor, by).ok()?;
        *self.taken.entry(action).or_default() += 1;
        let count = match action {
            Action::Merge => Some(Action::Absorb),
            Action::Unmerge => Some(Action::Release),
            _ => None,
        };
        let mut steps = vec![(issue.clone(), after, event.clone())];
        if let Some(count) = count {
            let (after, event) = step::count_reports(&other, &issue, count, event.actor, self.now)?;
            steps.push((other, after, event));
        }
        Some(steps)
    }
}
