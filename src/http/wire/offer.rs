//! The actions that a reader may take, with the fields that a form needs for each.

use super::Texts;
use super::offer_kinds::{kind_action_name, kind_choices, kind_field};
use crate::app::error::say;
use crate::domain::access::Actor;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::{Action, Outcome, ReturnReason};
use crate::domain::issue::step::{MEETING_CHARS_MAX, NOTE_CHARS_MAX, clocks_allow, outcomes_of};
use crate::domain::issue::supervision::{
    Ground, Judgement, OpenOrder, Reach, Satisfaction, Verdict,
};
use crate::domain::issue::workflow::{Field, To, Transition, destination, offers, undone_by};
use crate::domain::time::Timestamp;
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
    /// `text`, `department`, `departments`, `date`, `issue`, `choice`, `category`, `place`,
    /// `position`, `handler` or `photos`; of one kind alone `line`, `lines`, `instant`, `dates` or
    /// `parties` (by a route of its own).
    pub kind: String,
    pub required: bool,
    pub label: Texts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<usize>,
    /// Needed only when another field has one of some values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_with: Option<RequiredWith>,
}

/// When a field is needed that is optional else.
#[derive(Serialize, ToSchema)]
pub struct RequiredWith {
    pub field: String,
    pub values: Vec<String>,
}

/// An action that the reader may take now.
#[derive(Serialize, ToSchema)]
pub struct ActionOffer {
    pub action: String,
    pub name: Texts,
    pub fields: Vec<OfferField>,
    pub to: Option<String>,
    /// The actions that this one takes back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undoes: Vec<String>,
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
        Action::RequestExtension => ("申请延期", "Ask for an extension"),
        Action::RequestSuspension => ("申请挂账", "Ask for a suspension"),
        Action::DeclineRequest => ("不批准申请", "Decline the request"),
        Action::Assign => ("指派", "Assign"),
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
        Action::Correct => ("更正位置或类别", "Correct place or category"),
        Action::Rehome => ("网格调整", "Moved to another grid"),
        Action::Retime => ("重算时限", "Due time worked out again"),
        Action::Escalate => ("超时升级", "Escalated"),
        Action::Urge => ("催办", "Urge"),
        Action::Supervise => ("督办", "Supervise"),
        Action::Reply => ("督办回复", "Reply"),
        Action::Whistle => ("吹哨", "Whistle"),
        Action::Arrive => ("报到", "Report in"),
        Action::JudgeArrival => ("报到评定", "Judge arrival"),
        Action::Contact => ("联系上报人", "Contacted the reporter"),
        Action::Revisit => ("回访", "Revisit"),
        Action::Rate => ("评价", "Rate"),
        Action::Appeal => ("申诉", "Appeal"),
        Action::UpholdAppeal => ("申诉成立，免责", "Uphold appeal"),
        Action::DismissAppeal => ("驳回申诉", "Dismiss appeal"),
        Action::PassTask => ("转出任务", "Pass the task on"),
        Action::CheckIn => ("到场签到", "Check in"),
        other => kind_action_name(other),
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
        Field::Judgement => choices(Judgement::ALL, judgement_name),
        Field::Reach => choices(Reach::ALL, reach_name),
        Field::Verdict => choices(Verdict::ALL, verdict_name),
        Field::Satisfaction => choices(Satisfaction::ALL, satisfaction_name),
        Field::Ground => choices(Ground::ALL, ground_name),
        Field::Order => order_choices(issue),
        other => kind_choices(other),
    }
}

fn choices<T: Copy + ToString>(
    all: &[T],
    name: fn(T) -> (&'static str, &'static str),
) -> Vec<Choice> {
    let choice = |value: &T| {
        let (zh, en) = name(*value);
        Choice { value: value.to_string(), label: texts(zh, en) }
    };
    all.iter().map(choice).collect()
}

/// The orders that await a reply, each by its place in the log.
fn order_choices(issue: &Issue) -> Vec<Choice> {
    let choice = |order: &OpenOrder| {
        let seq = order.seq;
        let label = texts(&format!("记录第 {seq} 条的督办"), &format!("The order of entry {seq}"));
        Choice { value: seq.to_string(), label }
    };
    issue.supervision.open_orders.iter().map(choice).collect()
}

const fn judgement_name(judgement: Judgement) -> (&'static str, &'static str) {
    match judgement {
        Judgement::OnTime => ("按时", "On time"),
        Judgement::Late => ("迟到", "Late"),
        Judgement::Absent => ("未到", "Absent"),
    }
}

const fn reach_name(reach: Reach) -> (&'static str, &'static str) {
    match reach {
        Reach::Valid => ("有效回访", "Reached"),
        Reach::NotReached => ("未联系上", "Not reached"),
    }
}

const fn verdict_name(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Resolved => ("已解决", "Resolved"),
        Verdict::Partly => ("部分解决", "Partly"),
        Verdict::NotResolved => ("未解决", "Not resolved"),
    }
}

const fn satisfaction_name(grade: Satisfaction) -> (&'static str, &'static str) {
    match grade {
        Satisfaction::Satisfied => ("满意", "Satisfied"),
        Satisfaction::FairlySatisfied => ("基本满意", "Fairly satisfied"),
        Satisfaction::Neutral => ("一般", "Neutral"),
        Satisfaction::Unsatisfied => ("不满意", "Unsatisfied"),
        Satisfaction::VeryUnsatisfied => ("非常不满意", "Very unsatisfied"),
    }
}

