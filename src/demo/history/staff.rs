//! Who acts in the generated history, and how well: departments and streets differ, so that the
//! heatmap has something to show.

use crate::app::ctx::Snapshot;
use crate::demo::accounts::{Seat, actor_of};
use crate::demo::rng::Rng;
use crate::domain::access::{Actor, Role};
use crate::domain::id::{AccountId, DepartmentCode, WorkerId};
use std::collections::BTreeMap;

const SEED: u64 = 0x6d61_6e6e;

/// How a department or a street works; percent of what is usual, and chances in percent.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// The time that it takes.
    pub pace: i64,
    /// The chance that work fails its inspection.
    pub rework: u64,
    /// The chance that an issue is left lying.
    pub neglect: u64,
    /// The chance that a report is rejected, or dispatched to the wrong department.
    pub careless: u64,
}

impl Manner {
    fn of(code: &str) -> Self {
        let mut rng = Rng::new(SEED, code);
        let mut pick = |from: &[i64]| rng.pick(from).copied().unwrap_or(0);
        let pace = pick(&[40, 55, 70, 90, 100, 120, 170, 260]);
        Self {
            pace,
            rework: pick(&[2, 3, 5, 8, 13, 21]).unsigned_abs(),
            neglect: pick(&[0, 1, 1, 2, 4, 7]).unsigned_abs(),
            careless: pick(&[2, 3, 4, 6, 9]).unsigned_abs(),
        }
    }
}

/// The people of one street.
pub struct Office {
    pub acceptor: Actor,
    pub dispatcher: Actor,
    pub supervisor: Actor,
    pub mediator: Option<Actor>,
    pub adviser: Option<Actor>,
    pub manner: Manner,
}

/// A department and who handles for it.
pub struct Handler {
    pub code: DepartmentCode,
    pub actor: Actor,
    /// The others who handle for it.
    pub colleagues: Vec<Actor>,
    pub manner: Manner,
}

/// Everyone who acts.
pub struct Staff {
    offices: BTreeMap<String, Office>,
    workers: BTreeMap<String, Actor>,
    handlers: BTreeMap<String, Handler>,
    worker_ids: BTreeMap<AccountId, WorkerId>,
}

impl Staff {
    pub fn of(snapshot: &Snapshot, seats: &[Seat]) -> Self {
        let mut by_place = BTreeMap::<(Role, &str), Actor>::new();
        let mut handlers = BTreeMap::<String, Handler>::new();
        for seat in seats {
            let actor = actor_of(snapshot, seat);
            match (&seat.grant.area_code, &seat.grant.department) {
                (_, Some(code)) => {
                    if let Ok(department) = DepartmentCode::parse(code) {
                        match handlers.get_mut(code) {
                            Some(first) => first.colleagues.push(actor),
                            None => {
                                let manner = Manner::of(code);
                                let colleagues = Vec::new();
                                let first = Handler { code: department, actor, colleagues, manner };
                                handlers.insert(code.clone(), first);
                            }
                        }
                    }
                }
                (Some(area), None) => {
                    by_place.insert((seat.grant.role, area), actor);
                }
                (None, None) => {}
            }
        }
        let of_role = |role| {
            let own = by_place.iter().filter(move |((seat, _), _)| *seat == role);
            own.map(|((_, area), actor)| ((*area).to_owned(), actor.clone()))
        };
        let offices = of_role(Role::Acceptor).filter_map(|(area, acceptor)| {
            let of = |role| by_place.get(&(role, area.as_str())).cloned();
            let office = Office {
                acceptor,
                dispatcher: of(Role::Dispatcher)?,
                supervisor: of(Role::DutySupervisor)?,
                mediator: of(Role::Mediator),
                adviser: of(Role::LegalAdviser),
                manner: Manner::of(&area),
            };
            Some((area, office))
        });
        let linked = seats.iter().filter_map(|seat| Some((seat.id, seat.worker?)));
        Self {
            offices: offices.collect(),
            workers: of_role(Role::GridWorker).collect(),
            handlers,
            worker_ids: linked.collect(),
        }
    }

    pub fn office(&self, street: &str) -> Option<&Office> {
        self.offices.get(street)
    }

    pub fn worker(&self, grid: &str) -> Option<&Actor> {
        self.workers.get(grid)
    }

    /// Which worker an account is.
    pub fn worker_id(&self, account: AccountId) -> Option<WorkerId> {
        self.worker_ids.get(&account).copied()
    }

    pub fn handler(&self, department: &str) -> Option<&Handler> {
        self.handlers.get(department)
    }

    /// Some department that is not the one named.
    pub fn other(&self, than: &str, rng: &mut Rng) -> Option<&Handler> {
        // A street office is not mistaken for a department of the district.
        let others: Vec<&Handler> = self
            .handlers
            .values()
            .filter(|h| h.code.as_str() != than && !h.code.as_str().starts_with("js-st-"))
            .collect();
        rng.pick(&others).copied()
    }
}
