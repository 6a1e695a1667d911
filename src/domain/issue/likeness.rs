//! Near duplicates: how alike two reports are, from place, category, time and words.

use crate::domain::territory::position::distance_m;
use std::collections::HashSet;

/// What the comparison looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Likely<'a> {
    /// Longitude and latitude in degrees.
    pub position: (f64, f64),
    pub category: &'a str,
    /// Milliseconds since the epoch.
    pub at_ms: i64,
    pub text: &'a str,
}

/// Reports farther apart than this are never offered as duplicates, in metres.
pub const DISTANCE_M_MAX: f64 = 150.0;
/// Reports farther apart in time than this are never offered, in milliseconds (30 days).
pub const AGE_MS_MAX: i64 = 30 * crate::domain::time::DAY_MS;
/// The score from which a report is offered as a likely duplicate.
pub const SCORE_MIN: f64 = 0.5;

/// Opinions farther apart in time than this are not counted as one, in milliseconds (180 days).
pub const OPINION_AGE_MS_MAX: i64 = 180 * crate::domain::time::DAY_MS;
/// The share of words in common from which two opinions say the same.
pub const OPINION_SCORE_MIN: f64 = 0.5;

/// How much two opinions of one category and area say the same, 0 to 1, wherever they were given;
/// `None` when they do not.
pub fn score_words(a: &str, b: &str) -> Option<f64> {
    Some(text_likeness(a, b)).filter(|score| *score >= OPINION_SCORE_MIN)
}

fn bigrams(text: &str) -> HashSet<(char, char)> {
    let letters: Vec<char> =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// The share of two-character runs that two texts have in common, 0 to 1 (Dice's coefficient).
pub fn text_likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (bigrams(a), bigrams(b));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    2.0 * a.intersection(&b).count() as f64 / (a.len() + b.len()) as f64
}

/// How likely it is that two reports tell of one thing, 0 to 1; `None` when they cannot: another
/// category, too far apart, too long ago.
pub fn score(a: &Likely<'_>, b: &Likely<'_>) -> Option<f64> {
    let distance = distance_m(a.position, b.position);
    let age = (a.at_ms - b.at_ms).abs();
    if a.category != b.category || distance > DISTANCE_M_MAX || age > AGE_MS_MAX {
        return None;
    }
    let near = 1.0 - distance / DISTANCE_M_MAX;
    let recent = 1.0 - age as f64 / AGE_MS_MAX as f64;
    Some(0.5 * near + 0.25 * recent + 0.25 * text_likeness(a.text, b.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: (f64, f64) = (113.68, 34.77);

    fn report(position: (f64, f64), category: &'static str, at_ms: i64) -> Likely<'static> {
        Likely { position, category, at_ms, text: "路边护栏损坏" }
    }

    #[test]
    fn a_degree_of_latitude_is_about_111_km() {
        let d = distance_m((113.0, 34.0), (113.0, 35.0));
        assert!((d - 111_195.0).abs() < 10.0, "{d}");
    }

    #[test]
    fn the_same_thing_told_twice_is_a_duplicate() {
        let (a, b) = (report(HERE, "c", 0), report((113.6801, 34.77), "c", 60_000));
        assert!(score(&a, &b).unwrap() > 0.9);
    }

    #[test]
    fn another_category_a_far_place_or_an_old_report_is_none() {
        let a = report(HERE, "c", 0);
        assert_eq!(score(&a, &report(HERE, "d", 0)), None);
        assert_eq!(score(&a, &report((113.69, 34.77), "c", 0)), None);
        assert_eq!(score(&a, &report(HERE, "c", AGE_MS_MAX + 1)), None);
    }

    #[test]
    fn opinions_that_say_the_same_are_alike_wherever_they_were_given() {
        assert!(score_words("希望小区增设电动车充电桩", "建议小区增设充电桩").is_some());
        assert_eq!(score_words("希望小区增设电动车充电桩", "广场舞音量太大"), None);
        assert_eq!(score_words("", ""), None);
    }

    #[test]
    fn likeness_of_words_does_not_depend_on_order_of_arguments() {
        let (a, b) = ("护栏坏了", "路边护栏损坏");
        assert_eq!(text_likeness(a, b), text_likeness(b, a));
        assert_eq!(text_likeness(a, a), 1.0);
    }
}
