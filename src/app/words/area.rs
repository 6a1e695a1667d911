//! Words for areas: findings, lineage, repairs, refused features, edits.

use super::beside;
use super::file::{geometry_zh, unreadable_zh};
use super::row::code_words;
use crate::app::error::{Say, say};
use crate::domain::territory::check::Finding;
use crate::domain::territory::edit::{CORNERS_MAX, EditError};
use crate::domain::territory::feature::FeatureRef;
use crate::domain::territory::import::RefusalReason;
use crate::domain::territory::lineage::LineageError;
use crate::domain::territory::redraw::{EditFault, NAME_CHARS_MAX};
use crate::domain::territory::repair::{Repair, ShapeError};

/// What a check found.
pub fn finding_words(finding: &Finding) -> Say {
    let zh = match finding {
        Finding::DuplicateCode(code) => format!("编码 {code} 用于多个区域"),
        Finding::Orphan { code, parent } => format!("{code} 的上级 {parent} 不存在"),
        Finding::Cycle(code) => format!("{code} 出现在自己的上级之中"),
        Finding::Nesting { code, level, parent, parent_level } => {
            let (level, parent_level) = (level.chinese(), parent_level.chinese());
            format!("{code}（{level}）不能直接属于 {parent}（{parent_level}）")
        }
        Finding::OutsideParent { code, parent, area_m2, share } => {
            let share = share * 100.0;
            format!("{code} 超出上级 {parent} {area_m2:.0} 平方米（占自身 {share:.1}%）")
        }
        Finding::Overlap { left, right, area_m2 } => {
            format!("{left} 与 {right} 重叠 {area_m2:.0} 平方米")
        }
        Finding::Gap { parent, area_m2, gaps } => {
            format!("{parent} 内有 {gaps} 处共 {area_m2:.0} 平方米不属于任何下级")
        }
        Finding::Enclosed { level, area_m2, gaps } => {
            let level = level.chinese();
            format!("各{level}之间有 {gaps} 处共 {area_m2:.0} 平方米的空白")
        }
        Finding::NotCompared { code, other } => format!("{code} 与 {other} 无法比较"),
    };
    beside(zh, finding)
}

/// Why a lineage cannot be.
pub fn lineage_words(error: &LineageError) -> Say {
    let zh = match error {
        LineageError::Split => "拆分须由一个区域变为两个以上".to_owned(),
        LineageError::Merge => "合并须由两个以上区域变为一个".to_owned(),
        LineageError::Retire => "撤销须为一个区域，承接者至多一个".to_owned(),
        LineageError::Repeated(code) => format!("{code} 在同一侧出现两次"),
        LineageError::Reused(code) => format!("{code} 已撤销，编码不得再用"),
        LineageError::Unknown(code) => format!("{code} 在变更前不是现行区域"),
        LineageError::Missing(code) => format!("{code} 不在变更后的区域之中"),
        LineageError::Kept(code) => format!("{code} 应随变更终止，却仍在变更后的区域之中"),
        LineageError::Unexplained(code) => format!("{code} 消失了，但没有说明去向"),
    };
    beside(zh, error)
}

/// What was mended in a feature.
pub fn repair_words(repair: &Repair) -> Say {
    let zh = match repair {
        Repair::ClosedRings(n) => format!("闭合了 {n} 个环"),
        Repair::RemovedDoubledPoints(n) => format!("去掉了 {n} 个重复点"),
        Repair::RemovedSpikes(n) => format!("去掉了 {n} 处尖刺"),
        Repair::DroppedRings(n) => format!("去掉了 {n} 个没有面积的环"),
        Repair::DroppedParts(n) => format!("去掉了 {n} 个没有面积的部分"),
        Repair::TurnedRings(n) => format!("调整了 {n} 个环的方向"),
        Repair::UntangledRings(n) => format!("拆开了 {n} 个自相交或自相接的环"),
        Repair::RecutHoles => "重新切出了重叠或越界的孔洞".to_owned(),
        Repair::UnitedParts => "合并了重叠或共边的部分".to_owned(),
        Repair::KeptLongEdges(n) => format!("{n} 条超过 180 度的边按所画处理"),
    };
    beside(zh, repair)
}

/// Which feature of a file is meant.
pub fn feature_words(feature: &FeatureRef) -> Say {
    let number = feature.number;
    beside(
        match &feature.label {
            Some(label) => format!("第 {number} 个要素（{label}）"),
            None => format!("第 {number} 个要素"),
        },
        feature,
    )
}

fn shape_words(error: &ShapeError) -> (String, &'static str) {
    match error {
        ShapeError::Missing => ("没有几何图形".into(), "补画多边形，或删去该要素"),
        ShapeError::NotArea(kind) => {
            (format!("几何图形是{}，不是多边形", geometry_zh(kind)), "点和线请放在另外的文件中")
        }
        ShapeError::Malformed(why) => (unreadable_zh(why), "请重新导出文件"),
        ShapeError::NotFinite => ("坐标不是有限的数".into(), "请重新导出文件"),
        ShapeError::OutOfRange { x, y } => (
            format!("坐标 ({x}, {y}) 不是以度表示的经纬度"),
            "请以地理坐标（EPSG:4326 或 4490）导出",
        ),
        ShapeError::Swapped { x, y } => {
            (format!("坐标 ({x}, {y}) 似乎把纬度写在了前面"), "请把经度写在前面")
        }
        ShapeError::NoArea => ("没有任何环围出面积".into(), "请重画多边形"),
        ShapeError::TooLarge { vertices, vertices_max } => {
            (format!("{vertices} 个顶点超过上限 {vertices_max}"), "请简化边界或拆分要素")
        }
        ShapeError::Beyond => ("环的相交无法修复".into(), "请在 GIS 软件中修复几何图形后重新导出"),
    }
}

