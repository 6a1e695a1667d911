//! The rates themselves, the published ones and their local variants.

use super::{Better, Definition};
use crate::domain::metrics::contribution::Measure;

pub const FILING_RATE: Definition = Definition {
    id: "filing_rate",
    metric: "filing_rate",
    better: Better::Higher,
    of_departments: false,
    version: 1,
    name_zh: "立案率",
    name_en: "Filing rate",
    numerator: &[Measure::FiledOfReported],
    less: &[],
    denominator: Measure::Reported,
    denominator_less: &[],
    says_zh: "期内上报的事件中已立案（含自行处置）的 ÷ 期内上报的",
    says_en: "reports of the period that were filed or settled on the spot ÷ reports of the period",
};

pub const DISPATCH_ACCURACY: Definition = Definition {
    id: "dispatch_accuracy",
    metric: "dispatch_accuracy",
    better: Better::Higher,
    of_departments: false,
    version: 1,
    name_zh: "准确派遣率",
    name_en: "Dispatch accuracy",
    numerator: &[Measure::Dispatched],
    less: &[Measure::Misdispatched],
    denominator: Measure::Dispatched,
    denominator_less: &[],
    says_zh: "期内首次派遣且从未因派错被退回的 ÷ 期内首次派遣的",
    says_en: "first dispatched in the period and never returned as wrong ÷ \
              first dispatched in the period",
};

pub const HANDLING_RATE: Definition = Definition {
    id: "handling_rate",
    metric: "handling_rate",
    better: Better::Higher,
    of_departments: true,
    version: 2,
    name_zh: "处置率",
    name_en: "Handling rate",
    numerator: &[Measure::HandlingDone],
    less: &[Measure::HandledUndated],
    denominator: Measure::HandlingDue,
    denominator_less: &[Measure::HandledUndated],
    says_zh: "其中已处置的 ÷ 应处置且有时限的：时限日或处置日（以先到者计）在期内，期末至多到今天，\
              挂账期间不计",
    says_en: "of them, handled ÷ due to be handled, with a limit: the limit or the feedback, \
              whichever came first, falls in the window, which ends today at the latest; not what \
              is suspended",
};

pub const ON_TIME_HANDLING_RATE: Definition = Definition {
    id: "on_time_handling_rate",
    metric: "on_time_handling_rate",
    name_zh: "按期处置率",
    name_en: "On-time handling rate",
    version: 1,
    numerator: &[Measure::HandledOnTime],
    less: &[],
    says_zh: "其中时限内处置的 ÷ 应处置且有时限的：时限日或处置日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, handled within the limit ÷ due to be handled, with a limit: the limit or \
              the feedback, whichever came first, falls in the window, which ends today at the \
              latest; not what is suspended",
    ..HANDLING_RATE
};

pub const EXTENSION_RATE: Definition = Definition {
    id: "extension_rate",
    metric: "extension_rate",
    better: Better::Lower,
    name_zh: "延期率",
    name_en: "Extension rate",
    numerator: &[Measure::HandlingExtended],
    less: &[Measure::ExtendedUndated],
    says_zh: "其中延期至少一次的 ÷ 应处置且有时限的：时限日或处置日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, extended at least once ÷ due to be handled, with a limit: the limit or the \
              feedback, whichever came first, falls in the window, which ends today at the \
              latest; not what is suspended",
    ..HANDLING_RATE
};

pub const CLOSING_RATE: Definition = Definition {
    id: "closing_rate",
    metric: "closing_rate",
    better: Better::Higher,
    of_departments: true,
    version: 3,
    name_zh: "结案率",
    name_en: "Closing rate",
    numerator: &[Measure::ClosingDone],
    less: &[Measure::ClosedUndated],
    denominator: Measure::ClosingDue,
    denominator_less: &[Measure::ClosedUndated],
    says_zh: "其中已结案的 ÷ 应结案且有时限的：时限日或结案日（以先到者计）在期内，期末至多到今天，\
              挂账期间不计",
    says_en: "of them, closed ÷ due to be closed, with a limit: the limit or the closing, \
              whichever came first, falls in the window, which ends today at the latest; not what \
              is suspended",
};

pub const ON_TIME_CLOSING_RATE: Definition = Definition {
    id: "on_time_closing_rate",
    metric: "on_time_closing_rate",
    version: 1,
    name_zh: "按期结案率",
    name_en: "On-time closing rate",
    numerator: &[Measure::ClosedOnTime],
    less: &[],
    says_zh: "其中时限内结案的 ÷ 应结案且有时限的：时限日或结案日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, closed within the limit ÷ due to be closed, with a limit: the limit or the \
              closing, whichever came first, falls in the window, which ends today at the latest; \
              not what is suspended",
    ..CLOSING_RATE
};

