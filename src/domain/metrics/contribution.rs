//! What an issue adds to the counters. The counters are a sum over issues, so the effect of an
//! event is the difference between what the issue adds after it and what it added before; and
//! building the counters anew gives the same numbers.

use super::cohort::due_measures;
use super::histogram::bucket_of;
use crate::domain::cell::{coarse_cell, parent_cell};
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::{Outcome, State};
use crate::domain::issue::supervision::{Ground, RESPONSE_MS, Verdict, Whistle};
use crate::domain::time::{Day, Timestamp};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt;

/// The version of what is counted: it goes up with every change of [`measures_of`], so that a
/// database whose counters are of another version is noticed and its counters are built anew.
pub const METRICS_VERSION: i64 = 3;

/// The resolution at which counters are kept; coarser ones are sums of these.
pub const ROLLUP_RESOLUTION: h3o::Resolution = h3o::Resolution::Ten;

/// What is counted. The comment names the day on which an issue is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Reports received. Day of the report.
    Reported,
    /// Of them, filed or settled on the spot. Day of the report.
    FiledOfReported,
    /// Of them, not accepted. Day of the report.
    Rejected,
    /// Of them, merged into another. Day of the report.
    Merged,
    /// Still open. Day of the report, so that the age is known.
    Open,
    /// Open, by the day from which it is beyond its limit; that day may be to come.
    OpenOverdue,
    /// Due to be handled. Day of the limit or of the feedback, whichever came first.
    HandlingDue,
    /// Of them, handled. The same day, as for all of this cohort.
    HandlingDone,
    /// Of them, handled within the limit.
    HandledOnTime,
    /// Of them, handled with no limit that is known.
    HandledUndated,
    /// Of them, extended at least once.
    HandlingExtended,
    /// Of these, with no limit that is known.
    ExtendedUndated,
    /// Due to be handled, and what is suspended. Of that, the day of its suspension.
    HandlingDueOrSuspended,
    /// Due to be closed. Day of the limit or of closing, whichever came first.
    ClosingDue,
    /// Of them, closed. The same day, as for all of this cohort.
    ClosingDone,
    /// Of them, closed within the limit.
    ClosedOnTime,
    /// Of them, closed with no limit that is known.
    ClosedUndated,
    /// Of them, with at least one failed inspection.
    ClosingReworked,
    /// Of these, with no limit that is known.
    ReworkedUndated,
    /// Due to be closed, and what is suspended. Of that, the day of its suspension.
    ClosingDueOrSuspended,
    /// Suspended, of what nothing sets a limit to. Day of its suspension, as for the cohorts that
    /// suspended issues stay in.
    SuspendedUndated,
    /// To be closed at some time: filed or settled, not rejected or merged. Day of filing. It and
    /// the three below make the first versions of rates, which printed numbers go by.
    DueToClose,
    /// Of them, closed. Day of filing.
    ClosedOfDue,
    /// Of them, with at least one failed inspection. Day of filing.
    ReworkedOfDue,
    /// Of them, suspended. Day of filing.
    SuspendedOfDue,
    /// Handled, the feedback standing, and not merged away since. Day of the feedback.
    Handled,
    /// Of them, with at least one failed inspection before. Day of the feedback.
    ReworkedOfHandled,
    /// Dispatched. Day of the first dispatch.
    Dispatched,
    /// Of them, returned as wrong at least once. Day of the first dispatch.
    Misdispatched,
    /// Closings. Day of closing.
    Closed,
    /// Mediations ended. Day of the feedback.
    MediationEnded,
    /// Of them, with an agreement. Day of the feedback.
    Agreement,
    /// Legal consultations answered. Day of the feedback.
    LegalAnswered,
    /// Opinions other than legal consultations and small wishes. Day of the report.
    OpinionCollected,
    /// Reporters whom someone owes a word. Day of the contact, or of the end of its 24 hours,
    /// whichever came first.
    DueContact,
    /// Of them, contacted within 24 hours. The same day.
    ContactedOfDue,
    /// Validly revisited or rated by the reporter; the last one counts. Day of that.
    Revisited,
    /// Of them, resolved in the reporter's word.
    Resolved,
    /// Of them, satisfied or fairly satisfied.
    Satisfied,
    /// Urged at least once. Day of the first time.
    Urged,
    /// Supervised at least once. Day of the first order.
    Supervised,
    /// Departments were summoned. Day of the last whistle.
    Whistled,
    /// Of them, every arrival was judged to be on time.
    WhistledOnTime,
    /// Of those reworked, exempted from it: the raw count stays. Day of filing.
    ExemptedRework,
    /// Exempted from being overdue. Day of filing.
    ExemptedOverdue,
    /// Exempted from having used up the returns. Day of the first dispatch.
    ExemptedReturn,
    /// Of those revisited, exempted from the rating. Day of the revisit.
    ExemptedRating,
    /// Time from the first dispatch of the round to its acceptance, by bucket. Day of acceptance.
    AcceptTime(u16),
    /// Time from acceptance to the feedback that stands, by bucket. Day of the feedback.
    HandleTime(u16),
    /// Time from the report, or from the last reopening, to closing, by bucket. Day of closing.
    CloseTime(u16),
}

