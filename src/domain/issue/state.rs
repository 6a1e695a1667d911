//! The states of an issue and the actions that move it (DOMAIN.md §4).

macro_rules! named {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name used in the database and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(super) use named;

named! {
    /// Where an issue stands.
    State {
        /// 上报
        Reported = "reported",
        /// 核实
        Verifying = "verifying",
        /// 自行处置
        SelfHandled = "self_handled",
        /// 待派遣
        Filed = "filed",
        /// 待签收
        Dispatched = "dispatched",
        /// 处置中
        Handling = "handling",
        /// 裁定
        Arbitration = "arbitration",
        /// 挂账
        Suspended = "suspended",
        /// 已反馈
        Handled = "handled",
        /// 核查
        Inspecting = "inspecting",
        /// 结案
        Closed = "closed",
        /// 不予受理
        Rejected = "rejected",
        /// 并案
        Merged = "merged",
    }
}

impl State {
    /// Whether work is still owed.
    pub const fn is_open(self) -> bool {
        !matches!(self, State::Closed | State::Rejected | State::Merged)
    }
}

named! {
    /// What can be done to an issue. `Report` begins it.
    Action {
        Report = "report",
        AcceptForCheck = "accept_for_check",
        File = "file",
        Reject = "reject",
        Settle = "settle",
        Approve = "approve",
        Refuse = "refuse",
        Dispatch = "dispatch",
        Accept = "accept",
        Return = "return",
        Rule = "rule",
        Suspend = "suspend",
        Resume = "resume",
        Extend = "extend",
        /// 申请延期: the handler of the lead asks for one limit more.
        RequestExtension = "request_extension",
        /// 申请挂账: the handler of the lead asks for a suspension until a date.
        RequestSuspension = "request_suspension",
        /// 不予批准: the request is refused.
        DeclineRequest = "decline_request",
        /// 指派: the lead names who of its people handles it.
        Assign = "assign",
        Submit = "submit",
        OrderCheck = "order_check",
        Pass = "pass",
        Fail = "fail",
        Close = "close",
        ForceClose = "force_close",
        Merge = "merge",
        Unmerge = "unmerge",
        Reopen = "reopen",
        /// Another issue was merged into this one.
        Absorb = "absorb",
        /// A merge into this one was taken back.
        Release = "release",
        /// A remark or more photos; the state stays.
        Comment = "comment",
        /// The place or the category was wrong and is put right; the route is decided anew.
        Correct = "correct",
        /// A new territory put the place into other areas; the state stays.
        Rehome = "rehome",
        /// 催办: a reminder.
        Urge = "urge",
        /// 督办: an order that demands a written reply by a time.
        Supervise = "supervise",
        /// 督办回复
        Reply = "reply",
        /// 吹哨: the street summons departments to a place by a time.
        Whistle = "whistle",
        /// 报到: a summoned department is there.
        Arrive = "arrive",
        /// The street's judgement of one arrival; the last one ends the whistle.
        JudgeArrival = "judge_arrival",
        /// 联系: the reporter was spoken to.
        Contact = "contact",
        /// 回访: what the reporter says after closing, as an office was told.
        Revisit = "revisit",
        /// What the reporter says after closing, in the reporter's own hand.
        Rate = "rate",
        /// 申诉: a department holds that a fact should not count against it.
        Appeal = "appeal",
        UpholdAppeal = "uphold_appeal",
        DismissAppeal = "dismiss_appeal",
        /// A task is declined, or given to the next nearest.
        PassTask = "pass_task",
        /// Whoever holds a task is at the place.
        CheckIn = "check_in",
        /// 录入当事人: the parties of a dispute and what they say, sealed.
        RecordParties = "record_parties",
        /// The sealed record was opened; written before it is shown.
        ReadParties = "read_parties",
        /// 风险定级: the colour, which summons a level.
        SetRisk = "set_risk",
        /// 调解: one attempt.
        Mediate = "mediate",
        /// 登记协议: its form, its text (sealed) and when it is looked after.
        RecordAgreement = "record_agreement",
        /// 履约回访: whether the parties keep to their agreement.
        FollowUp = "follow_up",
        /// 临时控制措施 of a hazard.
        Control = "control",
        /// 调整等级, with a reason.
        SetSeverity = "set_severity",
        /// A legal adviser's answer.
        Answer = "answer",
        /// 公开答复
        PublishAnswer = "publish_answer",
        /// 公开微心愿, in the office's words.
        PublishWish = "publish_wish",
        /// What was published is taken back.
        Withdraw = "withdraw",
        /// 认领
        Claim = "claim",
        /// The office agrees to a claim.
        ApproveClaim = "approve_claim",
        /// The claim is given up, or refused.
        Unclaim = "unclaim",
        /// 心愿达成
        Fulfil = "fulfil",
        /// Another calendar came into force and changed the due times; the state stays.
        Retime = "retime",
        /// The sign-off took longer than it may: told one step up the ladder; the state stays.
        Escalate = "escalate",
    }
}

named! {
    /// How the work on an issue ended, in the words of its kind.
    Outcome {
        Remedied = "remedied",
        AgreementReached = "agreement_reached",
        AgreementNotReached = "agreement_not_reached",
        Answered = "answered",
        Adopted = "adopted",
        Claimed = "claimed",
    }
}

named! {
    /// Why a department sends an issue back.
    ReturnReason {
        /// Not ours to act on: counts against the accuracy of dispatch.
        NotOurs = "not_ours",
        /// Outside the place we answer for: counts against the accuracy of dispatch.
        WrongPlace = "wrong_place",
        /// What was reported does not suffice to act.
        Unclear = "unclear",
    }
}

impl ReturnReason {
    /// Whether the dispatch itself was wrong.
    pub const fn is_wrong_dispatch(self) -> bool {
        matches!(self, ReturnReason::NotOurs | ReturnReason::WrongPlace)
    }
}