pub const REWORK_RATE: Definition = Definition {
    id: "rework_rate",
    metric: "rework_rate",
    better: Better::Lower,
    name_zh: "返工率",
    name_en: "Rework rate",
    numerator: &[Measure::ClosingReworked],
    less: &[Measure::ReworkedUndated],
    says_zh: "其中核查未通过至少一次的 ÷ 应结案且有时限的：时限日或结案日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, with a failed inspection ÷ due to be closed, with a limit: the limit or the \
              closing, whichever came first, falls in the window, which ends today at the latest; \
              not what is suspended",
    ..CLOSING_RATE
};

/// As [`CLOSING_RATE`] was before there were clocks: by the day of filing.
pub const CLOSING_RATE_FILED: Definition = Definition {
    version: 1,
    name_zh: "结案率（按立案日计）",
    name_en: "Closing rate by filing",
    numerator: &[Measure::ClosedOfDue],
    less: &[],
    denominator: Measure::DueToClose,
    denominator_less: &[],
    says_zh: "期内立案的事件中已结案的 ÷ 期内立案应结案的",
    says_en: "filed in the period and closed by now ÷ filed in the period and to be closed",
    ..CLOSING_RATE
};

/// As [`REWORK_RATE`] was before there were clocks: by the day of filing.
pub const REWORK_RATE_FILED: Definition = Definition {
    version: 1,
    name_zh: "返工率（按立案日计）",
    name_en: "Rework rate by filing",
    numerator: &[Measure::ReworkedOfDue],
    less: &[],
    denominator: Measure::DueToClose,
    denominator_less: &[],
    says_zh: "期内立案的事件中核查未通过至少一次的 ÷ 期内立案应结案的",
    says_en: "filed in the period with a failed inspection ÷ filed in the period and to be closed",
    ..REWORK_RATE
};

pub const MEDIATION_RATE: Definition = Definition {
    id: "mediation_rate",
    metric: "mediation_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "调解成功率",
    name_en: "Mediation success",
    numerator: &[Measure::Agreement],
    less: &[],
    denominator: Measure::MediationEnded,
    denominator_less: &[],
    says_zh: "期内调解结束且达成协议的 ÷ 期内调解结束的",
    says_en: "mediations ended in the period with an agreement ÷ mediations ended in the period",
};

/// As [`CLOSING_RATE_FILED`], but what is suspended owes no closing while it is.
pub const CLOSING_RATE_ACTIVE: Definition = Definition {
    id: "closing_rate_active",
    name_zh: "结案率（按立案日计，挂账除外）",
    name_en: "Closing rate by filing without suspended issues",
    denominator_less: &[Measure::SuspendedOfDue],
    says_zh: "期内立案的事件中已结案的 ÷ 期内立案应结案且此刻未挂账的",
    says_en: "filed in the period and closed by now ÷ \
              filed in the period, to be closed and not suspended now",
    ..CLOSING_RATE_FILED
};

/// As [`CLOSING_RATE`], but what is suspended stays due: some cities count so.
pub const CLOSING_RATE_SUSPENDED: Definition = Definition {
    id: "closing_rate_suspended",
    version: 2,
    name_zh: "结案率（含挂账）",
    name_en: "Closing rate with suspended issues",
    denominator: Measure::ClosingDueOrSuspended,
    denominator_less: &[Measure::ClosedUndated, Measure::SuspendedUndated],
    says_zh: "其中已结案的 ÷ 应结案且有时限的：时限日或结案日（以先到者计）在期内，期末至多到今天；\
              挂账的计入挂账日",
    says_en: "of them, closed ÷ due to be closed, with a limit: the limit or the closing, \
              whichever came first, falls in the window, which ends today at the latest; what is \
              suspended by the day of its suspension",
    ..CLOSING_RATE
};

/// As [`HANDLING_RATE`], but what is suspended stays due.
pub const HANDLING_RATE_SUSPENDED: Definition = Definition {
    id: "handling_rate_suspended",
    name_zh: "处置率（含挂账）",
    name_en: "Handling rate with suspended issues",
    denominator: Measure::HandlingDueOrSuspended,
    denominator_less: &[Measure::HandledUndated, Measure::SuspendedUndated],
    says_zh: "其中已处置的 ÷ 应处置且有时限的：时限日或处置日（以先到者计）在期内，期末至多到今天；\
              挂账的计入挂账日",
    says_en: "of them, handled ÷ due to be handled, with a limit: the limit or the feedback, \
              whichever came first, falls in the window, which ends today at the latest; what is \
              suspended by the day of its suspension",
    ..HANDLING_RATE
};

