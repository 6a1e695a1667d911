//! The demo of Jinshui: what is real and what was made up, and who works there.

use super::accounts::{Seat, closed_seat, colleagues, grant, open_seat, person_of};
use super::load::{CityPack, DemoError, read_areas, read_people};
use crate::app::ctx::Snapshot;
use crate::app::instance::Instance;
use crate::app::territory::row_of;
use crate::domain::access::Role;
use crate::domain::id::AreaCode;
use crate::domain::territory::Level;
use crate::domain::territory::asset::{DISTANCE_M_DEFAULT, GROW_M_DEFAULT, Layer};
use crate::domain::territory::import::Mapping;
use std::collections::{BTreeMap, BTreeSet};

const AREAS: &[u8] = include_bytes!("../../geodata/jinshui/areas.geojson");
const BRANCHES: &str = include_str!("../../geodata/jinshui/branches.csv");
const WORKERS: &str = include_str!("../../geodata/jinshui/workers.csv");
const POSTS: &str = include_str!("../../geodata/jinshui/posts.csv");

/// A layer's code and names, and its file.
const LAYERS: [(&str, &str, &str, &str, &[u8]); 2] = [
    (
        "road",
        "道路（生成）",
        "Roads (generated)",
        "geodata/jinshui/roads.geojson",
        include_bytes!("../../geodata/jinshui/roads.geojson"),
    ),
    (
        "river",
        "河道（生成）",
        "Rivers (generated)",
        "geodata/jinshui/rivers.geojson",
        include_bytes!("../../geodata/jinshui/rivers.geojson"),
    ),
];

const DISTRICT: &str = "410105";
/// The street whose staff has passwords: 经八路街道.
const STREET: &str = "410105001";

const NOTE_ZH: &str = "演示数据。真实的部分：金水区轮廓、街道名称与代码、运城市公布的立案结案标准。\
    其余均为生成：社区与网格的名称和边界、街道边界、道路与河道、党支部、人员、权责清单的适配，\
    以及全部事件、文字和照片；与任何真实的人、事、单位无关。";
const NOTE_EN: &str = "Demo data. Real: the outline of Jinshui district, the streets' names and \
    codes, and the filing standard that the city of Yuncheng published. Everything else was \
    generated: communities and grids with their borders, the streets' borders, roads and rivers, \
    party branches, people, the adaptation of the responsibility matrix, and all issues with their \
    texts and photos. Any likeness to real people, events or offices is chance.";
const SOURCES: &str = "\
    金水区轮廓 / outline of Jinshui: longwosion/geojson-map-china\tas published there\n\
    街道代码与名称 / street codes and names: 国家统计局 (National Bureau of Statistics), \
    by way of modood/Administrative-divisions-of-China\tWTFPL\n\
    立案结案标准 / filing standard: 运城市 (city of Yuncheng), \
    by way of zhcg2026/smart_cityguard\tpublic record\n\
    社区、网格、党支部、人员、事件 / communities, grids, branches, people, issues: Hexward\tgenerated";

/// Everything but accounts and issues.
///
/// # Errors
/// A shipped file that does not read.
pub fn pack() -> Result<CityPack, DemoError> {
    let areas = read_areas("geodata/jinshui/areas.geojson", AREAS, Mapping::default())?;
    let (branches, workers, posts) = read_people(BRANCHES, WORKERS, POSTS)?;
    Ok(CityPack {
        instance: Instance {
            name_zh: "金水区网格哨（演示）".into(),
            name_en: "Hexward, Jinshui (demo)".into(),
            district: DISTRICT.into(),
            time_zone: "Asia/Shanghai".into(),
            locale: "zh-CN".into(),
            generated: true,
            generated_note_zh: NOTE_ZH.into(),
            generated_note_en: NOTE_EN.into(),
            sources: SOURCES.into(),
            schemes: "national,social".into(),
            ..Instance::default()
        },
        // The district's outline is real; every border below it is not.
        areas: areas.iter().map(|area| row_of(area, area.level != Level::District)).collect(),
        branches,
        workers,
        posts,
        layers: LAYERS.map(|(code, zh, en, file, bytes)| (layer(code, zh, en), file, bytes)).into(),
        generated: true,
        note: "demo: Jinshui, generated below the district",
    })
}

