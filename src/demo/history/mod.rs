//! Half a year of generated issues up to the day of loading: what happened, who worked on it and
//! how it ended, each step decided by the workflow itself.
//!
//! [`World::story`] is pure: the same territory, catalog, matrix and staff give the same issues for
//! the same day. [`load`] writes them.

mod hours;
mod kinds;
mod opening;
mod photo;
mod play;
mod plot;
mod spot;
mod staff;
mod watch;
mod words;

use super::accounts::Seat;
use super::load::{DemoError, Stage, Tell};
use super::rng::Rng;
use crate::app::confide::{keep_contact, keep_log};
use crate::app::ctx::{Ctx, Snapshot};
use crate::app::notify::summons_of;
use crate::app::seal::part;
use crate::domain::issue::event::Event;
use crate::domain::issue::party::DisputeRecord;
use crate::domain::issue::record::Issue;
use crate::domain::metrics::contribution::add_contribution;
use crate::domain::time::Day;
use crate::format::parties::write_record;
use crate::store::care::{Claimant, Sealed};
use crate::store::change::{Attachment, Change, Contact, Save, StoredRoute};
use hours::Clock;
use play::{Halt, PlannedPhoto, Play};
use spot::Spots;
use staff::Staff;
use words::Words;

const SEED: u64 = 0x6869_7374;

/// Issues that are written in one transaction.
const BATCH_ISSUES: usize = 300;

/// What the stories are made from.
pub struct World<'a> {
    snapshot: &'a Snapshot,
    staff: Staff,
    spots: Spots<'a>,
    words: Words,
    clock: Clock,
}

/// One issue with all that hangs on it.
pub struct Told {
    pub issue: Issue,
    pub events: Vec<Event>,
    pub routes: Vec<StoredRoute>,
    pub contact: Option<Contact>,
    photos: Vec<PlannedPhoto>,
    /// Who the parties of a dispute are; made up.
    pub parties: Option<DisputeRecord>,
    pub agreement: Option<String>,
    /// Who claimed a wish, by the event of the claim.
    pub claims: Vec<(i64, Claimant)>,
}

impl<'a> World<'a> {
    /// A world whose history ends when `until` begins.
    ///
    /// # Errors
    /// The shipped words cannot be read.
    pub fn new(snapshot: &'a Snapshot, seats: &[Seat], until: Day) -> Result<Self, DemoError> {
        Ok(Self {
            snapshot,
            staff: Staff::of(snapshot, seats),
            spots: Spots::of(snapshot),
            words: Words::read()?,
            clock: Clock::ending(until, &snapshot.keeper.calendar),
        })
    }

    /// The days on which `count` stories begin, in order.
    pub fn days(&self, count: usize) -> Vec<Day> {
        self.clock.report_days(count, &mut Rng::new(SEED, "days"))
    }

    /// The `n`th story, which begins on `day`: one issue, or one with those that tell of the same
    /// thing.
    ///
    /// # Errors
    /// The workflow refuses a step, or somebody has no seat.
    pub fn story(&'a self, n: usize, day: Day) -> Result<Vec<Told>, DemoError> {
        let mut rng = Rng::new(SEED, &format!("story {n}"));
        let no_place = || DemoError::Refused("there is no grid to report from".to_owned());
        let scene = self.scene(day, &mut rng).ok_or_else(no_place)?;
        let twins = if rng.chance(4) { rng.between(1, 3) } else { 0 };
        let twins: Vec<_> = (0..twins)
            .map(|_| (self.seen_again(&scene, &mut rng), Rng::new(rng.next_u64(), "twin")))
            .collect();
        let mut first = self.open(&scene, rng)?;
        if twins.is_empty() {
            Halt::settle(plot::run(&mut first))?;
            return Ok(vec![told(first)]);
        }
        let mut out = Vec::new();
        let filed = plot::triage(&mut first);
        let open = matches!(filed, Ok(true));
        Halt::settle(filed.map(|_| ()))?;
        for (scene, rng) in twins.into_iter().filter(|(scene, _)| scene.at < self.clock.until) {
            let mut twin = self.open(&scene, rng)?;
            let stopped = if open { join(&mut twin, &mut first) } else { plot::run(&mut twin) };
            Halt::settle(stopped)?;
            out.push(told(twin));
        }
        if open {
            Halt::settle(plot::run(&mut first))?;
        }
        out.insert(0, told(first));
        Ok(out)
    }
}

