//! The names of what kinds have of their own: actions, fields and values to choose.

use super::Texts;
use super::offer::Choice;
use crate::app::error::say;
use crate::app::periodic::severity_name;
use crate::domain::issue::care::{AgreementForm, Risk};
use crate::domain::issue::kind::Severity;
use crate::domain::issue::state::Action;
use crate::domain::issue::workflow::Field;

/// The name of an action of one kind.
pub fn kind_action_name(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::RecordParties => ("录入当事人", "Record the parties"),
        Action::ReadParties => ("查看当事人", "Read the parties"),
        Action::SetRisk => ("风险定级", "Set the risk"),
        Action::Mediate => ("记录调解", "Record a mediation"),
        Action::RecordAgreement => ("登记协议", "Record the agreement"),
        Action::FollowUp => ("履约回访", "Look after the agreement"),
        Action::Control => ("临时控制措施", "Control measure"),
        Action::SetSeverity => ("调整等级", "Change the severity"),
        Action::Answer => ("答复咨询", "Answer the consultation"),
        Action::PublishAnswer => ("公开答复", "Publish the answer"),
        Action::PublishWish => ("公开微心愿", "Publish the wish"),
        Action::Withdraw => ("撤回公开", "Withdraw from the public"),
        Action::Claim => ("认领", "Claim"),
        Action::ApproveClaim => ("同意认领", "Approve the claim"),
        Action::Unclaim => ("取消认领", "End the claim"),
        Action::Fulfil => ("心愿达成", "Wish fulfilled"),
        _ => ("", ""),
    }
}

/// A field of one kind: its sort of input and its label.
pub const fn kind_field(field: Field) -> (&'static str, &'static str, &'static str) {
    match field {
        Field::Risk => ("choice", "风险等级", "Risk"),
        Field::Severity => ("choice", "等级", "Severity"),
        Field::HeldAt => ("instant", "调解时间", "Held at"),
        Field::Venue => ("line", "调解地点", "Place of the mediation"),
        Field::Mediators => ("lines", "调解员", "Mediators"),
        Field::AgreementForm => ("choice", "协议形式", "Form of the agreement"),
        Field::Visits => ("dates", "回访日期", "Dates of the visits"),
        Field::Kept => ("choice", "是否履行", "Whether it is kept to"),
        _ => ("parties", "当事人", "Parties"),
    }
}

fn choice(value: &str, zh: &str, en: &str) -> Choice {
    Choice { value: value.to_owned(), label: Texts::from(say(zh, en)) }
}

/// The values of a field of one kind.
pub fn kind_choices(field: Field) -> Vec<Choice> {
    match field {
        Field::Risk => Risk::ALL
            .iter()
            .map(|risk| match risk {
                Risk::Red => choice(risk.as_str(), "红", "Red"),
                Risk::Orange => choice(risk.as_str(), "橙", "Orange"),
                Risk::Yellow => choice(risk.as_str(), "黄", "Yellow"),
            })
            .collect(),
        Field::Severity => [Severity::General, Severity::Major]
            .map(|severity| Choice {
                value: severity.as_str().to_owned(),
                label: severity_name(severity).into(),
            })
            .into(),
        Field::AgreementForm => AgreementForm::ALL
            .iter()
            .map(|form| match form {
                AgreementForm::Oral => choice(form.as_str(), "口头协议", "Oral"),
                AgreementForm::Written => choice(form.as_str(), "书面协议", "Written"),
                AgreementForm::PeoplesMediation => {
                    choice(form.as_str(), "人民调解协议书", "People's mediation agreement")
                }
                AgreementForm::JudicialConfirmation => {
                    choice(form.as_str(), "司法确认", "Confirmed by a court")
                }
            })
            .collect(),
        Field::Kept => vec![choice("true", "履行", "Kept"), choice("false", "未履行", "Broken")],
        _ => Vec::new(),
    }
}

/// Steps of kinds that stay within the office.
pub const fn is_inner(action: Action) -> bool {
    matches!(
        action,
        Action::RecordParties
            | Action::ReadParties
            | Action::SetRisk
            | Action::FollowUp
            | Action::SetSeverity
            | Action::Claim
            | Action::ApproveClaim
            | Action::Unclaim
            | Action::Withdraw
    )
}
