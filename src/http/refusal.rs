//! Why a step of the workflow is refused, in both languages: the place and what can be done.

use super::wire::offer::{action_name, field_label};
use crate::app::error::{FieldProblem, Say, say};
use crate::app::periodic::state_name;
use crate::domain::issue::state::Action;
use crate::domain::issue::step::{
    ASSISTS_MAX, FieldFault, NOTE_CHARS_MAX, PHOTOS_MAX, RATE_DAYS_MAX, REOPEN_DAYS_MAX, Refusal,
};
use axum::http::StatusCode;

/// The names of actions as a list, or that there are none.
fn names(actions: &[Action]) -> Say {
    if actions.is_empty() {
        return say("目前没有您可进行的操作", "there is nothing that you can do now");
    }
    let names: Vec<_> = actions.iter().map(|action| action_name(*action)).collect();
    let zh: Vec<&str> = names.iter().map(|name| name.zh.as_str()).collect();
    let en: Vec<&str> = names.iter().map(|name| name.en.as_str()).collect();
    say(format!("您现在可以：{}", zh.join("、")), format!("you can take now: {}", en.join(", ")))
}

fn not_possible(action: Action, why: &Say, allowed: &[Action]) -> Say {
    let (name, names) = (action_name(action), names(allowed));
    let zh = format!("“{}”{}。{}", name.zh, why.zh, names.zh);
    say(zh, format!("“{}” {}; {}", name.en, why.en, names.en))
}

/// What is wrong with a field, without its name.
fn fault_says(fault: FieldFault) -> Say {
    let zh = match fault {
        FieldFault::TooLong => format!("最多{NOTE_CHARS_MAX}个字"),
        FieldFault::ControlCharacter => "含有控制字符".to_owned(),
        FieldFault::TooMany => format!("协办部门最多{ASSISTS_MAX}个，照片最多{PHOTOS_MAX}张"),
        FieldFault::OutOfTerm => "须晚于现在，且不晚于一年后的同一天".to_owned(),
        FieldFault::Itself => "不能并入自身".to_owned(),
        FieldFault::TargetNotOpen => "所并入的事件已办结".to_owned(),
        FieldFault::LeadAssists => "主办部门不能同时协办".to_owned(),
        FieldFault::WrongKind => "与事件类型不符".to_owned(),
        FieldFault::NotAwaited => "没有等待该部门到场".to_owned(),
        FieldFault::NothingToAppeal => "没有可申诉的此类事项".to_owned(),
        FieldFault::NotArrived => "该部门尚未报到，只能评定为未到场".to_owned(),
        FieldFault::InTime => "该部门在期限内报到，不算迟到".to_owned(),
        FieldFault::NotYet => "吹哨期限未到，不能评定为未到场".to_owned(),
        FieldFault::NotOwed => "没有此编号的督办等待回复".to_owned(),
        FieldFault::NotALine => "须为一行长短适当、不含分号的文字".to_owned(),
        FieldFault::InFuture => "不能晚于现在".to_owned(),
        FieldFault::Unchanged => "与现在的相同".to_owned(),
        FieldFault::NotAHandler => "此人不是主办部门在该处的处置人员".to_owned(),
        FieldFault::NoAgreement => "须先登记调解协议".to_owned(),
        FieldFault::NoClaim => "须先有经审核同意的认领".to_owned(),
    };
    say(zh, fault.to_string())
}

/// What a refusal says, with its status and its code.
pub fn refusal_says(refusal: &Refusal) -> (StatusCode, &'static str, Say) {
    let en = refusal.to_string();
    let conflict = |code, says| (StatusCode::CONFLICT, code, says);
    let precondition = |code, says| (StatusCode::PRECONDITION_FAILED, code, says);
    let validation = |says| (StatusCode::UNPROCESSABLE_ENTITY, "validation", says);
    match refusal {
        Refusal::Stale { current, .. } => {
            let zh = format!("事件已有更新（当前版本 {current}），请刷新后重试");
            precondition("stale_version", say(zh, en))
        }
        Refusal::StaleRoute => {
            precondition("stale_route", say("路由已变化，与确认的不一致，请重新预览", en))
        }
        Refusal::NotFromHere { action, state, allowed } => {
            let state = state_name(*state);
            let zh = format!("在“{}”状态下不能进行", state.zh);
            let why = say(zh, format!("is not possible while “{}”", state.en));
            conflict("action_not_allowed", not_possible(*action, &why, allowed))
        }
        Refusal::NotYours { action, allowed } => {
            let why = say("不在您的权限内", "is not yours to take");
            (StatusCode::FORBIDDEN, "forbidden", not_possible(*action, &why, allowed))
        }
        Refusal::ReopenTooLate => {
            let zh = format!("结案已超过{REOPEN_DAYS_MAX}天，不能再重开");
            conflict("reopen_too_late", say(zh, en))
        }
        Refusal::RateTooLate => {
            let zh = format!("结案已超过{RATE_DAYS_MAX}天，不能再评价");
            conflict("rate_too_late", say(zh, en))
        }
        Refusal::Overdue => conflict("overdue", say("已超时限，不能再延期", en)),
        Refusal::NotDue => conflict("not_due", say("该阶段尚未超时", en)),
        Refusal::Missing(field) => {
            let label = field_label(*field);
            validation(say(format!("请填写“{}”", label.zh), format!("“{}” is needed", label.en)))
        }
        Refusal::Superfluous(field) => {
            let label = field_label(*field);
            let zh = format!("此操作不需要“{}”", label.zh);
            validation(say(zh, format!("“{}” has no meaning here", label.en)))
        }
        Refusal::Invalid { field, why } => {
            let (label, why) = (field_label(*field), fault_says(*why));
            let zh = format!("“{}”：{}", label.zh, why.zh);
            validation(say(zh, format!("“{}”: {}", label.en, why.en)))
        }
    }
}

/// The fields that a refusal names, as they are called in a request.
pub fn refusal_fields(refusal: &Refusal, says: &Say) -> Vec<FieldProblem> {
    match refusal {
        Refusal::Missing(field) | Refusal::Superfluous(field) | Refusal::Invalid { field, .. } => {
            vec![FieldProblem { field: field.as_str().to_owned(), says: says.clone() }]
        }
        _ => Vec::new(),
    }
}