const fn ground_name(ground: Ground) -> (&'static str, &'static str) {
    match ground {
        Ground::ReturnBudget => ("退单次数", "Returns used up"),
        Ground::Overdue => ("超期", "Overdue"),
        Ground::FailedInspection => ("核查不通过", "Failed inspection"),
        Ground::LowRating => ("差评", "Low rating"),
    }
}

/// What a department or a time is for depends on the action.
const fn label_of(field: Field, action: Action) -> Option<(&'static str, &'static str)> {
    match (field, action) {
        (Field::Department, Action::Arrive) => Some(("报到部门", "Department that is here")),
        (Field::Department, Action::JudgeArrival) => Some(("被评定部门", "Department judged")),
        (Field::Until, Action::Supervise) => Some(("回复期限", "Reply by")),
        (Field::Until, Action::Whistle) => Some(("到场期限", "Be there by")),
        _ => None,
    }
}

/// A field's sort of input and its label.
const fn field_texts(field: Field) -> (&'static str, &'static str, &'static str) {
    match field {
        Field::Note => ("text", "说明", "Note"),
        Field::Department => ("department", "主办部门", "Lead department"),
        Field::Assists => ("departments", "协办部门", "Assisting departments"),
        Field::Until => ("date", "挂账至", "Suspended until"),
        Field::Target => ("issue", "并入的事件编号", "Number of the issue to merge into"),
        Field::Outcome => ("choice", "处理结果", "Outcome"),
        Field::Reason => ("choice", "退单原因", "Reason"),
        Field::CitedRule => ("text", "依据条款", "Cited rule"),
        Field::Category => ("category", "更正类别", "Corrected category"),
        Field::Place => ("place", "更正位置", "Corrected place"),
        Field::Photos => ("photos", "照片", "Photos"),
        Field::Departments => ("departments", "召集部门", "Summoned departments"),
        Field::Meeting => ("text", "集合地点", "Meeting place"),
        Field::Position => ("position", "位置", "Position"),
        Field::Judgement => ("choice", "评定", "Judgement"),
        Field::Reach => ("choice", "回访情况", "Whether reached"),
        Field::Verdict => ("choice", "是否解决", "Resolved or not"),
        Field::Satisfaction => ("choice", "满意度", "Satisfaction"),
        Field::Ground => ("choice", "申诉事项", "What it is against"),
        Field::Order => ("choice", "回复的督办", "The order that it answers"),
        Field::Assignee => ("handler", "经办人", "Who handles it"),
        other => kind_field(other),
    }
}

/// What a field is called.
pub fn field_label(field: Field) -> Texts {
    let (_, zh, en) = field_texts(field);
    texts(zh, en)
}

fn field_wire(field: Field, required: bool, issue: &Issue, action: Action) -> OfferField {
    let (kind, zh, en) = field_texts(field);
    let (zh, en) = label_of(field, action).unwrap_or((zh, en));
    let kind = match (field, action) {
        // Somebody is awaited: a day would be too coarse.
        (Field::Until, Action::Supervise | Action::Whistle) => "instant",
        _ => kind,
    };
    OfferField {
        name: field.as_str().to_owned(),
        kind: kind.to_owned(),
        required,
        label: texts(zh, en),
        choices: choices_of(field, issue),
        max_chars: match field {
            Field::Note | Field::CitedRule => Some(NOTE_CHARS_MAX),
            Field::Meeting => Some(MEETING_CHARS_MAX),
            _ => None,
        },
        required_with: (field == Field::CitedRule).then(|| {
            let wrong = ReturnReason::ALL.iter().filter(|reason| reason.is_wrong_dispatch());
            RequiredWith {
                field: Field::Reason.as_str().to_owned(),
                values: wrong.map(ToString::to_string).collect(),
            }
        }),
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
    let required = row.required.iter().map(|field| field_wire(*field, true, issue, row.action));
    let optional = row.optional.iter().filter(|field| !row.required.contains(field));
    let optional = optional.map(|field| field_wire(*field, false, issue, row.action));
    let mut fields: Vec<OfferField> = required.chain(optional).collect();
    if !fields.iter().any(|field| field.name == Field::Note.as_str()) {
        fields.push(field_wire(Field::Note, false, issue, row.action));
    }
    ActionOffer {
        action: row.action.to_string(),
        name: action_name(row.action),
        fields,
        to: (!matches!(row.to, To::Same | To::ByRoute))
            .then(|| destination(row, issue).to_string()),
        undoes: undone_by(row.action).iter().map(ToString::to_string).collect(),
        tone: tone_of(row.action).to_owned(),
    }
}

/// What `actor` may do to the issue at `now`: what its clocks do not allow is not offered.
pub fn offers_wire(issue: &Issue, actor: &Actor, now: Timestamp) -> Vec<ActionOffer> {
    let possible = offers(issue, actor).filter(|row| clocks_allow(issue, row.action, now));
    possible.map(|row| offer_wire(row, issue)).collect()
}
