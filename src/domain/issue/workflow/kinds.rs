//! The rows of the workflow that one kind has of its own, and who may help with a wish.

use super::{
    ANY, Action, Actor, CareGuard, ClockEffect, DESK, Field, Guard, Issue, Kind, NoRole, OFFICE,
    OPEN, ROW, Role, State, To, Transition,
};
use Role::{
    Acceptor, Dispatcher, DutySupervisor, GridWorker, Handler, Leader, LegalAdviser, Mediator,
};
use State::{Arbitration, Closed, Dispatched, Filed, Handled, Handling, Inspecting, Suspended};

const OF_HAZARDS: Guard = Guard::Care(CareGuard::Of(Kind::Hazard));
const OF_DISPUTES: Guard = Guard::Care(CareGuard::Of(Kind::Dispute));
/// From filing until the work is done.
const WORKED_ON: &[State] = &[Filed, Dispatched, Handling, Arbitration, Suspended];
/// Those who may help: everyone who works here, save who keeps the data.
const HELPERS: &[Role] =
    &[GridWorker, Acceptor, Dispatcher, DutySupervisor, Handler, Leader, LegalAdviser, Mediator];

/// A step beside the workflow of all kinds: nothing runs or stops by it.
const ASIDE: Transition =
    Transition { from: OPEN, optional: &[Field::Note], clock: ClockEffect::Nothing, ..ROW };

/// The rows.
pub const ROWS: &[Transition] = &[
    // Hazards.
    Transition {
        action: Action::Control,
        roles: &[GridWorker, Acceptor, DutySupervisor, Handler],
        guard: OF_HAZARDS,
        required: &[Field::Note],
        optional: &[Field::Photos],
        ..ASIDE
    },
    Transition {
        action: Action::SetSeverity,
        roles: &[Acceptor, Dispatcher, DutySupervisor, Handler],
        guard: OF_HAZARDS,
        required: &[Field::Severity, Field::Note],
        optional: &[],
        // A rule can select by severity, so the matrix is asked again.
        to: To::ByRoute,
        clock: ClockEffect::ByRoute,
        ..ASIDE
    },
    // Disputes.
    Transition {
        action: Action::RecordParties,
        roles: &[Acceptor, Dispatcher, DutySupervisor, Handler, Mediator],
        guard: OF_DISPUTES,
        required: &[Field::Parties],
        ..ASIDE
    },
    Transition {
        action: Action::ReadParties,
        from: ANY,
        roles: &[Dispatcher, DutySupervisor, Handler, Mediator],
        guard: OF_DISPUTES,
        required: &[Field::Note],
        optional: &[],
        ..ASIDE
    },
    Transition {
        action: Action::SetRisk,
        roles: &[Acceptor, Dispatcher, DutySupervisor, Handler, Mediator],
        guard: OF_DISPUTES,
        required: &[Field::Risk],
        ..ASIDE
    },
    Transition {
        action: Action::Mediate,
        from: WORKED_ON,
        roles: &[Handler, Mediator],
        guard: OF_DISPUTES,
        required: &[Field::HeldAt, Field::Venue, Field::Mediators, Field::Note],
        optional: &[],
        ..ASIDE
    },
    Transition {
        action: Action::RecordAgreement,
        from: WORKED_ON,
        roles: &[Handler, Mediator],
        guard: OF_DISPUTES,
        required: &[Field::AgreementForm],
        optional: &[Field::Visits, Field::Note],
        ..ASIDE
    },
    Transition {
        action: Action::FollowUp,
        from: &[Handling, Handled, Inspecting, Closed],
        roles: &[GridWorker, Acceptor, DutySupervisor, Handler, Mediator],
        guard: Guard::Care(CareGuard::Agreed),
        required: &[Field::Kept, Field::Note],
        optional: &[Field::Visits],
        ..ASIDE
    },
    // Opinions.
    Transition {
        action: Action::Answer,
        from: &[Filed, Dispatched, Handling],
        to: To::State(Handled),
        roles: &[LegalAdviser],
        guard: Guard::Care(CareGuard::LegalConsultation),
        required: &[Field::Note],
        optional: &[],
        ..ROW
    },
    Transition {
        action: Action::PublishAnswer,
        from: &[Handled, Closed],
        roles: DESK,
        guard: Guard::Care(CareGuard::Answered),
        required: &[Field::Note],
        optional: &[],
        ..ASIDE
    },
    Transition {
        action: Action::PublishWish,
        from: WORKED_ON,
        roles: DESK,
        guard: Guard::Care(CareGuard::HiddenWish),
        required: &[Field::Note],
        optional: &[],
        ..ASIDE
    },
    Transition {
        action: Action::Withdraw,
        from: ANY,
        roles: DESK,
        guard: Guard::Care(CareGuard::Published),
        ..ASIDE
    },
    Transition {
        action: Action::Claim,
        from: WORKED_ON,
        roles: HELPERS,
        by_reporter: true,
        guard: Guard::Care(CareGuard::OpenWish),
        ..ASIDE
    },
    Transition {
        action: Action::ApproveClaim,
        from: WORKED_ON,
        roles: DESK,
        guard: Guard::Care(CareGuard::ClaimPending),
        ..ASIDE
    },
    Transition {
        action: Action::Unclaim,
        from: WORKED_ON,
        roles: HELPERS,
        guard: Guard::Care(CareGuard::Claimed),
        required: &[Field::Note],
        optional: &[],
        ..ASIDE
    },
    Transition {
        action: Action::Fulfil,
        from: WORKED_ON,
        to: To::State(Handled),
        roles: OFFICE,
        guard: Guard::Care(CareGuard::ClaimApproved),
        required: &[Field::Note],
        ..ROW
    },
];

/// Whoever works here may offer help with a wish, in whichever grid it is; only the helper and the
/// office take the offer back. `None` for all other actions.
pub fn helper_role(
    action: Action,
    issue: &Issue,
    actor: &Actor,
) -> Option<Result<Option<Role>, NoRole>> {
    let helper = actor.grants().iter().find(|grant| HELPERS.contains(&grant.role));
    let helper = helper.map(|grant| Some(grant.role)).ok_or(NoRole);
    match action {
        Action::Claim => Some(helper),
        Action::Unclaim => {
            let own = actor.account().is_some() && issue.care.claimant() == actor.account();
            let desk = actor
                .grants()
                .iter()
                .find(|grant| DESK.contains(&grant.role) && grant.commands(&issue.subject()));
            let desk = desk.map(|grant| Some(grant.role)).ok_or(NoRole);
            Some(if own { helper } else { desk })
        }
        _ => None,
    }
}