/// As [`ON_TIME_CLOSING_RATE`], but what is suspended stays due.
pub const ON_TIME_CLOSING_RATE_SUSPENDED: Definition = Definition {
    id: "on_time_closing_rate_suspended",
    version: 2,
    name_zh: "按期结案率（含挂账）",
    name_en: "On-time closing rate with suspended issues",
    denominator: Measure::ClosingDueOrSuspended,
    denominator_less: &[Measure::ClosedUndated, Measure::SuspendedUndated],
    says_zh: "其中时限内结案的 ÷ 应结案且有时限的：时限日或结案日（以先到者计）在期内，\
              期末至多到今天；挂账的计入挂账日",
    says_en: "of them, closed within the limit ÷ due to be closed, with a limit: the limit or the \
              closing, whichever came first, falls in the window, which ends today at the latest; \
              what is suspended by the day of its suspension",
    ..ON_TIME_CLOSING_RATE
};

/// As [`ON_TIME_HANDLING_RATE`], but what is suspended stays due.
pub const ON_TIME_HANDLING_RATE_SUSPENDED: Definition = Definition {
    id: "on_time_handling_rate_suspended",
    version: 2,
    name_zh: "按期处置率（含挂账）",
    name_en: "On-time handling rate with suspended issues",
    denominator: Measure::HandlingDueOrSuspended,
    denominator_less: &[Measure::HandledUndated, Measure::SuspendedUndated],
    says_zh: "其中时限内处置的 ÷ 应处置且有时限的：时限日或处置日（以先到者计）在期内，\
              期末至多到今天；挂账的计入挂账日",
    says_en: "of them, handled within the limit ÷ due to be handled, with a limit: the limit or \
              the feedback, whichever came first, falls in the window, which ends today at the \
              latest; what is suspended by the day of its suspension",
    ..ON_TIME_HANDLING_RATE
};

pub const RESPONSE_RATE: Definition = Definition {
    id: "response_rate",
    metric: "response_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "响应率",
    name_en: "Response rate",
    numerator: &[Measure::ContactedOfDue],
    less: &[],
    denominator: Measure::DueContact,
    denominator_less: &[],
    says_zh: "其中上报后 24 小时内联系到上报人的 ÷ 留有联系方式或账号、联系时刻或 24 小时期满在期内的上报",
    says_en: "of them, contacted within 24 hours of the report ÷ reports with a contact or an \
              account that were contacted, or whose 24 hours ended, in the period",
};

pub const RESOLUTION_RATE: Definition = Definition {
    id: "resolution_rate",
    metric: "resolution_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "解决率",
    name_en: "Resolution rate",
    numerator: &[Measure::Resolved],
    less: &[],
    denominator: Measure::Revisited,
    denominator_less: &[],
    says_zh: "其中上报人认为已解决的 ÷ 期内有效回访（含上报人自评，以最后一次为准）的",
    says_en: "of them, resolved in the reporter's word ÷ validly revisited or rated in the period, \
              by the last time",
};

pub const SATISFACTION_RATE: Definition = Definition {
    id: "satisfaction_rate",
    metric: "satisfaction_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "满意率",
    name_en: "Satisfaction rate",
    numerator: &[Measure::Satisfied],
    less: &[],
    denominator: Measure::Revisited,
    denominator_less: &[],
    says_zh: "其中满意和基本满意的 ÷ 期内有效回访（含上报人自评，以最后一次为准）的",
    says_en: "of them, satisfied or fairly satisfied ÷ validly revisited or rated in the period, \
              by the last time",
};

/// As [`REWORK_RATE`], of what was handled: some cities divide so.
pub const REWORK_RATE_HANDLED: Definition = Definition {
    id: "rework_rate_handled",
    version: 1,
    name_zh: "返工率（按处置计）",
    name_en: "Rework rate of what was handled",
    numerator: &[Measure::ReworkedOfHandled],
    less: &[],
    denominator: Measure::Handled,
    denominator_less: &[],
    says_zh: "期内反馈的事件中核查未通过至少一次的 ÷ 期内反馈的",
    says_en: "handled in the period with a failed inspection ÷ handled in the period",
    ..REWORK_RATE
};

// The cohorts as they were counted at first: what has no limit counts when it is done, so
// that an office without limits closes all that is due. A city may choose them still, and printed
// numbers go by them.