/// The measures that are no bucket of a time, and what they are called.
pub const PLAIN: &[(Measure, &str)] = &[
    (Measure::Reported, "reported"),
    (Measure::FiledOfReported, "filed_of_reported"),
    (Measure::Rejected, "rejected"),
    (Measure::Merged, "merged"),
    (Measure::Open, "open"),
    (Measure::OpenOverdue, "open_overdue"),
    (Measure::HandlingDue, "handling_due"),
    (Measure::HandlingDone, "handling_done"),
    (Measure::HandledOnTime, "handled_on_time"),
    (Measure::HandledUndated, "handled_undated"),
    (Measure::HandlingExtended, "handling_extended"),
    (Measure::ExtendedUndated, "extended_undated"),
    (Measure::HandlingDueOrSuspended, "handling_due_or_suspended"),
    (Measure::ClosingDue, "closing_due"),
    (Measure::ClosingDone, "closing_done"),
    (Measure::ClosedOnTime, "closed_on_time"),
    (Measure::ClosedUndated, "closed_undated"),
    (Measure::ClosingReworked, "closing_reworked"),
    (Measure::ReworkedUndated, "reworked_undated"),
    (Measure::ClosingDueOrSuspended, "closing_due_or_suspended"),
    (Measure::SuspendedUndated, "suspended_undated"),
    (Measure::DueToClose, "due_to_close"),
    (Measure::ClosedOfDue, "closed_of_due"),
    (Measure::ReworkedOfDue, "reworked_of_due"),
    (Measure::SuspendedOfDue, "suspended_of_due"),
    (Measure::Handled, "handled"),
    (Measure::ReworkedOfHandled, "reworked_of_handled"),
    (Measure::Dispatched, "dispatched"),
    (Measure::Misdispatched, "misdispatched"),
    (Measure::Closed, "closed"),
    (Measure::MediationEnded, "mediation_ended"),
    (Measure::Agreement, "agreement"),
    (Measure::LegalAnswered, "legal_answered"),
    (Measure::OpinionCollected, "opinion_collected"),
    (Measure::DueContact, "due_contact"),
    (Measure::ContactedOfDue, "contacted_of_due"),
    (Measure::Revisited, "revisited"),
    (Measure::Resolved, "resolved"),
    (Measure::Satisfied, "satisfied"),
    (Measure::Urged, "urged"),
    (Measure::Supervised, "supervised"),
    (Measure::Whistled, "whistled"),
    (Measure::WhistledOnTime, "whistled_on_time"),
    (Measure::ExemptedRework, "exempted_rework"),
    (Measure::ExemptedOverdue, "exempted_overdue"),
    (Measure::ExemptedReturn, "exempted_return"),
    (Measure::ExemptedRating, "exempted_rating"),
];

/// Makes a timed measure of a bucket.
type OfBucket = fn(u16) -> Measure;

const TIMED: &[(OfBucket, &str)] = &[
    (Measure::AcceptTime, "accept_time"),
    (Measure::HandleTime, "handle_time"),
    (Measure::CloseTime, "close_time"),
];

