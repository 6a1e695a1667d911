//! Workers and their posts, one person at a time: who is bound to which grid, as what, from when to
//! when. Every change names the version that was seen, is logged, and is seen by all nodes.

use super::admin_log::{self, what};
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::faults::{Faults, GivenPlace};
use super::people::{post_of, post_row, worker_of, worker_row};
use super::words::row::hours_zh;
use crate::domain::id::{AccountId, AreaCode, WorkerId};
use crate::domain::territory::posting::{self, PostDetails, PostFault, PostStanding};
use crate::domain::territory::{Area, DutyHours, Level, Post, Territory, Validity, Worker};
use crate::domain::time::Day;
use crate::store::admin::PersonRow;
use std::collections::HashSet;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 60;
/// The longest title of a post, in characters.
pub const ROLE_CHARS_MAX: usize = 40;
/// The longest duties of a post, in characters.
pub const DUTIES_CHARS_MAX: usize = 500;
/// The most posts of one person, those that ended included.
pub const POSTS_MAX: usize = 200;
/// The digits of a telephone number (E.164 has 15 at most).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// A worker with the posts, in order; a post is told by its place, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub version: i64,
    pub worker: Worker,
    pub posts: Vec<Post>,
    pub generated: bool,
}

/// A person as somebody fills it in.
#[derive(Clone, Debug, Default)]
pub struct PersonDraft {
    pub name: String,
    pub phone: String,
}

/// A post as somebody fills it in.
#[derive(Clone, Debug, Default)]
pub struct PostDraft {
    pub grid: String,
    pub role: String,
    pub duties: String,
    pub hours: String,
    /// Today when left out.
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub station: Option<GivenPlace>,
}

/// Who changes which version of whom.
#[derive(Clone, Copy, Debug)]
pub struct Editing {
    /// The administrator.
    pub by: AccountId,
    pub worker: WorkerId,
    /// The version that was seen.
    pub seen: i64,
}

/// Whether a text is a telephone number: digits, with a plus before and spaces, dashes or brackets
/// between them. Empty is none.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')');
    text.is_empty() || PHONE_DIGITS.contains(&digits) && rest.chars().all(allowed)
}

fn read_person(draft: &PersonDraft, id: WorkerId) -> Result<Worker, AppError> {
    let mut faults = Faults::default();
    let name = faults.line("name", &draft.name, NAME_CHARS_MAX);
    let phone = draft.phone.trim().to_owned();
    if !is_phone(&phone) {
        let says = say(
            "电话号码须为 5 到 15 位数字，可带 + 和分隔符",
            "A telephone number has 5 to 15 digits; a plus, spaces and dashes are fine",
        );
        faults.add("phone", says);
    }
    faults.or(Worker { id, name, phone: Some(phone).filter(|phone| !phone.is_empty()) })
}

fn read_hours(faults: &mut Faults, text: &str) -> DutyHours {
    DutyHours::parse(text).unwrap_or_else(|error| {
        let says = say(
            format!(
                "值班时间无法识别：{}。例如 Mon-Fri 08:00-12:00,14:00-18:00；留空为全天",
                hours_zh(&error)
            ),
            format!(
                "These hours cannot be read: {error}. Such as \
                Mon-Fri 08:00-12:00,14:00-18:00; empty for at all times"
            ),
        );
        faults.add("hours", says);
        DutyHours::default()
    })
}

/// Whether people can be bound to an area.
fn takes_posts(area: &Area) -> bool {
    matches!(area.level, Level::Grid | Level::MicroGrid)
}

fn read_grid(faults: &mut Faults, territory: &Territory, text: &str, on: Day) -> Option<AreaCode> {
    let area = AreaCode::parse(text.trim()).ok().and_then(|code| territory.area(&code));
    let says = match area {
        None => say(format!("没有网格 {text}"), format!("There is no grid {text}")),
        Some(area) if !takes_posts(area) => say(
            format!("{} 不是网格，岗位须设在网格上", area.name),
            format!("{} is no grid; posts are bound to grids", area.name),
        ),
        Some(area) if !area.validity.holds_on(on) => say(
            format!("网格 {} 在 {on} 不生效", area.name),
            format!("The grid {} is not in force on {on}", area.name),
        ),
        Some(area) => return Some(area.code.clone()),
    };
    faults.add("grid", says);
    None
}

