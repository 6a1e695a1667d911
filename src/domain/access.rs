//! Who may do what: roles, grants, and the scope that every read of issues carries.
//!
//! Invariant: access is denied unless a grant covers it. A scope with no clause reads nothing.

use super::id::{AccountId, AreaCode, DepartmentCode};
use super::issue::kind::Kind;
use std::fmt;

/// The nature of an opinion that asks for legal advice.
pub const LEGAL_CONSULTATION: &str = "legal_consultation";

/// The roles of DOMAIN.md §8. A resident has no account and therefore no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    GridWorker,
    Acceptor,
    Dispatcher,
    DutySupervisor,
    Handler,
    Leader,
    Admin,
    /// 法律顾问: answers the legal consultations of its grids, and reads nothing else.
    LegalAdviser,
    /// 调解员: mediates the disputes of its grids, and reads nothing else.
    Mediator,
}

impl Role {
    pub const ALL: [Role; 9] = [
        Role::GridWorker,
        Role::Acceptor,
        Role::Dispatcher,
        Role::DutySupervisor,
        Role::Handler,
        Role::Leader,
        Role::Admin,
        Role::LegalAdviser,
        Role::Mediator,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Role::GridWorker => "grid_worker",
            Role::Acceptor => "acceptor",
            Role::Dispatcher => "dispatcher",
            Role::DutySupervisor => "duty_supervisor",
            Role::Handler => "handler",
            Role::Leader => "leader",
            Role::Admin => "admin",
            Role::LegalAdviser => "legal_adviser",
            Role::Mediator => "mediator",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether the role reads issues at all; an administrator keeps the data, not the cases.
    pub const fn reads_issues(self) -> bool {
        !matches!(self, Role::Admin)
    }

    /// Whether the role reads what a dispute is about (DOMAIN.md §3: named roles only).
    pub const fn reads_disputes(self) -> bool {
        matches!(
            self,
            Role::Acceptor
                | Role::Dispatcher
                | Role::DutySupervisor
                | Role::Handler
                | Role::Mediator
        )
    }

    /// The kind that the role is limited to, whatever its grant says.
    pub const fn only_kind(self) -> Option<Kind> {
        match self {
            Role::LegalAdviser => Some(Kind::Opinion),
            Role::Mediator => Some(Kind::Dispute),
            _ => None,
        }
    }

    /// The nature of opinion that the role is limited to.
    pub const fn only_nature(self) -> Option<&'static str> {
        match self {
            Role::LegalAdviser => Some(LEGAL_CONSULTATION),
            _ => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The place of an area in the tree: the codes from the root, each followed by `/`; empty for a
/// place that lies in no area. A subtree is the interval of texts that begin with its path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct AreaPath(String);

impl AreaPath {
    /// The path of the given chain, outermost first.
    pub fn of<'a>(chain: impl IntoIterator<Item = &'a AreaCode>) -> Self {
        let mut path = String::new();
        for code in chain {
            path.push_str(code.as_str());
            path.push('/');
        }
        Self(path)
    }

    /// Takes a path that [`AreaPath::as_str`] gave.
    pub fn from_stored(path: String) -> Self {
        Self(path)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The codes, outermost first.
    pub fn codes(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split_terminator('/')
    }

    /// The innermost code.
    pub fn leaf(&self) -> Option<&str> {
        self.codes().next_back()
    }

    /// Whether this area is `root` or lies below it.
    pub fn is_within(&self, root: &AreaPath) -> bool {
        self.0.starts_with(&root.0)
    }

    /// The half-open interval of texts that this subtree covers: `low <= path < high`.
    /// `high` is `None` for the whole territory.
    pub fn interval(&self) -> (&str, Option<String>) {
        let mut high = self.0.clone();
        // '0' is the character after '/', the last one of every path.
        let high = high.pop().map(|_| high + "0");
        (&self.0, high)
    }
}

/// A role over an area subtree, a department and kinds; `None` means all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    pub area: Option<AreaCode>,
    /// Where `area` lies in the territory now. `None` with an `area` means that the area is gone:
    /// such a grant covers nothing.
    pub path: Option<AreaPath>,
    pub department: Option<DepartmentCode>,
    pub kinds: Option<Vec<Kind>>,
}

/// What access looks at in an issue.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub path: &'a AreaPath,
    pub kind: Kind,
    /// Of an opinion: suggestion, complaint …
    pub nature: Option<&'a str>,
    pub lead: Option<&'a DepartmentCode>,
    pub assists: &'a [DepartmentCode],
    /// The departments that were ever summoned by a whistle.
    /// The first receiver, until another department accepts.
    pub answerable: Option<&'a DepartmentCode>,
    pub summoned: &'a [DepartmentCode],
    pub reporter: Option<AccountId>,
    /// Who was asked to verify or inspect it and has not yet.
    pub tasked: Option<AccountId>,
}

impl Subject<'_> {
    /// Whether a department leads, assists or was summoned.
    fn concerns(&self, department: &DepartmentCode) -> bool {
        self.lead == Some(department)
            || self.assists.contains(department)
            || self.answerable == Some(department)
            || self.summoned.contains(department)
    }
}

