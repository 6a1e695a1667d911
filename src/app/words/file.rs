//! Words for files as a whole, and for things of an asset layer.

use super::beside;
use crate::app::error::{Say, say};
use crate::format::FormatError;
use crate::format::assets::AssetFault;

/// Why a file cannot be read.
pub fn format_words(error: &FormatError) -> Say {
    let zh = match error {
        FormatError::Io(why) => format!("文件无法读取：{why}"),
        FormatError::Json(why) => format!("文件不是 JSON：{why}"),
        FormatError::Zip(why) => format!("文件不是可读的 zip 压缩包：{why}"),
        FormatError::Unknown(why) => {
            format!("文件既不是 GeoJSON、TopoJSON，也不是压缩的 Shapefile：{why}")
        }
        FormatError::Damaged(why) => format!("文件已损坏：{why}"),
        FormatError::Projection(name) => {
            format!("文件采用 {name}，不是 WGS-84 经纬度；请以 EPSG:4326 或 EPSG:4490 导出")
        }
        FormatError::TooLarge { max, unit } => format!("文件超过上限 {max} {unit}"),
        FormatError::NoLayer { name, present } => {
            format!("文件没有图层 {name:?}，有：{}", present.join("、"))
        }
        FormatError::ManyLayers { present } => {
            format!("文件有多个图层，须指明一个：{}", present.join("、"))
        }
    };
    say(zh, format!("The file {error}"))
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
        AssetFault::Geometry(kind) => (format!("几何图形是 {kind}，只接受线和多边形"), draw),
        AssetFault::NoGeometry => ("没有几何图形".into(), draw),
        AssetFault::Position(why) => (
            format!("坐标有误：{why}"),
            ("以经度、纬度为序并选对坐标系", "Write longitude first, and choose the right datum"),
        ),
        AssetFault::TooShort => ("线少于两个点，或环少于四个点".into(), draw),
    };
    (beside(zh, fault), say(remedy.0, remedy.1))
}
