//! The actions that a reader may take, with the fields that a form needs for each.

use super::Texts;
use crate::app::error::say;
use crate::domain::access::Actor;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::{Action, Outcome, ReturnReason};
use crate::domain::issue::step::{NOTE_CHARS_MAX, outcomes_of};
use crate::domain::issue::workflow::{Field, To, Transition, destination, offers};
use serde::Serialize;
use utoipa::ToSchema;

/// A value to choose.
#[derive(Serialize, ToSchema)]
pub struct Choice {
    pub value: String,
    pub label: Texts,
}

/// A field of an action's form.
#[derive(Serialize, ToSchema)]
pub struct OfferField {
    pub name: String,
    /// `text`, `department`, `departments`, `date`, `issue`, `choice`, `category` or `photos`.
    pub kind: String,
    pub required: bool,
    pub label: Texts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<usize>,
}

/// An action that the reader may take now.
#[derive(Serialize, ToSchema)]
pub struct ActionOffer {
    pub action: String,
    pub name: Texts,
    pub fields: Vec<OfferField>,
    pub to: Option<String>,
    /// `primary`, `plain` or `danger`.
    pub tone: String,
}

fn texts(zh: &str, en: &str) -> Texts {
    say(zh, en).into()
}

/// The name of an action.
pub fn action_name(action: Action) -> Texts {
    let (zh, en) = match action {
        Action::Report => ("上报", "Report"),
        Action::AcceptForCheck => ("受理核实", "Send for verification"),
        Action::File => ("立案", "File"),
        Action::Reject => ("不予受理", "Reject"),
        Action::Settle => ("自行处置", "Settle on the spot"),
        Action::Approve => ("认可自行处置", "Approve"),
        Action::Refuse => ("不认可，立案", "Refuse and file"),
        Action::Dispatch => ("派遣", "Dispatch"),
        Action::Accept => ("签收", "Accept"),
        Action::Return => ("退单", "Return"),
        Action::Rule => ("裁定派遣", "Rule"),
        Action::Suspend => ("挂账", "Suspend"),
        Action::Resume => ("恢复处置", "Resume"),
        Action::Extend => ("延期", "Extend"),
        Action::Submit => ("反馈结果", "Submit feedback"),
        Action::OrderCheck => ("下达核查", "Order inspection"),
        Action::Pass => ("核查通过", "Pass"),
        Action::Fail => ("核查不通过", "Fail"),
        Action::Close => ("结案", "Close"),
        Action::ForceClose => ("特殊结案", "Force close"),
        Action::Merge => ("并案", "Merge"),
        Action::Unmerge => ("撤销并案", "Undo merge"),
        Action::Reopen => ("重新打开", "Reopen"),
        Action::Absorb => ("并入一件", "Absorbed another"),
        Action::Release => ("移出一件", "Released another"),
        Action::Comment => ("备注", "Comment"),
        Action::Rehome => ("网格调整", "Moved to another grid"),
        Action::Retime => ("重算时限", "Due time worked out again"),
        Action::Escalate => ("超时升级", "Escalated"),
    };
    texts(zh, en)
}

fn outcome_name(outcome: Outcome) -> Texts {
    let (zh, en) = match outcome {
        Outcome::Remedied => ("已整改", "Remedied"),
        Outcome::AgreementReached => ("达成协议", "Agreement reached"),
        Outcome::AgreementNotReached => ("未达成协议", "No agreement"),
        Outcome::Answered => ("已答复", "Answered"),
        Outcome::Adopted => ("已采纳", "Adopted"),
        Outcome::Claimed => ("已认领", "Claimed"),
    };
    texts(zh, en)
}

fn reason_name(reason: ReturnReason) -> Texts {
    let (zh, en) = match reason {
        ReturnReason::NotOurs => ("不属本部门职责", "Not ours to act on"),
        ReturnReason::WrongPlace => ("不在管辖区域", "Outside our place"),
        ReturnReason::Unclear => ("信息不足", "Too little to act on"),
    };
    texts(zh, en)
}

fn choices_of(field: Field, issue: &Issue) -> Vec<Choice> {
    match field {
        Field::Outcome => outcomes_of(issue.kind)
            .iter()
            .map(|outcome| Choice { value: outcome.to_string(), label: outcome_name(*outcome) })
            .collect(),
        Field::Reason => ReturnReason::ALL
            .iter()
            .map(|reason| Choice { value: reason.to_string(), label: reason_name(*reason) })
            .collect(),
        _ => Vec::new(),
    }
}

fn field_wire(field: Field, required: bool, issue: &Issue) -> OfferField {
    let (kind, zh, en) = match field {
        Field::Note => ("text", "说明", "Note"),
        Field::Department => ("department", "主办部门", "Lead department"),
        Field::Assists => ("departments", "协办部门", "Assisting departments"),
        Field::Until => ("date", "挂账至", "Suspended until"),
        Field::Target => ("issue", "并入的事件编号", "Number of the issue to merge into"),
        Field::Outcome => ("choice", "处理结果", "Outcome"),
        Field::Reason => ("choice", "退单原因", "Reason"),
        Field::CitedRule => ("text", "依据条款", "Cited rule"),
        Field::Category => ("category", "更正类别", "Corrected category"),
        Field::Photos => ("photos", "照片", "Photos"),
    };
    OfferField {
        name: field.as_str().to_owned(),
        kind: kind.to_owned(),
        required,
        label: texts(zh, en),
        choices: choices_of(field, issue),
        max_chars: matches!(field, Field::Note | Field::CitedRule).then_some(NOTE_CHARS_MAX),
    }
}

const fn tone_of(action: Action) -> &'static str {
    match action {
        Action::File
        | Action::Approve
        | Action::Dispatch
        | Action::Accept
        | Action::Rule
        | Action::Submit
        | Action::OrderCheck
        | Action::Pass
        | Action::Close => "primary",
        Action::Reject | Action::ForceClose | Action::Fail | Action::Refuse | Action::Return => {
            "danger"
        }
        _ => "plain",
    }
}

fn offer_wire(row: &Transition, issue: &Issue) -> ActionOffer {
    let required = row.required.iter().map(|field| field_wire(*field, true, issue));
    let optional = row.optional.iter().map(|field| field_wire(*field, false, issue));
    let mut fields: Vec<OfferField> = required.chain(optional).collect();
    if !fields.iter().any(|field| field.name == Field::Note.as_str()) {
        fields.push(field_wire(Field::Note, false, issue));
    }
    ActionOffer {
        action: row.action.to_string(),
        name: action_name(row.action),
        fields,
        to: (row.to != To::Same).then(|| destination(row, issue).to_string()),
        tone: tone_of(row.action).to_owned(),
    }
}

/// What `actor` may do to the issue now.
pub fn offers_wire(issue: &Issue, actor: &Actor) -> Vec<ActionOffer> {
    offers(issue, actor).map(|row| offer_wire(row, issue)).collect()
}
