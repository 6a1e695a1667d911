//! The steps beside the way (DOMAIN.md §4): they keep the state and the clocks as they are. And the
//! rights that come from a task or a whistle rather than from a place.

use super::{ANY, ClockEffect, Field, Guard, OFFICE, OPEN, ROW, Transition};
use crate::domain::access::{Actor, Grant, Role};
use crate::domain::id::DepartmentCode;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::state::State::{
    Closed, Dispatched, Handling, Inspecting, Suspended, Verifying,
};
use crate::domain::issue::supervision::{Ask, Standing, Task};
use Role::{Acceptor, Dispatcher, DutySupervisor, Handler, Leader};

const KEEP: Transition = Transition { optional: &[], clock: ClockEffect::Nothing, ..ROW };

/// Every step of supervision.
pub const BESIDE: &[Transition] = &[
    Transition {
        action: Action::Urge,
        from: OPEN,
        roles: &[Acceptor, Dispatcher, DutySupervisor, Leader],
        optional: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Supervise,
        from: OPEN,
        roles: &[DutySupervisor, Leader],
        required: &[Field::Until, Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Reply,
        from: ANY,
        roles: &[Handler],
        guard: Guard::ReplyOwed,
        required: &[Field::Note],
        optional: &[Field::Order, Field::Photos],
        ..KEEP
    },
    Transition {
        action: Action::Assign,
        from: &[Dispatched, Handling, Suspended],
        roles: &[Handler],
        required: &[Field::Assignee],
        optional: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::RequestExtension,
        from: &[Handling],
        roles: &[Handler],
        guard: Guard::ExtensionAskable,
        required: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::RequestSuspension,
        from: &[Handling],
        roles: &[Handler],
        guard: Guard::NothingAsked,
        required: &[Field::Until, Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::DeclineRequest,
        from: &[Handling],
        roles: &[DutySupervisor],
        guard: Guard::RequestOpen,
        required: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Whistle,
        from: OPEN,
        roles: &[Dispatcher, DutySupervisor],
        guard: Guard::NoWhistle,
        required: &[Field::Departments, Field::Meeting, Field::Until],
        optional: &[Field::Position, Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Arrive,
        from: ANY,
        roles: &[Handler],
        guard: Guard::WhistleOpen,
        required: &[Field::Position],
        optional: &[Field::Department, Field::Note, Field::Photos],
        ..KEEP
    },
    Transition {
        action: Action::JudgeArrival,
        from: ANY,
        roles: &[Dispatcher, DutySupervisor],
        guard: Guard::WhistleOpen,
        required: &[Field::Department, Field::Judgement],
        optional: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Contact,
        from: ANY,
        roles: &[Acceptor, Dispatcher, DutySupervisor, Handler],
        guard: Guard::Contactable,
        optional: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Revisit,
        from: &[Closed],
        roles: OFFICE,
        guard: Guard::Contactable,
        required: &[Field::Reach],
        optional: &[Field::Verdict, Field::Satisfaction, Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Rate,
        from: &[Closed],
        by_reporter: true,
        required: &[Field::Verdict, Field::Satisfaction],
        optional: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::Appeal,
        from: ANY,
        roles: &[Handler],
        guard: Guard::NoAppeal,
        required: &[Field::Ground, Field::Note],
        optional: &[Field::Photos],
        ..KEEP
    },
    Transition {
        action: Action::UpholdAppeal,
        from: ANY,
        roles: &[DutySupervisor],
        guard: Guard::AppealOpen,
        required: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::DismissAppeal,
        from: ANY,
        roles: &[DutySupervisor],
        guard: Guard::AppealOpen,
        required: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::PassTask,
        from: &[Verifying, Inspecting],
        roles: OFFICE,
        guard: Guard::TaskOpen,
        optional: &[Field::Note],
        ..KEEP
    },
    Transition {
        action: Action::CheckIn,
        from: &[Verifying, Inspecting],
        roles: &[],
        guard: Guard::TaskOpen,
        required: &[Field::Position],
        optional: &[Field::Photos, Field::Note],
        ..KEEP
    },
];

/// Whether the action would decide the actor's own matter: nobody judges the work that is his own,
/// or grants what he asked for himself.
pub(super) fn is_own_matter(action: Action, issue: &Issue, actor: &Actor) -> bool {
    use Action::{Approve, Close, DeclineRequest, Extend, Fail, ForceClose, Pass, Rate, Suspend};
    let own = &issue.supervision;
    let asked = |ask: Ask| {
        let by = own.asked.filter(|asked| asked.ask == ask).and_then(|asked| asked.by);
        by.is_some() && by == actor.account()
    };
    match action {
        Approve | Pass | Fail | Close | ForceClose => handled_it(issue, actor),
        // A tracking number is the reporter's, signed in or not.
        Rate => issue.reporter.is_some() && issue.reporter == own.handled_by,
        Extend => asked(Ask::Extension),
        Suspend => asked(Ask::Suspension),
        DeclineRequest => asked(Ask::Extension) || asked(Ask::Suspension),
        _ => false,
    }
}

/// Whether the holder of a task may take the action, in whichever grid the task is.
pub(super) const fn for_holder(action: Action) -> bool {
    use Action::{CheckIn, Comment, Fail, Pass, PassTask};
    matches!(action, CheckIn | Comment | Fail | Pass | PassTask)
}

/// Whoever settled or handed in the feedback, and whoever handles for the lead, does not judge.
pub fn handled_it(issue: &Issue, actor: &Actor) -> bool {
    let own_work = actor.account().is_some() && actor.account() == issue.supervision.handled_by;
    let of_lead = actor.grants().iter().any(|grant| {
        grant.role == Role::Handler && grant.department.is_some() && grant.department == issue.lead
    });
    own_work || of_lead
}

/// Whether the actor handles the issue for its lead, and so can be named to do it.
pub fn handles(issue: &Issue, actor: &Actor) -> bool {
    let own = |grant: &Grant| grant.role == Role::Handler && grant.commands(&issue.subject());
    issue.lead.is_some() && actor.grants().iter().any(own)
}

/// Whether the open task was offered to the actor, who is still a worker.
pub fn holds_task(issue: &Issue, actor: &Actor) -> bool {
    let holder = issue.supervision.task.as_ref().and_then(Task::account);
    holder.is_some() && holder == actor.account() && actor.has_role(Role::GridWorker)
}

/// The summoned departments that are still awaited and that the actor handles for.
pub fn arriving<'a>(
    issue: &'a Issue,
    actor: &'a Actor,
) -> impl Iterator<Item = &'a DepartmentCode> {
    let whistle = issue.supervision.open_whistle();
    let awaited = whistle.into_iter().flat_map(|whistle| &whistle.standings);
    awaited.filter(|(_, standing)| *standing == Standing::Summoned).map(|(code, _)| code).filter(
        move |code| {
            actor.grants().iter().any(|grant| {
                grant.role == Role::Handler
                    && grant.department.as_ref().is_none_or(|own| own == *code)
                    && grant.covers(&issue.subject())
            })
        },
    )
}