fn layer(code: &str, name: &str, name_en: &str) -> Layer {
    Layer {
        code: code.into(),
        name: name.into(),
        name_en: Some(name_en.into()),
        distance_m: DISTANCE_M_DEFAULT,
        grow_m: GROW_M_DEFAULT,
        generated: true,
    }
}

/// A seat with a password: login, place, role, area, department, what to try.
type Open = (
    &'static str,
    &'static str,
    Role,
    Option<&'static str>,
    Option<&'static str>,
    (&'static str, &'static str),
);

const REPORT: (&str, &str) =
    ("上报、自行处置、核查自己的网格", "report, settle on the spot, inspect the own grid");

const OPEN: &[Open] = &[
    (
        "worker",
        "经八路第一社区第一网格网格员",
        Role::GridWorker,
        Some("410105001001001"),
        None,
        REPORT,
    ),
    (
        "worker2",
        "经八路第二社区第一网格网格员",
        Role::GridWorker,
        Some("410105001002001"),
        None,
        REPORT,
    ),
    (
        "acceptor",
        "经八路街道受理员",
        Role::Acceptor,
        Some(STREET),
        None,
        ("立案、不予受理、并案", "file, reject, merge"),
    ),
    (
        "dispatcher",
        "经八路街道派遣员",
        Role::Dispatcher,
        Some(STREET),
        None,
        ("查看分派依据，派遣", "see why a department is proposed, dispatch"),
    ),
    (
        "supervisor",
        "经八路街道值班长",
        Role::DutySupervisor,
        Some(STREET),
        None,
        ("挂账、延期、裁定、特殊结案", "suspend, extend, rule, close by force"),
    ),
    (
        "desk",
        "金水区受理员",
        Role::Acceptor,
        Some(DISTRICT),
        None,
        ("全区的受理", "the whole district"),
    ),
    (
        "duty",
        "金水区值班长",
        Role::DutySupervisor,
        Some(DISTRICT),
        None,
        ("全区的值班长", "supervise the whole district"),
    ),
    (
        "roads",
        "道路设施管理中心",
        Role::Handler,
        None,
        Some("js-dl"),
        ("签收、退单、反馈道路设施事件", "accept, return and answer issues of roads"),
    ),
    (
        "police",
        "公安分局",
        Role::Handler,
        None,
        Some("js-ga"),
        ("处置违规养犬等事件", "handle dogs kept against the rules and more"),
    ),
    (
        "urban",
        "城市管理局",
        Role::Handler,
        None,
        Some("js-cg"),
        ("事件最多的部门", "the department with most issues"),
    ),
    (
        "sanitation",
        "环境卫生服务中心",
        Role::Handler,
        None,
        Some("js-hw"),
        ("处置环卫类事件", "handle issues of sanitation"),
    ),
    (
        "labour",
        "人力资源和社会保障局",
        Role::Handler,
        None,
        Some("js-rs"),
        ("调解劳动争议", "mediate labour disputes"),
    ),
    ("fire", "消防救援大队", Role::Handler, None, Some("js-xf"), ("重大隐患", "major hazards")),
    (
        "justice",
        "司法局（司法所）",
        Role::Handler,
        None,
        Some("js-sf"),
        ("调解纠纷，答复法律咨询", "mediate, answer legal questions"),
    ),
    (
        "street-office",
        "龙子湖街道办事处",
        Role::Handler,
        None,
        Some("js-st-410105014"),
        ("下沉到街道的街面秩序事件", "street trading that the matrix gives to the street"),
    ),
    (
        "mediator",
        "经八路街道人民调解员",
        Role::Mediator,
        Some(STREET),
        None,
        ("只看到本街道的纠纷", "sees the disputes of one street and nothing else"),
    ),
    (
        "lawyer",
        "经八路街道法律顾问",
        Role::LegalAdviser,
        Some(STREET),
        None,
        ("答复本街道的法律咨询", "answers the legal consultations of one street"),
    ),
    (
        "leader",
        "金水区领导",
        Role::Leader,
        Some(DISTRICT),
        None,
        ("全区热力图与指标", "heatmap and rates of the district"),
    ),
    (
        "street-leader",
        "经八路街道领导",
        Role::Leader,
        Some(STREET),
        None,
        ("本街道热力图", "heatmap of one street"),
    ),
    (
        "admin",
        "系统管理员",
        Role::Admin,
        None,
        None,
        ("账号、网格版本、权责清单", "accounts, territory versions, matrix"),
    ),
];

