//! Words for rows of CSV files, and what to do about each.

use super::beside;
use super::format::{clash_zh, expected_zh, point_zh};
use crate::app::error::{Say, say};
use crate::domain::catalog::{CatalogProblem, LimitError};
use crate::domain::id::{CODE_CHARS_MAX, CodeError};
use crate::domain::routing::WindowError;
use crate::domain::territory::people::DutyHoursError;
use crate::format::csv_rows::{FIELD_BYTES_MAX, ROWS_MAX, RowError};

/// Why a text is no code.
pub fn code_words(error: &CodeError) -> Say {
    let zh = match error {
        CodeError::Empty => "编码不能为空".to_owned(),
        CodeError::TooLong(n) => format!("编码至多 {CODE_CHARS_MAX} 个字符，这里有 {n} 个"),
        CodeError::Reserved(c) => {
            format!("编码不能含 {c:?}：首尾空白、“/”、“;”和控制字符均保留")
        }
    };
    beside(zh, error)
}

fn limit_zh(error: &LimitError) -> String {
    match error {
        LimitError::Empty => "时限不能为空".into(),
        LimitError::NoAmount(text) => format!("{text:?} 不以整数开头"),
        LimitError::AmountOutOfRange(text) => format!("{text:?} 的数量超出范围"),
        LimitError::LocalUnit { unit } => {
            format!("{unit:?} 各城市含义不同，请在时限表中写明")
        }
        LimitError::UnknownUnit { unit } => {
            format!("{unit:?} 不是时限单位；可用：紧急工作时、工作时、工作日、自然日")
        }
        LimitError::RefusedByTable { text, reason } => {
            format!("时限表不接受 {text:?}：{reason}")
        }
    }
}

fn window_zh(error: &WindowError) -> String {
    match error {
        WindowError::Weekdays(text) => format!("{text:?} 不是星期列表，例如 1-5 或 6,7"),
        WindowError::Hours(text) => format!("{text:?} 不是时段，例如 08:00-18:00"),
        WindowError::Dates(text) => format!("{text:?} 不是日期区间，例如 11-15..03-15"),
    }
}

/// Why a text is no hours of duty.
pub fn hours_zh(error: &DutyHoursError) -> String {
    match error {
        DutyHoursError::Weekdays(text) => {
            format!("{text:?} 不是星期（Mon Tue Wed Thu Fri Sat Sun）或其区间")
        }
        DutyHoursError::Span(text) => format!("{text:?} 不是时段，例如 08:00-12:00"),
    }
}

/// What is wrong with a row.
pub fn row_words(error: &RowError) -> Say {
    let zh = match error {
        RowError::NotUtf8 => "该行不是 UTF-8 编码".into(),
        RowError::NotCsv(why) => format!("该行不是 CSV（{why}）"),
        RowError::NoHeader => "文件没有列名行".into(),
        RowError::MissingColumn => "缺少该列".into(),
        RowError::DoubleColumn => "该列出现两次".into(),
        RowError::UnknownColumn => "不认识该列，其内容未读取".into(),
        RowError::FieldCount { expected, found } => {
            format!("该行有 {found} 个字段，列名有 {expected} 个")
        }
        RowError::TooManyRows => format!("文件超过 {ROWS_MAX} 行，其余未读取"),
        RowError::FieldTooLong => format!("字段超过 {FIELD_BYTES_MAX} 字节"),
        RowError::Empty => "不能为空".into(),
        RowError::Code(error) => code_words(error).zh,
        RowError::Limit(error) => limit_zh(error),
        RowError::Validity(error) => {
            format!("失效日期 {} 早于生效日期 {}", error.to, error.from)
        }
        RowError::Window(error) => window_zh(error),
        RowError::Hours(error) => hours_zh(error),
        RowError::Lineage(error) => super::area::lineage_words(error).zh,
        RowError::Unexpected { text, expected } => {
            format!("{text:?} 不符合要求，应为：{}", expected_zh(*expected))
        }
        RowError::UnknownDepartment(code) => format!("不认识部门 {code}"),
        RowError::UnknownSelector(text) => {
            format!("{text} 不是目录中的分类或立案条件，或不属于该类")
        }
        RowError::UnknownArea { level, code } => {
            format!("没有{} {code}", level.chinese())
        }
        RowError::NoArea(code) => format!("现行网格中没有区域 {code}"),
        RowError::NoWorker(id) => format!("人员表中没有 {id}"),
        RowError::NoBranch(code) => format!("文件和现行数据中都没有党组织 {code}"),
        RowError::NoPosition => "没有坐标，无法落到地图上".into(),
        RowError::BadPosition { lon, lat } => {
            format!("({lon}, {lat}) 不是以度表示的经纬度，是否写反了？")
        }
        RowError::BadGeometry(why) => point_zh(why),
        RowError::OtherName { code, before, now } => {
            format!("{code} 此前名为 {before:?}，这里为 {now:?}")
        }
        RowError::Double(code) => format!("{code} 重复出现，以第一次为准"),
        RowError::Expired { to } => format!("该行自 {to} 起已失效"),
        RowError::Conflict(why) => clash_zh(why),
    };
    beside(zh, error)
}