impl Measure {
    /// Whether it counts what is so at an instant, whatever the window.
    pub const fn is_standing(self) -> bool {
        matches!(self, Measure::Open | Measure::OpenOverdue)
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((name, bucket)) = text.split_once(':') {
            let (make, _) = TIMED.iter().find(|(_, known)| *known == name)?;
            return Some(make(bucket.parse().ok()?));
        }
        PLAIN.iter().find(|(_, name)| *name == text).map(|(measure, _)| *measure)
    }

    /// Every measure that has no buckets.
    pub fn plain() -> impl Iterator<Item = Measure> {
        PLAIN.iter().map(|(measure, _)| *measure)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::AcceptTime(bucket) => write!(f, "accept_time:{bucket}"),
            Measure::HandleTime(bucket) => write!(f, "handle_time:{bucket}"),
            Measure::CloseTime(bucket) => write!(f, "close_time:{bucket}"),
            plain => {
                let name = PLAIN.iter().find(|(measure, _)| measure == plain);
                f.write_str(name.map_or("", |(_, name)| name))
            }
        }
    }
}

/// Where a contribution is counted, save the day and the measure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bin {
    pub path: String,
    /// The H3 cell at [`ROLLUP_RESOLUTION`].
    pub cell: u64,
    pub kind: Kind,
    pub category: CategoryCode,
    /// The lead; none before dispatch, because nobody is accountable yet.
    pub department: Option<DepartmentCode>,
}

/// One counter's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub day: Day,
    pub bin: Bin,
    pub measure: Measure,
}

/// Counters and how much each changes, in order of key; no zeros.
pub type Deltas = BTreeMap<Key, i64>;

/// The bin that an issue is counted in now.
pub fn bin_of(issue: &Issue) -> Bin {
    Bin {
        path: issue.place.path.as_str().to_owned(),
        // Whoever reads counters need not be one who may know where exactly a dispute is.
        cell: match issue.kind {
            Kind::Dispute => coarse_cell(issue.place.cell, ROLLUP_RESOLUTION),
            _ => parent_cell(issue.place.cell, ROLLUP_RESOLUTION),
        },
        kind: issue.kind,
        category: issue.category.clone(),
        department: issue.lead.clone(),
    }
}

/// What the issue, as it stands, adds: each measure at most once, with its day.
pub fn measures_of(issue: &Issue, zone: &TimeZone) -> Vec<(Day, Measure)> {
    let times = &issue.times;
    let day = |at: Timestamp| at.day_in(zone);
    let reported = day(times.reported);
    let stands = !matches!(issue.state, State::Rejected | State::Merged);
    let due = times.filed.filter(|_| stands);
    // What was merged away is counted by the issue that it is part of now.
    let handled = times.handled.filter(|_| stands);
    let closed = (issue.state == State::Closed).then_some(times.closed).flatten();
    let mut out = Vec::with_capacity(24);
    let mut count = |when: Option<Day>, holds: bool, measure: Measure| {
        if let Some(when) = when.filter(|_| holds) {
            out.push((when, measure));
        }
    };
    count(Some(reported), true, Measure::Reported);
    count(Some(reported), times.filed.is_some(), Measure::FiledOfReported);
    count(Some(reported), issue.state == State::Rejected, Measure::Rejected);
    count(Some(reported), issue.state == State::Merged, Measure::Merged);
    count(Some(reported), issue.state.is_open(), Measure::Open);
    due_measures(issue, zone, &mut count);
    count(due.map(day), true, Measure::DueToClose);
    count(due.map(day), closed.is_some(), Measure::ClosedOfDue);
    count(due.map(day), issue.counts.reworks > 0, Measure::ReworkedOfDue);
    count(due.map(day), issue.state == State::Suspended, Measure::SuspendedOfDue);
    count(handled.map(day), true, Measure::Handled);
    count(handled.map(day), issue.counts.reworks > 0, Measure::ReworkedOfHandled);
    count(times.dispatched.map(day), true, Measure::Dispatched);
    count(times.dispatched.map(day), issue.misdispatched, Measure::Misdispatched);
    count(closed.map(day), true, Measure::Closed);
    kind_measures(issue, reported, handled.map(day), &mut count);
    supervision_measures(issue, zone, due.map(day), &mut count);
    let mut time = |from: Option<Timestamp>, to: Option<Timestamp>, make: OfBucket| {
        if let (Some(from), Some(to)) = (from, to) {
            count(Some(day(to)), true, make(bucket_of(to.0.saturating_sub(from.0))));
        }
    };
    time(times.sent, times.accepted, Measure::AcceptTime);
    time(times.accepted, handled, Measure::HandleTime);
    time(times.round.or(Some(times.reported)), closed, Measure::CloseTime);
    out
}