fn read_post(
    snapshot: &Snapshot,
    worker: WorkerId,
    draft: &PostDraft,
    today: Day,
) -> Result<Post, AppError> {
    let mut faults = Faults::default();
    let from = draft.from.unwrap_or(today);
    let area = read_grid(&mut faults, &snapshot.territory, &draft.grid, from);
    let role = faults.line("role", &draft.role, ROLE_CHARS_MAX);
    let duties = faults.words("duties", &draft.duties, 0, DUTIES_CHARS_MAX);
    let hours = read_hours(&mut faults, &draft.hours);
    let station = faults.place("station", draft.station);
    let validity = Validity { from: Some(from), to: draft.to };
    let post = area.map(|area| Post { worker, area, role, duties, validity, hours, station });
    let missing = || AppError::Internal("a grid that is not there was not refused".into());
    faults.or(post)?.ok_or_else(missing)
}

fn refuse(fault: &PostFault, posts: &[Post]) -> AppError {
    let field = AppError::field;
    match fault {
        PostFault::NoPost => AppError::NotFound(say("没有这个岗位", "There is no such post")),
        PostFault::Empty => {
            field("to", say("最后一天早于第一天", "The last day is before the first"))
        }
        PostFault::Overlaps(place) => {
            let until = posts.get(*place).and_then(|post| post.validity.to);
            let (zh, en) = match until {
                None => ("长期有效".to_owned(), "with no last day".to_owned()),
                Some(day) => (format!("至 {day}"), format!("until {day}")),
            };
            field(
                "grid",
                say(
                    format!("此人在该网格已有同名岗位（{zh}），时间重叠"),
                    format!("The same post in this grid is held in that time already ({en})"),
                ),
            )
        }
        PostFault::Ended => AppError::Conflict(say(
            "岗位那时已经结束，不能再改；可另设岗位",
            "The post has ended by then and stays as it was; begin another one",
        )),
        PostFault::Begun => AppError::Conflict(say(
            "岗位已经开始，只能设定最后一天",
            "The post has begun: it can only be given a last day",
        )),
        PostFault::MovesAtOnce => {
            field("from", say("须晚于岗位的第一天", "This must be after the first day of the post"))
        }
        PostFault::SamePlace => field("grid", say("已在该网格", "The post is there already")),
    }
}

fn no_person() -> AppError {
    AppError::NotFound(say("没有这个网格人员", "There is no such worker"))
}

/// A person from the rows.
///
/// # Errors
/// A row cannot be read.
pub fn person_of(row: &PersonRow) -> Result<Person, AppError> {
    Ok(Person {
        version: row.version,
        worker: worker_of(&row.worker)?,
        posts: row.posts.iter().map(post_of).collect::<Result<_, _>>()?,
        generated: row.worker.generated,
    })
}

/// A person.
///
/// # Errors
/// There is none of that id.
pub async fn find_person(ctx: &Ctx, id: WorkerId) -> Result<Person, AppError> {
    person_of(&ctx.store.find_person(id).await?.ok_or_else(no_person)?)
}

/// Which people.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// In small letters: a part of a name, of a grid's code or name, or of a post's title.
    pub words: String,
    /// With a post in this area or in one below it.
    pub area: Option<AreaCode>,
    /// Whether somebody holds a post today.
    pub held: Option<bool>,
}

impl PeopleFilter {
    fn finds(&self, snapshot: &Snapshot, person: &Person, today: Day) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.words);
        let current = |post: &Post| posting::standing(post, today) == PostStanding::Current;
        let named = |post: &Post| {
            let name = snapshot.area_name(post.area.as_str());
            has(&post.role) || has(post.area.as_str()) || name.is_some_and(|name| has(&name))
        };
        // A post of a grid that is gone counts where its successors are.
        let within = |post: &Post, area: &AreaCode| {
            let heirs = snapshot.heirs.of_code(&post.area);
            heirs.iter().any(|own| snapshot.territory.is_within(own, area))
        };
        let posts = &person.posts;
        let there = |area: &AreaCode| {
            posts.iter().any(|post| within(post, area) && (self.held.is_none() || current(post)))
        };
        self.held.is_none_or(|held| held == posts.iter().any(current))
            && self.area.as_ref().is_none_or(there)
            && (has(&person.worker.name) || posts.iter().any(named))
    }
}

/// People, in order of name.
///
/// # Errors
/// The store is not available, or a row cannot be read.
pub async fn list_persons(ctx: &Ctx, filter: &PeopleFilter) -> Result<Vec<Person>, AppError> {
    let (snapshot, today) = (ctx.snapshot(), ctx.today());
    let rows = ctx.store.list_persons().await?;
    let mut persons = rows.iter().map(person_of).collect::<Result<Vec<_>, _>>()?;
    persons.retain(|person| filter.finds(&snapshot, person, today));
    persons.sort_by(|a, b| (&a.worker.name, a.worker.id).cmp(&(&b.worker.name, b.worker.id)));
    Ok(persons)
}

