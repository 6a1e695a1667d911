//! Reading a form: every field is looked at, and all that is wrong is told at once, by field.

use super::error::{AppError, FieldProblem, Say, say};
use super::words::format::position_zh;
use crate::domain::datum::Datum;
use crate::domain::territory::Position;

/// A place as it is given: the pair and its datum.
pub type GivenPlace = ((f64, f64), Datum);

/// The longest note or reason that an administrator leaves, in characters.
pub const NOTE_CHARS_MAX: usize = 500;

/// A note, for those who look back.
///
/// # Errors
/// It is too long or cannot be shown; the field.
pub fn check_note(field: &str, text: &str) -> Result<(), AppError> {
    if text.chars().count() <= NOTE_CHARS_MAX && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let says = say(
        format!("至多 {NOTE_CHARS_MAX} 个字，不含控制字符"),
        format!("At most {NOTE_CHARS_MAX} characters and no control characters"),
    );
    Err(AppError::field(field, says))
}

/// The faults of a form, by field.
#[derive(Default)]
pub struct Faults(Vec<FieldProblem>);

impl Faults {
    pub fn add(&mut self, field: &str, says: Say) {
        self.0.push(FieldProblem { field: field.to_owned(), says });
    }

    /// A line of text, without the white space around it.
    pub fn line(&mut self, field: &str, text: &str, chars_max: usize) -> String {
        self.words(field, text, 1, chars_max)
    }

    /// As [`Faults::line`], which may be empty.
    pub fn words(&mut self, field: &str, text: &str, least: usize, chars_max: usize) -> String {
        let text = text.trim();
        let chars = text.chars().count();
        if chars < least {
            self.add(field, say("请填写", "This is needed"));
        } else if chars > chars_max || text.chars().any(char::is_control) {
            let says = say(
                format!("至多 {chars_max} 个字，不含换行和控制字符"),
                format!("At most {chars_max} characters, with no control characters"),
            );
            self.add(field, says);
        }
        text.to_owned()
    }

    /// A place in WGS-84.
    pub fn place(&mut self, field: &str, given: Option<GivenPlace>) -> Option<Position> {
        let ((lon, lat), datum) = given?;
        let position = Position::new(lon, lat).and_then(|_| {
            let (lon, lat) = datum.to_wgs84(lon, lat);
            Position::new(lon, lat)
        });
        let wrong = |error| {
            let zh = format!("位置无效：{}", position_zh(&error));
            say(zh, format!("This is no place: {error}"))
        };
        position.map_err(|error| self.add(field, wrong(error))).ok()
    }

    /// The value, if there was no fault.
    ///
    /// # Errors
    /// All faults.
    pub fn or<T>(self, value: T) -> Result<T, AppError> {
        if self.0.is_empty() { Ok(value) } else { Err(AppError::Invalid(self.0)) }
    }
}