impl Grant {
    fn covers_place(&self, path: &AreaPath) -> bool {
        match (&self.area, &self.path) {
            (None, _) => true,
            (Some(_), Some(root)) => path.is_within(root),
            (Some(_), None) => false,
        }
    }

    fn covers_kind(&self, subject: &Subject<'_>) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&subject.kind))
            && self.role.only_kind().is_none_or(|kind| kind == subject.kind)
            && self.role.only_nature().is_none_or(|nature| subject.nature == Some(nature))
    }

    /// The kinds that the grant reads; `None` for all.
    fn kinds_read(&self) -> Option<Vec<Kind>> {
        let Some(only) = self.role.only_kind() else { return self.kinds.clone() };
        let granted = self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&only));
        Some(if granted { vec![only] } else { Vec::new() })
    }

    /// Whether this grant reads the issue.
    pub fn covers(&self, subject: &Subject<'_>) -> bool {
        let department = self.department.as_ref().is_none_or(|own| subject.concerns(own));
        department && self.covers_place(subject.path) && self.covers_kind(subject)
    }

    /// Whether this grant acts on the issue: a department acts where it leads, never where it
    /// only assists, because the lead alone is accountable.
    pub fn commands(&self, subject: &Subject<'_>) -> bool {
        let department = self.department.as_ref().is_none_or(|own| subject.lead == Some(own));
        department && self.covers_place(subject.path) && self.covers_kind(subject)
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A resident without an account.
    Anonymous,
    Account {
        id: AccountId,
        name: String,
        grants: Vec<Grant>,
    },
    /// The service itself: imports and jobs.
    System,
}

impl Actor {
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Actor::Account { id, .. } => Some(*id),
            Actor::Anonymous | Actor::System => None,
        }
    }

    pub fn grants(&self) -> &[Grant] {
        match self {
            Actor::Account { grants, .. } => grants,
            Actor::Anonymous | Actor::System => &[],
        }
    }

    pub fn has_role(&self, role: Role) -> bool {
        self.grants().iter().any(|grant| grant.role == role)
    }

    /// Whether this is someone who works here, with any role.
    pub fn is_staff(&self) -> bool {
        !self.grants().is_empty()
    }

    /// Whether what a dispute is about may be shown to this reader.
    pub fn reads_dispute(&self, subject: &Subject<'_>) -> bool {
        let reported_it = self.account().is_some() && self.account() == subject.reporter;
        reported_it || self.grants().iter().any(|g| g.role.reads_disputes() && g.covers(subject))
    }
}

/// What a reader may read, as the union of its clauses. Every read of issues takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub clauses: Vec<Clause>,
}

/// One part of a scope; every condition in it must hold.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Clause {
    /// The subtree; `None` for the whole territory.
    pub area: Option<AreaPath>,
    /// Lead, assist or summoned; `None` for any.
    pub department: Option<DepartmentCode>,
    pub kinds: Option<Vec<Kind>>,
    /// Only what this account reported itself.
    pub reporter: Option<AccountId>,
    /// Only opinions of this nature.
    pub nature: Option<&'static str>,
    /// The place of a dispute is known to this reader as the middle of its coarse cell alone, also
    /// where he asks for a box or a fine cell: what is asked is an answer, too.
    pub coarse_disputes: bool,
    /// Only what this account is asked to verify or inspect now.
    pub tasked: Option<AccountId>,
}

impl Clause {
    /// Whether the clause comes from the reader's own part in an issue and from no grant.
    pub fn is_personal(&self) -> bool {
        self.reporter.is_some() || self.tasked.is_some()
    }
}

impl Scope {
    /// The service's own work: verification, rebuilding, feeds. Where a request leads to it (near
    /// duplicates, the counterpart of a merge, a repeated request), what is found is judged by the
    /// reader's own scope before anything of it is shown.
    pub fn everything() -> Self {
        Self { clauses: vec![Clause::default()] }
    }

    /// What the actor may read.
    pub fn of(actor: &Actor) -> Self {
        Self::granted(actor, Grant::kinds_read)
    }

    /// What the actor may search by words. Finding is an answer, too: disputes are searched only
    /// by those who may know what they are about.
    pub fn of_words(actor: &Actor) -> Self {
        Self::granted(actor, |grant| match grant.role.reads_disputes() {
            true => grant.kinds_read(),
            false => {
                let kinds = grant.kinds_read();
                let kinds = kinds.as_deref().unwrap_or(&Kind::ALL);
                Some(kinds.iter().copied().filter(|kind| *kind != Kind::Dispute).collect())
            }
        })
    }

