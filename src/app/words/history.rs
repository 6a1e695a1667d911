//! Words for the history of another system: the mapping, the file, and each refused row.

use super::beside;
use super::format::expected_zh;
use super::row::code_words;
use crate::app::error::{Say, say};
use crate::app::import_issues::Refused;
use crate::format::history::{
    HistoryFileError, MappingError, ROW_BYTES_MAX, ROWS_MAX, Reason, TimeFault,
};

/// Why a mapping cannot be used.
pub fn mapping_words(error: &MappingError) -> Say {
    let zh = match error {
        MappingError::TooLarge => "映射文件过大".into(),
        MappingError::Form(why) => format!("映射文件不是合法的 TOML，请对照示例改正（{why}）"),
        MappingError::Value { key, found, expected } => {
            format!("{key}：{found:?} 不符合要求，应为：{}", expected_zh(*expected))
        }
        MappingError::Zone(zone) => {
            format!("time_zone：没有时区 {zone:?}，应形如 Asia/Shanghai")
        }
        MappingError::TimeFormat(format) => {
            format!("time_formats：{format:?} 读不出完整日期，应形如 %Y-%m-%d %H:%M:%S")
        }
        MappingError::NoTimeFormat => "time_formats：至少要有一个".into(),
        MappingError::Template { key, found } => {
            format!("{key}：{found:?} 中的花括号没有闭合，列写作 {{column}}")
        }
        MappingError::Code { key, word, code, why } => {
            format!("{key}：{word:?} 指向 {code:?}：{}", code_words(why).zh)
        }
    };
    beside(zh, error)
}

/// Why a file as a whole cannot be read.
pub fn file_words(error: &HistoryFileError) -> Say {
    let zh = match error {
        HistoryFileError::Io(why) => format!("文件无法读取，请重新上传（{why}）"),
        HistoryFileError::NoHeader => "文件没有列名行".into(),
        HistoryFileError::Utf16 => "文件是 UTF-16 编码，请另存为 UTF-8".into(),
        HistoryFileError::HeaderEncoding(name) => {
            format!("列名行不是 {name} 编码，请在映射中写明文件编码")
        }
        HistoryFileError::MissingColumns { missing, present } => {
            let (missing, present) = (missing.join("、"), present.join("、"));
            format!("映射中的列在文件里没有：{missing}；文件有：{present}")
        }
        HistoryFileError::DoubleColumn(name) => format!("文件有两列都叫 {name:?}，只能有一列"),
        HistoryFileError::RowTooLong { line } => {
            format!("第 {line} 行开始的一行超过 {ROW_BYTES_MAX} 字节：那里的引号没有闭合")
        }
        HistoryFileError::TooManyRows => format!("文件超过 {ROWS_MAX} 行，请拆分"),
    };
    beside(zh, error)
}

fn reason_words(reason: &Reason) -> Say {
    let zh = match reason {
        Reason::Encoding { expected } => {
            format!("该行不是 {expected} 编码，请在映射中写明文件编码")
        }
        Reason::FieldCount { expected, found, lines_count } => {
            let over = match lines_count {
                0 | 1 => String::new(),
                n => format!("，且跨 {n} 行：是否有引号没有闭合？"),
            };
            format!("该行有 {found} 个字段，列名有 {expected} 个{over}")
        }
        Reason::Empty => "不能为空".into(),
        Reason::TooLong { chars_max } => format!("超过 {chars_max} 个字"),
        Reason::Double { text, line } => format!("{text:?} 在第 {line} 行已出现，以那一行为准"),
        Reason::Unmapped { text, table } => {
            format!("{text:?} 不在映射中，请加到 [{table}] 之下")
        }
        Reason::Code { text, why } => format!("{text:?} 不是编码：{}", code_words(why).zh),
        Reason::Time(TimeFault::NotATime { text, formats }) => {
            format!("{text:?} 不符合任何时间格式：{}", formats.join(" | "))
        }
        Reason::Time(TimeFault::Skipped { text, zone }) => {
            format!("{text:?} 这一时刻不存在：{zone} 的时钟拨快时跳过了它")
        }
        Reason::Backwards { earlier, later } => format!("{later} 早于 {earlier}"),
        Reason::NoEnd { status } => format!("状态 {status:?} 表示已了结，但该行没有了结时间"),
        Reason::OpenWithEnd { status } => {
            format!("状态 {status:?} 表示未了结，但该行有结案时间")
        }
        Reason::NotDegrees { text } => format!("{text:?} 不是以度表示的数"),
        Reason::OutOfRange { lon, lat } => {
            format!("没有 ({lon}, {lat}) 这个位置，经纬度是否写反了？")
        }
        Reason::NoPosition => "没有坐标，就无法确定由谁负责；请先为地址定位".into(),
        Reason::NullIsland => "坐标 0, 0 表示没有坐标".into(),
    };
    beside(zh, reason)
}

/// Why a row is refused.
pub fn refused_words(refused: &Refused) -> Say {
    let zh = match refused {
        Refused::Row(problem) => return reason_words(&problem.reason),
        Refused::UnknownDepartment(code) => {
            format!("不认识部门 {code}，请先导入它，或在 [departments] 中对应")
        }
        Refused::OtherKind { category, mapping } => {
            format!("分类属于 {category}，映射却写作 {mapping}")
        }
        Refused::WrongOutcome { kind, outcome } => format!("{kind} 的结果不会是 {outcome}"),
        Refused::Future { at } => format!("{at} 在将来"),
        Refused::NoPosition => "坐标不在地球上".into(),
        Refused::NoIssue(why) => format!("该行不能成为事件（{why}）"),
    };
    beside(zh, refused)
}

/// What to do about it.
pub fn refused_remedy(refused: &Refused) -> Say {
    let mapping = say("修改映射文件后重新预览", "Change the mapping and preview again");
    let row = say("在原系统或文件中更正该行", "Correct the row in the file or in the other system");
    match refused {
        Refused::UnknownDepartment(_) | Refused::OtherKind { .. } => mapping,
        Refused::Row(problem) => match problem.reason {
            Reason::Encoding { .. } | Reason::Unmapped { .. } | Reason::Time(_) => mapping,
            Reason::Double { .. } => say("可不处理：第一行已计入", "Nothing: the first row stands"),
            _ => row,
        },
        _ => row,
    }
}
