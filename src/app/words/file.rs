//! Words for files as a whole, and for things of an asset layer.

use super::beside;
use super::format::{corner_zh, damage_zh, unit_zh, unknown_zh};
use crate::app::error::{Say, say};
use crate::domain::territory::feature::Unreadable;
use crate::format::FormatError;
use crate::format::assets::AssetFault;

/// Why a file cannot be read.
pub fn format_words(error: &FormatError) -> Say {
    let zh = match error {
        FormatError::Io(why) => format!("文件无法读取，请重新上传（{why}）"),
        FormatError::Json(why) => format!(
            "文件第 {} 行第 {} 个字符处不是合法的 JSON，请重新导出（{why}）",
            why.line(),
            why.column()
        ),
        FormatError::Zip(why) => format!("文件不是可读的 zip 压缩包，请重新压缩（{why}）"),
        FormatError::Unknown(why) => {
            let why = unknown_zh(*why);
            format!("文件既不是 GeoJSON、TopoJSON，也不是压缩的 Shapefile：{why}")
        }
        FormatError::Damaged(why) => format!("文件已损坏，请重新导出：{}", damage_zh(why)),
        FormatError::Projection(name) => {
            format!("文件采用坐标系 {name}，不是 WGS-84 经纬度；请以 EPSG:4326 或 EPSG:4490 导出")
        }
        FormatError::TooLarge { max, unit } => {
            format!("文件超过上限 {max} {}，请拆分后再上传", unit_zh(*unit))
        }
        FormatError::NoLayer { name, present } => {
            format!("文件没有图层 {name:?}，有：{}", present.join("、"))
        }
        FormatError::ManyLayers { present } => {
            format!("文件有多个图层，须指明一个：{}", present.join("、"))
        }
    };
    say(zh, format!("The file {error}"))
}

/// The name of a geometry's type; one that is not known stands as it is.
pub fn geometry_zh(kind: &str) -> &str {
    match kind {
        "Point" => "点",
        "MultiPoint" => "多点",
        "LineString" => "线",
        "MultiLineString" => "多线",
        "Polygon" => "多边形",
        "MultiPolygon" => "多个多边形",
        "GeometryCollection" => "几何集合",
        other => other,
    }
}

/// Why a geometry cannot be read.
pub fn unreadable_zh(why: &Unreadable) -> String {
    match why {
        Unreadable::Syntax(text) => format!("几何图形无法读取（{text}）"),
        Unreadable::NoFeature(text) => format!("它不是要素（{text}）"),
        Unreadable::TooLong { bytes_max } => format!("要素超过 {bytes_max} 字节"),
        Unreadable::NoArc(arc) => format!("引用的弧段 {arc} 不存在"),
        Unreadable::RingTooLong { points_max } => format!("一个环超过 {points_max} 个点"),
    }
}

/// Why a feature is no thing of a layer, and the remedy.
pub fn asset_words(fault: &AssetFault) -> (Say, Say) {
    let draw = ("请画成线或多边形", "Draw it as a line or a polygon");
    let (zh, remedy) = match fault {
        AssetFault::NoCode(name) => (
            format!("没有编码属性 {name}"),
            ("给每个对象一个多年不变的编码", "Give each thing a code that stays over the years"),
        ),
        AssetFault::Double(code) => (
            format!("编码 {code} 已出现，以第一个为准"),
            ("删去重复的一个", "Take one of the two away"),
        ),
        AssetFault::Text(name) => {
            (format!("属性 {name} 过长或含控制字符"), ("缩短该属性", "Shorten the property"))
        }
        AssetFault::Geometry(kind) => {
            (format!("几何图形是{}，只接受线和多边形", geometry_zh(kind)), draw)
        }
        AssetFault::NoGeometry => ("没有几何图形".into(), draw),
        AssetFault::Position(why) => (
            format!("坐标有误：{}", corner_zh(why)),
            ("以经度、纬度为序并选对坐标系", "Write longitude first, and choose the right datum"),
        ),
        AssetFault::TooShort => ("线少于两个点，或环少于四个点".into(), draw),
    };
    (beside(zh, fault), say(remedy.0, remedy.1))
}