/// The grids in force where nobody holds a post on a day, in order of code, and how many grids
/// there are.
pub fn vacant_grids(territory: &Territory, on: Day) -> (usize, Vec<&Area>) {
    let held: HashSet<&AreaCode> = territory
        .posts()
        .iter()
        .filter(|post| post.validity.holds_on(on))
        .map(|post| &post.area)
        .collect();
    let mut grids: Vec<&Area> = territory
        .areas()
        .filter(|area| area.level == Level::Grid && area.validity.holds_on(on))
        .collect();
    let count = grids.len();
    grids.retain(|area| !held.contains(&area.code));
    grids.sort_by(|a, b| a.code.cmp(&b.code));
    (count, grids)
}

/// What is to be written, and what the log says of it.
struct Edit {
    what: &'static str,
    facts: Vec<(&'static str, String)>,
    posts: Vec<Post>,
}

async fn keep(ctx: &Ctx, editing: Editing, before: Person, edit: Edit) -> Result<Person, AppError> {
    if edit.posts.len() > POSTS_MAX {
        let says = say(
            format!("一人至多 {POSTS_MAX} 个岗位"),
            format!("A person has at most {POSTS_MAX} posts"),
        );
        return Err(AppError::field("grid", says));
    }
    let row = PersonRow {
        version: editing.seen,
        worker: worker_row(&before.worker, before.generated),
        posts: edit.posts.iter().map(post_row).collect(),
    };
    let by = Some(editing.by);
    let log = admin_log::entry(ctx, by, edit.what, &before.worker.name, edit.facts);
    let version = ctx.store.put_person(row, log).await?;
    ctx.refresh().await?;
    Ok(Person { version, posts: edit.posts, ..before })
}

async fn find_seen(ctx: &Ctx, editing: Editing) -> Result<Person, AppError> {
    let person = find_person(ctx, editing.worker).await?;
    match person.version == editing.seen {
        true => Ok(person),
        false => Err(crate::store::StoreError::Stale.into()),
    }
}

/// A post as the log tells it.
fn post_facts(snapshot: &Snapshot, post: &Post) -> Vec<(&'static str, String)> {
    let code = post.area.as_str();
    let name = snapshot.area_name(code).unwrap_or_default();
    let day = |day: Option<Day>| day.map_or_else(|| "–".to_owned(), |day| day.to_string());
    let Validity { from, to } = post.validity;
    vec![
        ("grid", format!("{code} {name}").trim().to_owned()),
        ("role", post.role.clone()),
        ("days", format!("{} → {}", day(from), day(to))),
    ]
}

/// Adds a person, with a first post if one is given.
///
/// # Errors
/// What is wrong, by field.
pub async fn create_person(
    ctx: &Ctx,
    by: AccountId,
    draft: &PersonDraft,
    post: Option<&PostDraft>,
) -> Result<Person, AppError> {
    let (snapshot, today) = (ctx.snapshot(), ctx.today());
    let worker = read_person(draft, WorkerId(ctx.new_uuid().as_u128()))?;
    let post = post.map(|post| read_post(&snapshot, worker.id, post, today)).transpose()?;
    let posts = match post {
        None => Vec::new(),
        Some(post) => posting::begin_post(&[], post).map_err(|fault| refuse(&fault, &[]))?,
    };
    let facts = posts.first().map(|post| post_facts(&snapshot, post)).unwrap_or_default();
    let editing = Editing { by, worker: worker.id, seen: 0 };
    let person = Person { version: 0, worker, posts: Vec::new(), generated: false };
    keep(ctx, editing, person, Edit { what: what::PERSON_CREATE, facts, posts }).await
}

/// Changes name and telephone number.
///
/// # Errors
/// There is no such person, or at another version than was seen; or what is wrong, by field.
pub async fn update_person(
    ctx: &Ctx,
    editing: Editing,
    draft: &PersonDraft,
) -> Result<Person, AppError> {
    let before = find_seen(ctx, editing).await?;
    let worker = read_person(draft, editing.worker)?;
    let name = admin_log::change("name", &before.worker.name, &worker.name);
    // The number itself is personal and stays out of the log.
    let phone = (before.worker.phone != worker.phone).then(|| ("phone", "new".to_owned()));
    let facts = name.into_iter().chain(phone).collect();
    let posts = before.posts.clone();
    let person = Person { worker, ..before };
    keep(ctx, editing, person, Edit { what: what::PERSON_UPDATE, facts, posts }).await
}

/// Ends all posts of a person by a day. The person stays, so that it can be told who it was.
///
/// # Errors
/// There is no such person, or at another version than was seen; or a post that goes on began
/// after that day.
pub async fn end_person(ctx: &Ctx, editing: Editing, last: Day) -> Result<Person, AppError> {
    let before = find_seen(ctx, editing).await?;
    let posts = posting::end_all(&before.posts, last, ctx.today());
    let posts = posts.map_err(|_| {
        let says = say("有岗位在这一天之后才开始", "A post that goes on began after this day");
        AppError::field("last_day", says)
    })?;
    let facts = vec![("last_day", last.to_string())];
    keep(ctx, editing, before, Edit { what: what::PERSON_END, facts, posts }).await
}

/// Gives a person a post.
///
/// # Errors
/// There is no such person, or at another version than was seen; or what is wrong, by field.
pub async fn begin_post(
    ctx: &Ctx,
    editing: Editing,
    draft: &PostDraft,
) -> Result<Person, AppError> {
    let before = find_seen(ctx, editing).await?;
    let snapshot = ctx.snapshot();
    let post = read_post(&snapshot, editing.worker, draft, ctx.today())?;
    let facts = post_facts(&snapshot, &post);
    let posts = posting::begin_post(&before.posts, post);
    let posts = posts.map_err(|fault| refuse(&fault, &before.posts))?;
    keep(ctx, editing, before, Edit { what: what::POST_BEGIN, facts, posts }).await
}

/// What is done to a post.
#[derive(Clone, Debug)]
pub enum PostChange {
    /// Duties, hours and station; the rest of the draft is passed over.
    Details(PostDraft),
    /// The last day; `None` lets it go on.
    End(Option<Day>),
    /// To another grid, from a day on.
    Move { grid: String, from: Day },
    /// Away with a post that has not begun.
    Drop,
}

/// Changes a post, told by its place in the person's list, counted from 1.
///
/// # Errors
/// There is no such person or post, or at another version than was seen; what is wrong, by field;
/// or the post has ended or begun.
pub async fn change_post(
    ctx: &Ctx,
    editing: Editing,
    number: usize,
    change: &PostChange,
) -> Result<Person, AppError> {
    let before = find_seen(ctx, editing).await?;
    let (snapshot, today) = (ctx.snapshot(), ctx.today());
    let place = number.wrapping_sub(1);
    let post = before.posts.get(place).ok_or_else(|| refuse(&PostFault::NoPost, &[]))?;
    let mut facts = post_facts(&snapshot, post);
    let posts = &before.posts;
    let (what, changed) = match change {
        PostChange::Details(draft) => {
            let details = read_details(draft)?;
            (what::POST_UPDATE, posting::change_post(posts, place, details, today))
        }
        PostChange::End(last) => {
            let told = last.map_or_else(|| "–".to_owned(), |day| day.to_string());
            facts.push(("last_day", told));
            (what::POST_END, posting::end_post(posts, place, *last, today))
        }
        PostChange::Move { grid, from } => {
            let mut faults = Faults::default();
            let to = read_grid(&mut faults, &snapshot.territory, grid, *from);
            let Some(to) = faults.or(to)? else { return Err(no_person()) };
            let name = snapshot.area_name(to.as_str()).unwrap_or_default();
            facts.extend([("to", format!("{to} {name}")), ("from", from.to_string())]);
            (what::POST_MOVE, posting::move_post(posts, place, to, *from, today))
        }
        PostChange::Drop => (what::POST_DROP, posting::drop_post(posts, place, today)),
    };
    let posts = changed.map_err(|fault| refuse(&fault, posts))?;
    keep(ctx, editing, before, Edit { what, facts, posts }).await
}

fn read_details(draft: &PostDraft) -> Result<PostDetails, AppError> {
    let mut faults = Faults::default();
    let duties = faults.words("duties", &draft.duties, 0, DUTIES_CHARS_MAX);
    let hours = read_hours(&mut faults, &draft.hours);
    let station = faults.place("station", draft.station);
    faults.or(PostDetails { duties, hours, station })
}

#[cfg(test)]
mod tests {
    use super::is_phone;

    #[test]
    fn a_telephone_number_is_digits_and_what_stands_between_them() {
        for right in ["", "12345", "0371-6392 0000", "+86 138 0013 8000", "(0371) 63920000"] {
            assert!(is_phone(right), "{right}");
        }
        for wrong in ["1234", "abc12345", "138+00138000", "1234567890123456", "一二三四五"] {
            assert!(!is_phone(wrong), "{wrong}");
        }
    }
}