/// Merges a twin into the issue that it is about; now and then that was a mistake.
fn join<'w>(twin: &mut Play<'w>, first: &mut Play<'w>) -> Result<(), Halt> {
    twin.merge_into(first)?;
    if twin.rng.chance(5) {
        twin.unmerge_from(first)?;
        return plot::run(twin);
    }
    Ok(())
}

fn told(play: Play<'_>) -> Told {
    let Play { issue, events, routes, contact, photos, parties, agreement, claims, .. } = play;
    Told { issue, events, routes, contact, photos, parties, agreement, claims }
}

/// Generates about `count` issues up to the day of `ctx`, writes them, and says how many.
///
/// # Errors
/// The store is not available, or the workflow refuses a step.
pub async fn load(
    ctx: &Ctx,
    seats: &[Seat],
    count: usize,
    tell: Tell<'_>,
) -> Result<String, DemoError> {
    let snapshot = ctx.snapshot();
    let world = World::new(&snapshot, seats, ctx.today())?;
    let mut batch = Batch::of(ctx);
    // Twins make about one in twelve more.
    let stories = count - count / 12;
    let mut written = 0;
    for (n, day) in world.days(stories).into_iter().enumerate() {
        if n % 100 == 0 {
            tell(Stage::History, n, stories);
        }
        for told in world.story(n, day)? {
            if batch.is_full() {
                batch.write().await?;
            }
            batch.add(told).await?;
            written += 1;
        }
    }
    batch.write().await?;
    Ok(format!("{written} generated issues"))
}

/// Issues that are written together.
struct Batch<'a> {
    ctx: &'a Ctx,
    change: Change,
}

impl<'a> Batch<'a> {
    fn of(ctx: &'a Ctx) -> Self {
        let district = ctx.snapshot().instance.district.clone();
        Self { ctx, change: Change { district, at: ctx.now(), ..Change::default() } }
    }

    fn is_full(&self) -> bool {
        self.change.saves.len() >= BATCH_ISSUES
    }

    async fn add(&mut self, told: Told) -> Result<(), DemoError> {
        let Told { issue, events, routes, contact, photos, parties, agreement, claims } = told;
        let snapshot = self.ctx.snapshot();
        let (mut issue, events, said) = keep_log(&snapshot.seals, issue, events)?;
        self.change.care.sealed.extend(said);
        snapshot.seals.keep_text(None, &mut issue)?;
        let record = parties.map(|record| (part::PARTIES, write_record(&record)));
        for (part, plain) in record.into_iter().chain(agreement.map(|t| (part::AGREEMENT, t))) {
            let body = snapshot.seals.seal(issue.id, part, &plain)?;
            self.change.care.sealed.push(Sealed { issue: issue.id, part: part.to_owned(), body });
        }
        let claims = claims.into_iter().map(|(seq, who)| (issue.id, seq, who));
        self.change.care.claims.extend(claims);
        if issue.state.is_open() {
            self.change.care.summons.extend(summons_of(self.ctx, &snapshot, None, &issue)?);
        }
        for planned in photos {
            let drawn = photo::draw(issue.category.as_str(), &planned);
            let photo = self.ctx.photos.process(drawn?.into()).await.map_err(wrong_photo)?;
            self.ctx.photos.keep(&photo).await.map_err(crate::app::error::AppError::from)?;
            let kept =
                crate::app::attach::attachment_of(self.ctx, &photo, planned.purpose, planned.at);
            self.change.attachments.push(Attachment { id: planned.id, issue: issue.id, ..kept });
        }
        add_contribution(&mut self.change.deltas, &issue, &self.ctx.snapshot().zone, 1);
        if let Some(own) = contact {
            self.change.contacts.push((issue.id, keep_contact(&snapshot.seals, &issue, own)?));
        }
        self.change.routes.extend(routes);
        self.change.saves.push(Save { version_seen: 0, issue, events });
        Ok(())
    }

    async fn write(&mut self) -> Result<(), DemoError> {
        let full = std::mem::replace(self, Self::of(self.ctx));
        if !full.change.saves.is_empty() {
            self.ctx.store.apply(full.change).await?;
        }
        Ok(())
    }
}

fn wrong_photo(error: crate::app::photo::PhotoError) -> DemoError {
    DemoError::App(error.into())
}