    fn granted(actor: &Actor, kinds_of: impl Fn(&Grant) -> Option<Vec<Kind>>) -> Self {
        let granted = actor.grants().iter().filter(|g| g.role.reads_issues()).filter_map(|grant| {
            let area = match (&grant.area, &grant.path) {
                (None, _) => None,
                (Some(_), Some(path)) => Some(path.clone()),
                (Some(_), None) => return None,
            };
            Some(Clause {
                area,
                department: grant.department.clone(),
                kinds: kinds_of(grant),
                nature: grant.role.only_nature(),
                coarse_disputes: !grant.role.reads_disputes(),
                ..Clause::default()
            })
        });
        let own = actor.account().map(|id| Clause { reporter: Some(id), ..Clause::default() });
        // A task may lie beyond the grid of its worker; a dispute stays with those who may read it.
        let tasked = actor.account().filter(|_| actor.has_role(Role::GridWorker));
        let tasked = tasked.map(|id| Clause { tasked: Some(id), ..Clause::default() });
        Self { clauses: granted.chain(own).chain(tasked).collect() }
    }

    /// The slow truth of what the store's condition says of counters: they know no assists, and
    /// neither one's own part in an issue nor a nature gives a share in them.
    pub fn counts(&self, path: &AreaPath, kind: Kind, lead: Option<&DepartmentCode>) -> bool {
        self.clauses.iter().any(|clause| {
            clause.area.as_ref().is_none_or(|root| path.is_within(root))
                && clause.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
                && !clause.is_personal()
                && clause.nature.is_none()
                && clause.department.as_ref().is_none_or(|own| lead == Some(own))
        })
    }

    /// The slow truth of what the store's condition says in SQL.
    pub fn allows(&self, subject: &Subject<'_>) -> bool {
        self.allows_where(subject, |_| true)
    }

    /// As [`Scope::allows`] by a clause for which `holds`: it is told whether the clause knows the
    /// issue's place as the middle of a coarse cell alone.
    pub fn allows_where(&self, subject: &Subject<'_>, holds: impl Fn(bool) -> bool) -> bool {
        self.clauses.iter().any(|clause| {
            holds(clause.coarse_disputes && subject.kind == Kind::Dispute)
                && clause.area.as_ref().is_none_or(|root| subject.path.is_within(root))
                && clause.kinds.as_ref().is_none_or(|kinds| kinds.contains(&subject.kind))
                && clause.reporter.is_none_or(|own| subject.reporter == Some(own))
                && clause.tasked.is_none_or(|own| subject.tasked == Some(own))
                && clause.nature.is_none_or(|nature| subject.nature == Some(nature))
                && clause.department.as_ref().is_none_or(|own| subject.concerns(own))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AreaPath {
        AreaPath::from_stored(text.into())
    }

    #[test]
    fn a_subtree_is_an_interval_of_paths() {
        let root = path("41/4101/");
        let (low, high) = root.interval();
        let high = high.unwrap();
        for inside in ["41/4101/", "41/4101/1/", "41/4101/zz/9/", "41/4101/网格/"] {
            assert!(low <= inside && inside < high.as_str(), "{inside}");
            assert!(path(inside).is_within(&root));
        }
        for outside in ["", "41/", "41/410/", "41/41010/", "41/4102/", "42/"] {
            assert!(!(low <= outside && outside < high.as_str()), "{outside}");
            assert!(!path(outside).is_within(&root));
        }
    }

    #[test]
    fn a_grant_over_a_vanished_area_covers_nothing() {
        let grant = Grant {
            role: Role::Acceptor,
            area: Some(AreaCode::parse("gone").unwrap()),
            path: None,
            department: None,
            kinds: None,
        };
        let place = path("41/");
        let subject = Subject {
            path: &place,
            kind: Kind::Hazard,
            nature: None,
            lead: None,
            assists: &[],
            answerable: None,
            summoned: &[],
            reporter: None,
            tasked: None,
        };
        assert!(!grant.covers(&subject));
        let actor = Actor::Account { id: AccountId(1), name: "a".into(), grants: vec![grant] };
        assert!(!Scope::of(&actor).allows(&subject));
    }

    #[test]
    fn an_assist_reads_but_does_not_act() {
        let own = DepartmentCode::parse("police").unwrap();
        let grant = Grant {
            role: Role::Handler,
            area: None,
            path: None,
            department: Some(own.clone()),
            kinds: None,
        };
        let lead = DepartmentCode::parse("roads").unwrap();
        let place = path("41/");
        let assists = [own];
        let subject = Subject {
            path: &place,
            kind: Kind::Hazard,
            nature: None,
            lead: Some(&lead),
            assists: &assists,
            answerable: None,
            summoned: &[],
            reporter: None,
            tasked: None,
        };
        assert!(grant.covers(&subject));
        assert!(!grant.commands(&subject));
        let summoned = Subject { assists: &[], summoned: &assists, ..subject };
        assert!(grant.covers(&summoned));
        assert!(!grant.commands(&summoned));
        let first = Subject { assists: &[], answerable: assists.first(), ..subject };
        assert!(grant.covers(&first));
        assert!(!grant.commands(&first));
        assert!(!grant.covers(&Subject { summoned: &[], ..summoned }));
    }

    #[test]
    fn nobody_reads_anything_without_a_grant() {
        assert_eq!(Scope::of(&Actor::Anonymous).clauses, vec![]);
    }
}