fn kind_measures(
    issue: &Issue,
    reported: Day,
    handled: Option<Day>,
    count: &mut impl FnMut(Option<Day>, bool, Measure),
) {
    match issue.kind {
        Kind::Hazard => {}
        Kind::Dispute => {
            let agreed = issue.outcome == Some(Outcome::AgreementReached);
            count(handled, issue.outcome.is_some(), Measure::MediationEnded);
            count(handled, agreed, Measure::Agreement);
        }
        Kind::Opinion => {
            let nature = issue.nature.as_deref();
            let legal = nature == Some("legal_consultation");
            let wish = nature == Some("small_wish");
            count(Some(reported), !legal && !wish, Measure::OpinionCollected);
            count(handled, legal && issue.outcome.is_some(), Measure::LegalAnswered);
        }
    }
}

fn supervision_measures(
    issue: &Issue,
    zone: &TimeZone,
    due: Option<Day>,
    count: &mut impl FnMut(Option<Day>, bool, Measure),
) {
    let own = &issue.supervision;
    let day = |at: Timestamp| at.day_in(zone);
    let ends = Timestamp(issue.times.reported.0.saturating_add(RESPONSE_MS));
    let contact = own.contacted.map_or(ends, |at| at.min(ends));
    let in_time = own.contacted.is_some_and(|at| at <= ends);
    count(Some(day(contact)), own.contactable, Measure::DueContact);
    count(Some(day(contact)), own.contactable && in_time, Measure::ContactedOfDue);
    let revisited = own.revisit.map(|revisit| day(revisit.at));
    let resolved = own.revisit.is_some_and(|revisit| revisit.verdict == Verdict::Resolved);
    let satisfied = own.revisit.is_some_and(|revisit| revisit.satisfaction.is_satisfied());
    count(revisited, true, Measure::Revisited);
    count(revisited, resolved, Measure::Resolved);
    count(revisited, satisfied, Measure::Satisfied);
    count(own.urged.map(day), true, Measure::Urged);
    count(own.supervised.map(day), true, Measure::Supervised);
    let whistle = own.whistle.as_ref();
    let whistled = whistle.map(|whistle| day(whistle.at));
    count(whistled, true, Measure::Whistled);
    count(whistled, whistle.is_some_and(Whistle::all_on_time), Measure::WhistledOnTime);
    let reworked = issue.counts.reworks > 0 && own.is_exempted(Ground::FailedInspection);
    count(due, reworked, Measure::ExemptedRework);
    count(due, own.is_exempted(Ground::Overdue), Measure::ExemptedOverdue);
    let returned = own.is_exempted(Ground::ReturnBudget);
    count(issue.times.dispatched.map(day), returned, Measure::ExemptedReturn);
    count(revisited, own.is_exempted(Ground::LowRating), Measure::ExemptedRating);
}

/// Adds `sign` times what `issue` contributes.
pub fn add_contribution(deltas: &mut Deltas, issue: &Issue, zone: &TimeZone, sign: i64) {
    let bin = bin_of(issue);
    for (day, measure) in measures_of(issue, zone) {
        let key = Key { day, bin: bin.clone(), measure };
        let sum = deltas.entry(key.clone()).or_insert(0);
        *sum += sign;
        if *sum == 0 {
            deltas.remove(&key);
        }
    }
}

/// What a step changes: contributions after it less those before it.
pub fn deltas_of(before: Option<&Issue>, after: &Issue, zone: &TimeZone) -> Deltas {
    let mut deltas = Deltas::new();
    if let Some(before) = before {
        add_contribution(&mut deltas, before, zone, -1);
    }
    add_contribution(&mut deltas, after, zone, 1);
    deltas
}
