//! Words for what formats expect and find. A library's own text stands in brackets at the end.

use super::beside;
use super::file::unreadable_zh;
use crate::app::error::Say;
use crate::domain::metrics::appraisal::{AppraisalError, weight_text};
use crate::domain::metrics::definition::Better;
use crate::domain::routing::MatrixProblem;
use crate::domain::territory::position::PositionError;
use crate::format::expected::Expected;
use crate::format::faults::{Clash, CornerFault, Damage, Note, PointFault, Unit, UnknownFile};

/// What a field should hold.
pub const fn expected_zh(expected: Expected) -> &'static str {
    match expected {
        Expected::Flag => "true 或 false",
        Expected::Date => "形如 2026-01-31 的日期",
        Expected::Day => "形如 2026-07-01 的日期",
        Expected::Degrees => "以度表示的数",
        Expected::WorkerId => "形如 0192f3a4-5b6c-7d8e-9f00-112233445566 的编号",
        Expected::TwoDigits => "两位数字",
        Expected::Whole => "整数",
        Expected::Bound => "1 到 99999 的整数，或留空",
        Expected::Amount => "1 到 9999 的整数，或留空",
        Expected::Level => {
            "province（省）、city（市）、district（区县）、street（街道）、community（社区）、\
             grid（网格）或 micro_grid（微网格）"
        }
        Expected::Kind => "hazard（隐患）、dispute（矛盾纠纷）或 opinion（社情民意）",
        Expected::Severity => "general（一般）或 major（重大）",
        Expected::Class => "部件或事件（component、event）",
        Expected::PublishedClass => "部件或事件",
        Expected::Nature => {
            "suggestion（建议）、complaint（投诉）、question（咨询）、legal_consultation（法律咨询）\
             或 small_wish（微心愿）"
        }
        Expected::Photo => "none（不需要）、before（处置前）或 before_and_after（处置前后）",
        Expected::LimitUnit => {
            "urgent_hour（紧急工作时）、work_hour（工作时）、work_day（工作日）、\
             natural_day（自然日），或留空表示不接受"
        }
        Expected::Relation => "exact（相同）、narrower（较窄）、broader（较宽）或 related（相关）",
        Expected::LineageKind => "split（拆分）、merge（合并）或 retire（撤销）",
        Expected::Selector => {
            "condition:立案条件编码、small:小类编码、big:大类编码、kind:种类，或 any"
        }
        Expected::Cell => "分辨率不超过 11 的 H3 网格编号，例如 8729a56d1ffffff",
        Expected::Definition => "已有的指标定义，例如 rework_rate_handled@1",
        Expected::Better => "higher（越高越好）或 lower（越低越好）",
        Expected::Weight => "0 到 1 之间、至多四位小数的数，例如 0.25",
        Expected::Encoding => "utf-8 或 gb18030",
        Expected::Delimiter => "逗号、分号或制表符",
        Expected::Datum => "wgs84、gcj02 或 bd09",
        Expected::System => "原系统的名称",
        Expected::Status => {
            "reported（已上报）、filed（已立案）、dispatched（已派遣）、handling（处置中）、\
             handled（已处置）、closed（已结案）、force_closed（特殊结案）或 rejected（不予受理）"
        }
        Expected::Outcome => {
            "remedied（已整改）、agreement_reached（达成协议）、agreement_not_reached（未达成协议）、\
             answered（已答复）、adopted（已采纳）或 claimed（已认领）"
        }
    }
}

/// What there is too much of.
pub const fn unit_zh(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "字节",
        Unit::Features => "个要素",
        Unit::Collections => "层嵌套",
    }
}

/// Why nothing is known of a file's format, and what to do.
pub const fn unknown_zh(why: UnknownFile) -> &'static str {
    match why {
        UnknownFile::BareShp => "这是单独的 .shp，请与 .shx、.dbf、.prj 一起压缩为 zip",
        UnknownFile::Utf16 => "文件是 UTF-16 编码，请另存为 UTF-8",
        UnknownFile::Empty => "文件是空的，请重新选择",
        UnknownFile::NoFeatures => "其中没有要素也没有几何图形，请重新导出",
        UnknownFile::NoTopology => "其 type 不是 Topology，请重新导出",
        UnknownFile::NoShp => "压缩包中没有 .shp，请把全部 Shapefile 文件一起压缩",
        UnknownFile::NoRows => "这里只接受 CSV 或 GeoJSON，请改用其中一种",
        UnknownFile::NoCollection => "它不是 GeoJSON 的 FeatureCollection，请重新导出",
    }
}