/// The whole staff: seats with passwords first, then one acceptor, dispatcher and supervisor for
/// each street, a handler for each department and a worker for each grid.
pub fn seats(snapshot: &Snapshot) -> Vec<Seat> {
    let mut seats = open_seats();
    let taken = |seats: &[Seat], role, area: Option<&str>, department: Option<&str>| {
        let own = grant(role, area, department);
        seats.iter().any(|seat| seat.grant == own)
    };
    for area in snapshot.territory.areas() {
        let code = area.code.as_str();
        let roles: &[(Role, &str)] = match area.level {
            Level::Street => &OFFICE,
            Level::Grid => &[(Role::GridWorker, "网格员")],
            _ => &[],
        };
        for &(role, title) in roles {
            if taken(&seats, role, Some(code), None) {
                continue;
            }
            let login = format!("{role}-{code}");
            let name = match worker_of(snapshot, &area.code) {
                Some(name) if role == Role::GridWorker => format!("{name} · {}", area.name),
                _ => format!("{} · {}{title}", person_of(&login), area.name),
            };
            seats.push(closed_seat(login, name, grant(role, Some(code), None)));
        }
    }
    for department in snapshot.matrix.departments() {
        let code = department.code.as_str();
        if !taken(&seats, Role::Handler, None, Some(code)) {
            let login = format!("handler-{code}");
            let name = format!("{} · {}", person_of(&login), department.name);
            seats.push(closed_seat(login, name, grant(Role::Handler, None, Some(code))));
        }
    }
    link_workers(snapshot, &mut seats);
    let name = |login: &str, seat: &Seat| {
        let title = seat.name.rsplit(" · ").next().unwrap_or_default();
        format!("{} · {title}", person_of(login))
    };
    seats.extend(colleagues(&seats, name));
    seats
}

/// Says of each seat of a grid which worker has it; a worker with two grids has one account.
fn link_workers(snapshot: &Snapshot, seats: &mut [Seat]) {
    let mut posts = BTreeMap::new();
    for post in snapshot.territory.posts().iter().filter(|post| post.role != "网格长") {
        posts.entry(post.area.as_str()).or_insert(post.worker);
    }
    let mut linked = BTreeSet::new();
    for seat in seats.iter_mut().filter(|seat| seat.grant.role == Role::GridWorker) {
        let worker = seat.grant.area_code.as_deref().and_then(|area| posts.get(area));
        seat.worker = worker.copied().filter(|id| linked.insert(*id));
    }
}

const OFFICE: [(Role, &str); 5] = [
    (Role::Acceptor, "受理员"),
    (Role::Dispatcher, "派遣员"),
    (Role::DutySupervisor, "值班长"),
    (Role::Mediator, "调解员"),
    (Role::LegalAdviser, "法律顾问"),
];

/// The name of the worker who has the post in a grid.
fn worker_of<'a>(snapshot: &'a Snapshot, grid: &AreaCode) -> Option<&'a str> {
    let posts = snapshot.territory.posts().iter();
    let post = posts.filter(|post| post.area == *grid).find(|post| post.role != "网格长")?;
    snapshot.territory.worker(post.worker).map(|worker| worker.name.as_str())
}

fn open_seats() -> Vec<Seat> {
    let seats = OPEN.iter().map(|&(login, place, role, area, department, hint)| {
        let name = format!("{} · {place}", person_of(login));
        open_seat(login, name, grant(role, area, department), hint)
    });
    seats.collect()
}
