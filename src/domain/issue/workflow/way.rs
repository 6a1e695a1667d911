//! The transitions on the way from the report to the end (DOMAIN.md §4), whatever the kind.

use super::{ANY, ClockEffect, DESK, Field, Guard, OFFICE, OPEN, ROW, To, Transition};
use crate::domain::access::Role;
use crate::domain::issue::state::{Action, State};
use Role::{Acceptor, Dispatcher, DutySupervisor, GridWorker, Handler, Leader};
use State::{
    Arbitration, Closed, Dispatched, Filed, Handled, Handling, Inspecting, Merged, Rejected,
    Reported, SelfHandled, Suspended, Verifying,
};

/// In the order in which they are offered.
pub(super) const COMMON: &[Transition] = &[
    Transition {
        action: Action::AcceptForCheck,
        from: &[Reported],
        to: To::State(Verifying),
        roles: DESK,
        ..ROW
    },
    Transition {
        action: Action::File,
        from: &[Reported, Verifying],
        to: To::State(Filed),
        roles: DESK,
        optional: &[Field::Note, Field::Category],
        clock: ClockEffect::StartTotal,
        ..ROW
    },
    Transition {
        action: Action::Reject,
        from: &[Reported, Verifying],
        to: To::State(Rejected),
        roles: DESK,
        required: &[Field::Note],
        optional: &[],
        clock: ClockEffect::Stop,
        ..ROW
    },
    Transition {
        action: Action::Settle,
        from: &[Reported],
        to: To::State(SelfHandled),
        roles: &[GridWorker],
        guard: Guard::OwnReport,
        required: &[Field::Note],
        optional: &[Field::Outcome, Field::Photos, Field::Position],
        clock: ClockEffect::OnTheSpot,
        ..ROW
    },
    Transition {
        action: Action::Approve,
        from: &[SelfHandled],
        to: To::State(Closed),
        roles: DESK,
        clock: ClockEffect::Stop,
        ..ROW
    },
    Transition {
        action: Action::Refuse,
        from: &[SelfHandled],
        to: To::State(Filed),
        roles: DESK,
        required: &[Field::Note],
        optional: &[],
        clock: ClockEffect::StartTotal,
        ..ROW
    },
    Transition {
        action: Action::Dispatch,
        from: &[Filed],
        to: To::State(Dispatched),
        roles: &[Dispatcher, DutySupervisor],
        required: &[Field::Department],
        optional: &[Field::Assists, Field::Note],
        ..ROW
    },
    Transition {
        action: Action::Accept,
        from: &[Dispatched],
        to: To::State(Handling),
        roles: &[Handler],
        optional: &[Field::Note],
        ..ROW
    },
    Transition {
        action: Action::Return,
        from: &[Dispatched, Handling],
        to: To::State(Filed),
        roles: &[Handler],
        guard: Guard::ReturnLeft,
        required: &[Field::Reason, Field::Note],
        optional: &[Field::CitedRule],
        ..ROW
    },
    Transition {
        action: Action::Return,
        from: &[Dispatched, Handling],
        to: To::State(Arbitration),
        roles: &[Handler],
        guard: Guard::ReturnsUsedUp,
        required: &[Field::Reason, Field::Note],
        optional: &[Field::CitedRule],
        ..ROW
    },
    Transition {
        action: Action::Rule,
        from: &[Arbitration],
        to: To::State(Dispatched),
        roles: &[DutySupervisor],
        required: &[Field::Department, Field::Note],
        optional: &[Field::Assists],
        ..ROW
    },
    Transition {
        action: Action::Suspend,
        from: &[Handling],
        to: To::State(Suspended),
        roles: &[DutySupervisor],
        required: &[Field::Until, Field::Note],
        optional: &[],
        clock: ClockEffect::Pause,
        ..ROW
    },
    Transition {
        action: Action::Resume,
        from: &[Suspended],
        to: To::State(Handling),
        roles: &[Handler, DutySupervisor],
        clock: ClockEffect::Run,
        ..ROW
    },
    Transition {
        action: Action::Extend,
        from: &[Handling],
        to: To::State(Handling),
        roles: &[DutySupervisor],
        guard: Guard::ExtensionLeft,
        required: &[Field::Note],
        optional: &[],
        clock: ClockEffect::Extend,
        ..ROW
    },
    Transition {
        action: Action::Submit,
        from: &[Handling],
        to: To::State(Handled),
        roles: &[Handler],
        required: &[Field::Outcome, Field::Note],
        optional: &[Field::Photos, Field::Position],
        ..ROW
    },
    Transition {
        action: Action::OrderCheck,
        from: &[Handled],
        to: To::State(Inspecting),
        roles: OFFICE,
        guard: Guard::IsInspected,
        ..ROW
    },
    Transition {
        action: Action::Pass,
        from: &[Inspecting],
        to: To::State(Closed),
        roles: &[GridWorker, Acceptor, DutySupervisor],
        clock: ClockEffect::Stop,
        ..ROW
    },
    Transition {
        action: Action::Fail,
        from: &[Inspecting],
        to: To::State(Handling),
        roles: &[GridWorker, Acceptor, DutySupervisor],
        required: &[Field::Note],
        optional: &[Field::Photos],
        clock: ClockEffect::Run,
        ..ROW
    },
    Transition {
        action: Action::Close,
        from: &[Handled],
        to: To::State(Closed),
        roles: OFFICE,
        guard: Guard::NoInspectionNeeded,
        clock: ClockEffect::Stop,
        ..ROW
    },
    Transition {
        action: Action::ForceClose,
        from: &[Handled],
        to: To::State(Closed),
        roles: &[DutySupervisor],
        required: &[Field::Note],
        clock: ClockEffect::Stop,
        ..ROW
    },
    Transition {
        action: Action::Merge,
        from: OPEN,
        to: To::State(Merged),
        roles: OFFICE,
        required: &[Field::Target],
        optional: &[Field::Note],
        clock: ClockEffect::Stop,
        ..ROW
    },
    Transition {
        action: Action::Unmerge,
        from: &[Merged],
        to: To::BeforeMerge,
        roles: OFFICE,
        clock: ClockEffect::Run,
        ..ROW
    },
    Transition {
        action: Action::Reopen,
        from: &[Closed],
        to: To::State(Filed),
        roles: &[DutySupervisor],
        by_reporter: true,
        required: &[Field::Note],
        clock: ClockEffect::StartTotal,
        ..ROW
    },
    Transition {
        action: Action::Correct,
        from: &[Reported, Verifying, Filed, Dispatched, Handling, Arbitration],
        to: To::ByRoute,
        roles: OFFICE,
        required: &[Field::Note],
        optional: &[Field::Place, Field::Category],
        clock: ClockEffect::ByRoute,
        ..ROW
    },
    Transition {
        action: Action::Comment,
        from: ANY,
        to: To::Same,
        roles: &[GridWorker, Acceptor, Dispatcher, DutySupervisor, Handler, Leader],
        required: &[Field::Note],
        clock: ClockEffect::Nothing,
        ..ROW
    },
    Transition {
        action: Action::Escalate,
        from: &[Dispatched],
        to: To::Same,
        guard: Guard::EscalationLeft,
        optional: &[],
        clock: ClockEffect::Nothing,
        ..ROW
    },
];