/// What is damaged.
pub fn damage_zh(damage: &Damage) -> String {
    match damage {
        Damage::Shp(text) => format!("其中的 .shp 无法读取（{text}）"),
        Damage::DbfCut => "其中的 .dbf 不完整".into(),
        Damage::DbfEmpty => "其中的 .dbf 没有字段".into(),
        Damage::DbfEncoding(label) => format!("其中的 .cpg 写着未知的编码 {label:?}"),
        Damage::DbfFields => "其中的 .dbf 字段总长超过一行".into(),
        Damage::NotUtf8(error) => {
            format!("第 {} 个字节处不是 UTF-8 编码", error.valid_up_to().saturating_add(1))
        }
        Damage::GeoJson(text) => format!("它不是合法的 GeoJSON（{text}）"),
        Damage::Kept(text) => format!("保存的内容无法读回（{text}）"),
    }
}

/// What was taken for granted in reading a file.
pub fn note_words(note: &Note) -> Say {
    let zh = match note {
        Note::AllObjects(names) => format!("读取了全部图层：{}", names.join("、")),
        Note::NoPrj => "没有 .prj，坐标按 WGS-84 读取".into(),
        Note::NoDbf => "没有 .dbf，要素没有属性".into(),
        Note::Nad83 => "NAD83 坐标按 WGS-84 读取，两者相差一至两米".into(),
        Note::Etrs89 => "ETRS89 坐标按 WGS-84 读取，两者相差不到一米".into(),
        Note::Near(name) => format!("{name} 坐标按 WGS-84 读取，两者相差至多两米"),
    };
    beside(zh, note)
}

/// Why a feature gives no position.
pub fn point_zh(fault: &PointFault) -> String {
    match fault {
        PointFault::Unreadable(why) => unreadable_zh(why),
        PointFault::NotPoint => "几何图形不是点".into(),
    }
}

/// Why a pair of numbers is no position.
pub fn position_zh(error: &PositionError) -> String {
    match error {
        PositionError::NotFinite => "经纬度不是有限的数".into(),
        PositionError::Longitude(lon) => format!("经度 {lon} 不在 -180 到 180 之间"),
        PositionError::Latitude(lat) => format!("纬度 {lat} 不在 -90 到 90 之间"),
        PositionError::Swapped { lat } => {
            format!("纬度 {lat} 不在 -90 到 90 之间，经纬度似乎写反了")
        }
    }
}

/// Why a corner of an outline is none.
pub fn corner_zh(fault: &CornerFault) -> String {
    match fault {
        CornerFault::Position(error) => position_zh(error),
        CornerFault::Short => "少于两个数".into(),
    }
}

fn matrix_zh(problem: &MatrixProblem) -> String {
    match problem {
        MatrixProblem::DoubleRule(id) => format!("规则编号 {id} 重复，以第一次为准"),
        MatrixProblem::UnknownDepartment { rule, department } => {
            format!("规则 {rule} 指定的部门 {department} 没有给出")
        }
        MatrixProblem::UnknownRungDepartment { level, area, department } => {
            let level = level.chinese();
            format!("{level} {area} 的兜底指定的部门 {department} 没有给出")
        }
        MatrixProblem::DoubleRung { level, area } => {
            let level = level.chinese();
            format!("{level} {area} 对同一种类和时间有两条兜底，以第一条为准")
        }
        MatrixProblem::DoubleDepartment(code) => format!("部门 {code} 重复，以第一次为准"),
    }
}

const fn better_zh(better: Better) -> &'static str {
    match better {
        Better::Higher => "越高越好",
        Better::Lower => "越低越好",
    }
}

fn appraisal_zh(error: &AppraisalError) -> String {
    match error {
        AppraisalError::Empty => "没有任何指标，请至少写一个".into(),
        AppraisalError::UnknownRate(id) => format!("没有指标 {id}"),
        AppraisalError::Double(id) => format!("指标 {id} 出现两次"),
        AppraisalError::NoWeight(id) => format!("指标 {id} 的权重为 0，请删去或给出权重"),
        AppraisalError::NoMinimum(id) => format!("指标 {id} 至少要有一件事件"),
        AppraisalError::Sum(sum) => format!("权重之和为 {}，不是 1", weight_text(*sum)),
        AppraisalError::Inverted { id, better, other } => {
            let (better, other) = (better_zh(*better), better_zh(*other));
            format!("指标 {id} {better}，写作{other}会奖励做得差的")
        }
        AppraisalError::NotOfDepartments(id) => format!("指标 {id} 不由主办部门负责，不用于考核"),
        AppraisalError::DoingLess { id, cover, weight, has } => {
            let (weight, has) = (weight_text(*weight), weight_text(*has));
            format!(
                "指标 {id} 越低越好，权重 {weight} 会奖励少做事；须同时有权重不低于它的 {cover}，\
                 现为 {has}"
            )
        }
        AppraisalError::OfWorkDone(id, other) => {
            format!("指标 {id} 以已做的事为分母，做得最少的反而得分最高；请改用 {other} 等定义")
        }
    }
}