/// Why a feature was refused, and the remedy.
pub fn refusal_words(reason: &RefusalReason) -> (Say, Say) {
    let named = "写明所在属性，或补填该属性";
    let (zh, remedy) = match reason {
        RefusalReason::Shape(error) => shape_words(error),
        RefusalReason::NoCode(name) => (format!("没有编码属性 {name:?}"), named),
        RefusalReason::Code(error) => (format!("编码有误：{}", code_words(error).zh), "请更正编码"),
        RefusalReason::Parent(error) => {
            (format!("上级编码有误：{}", code_words(error).zh), "请更正编码")
        }
        RefusalReason::Level(level) => (
            format!("{level:?} 不是层级"),
            "用 province、city、district、street、community、grid 或 micro_grid",
        ),
        RefusalReason::NoLevel(name) => (format!("没有层级属性 {name:?}"), named),
        RefusalReason::Kind(kind) => (
            format!("类型 {kind:?} 既不是 regular 也不是 dedicated"),
            "用 regular 或 dedicated，或留空",
        ),
        RefusalReason::Day(day) => (format!("{day:?} 不是形如 2026-07-01 的日期"), "请更正日期"),
        RefusalReason::Validity => ("失效日期早于生效日期".into(), "请更正日期"),
        RefusalReason::Duplicate { code, first } => {
            (format!("编码 {code} 与{}相同", feature_words(first).zh), "每个区域须有自己的编码")
        }
    };
    (beside(zh, reason), say(remedy, reason.remedy()))
}

fn edit_error_zh(error: &EditError) -> String {
    match error {
        EditError::ShortLine => "一条线至少要有两个不同的点".into(),
        EditError::Coordinate => "坐标不是以度表示的经纬度".into(),
        EditError::TooLong(n) => format!("{n} 个点超过上限 {CORNERS_MAX}"),
        EditError::LineCrossesItself => "线与自身相交，请重画".into(),
        EditError::LineDoesNotCross => "线没有穿过该区域，请在区域外起笔和落笔".into(),
        EditError::Sliver { area_m2 } => {
            format!("会切出仅 {area_m2:.2} 平方米的碎片，请离边界远一些画")
        }
        EditError::TooFew => "合并须选两个以上区域".into(),
        EditError::NotNeighbours => "所选区域没有共同边界，不能合为一个".into(),
        EditError::OutlineCrosses => "边界与自身相交或相接，请把顶点移回".into(),
        EditError::OutsideFamily { area_m2 } => {
            format!(
                "边界超出同一上级的相邻区域 {area_m2:.0} 平方米；不同上级之间的边界不能在此移动"
            )
        }
        EditError::OuterBorder { area_m2 } => {
            format!("将有 {area_m2:.0} 平方米无所归属：这段边界外没有同一上级的区域")
        }
        EditError::Swallowed(at) => format!("第 {} 个相邻区域将不复存在", at + 1),
        EditError::Torn(at) => format!("第 {} 个相邻区域将被切成几块", at + 1),
        EditError::Unmoved => "边界没有变化".into(),
        EditError::Failed => "图形计算未成功，请稍微换个画法".into(),
    }
}

/// Why an edit cannot be.
pub fn edit_words(fault: &EditFault) -> Say {
    let zh = match fault {
        EditFault::UnknownArea(code) => format!("没有区域 {code}，或它已被前面的编辑终止"),
        EditFault::NamedTwice(code) => format!("{code} 选了两次"),
        EditFault::OtherParent(code) => format!("{code} 的上级不同，只能合并同一上级的区域"),
        EditFault::OtherLevel(code) => format!("{code} 的层级不同"),
        EditFault::CodeInUse(code) => format!("编码 {code} 已有区域使用"),
        EditFault::CodeRetired(code) => format!("编码 {code} 已撤销，不得再用"),
        EditFault::NoName => "须填写名称".into(),
        EditFault::Name => format!("名称至多 {NAME_CHARS_MAX} 个字，不含控制字符"),
        EditFault::Parts { made, named } => format!("线切出 {made} 个部分，却命名了 {named} 个"),
        EditFault::ChildAcross { child } => {
            format!("下级 {child} 会跨在几个部分上，请先移动它的边界")
        }
        EditFault::ChildOutside { child, area, area_m2 } => {
            format!("{area} 的下级 {child} 会有 {area_m2:.0} 平方米落在其外")
        }
        EditFault::Swallowed(code) => format!("{code} 将不复存在"),
        EditFault::Torn(code) => format!("{code} 将被切成几块"),
        EditFault::Shape(error) => edit_error_zh(error),
    };
    beside(zh, fault)
}
