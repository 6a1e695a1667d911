//! Generated branches, workers and posts for the demo's areas.

use super::areas::{DemoArea, inner_point};
use super::mesh::Point;
use super::names;
use super::rng::Rng;
use crate::domain::territory::level::Level;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const SEED: u64 = 0x7065_6f70;

const OFFICE_HOURS: &str = "周一至周五 08:30-12:00，14:00-18:00";
const RESOURCES: [&str; 9] = [
    "会议室",
    "党员活动室",
    "志愿服务队",
    "法律咨询",
    "便民服务点",
    "图书角",
    "心理疏导室",
    "应急物资点",
    "老年食堂",
];

/// A party organisation of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoBranch {
    pub code: String,
    pub name: String,
    pub parent: Option<String>,
    pub position: Point,
    pub areas: Vec<String>,
    pub resources: Vec<&'static str>,
    pub opening_hours: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoWorker {
    /// A UUID made from what the worker does and where, so that it stays the same.
    pub id: String,
    pub name: String,
    pub phone: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPost {
    pub worker: String,
    pub area: String,
    pub role: Role,
    pub station: Option<Point>,
}

/// What a post is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    GridWorker,
    /// The worker of a dedicated grid.
    Liaison,
    GridLeader,
    Police,
    LegalAdviser,
}

impl Role {
    pub const fn title(self) -> &'static str {
        match self {
            Role::GridWorker => "网格员",
            Role::Liaison => "企业联络员",
            Role::GridLeader => "网格长",
            Role::Police => "社区民警",
            Role::LegalAdviser => "法律顾问",
        }
    }

    pub const fn duties(self) -> &'static str {
        match self {
            Role::GridWorker => "巡查走访、隐患上报、矛盾排查、民情收集",
            Role::Liaison => "联系单位、隐患上报、诉求收集",
            Role::GridLeader => "统筹网格工作、协调力量、督促办理",
            Role::Police => "治安防范、纠纷调处",
            Role::LegalAdviser => "法律咨询、人民调解",
        }
    }

    /// Duty hours in the form of the import.
    pub const fn hours(self) -> &'static str {
        match self {
            Role::GridWorker => "Mon-Fri 08:00-12:00,14:00-18:00; Sat 09:00-12:00",
            Role::Liaison | Role::GridLeader => "Mon-Fri 08:00-12:00,14:00-18:00",
            Role::Police => "",
            Role::LegalAdviser => "Tue,Thu 14:00-18:00",
        }
    }
}

/// Those who are bound to the areas.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    pub branches: Vec<DemoBranch>,
    pub workers: Vec<DemoWorker>,
    pub posts: Vec<DemoPost>,
}

/// Branches, workers and posts for areas in the order of [`super::areas::areas`].
pub fn people(areas: &[DemoArea]) -> People {
    let mut grids: BTreeMap<&str, Vec<&DemoArea>> = BTreeMap::new();
    for area in areas.iter().filter(|area| area.level == Level::Grid) {
        grids.entry(area.parent.as_deref().unwrap_or_default()).or_default().push(area);
    }
    let mut out = People::default();
    let mut rng = Rng::new(SEED, "people");
    for area in areas {
        let none = Vec::new();
        match area.level {
            Level::Street => {
                add_committee(&mut out, area, &mut rng);
                let adviser = add_worker(&mut out, Role::LegalAdviser, area, &mut rng);
                add_post(&mut out, &adviser, Role::LegalAdviser, area, None);
            }
            Level::Community => {
                let own = grids.get(area.code.as_str()).unwrap_or(&none);
                add_community(&mut out, area, own, &mut rng);
            }
            Level::Grid => {
                let role = area.dedicated.map_or(Role::GridWorker, |_| Role::Liaison);
                let worker = add_worker(&mut out, role, area, &mut rng);
                add_post(&mut out, &worker, role, area, None);
            }
            _ => {}
        }
    }
    out
}

fn committee_code(street: &str) -> String {
    format!("DGW-{street}")
}

/// The street's working committee, the parent of its branches.
fn add_committee(out: &mut People, street: &DemoArea, rng: &mut Rng) {
    let code = committee_code(&street.code);
    let name = format!("{}党工委", street.name);
    let served = vec![street.code.clone()];
    out.branches.extend(branch(code, name, None, street, served, rng));
}

/// A community's branch, the branch of its dedicated grid, its leader and its police officer.
fn add_community(out: &mut People, community: &DemoArea, grids: &[&DemoArea], rng: &mut Rng) {
    let parent = community.parent.as_deref().map(committee_code);
    // Some communities are left without one, so that the map of coverage has gaps to show.
    if rng.chance(92) {
        let (code, name) = (format!("DZB-{}", community.code), format!("{}党支部", community.name));
        let served = grids.iter().map(|grid| grid.code.clone()).collect();
        out.branches.extend(branch(code, name, parent.clone(), community, served, rng));
    }
    for grid in grids.iter().filter(|grid| grid.dedicated.is_some()) {
        if rng.chance(60) {
            let stem = grid.name.strip_suffix("专属网格").unwrap_or(&grid.name);
            let (code, name) = (format!("DZB-{}", grid.code), format!("{stem}党支部"));
            let served = vec![grid.code.clone()];
            out.branches.extend(branch(code, name, parent.clone(), grid, served, rng));
        }
    }
    let station = inner_point(&community.ring);
    let leader = add_worker(out, Role::GridLeader, community, rng);
    for grid in grids {
        add_post(out, &leader, Role::GridLeader, grid, station);
    }
    let police = add_worker(out, Role::Police, community, rng);
    add_post(out, &police, Role::Police, community, station);
}

/// `None` when the area is too thin to have a point inside.
fn branch(
    code: String,
    name: String,
    parent: Option<String>,
    area: &DemoArea,
    areas: Vec<String>,
    rng: &mut Rng,
) -> Option<DemoBranch> {
    let position = inner_point(&area.ring)?;
    let first = rng.below(RESOURCES.len() as u64) as usize;
    let count = rng.between(2, 4) as usize;
    let resources = RESOURCES.iter().cycle().skip(first).step_by(2).take(count).copied().collect();
    Some(DemoBranch { code, name, parent, position, areas, resources, opening_hours: OFFICE_HOURS })
}

fn add_worker(out: &mut People, role: Role, area: &DemoArea, rng: &mut Rng) -> String {
    let id = worker_id(role, &area.code);
    let phone = names::phone(out.workers.len() + 1);
    out.workers.push(DemoWorker { id: id.clone(), name: names::person(rng), phone });
    id
}

fn add_post(out: &mut People, worker: &str, role: Role, area: &DemoArea, station: Option<Point>) {
    let (worker, area) = (worker.to_owned(), area.code.clone());
    out.posts.push(DemoPost { worker, area, role, station });
}

/// A UUID of version 8 (RFC 9562, 5.8) from the hash of role and area.
fn worker_id(role: Role, area: &str) -> String {
    let hash = Sha256::digest(format!("hexward demo worker {} {area}", role.title()));
    let mut bytes: [u8; 16] = std::array::from_fn(|i| hash[i]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    uuid::Uuid::from_bytes(bytes).to_string()
}