/// How rows contradict each other.
pub fn clash_zh(clash: &Clash) -> String {
    match clash {
        Clash::Matrix(problem) => matrix_zh(problem),
        Clash::Rung { level, area, line } => {
            let level = level.chinese();
            format!(
                "{level} {area} 对同一种类和时间在第 {line} 行已有兜底，以那一行为准；\
                 请删去一条，或把有效期错开"
            )
        }
        Clash::Definition { definition, defines, metric } => {
            format!("{definition} 定义的是 {defines}，不是 {metric}")
        }
        Clash::Appraisal(error) => appraisal_zh(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::words::file::format_words;
    use crate::format::FormatError;

    /// Whether three words of Latin letters follow each other outside brackets and quotations.
    fn has_latin_sentence(text: &str) -> bool {
        let mut bare = String::new();
        let (mut depth, mut quoted) = (0, false);
        for c in text.chars() {
            match c {
                '（' => depth += 1,
                '）' => depth -= 1,
                '"' => quoted = !quoted,
                c if depth == 0 && !quoted => bare.push(c),
                _ => {}
            }
        }
        let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
        let words: Vec<&str> = bare.split([' ', ',', ';', ':']).collect();
        words.windows(3).any(|three| three.iter().all(is_word))
    }

    #[track_caller]
    fn check(zh: &str, en: &str) {
        let is_chinese = zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(is_chinese || !zh.contains(' '), "{zh:?} is no Chinese");
        assert!(!has_latin_sentence(zh), "{zh:?} holds an English sentence");
        assert!(!en.is_empty());
    }

    #[test]
    fn every_expectation_has_chinese_words() {
        for expected in Expected::ALL {
            check(expected_zh(*expected), &expected.to_string());
        }
        assert!(has_latin_sentence("应为 one whole number"), "the check finds one");
    }

    #[test]
    fn every_fault_of_a_file_has_a_chinese_sentence_and_its_library_speaks_in_brackets() {
        let json = serde_json::from_str::<u8>("{").unwrap_err();
        let line = format!("第 {} 行第 {} 个字符", json.line(), json.column());
        let said = format_words(&FormatError::Json(json));
        assert!(said.zh.contains(&line) && said.zh.ends_with('）'), "{}", said.zh);
        let zip = zip::result::ZipError::FileNotFound;
        let io = std::io::Error::other("the disk is gone");
        let not_utf8 = String::from_utf8(vec![b'a', 0xff]).unwrap_err().utf8_error();
        let lib = || "it cannot be parsed".to_owned();
        let mut errors = vec![
            FormatError::Zip(zip),
            FormatError::Io(io),
            FormatError::Projection("Beijing_1954".into()),
            FormatError::NoLayer { name: "a".into(), present: vec!["b".into()] },
            FormatError::ManyLayers { present: vec!["b".into(), "c".into()] },
        ];
        use UnknownFile as U;
        errors.extend(
            [U::BareShp, U::Utf16, U::Empty, U::NoFeatures, U::NoTopology, U::NoShp, U::NoRows]
                .into_iter()
                .chain([U::NoCollection])
                .map(FormatError::Unknown),
        );
        let units = [Unit::Bytes, Unit::Features, Unit::Collections];
        errors.extend(units.map(|unit| FormatError::TooLarge { max: 9, unit }));
        let damages = [
            Damage::Shp(lib()),
            Damage::DbfCut,
            Damage::DbfEmpty,
            Damage::DbfEncoding("x".into()),
            Damage::DbfFields,
            Damage::NotUtf8(not_utf8),
            Damage::GeoJson(lib()),
            Damage::Kept(lib()),
        ];
        errors.extend(damages.map(FormatError::Damaged));
        for error in &errors {
            let said = format_words(error);
            check(&said.zh, &said.en);
        }
    }
}