/// What to do about it.
pub fn row_remedy(error: &RowError) -> Say {
    match error {
        RowError::NotUtf8 => say("请另存为 UTF-8 编码", "Save the file as UTF-8"),
        RowError::NotCsv(_) | RowError::FieldCount { .. } => say(
            "检查逗号和引号，或从表格软件重新导出",
            "Check commas and quotation marks, or export the sheet again",
        ),
        RowError::NoHeader | RowError::MissingColumn | RowError::DoubleColumn => {
            say("对照模板更正第一行列名", "Correct the names of the columns in the first line")
        }
        RowError::UnknownColumn => {
            say("改正列名或删去该列", "Correct the column's name, or take the column away")
        }
        RowError::TooManyRows | RowError::FieldTooLong => {
            say("拆分文件或缩短内容", "Split the file or shorten the text")
        }
        RowError::UnknownArea { .. } | RowError::NoArea(_) => say(
            "更正区域编码，或先导入并发布该区域",
            "Correct the area's code, or import and publish the area first",
        ),
        RowError::NoWorker(_) => {
            say("在人员表中补上该人员", "Add the person to the file of workers")
        }
        RowError::NoBranch(_) => say("更正上级编码或补上该党组织", "Correct the code or add it"),
        RowError::NoPosition | RowError::BadPosition { .. } | RowError::BadGeometry(_) => say(
            "填写经度 lon 和纬度 lat，并选对坐标系",
            "Fill in lon and lat in degrees, and choose the right datum",
        ),
        RowError::Double(_) => say("删去重复的一行", "Take one of the two rows away"),
        RowError::UnknownDepartment(_) | RowError::UnknownSelector(_) => {
            say("更正编码，或先导入它", "Correct the code, or import it first")
        }
        RowError::Empty => say("补填该字段", "Fill the field in"),
        _ => say("更正该字段后重新导入", "Correct the field and import the file again"),
    }
}

/// What is wrong with a catalog as a whole.
pub fn catalog_words(problem: &CatalogProblem) -> Say {
    let zh = match problem {
        CatalogProblem::DoubleScheme(code) => format!("分类体系 {code} 重复，以第一次为准"),
        CatalogProblem::DoubleCategory(code) => format!("分类 {code} 重复，以第一次为准"),
        CatalogProblem::DoubleCondition(code) => format!("立案条件 {code} 重复，以第一次为准"),
        CatalogProblem::UnknownScheme { code, scheme } => {
            format!("分类 {code} 所属体系 {scheme} 没有给出")
        }
        CatalogProblem::BadParent { code, parent } => {
            format!("分类 {code} 的上级 {parent} 不是本体系的大类")
        }
        CatalogProblem::NatureOfNoOpinion { code, kind, nature } => {
            format!("分类 {code} 属于 {kind}，不能是 {}", nature.as_str())
        }
        CatalogProblem::UnknownCategory { code, category } => {
            format!("立案条件 {code} 所属分类 {category} 没有给出")
        }
        CatalogProblem::UnknownWalk { from, to, missing } => {
            format!("对照 {from} → {to} 中的分类 {missing} 没有给出")
        }
    };
    beside(zh, problem)
}