/// As [`CLOSING_RATE`], with what has no limit.
pub const CLOSING_RATE_UNDATED: Definition = Definition {
    version: 2,
    name_zh: "结案率（含无时限的）",
    name_en: "Closing rate with what has no limit",
    less: &[],
    denominator_less: &[],
    says_zh: "其中已结案的 ÷ 应结案的：时限日或结案日（以先到者计）在期内，期末至多到今天，\
              挂账期间不计；无时限的按结案日计",
    says_en: "of them, closed ÷ due to be closed: the limit or the closing, whichever came first, \
              falls in the window, which ends today at the latest; not what is suspended; what has \
              no limit by the day of its closing",
    ..CLOSING_RATE
};

/// As [`REWORK_RATE`], with what has no limit.
pub const REWORK_RATE_UNDATED: Definition = Definition {
    version: 2,
    name_zh: "返工率（含无时限的）",
    name_en: "Rework rate with what has no limit",
    less: &[],
    denominator_less: &[],
    says_zh: "其中核查未通过至少一次的 ÷ 应结案的：时限日或结案日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计；无时限的按结案日计",
    says_en: "of them, with a failed inspection ÷ due to be closed: the limit or the closing, \
              whichever came first, falls in the window, which ends today at the latest; not what \
              is suspended; what has no limit by the day of its closing",
    ..REWORK_RATE
};

/// As [`HANDLING_RATE`], with what has no limit.
pub const HANDLING_RATE_UNDATED: Definition = Definition {
    version: 1,
    name_zh: "处置率（含无时限的）",
    name_en: "Handling rate with what has no limit",
    less: &[],
    denominator_less: &[],
    says_zh: "其中已处置的 ÷ 应处置的：时限日或处置日（以先到者计）在期内，期末至多到今天，\
              挂账期间不计；无时限的按处置日计",
    says_en: "of them, handled ÷ due to be handled: the limit or the feedback, whichever came \
              first, falls in the window, which ends today at the latest; not what is suspended; \
              what has no limit by the day of its feedback",
    ..HANDLING_RATE
};

/// As [`EXTENSION_RATE`], with what has no limit.
pub const EXTENSION_RATE_UNDATED: Definition = Definition {
    version: 1,
    name_zh: "延期率（含无时限的）",
    name_en: "Extension rate with what has no limit",
    less: &[],
    denominator_less: &[],
    says_zh: "其中延期至少一次的 ÷ 应处置的：时限日或处置日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计；无时限的按处置日计",
    says_en: "of them, extended at least once ÷ due to be handled: the limit or the feedback, \
              whichever came first, falls in the window, which ends today at the latest; not what \
              is suspended; what has no limit by the day of its feedback",
    ..EXTENSION_RATE
};

/// As [`CLOSING_RATE_SUSPENDED`], with what has no limit.
pub const CLOSING_RATE_SUSPENDED_UNDATED: Definition = Definition {
    version: 1,
    less: &[],
    denominator_less: &[],
    says_zh: "其中已结案的 ÷ 应结案的：时限日或结案日（以先到者计）在期内，期末至多到今天；\
              挂账的计入挂账日；无时限的按结案日计",
    says_en: "of them, closed ÷ due to be closed: the limit or the closing, whichever came first, \
              falls in the window, which ends today at the latest; what is suspended by the day \
              of its suspension; what has no limit by the day of its closing",
    ..CLOSING_RATE_SUSPENDED
};

/// As [`HANDLING_RATE_SUSPENDED`], with what has no limit.
pub const HANDLING_RATE_SUSPENDED_UNDATED: Definition = Definition {
    version: 1,
    less: &[],
    denominator_less: &[],
    says_zh: "其中已处置的 ÷ 应处置的：时限日或处置日（以先到者计）在期内，期末至多到今天；\
              挂账的计入挂账日；无时限的按处置日计",
    says_en: "of them, handled ÷ due to be handled: the limit or the feedback, whichever came \
              first, falls in the window, which ends today at the latest; what is suspended by \
              the day of its suspension; what has no limit by the day of its feedback",
    ..HANDLING_RATE_SUSPENDED
};

/// As [`ON_TIME_CLOSING_RATE_SUSPENDED`], with what was suspended without a limit.
pub const ON_TIME_CLOSING_RATE_SUSPENDED_UNDATED: Definition = Definition {
    version: 1,
    denominator_less: &[Measure::ClosedUndated],
    ..ON_TIME_CLOSING_RATE_SUSPENDED
};

/// As [`ON_TIME_HANDLING_RATE_SUSPENDED`], with what was suspended without a limit.
pub const ON_TIME_HANDLING_RATE_SUSPENDED_UNDATED: Definition = Definition {
    version: 1,
    denominator_less: &[Measure::HandledUndated],
    ..ON_TIME_HANDLING_RATE_SUSPENDED
};
