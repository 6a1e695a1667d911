//! Names for what is generated. They are made so that nobody takes them for real: communities and
//! grids are numbered, people carry a mark, telephone numbers cannot be dialled.

use super::rng::Rng;

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// Stands behind every generated person's name.
pub const MARK: &str = "（演示）";

/// What a dedicated grid (专属网格) can be.
pub const DEDICATED: [&str; 6] = ["公园", "商场", "学校", "园区", "医院", "市场"];

const SURNAMES: &str =
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕";
const GIVEN_FIRST: &str = "建国文志晓海永秀玉春明丽金红小伟立新庆宏";
const GIVEN_LAST: &str = "华英军平芳敏强磊洋艳勇杰娟涛超霞刚辉玲波";

/// A number from 1 to 99 in Chinese: 十二 for 12.
pub fn chinese_number(n: usize) -> String {
    let (tens, ones) = (n / 10 % 10, n % 10);
    let ones = if ones == 0 && tens > 0 { "" } else { DIGITS[ones] };
    match tens {
        0 => ones.to_owned(),
        1 => format!("十{ones}"),
        _ => format!("{}十{ones}", DIGITS[tens]),
    }
}

/// The `n`th community of a street: 经八路第一社区 in 经八路街道.
pub fn community(street: &str, n: usize) -> String {
    format!("{}第{}社区", street.strip_suffix("街道").unwrap_or(street), chinese_number(n))
}

/// The `n`th grid of a community, or its dedicated grid of a sort.
pub fn grid(community: &str, n: usize, dedicated: Option<&str>) -> String {
    match dedicated {
        Some(sort) => format!("{community}{sort}专属网格"),
        None => format!("{community}第{}网格", chinese_number(n)),
    }
}

/// A person's name, with the mark that says that there is no such person.
pub fn person(rng: &mut Rng) -> String {
    let mut one = |from: &str| {
        let chars: Vec<char> = from.chars().collect();
        rng.pick(&chars).copied().unwrap_or('某')
    };
    let (surname, first, last) = (one(SURNAMES), one(GIVEN_FIRST), one(GIVEN_LAST));
    // Two in three given names have two characters.
    if rng.below(3) == 0 {
        format!("{surname}{last}{MARK}")
    } else {
        format!("{surname}{first}{last}{MARK}")
    }
}

/// A telephone number that no network connects: no Chinese number begins with 000.
pub fn phone(serial: usize) -> String {
    format!("000-{:04}-{:04}", serial / 10_000 % 10_000, serial % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_chinese() {
        for (n, text) in [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九")]
        {
            assert_eq!(chinese_number(n), text);
        }
        assert_eq!(community("经八路街道", 1), "经八路第一社区");
        assert_eq!(grid("甲第一社区", 3, None), "甲第一社区第三网格");
        assert_eq!(grid("甲第一社区", 3, Some("公园")), "甲第一社区公园专属网格");
    }

    #[test]
    fn people_are_marked_and_cannot_be_called() {
        let mut rng = Rng::new(1, "names");
        assert!((0..500).all(|_| person(&mut rng).ends_with(MARK)));
        assert_eq!(phone(12_345), "000-0001-2345");
    }
}
