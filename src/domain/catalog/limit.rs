//! Limits (时限): an amount of one of the four time types, read strictly. The plain units 小时 and
//! 天 mean different things in different cities, so they are read through a table that is data.

use std::collections::HashMap;
use std::fmt;

use super::Lang;

/// The largest amount of a limit: a year of days, a year of hours, with room to spare.
pub const LIMIT_AMOUNT_MAX: u32 = 9_999;

/// In which hours a limit runs (DOMAIN.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeType {
    /// 紧急工作时: always, nights and holidays too.
    UrgentHour,
    /// 工作时: the working slots of work days.
    WorkHour,
    /// 工作日: work days.
    WorkDay,
    /// 自然日: calendar days.
    NaturalDay,
}

impl TimeType {
    pub const ALL: [TimeType; 4] =
        [TimeType::UrgentHour, TimeType::WorkHour, TimeType::WorkDay, TimeType::NaturalDay];

    /// The name used in files, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            TimeType::UrgentHour => "urgent_hour",
            TimeType::WorkHour => "work_hour",
            TimeType::WorkDay => "work_day",
            TimeType::NaturalDay => "natural_day",
        }
    }

    /// The name in Chinese rules.
    pub const fn chinese(self) -> &'static str {
        match self {
            TimeType::UrgentHour => "紧急工作时",
            TimeType::WorkHour => "工作时",
            TimeType::WorkDay => "工作日",
            TimeType::NaturalDay => "自然日",
        }
    }

    /// Reads the wire name or the Chinese one, nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text || unit.chinese() == text)
    }
}

/// Why a text is not a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("a limit must not be empty")]
    Empty,
    #[error("{0:?} does not begin with a whole number")]
    NoAmount(String),
    #[error("the amount of {0:?} is not between 1 and {LIMIT_AMOUNT_MAX}")]
    AmountOutOfRange(String),
    #[error("{unit:?} means different things in different cities: say which in the limit table")]
    LocalUnit { unit: String },
    #[error(
        "{unit:?} is not a time unit: known are 紧急工作时, 工作时, 工作日, 自然日 \
         (urgent_hour, work_hour, work_day, natural_day)"
    )]
    UnknownUnit { unit: String },
    #[error("{text:?} is refused by the limit table: {reason}")]
    RefusedByTable { text: String, reason: String },
}

/// An amount of time of one type, as a rule or a filing condition grants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    pub amount: u32,
    pub unit: TimeType,
}

impl Limit {
    /// Reads `2紧急工作时`, `3工作日`, `5 work_day`. Full-width digits (`２`) are taken, because
    /// Chinese input methods produce them and they can mean nothing else; white space around the
    /// two parts is ignored; anything else is refused.
    ///
    /// # Errors
    /// No amount, an amount of zero or too large, or a unit that is not one of the four. The plain
    /// 小时 and 天 have an error of their own, since a [`LimitTable`] can give them a meaning.
    pub fn parse(text: &str) -> Result<Self, LimitError> {
        let (amount, unit) = split_amount(text)?;
        match TimeType::parse(unit) {
            Some(unit) => Ok(Self { amount, unit }),
            None if matches!(unit, "小时" | "天" | "日") => {
                Err(LimitError::LocalUnit { unit: unit.to_owned() })
            }
            None => Err(LimitError::UnknownUnit { unit: unit.to_owned() }),
        }
    }

    /// The limit in words: `2个紧急工作时`, `2 urgent hours`.
    pub fn words(self, lang: Lang) -> String {
        let amount = self.amount;
        let noun = match (lang, self.unit) {
            (Lang::Zh, TimeType::WorkDay) => return format!("{amount}个工作日"),
            (Lang::Zh, unit) => return format!("{amount}个{}", unit.chinese()),
            (Lang::En, TimeType::UrgentHour) => "urgent hour",
            (Lang::En, TimeType::WorkHour) => "working hour",
            (Lang::En, TimeType::WorkDay) => "working day",
            (Lang::En, TimeType::NaturalDay) => "calendar day",
        };
        format!("{amount} {noun}{}", if amount == 1 { "" } else { "s" })
    }
}

impl fmt::Display for Limit {
    /// The form of files and of the wire: `2 urgent_hour`. [`Limit::parse`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit.as_str())
    }
}

fn split_amount(text: &str) -> Result<(u32, &str), LimitError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(LimitError::Empty);
    }
    let end = text.find(|c| digit_value(c).is_none()).unwrap_or(text.len());
    if end == 0 {
        return Err(LimitError::NoAmount(text.to_owned()));
    }
    let amount = text[..end].chars().filter_map(digit_value).try_fold(0u32, |sum, digit| {
        sum.checked_mul(10)?.checked_add(digit).filter(|&sum| sum <= LIMIT_AMOUNT_MAX)
    });
    match amount {
        Some(amount) if amount > 0 => Ok((amount, text[end..].trim_start())),
        _ => Err(LimitError::AmountOutOfRange(text.to_owned())),
    }
}

fn digit_value(c: char) -> Option<u32> {
    match c {
        '0'..='9' => c.to_digit(10),
        '０'..='９' => Some(u32::from(c) - u32::from('０')),
        _ => None,
    }
}

/// One row of a city's limit table: what a text, or a bare unit, means there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// A whole limit text (`2紧急工作日`) or, without digits, a unit (`天`).
    pub text: String,
    /// For a unit `None`: the amount is the one written before it.
    pub amount: Option<u32>,
    /// `None` refuses the text, and the reason says why.
    pub unit: Option<TimeType>,
    pub reason: String,
}

/// What odd or local limit texts mean in one city. It is data, and can be shown.
#[derive(Clone, Debug, Default)]
pub struct LimitTable {
    rows: Vec<LimitRow>,
    by_text: HashMap<String, usize>,
}

impl LimitTable {
    /// Builds the table; of two rows for one text the first stands and the second is handed back.
    pub fn build(rows: Vec<LimitRow>) -> (Self, Vec<LimitRow>) {
        let mut table = Self::default();
        let mut doubled = Vec::new();
        for row in rows {
            if table.by_text.contains_key(&row.text) {
                doubled.push(row);
                continue;
            }
            table.by_text.insert(row.text.clone(), table.rows.len());
            table.rows.push(row);
        }
        (table, doubled)
    }

    pub fn rows(&self) -> &[LimitRow] {
        &self.rows
    }

    /// Reads a limit as this city writes it: a row for the whole text first, then a row for its
    /// unit, then the four known units.
    ///
    /// # Errors
    /// As [`Limit::parse`]; and a text or unit that the table refuses.
    pub fn read(&self, text: &str) -> Result<Limit, LimitError> {
        let text = text.trim();
        if let Some(row) = self.row(text) {
            // A bare unit without any amount is not a limit, but a refused text keeps its reason.
            let amount = match (row.unit, row.amount) {
                (None, _) => 0,
                (Some(_), Some(amount)) => amount,
                (Some(_), None) => split_amount(text)?.0,
            };
            return row.limit(text, amount);
        }
        let (amount, unit) = split_amount(text)?;
        match self.row(unit) {
            Some(row) => row.limit(text, row.amount.unwrap_or(amount)),
            None => Limit::parse(text),
        }
    }

    fn row(&self, text: &str) -> Option<&LimitRow> {
        self.by_text.get(text).map(|&i| &self.rows[i])
    }
}

impl LimitRow {
    fn limit(&self, text: &str, amount: u32) -> Result<Limit, LimitError> {
        match self.unit {
            Some(unit) => Ok(Limit { amount, unit }),
            None => Err(LimitError::RefusedByTable {
                text: text.to_owned(),
                reason: self.reason.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_whole_number_of_a_known_unit_or_refused() {
        let limit = |amount, unit| Ok(Limit { amount, unit });
        let unknown = |unit: &str| Err(LimitError::UnknownUnit { unit: unit.to_owned() });
        let local = |unit: &str| Err(LimitError::LocalUnit { unit: unit.to_owned() });
        let no_amount = |text: &str| Err(LimitError::NoAmount(text.to_owned()));
        let range = |text: &str| Err(LimitError::AmountOutOfRange(text.to_owned()));
        for (text, expected) in [
            ("2紧急工作时", limit(2, TimeType::UrgentHour)),
            ("4工作时", limit(4, TimeType::WorkHour)),
            (" 15 工作日 ", limit(15, TimeType::WorkDay)),
            ("３０自然日", limit(30, TimeType::NaturalDay)),
            ("9999 work_day", limit(9_999, TimeType::WorkDay)),
            ("1紧急工作日", unknown("紧急工作日")),
            ("1紧急工作时制止", unknown("紧急工作时制止")),
            ("2 weeks", unknown("weeks")),
            ("2", unknown("")),
            ("1.5工作日", unknown(".5工作日")),
            ("1-2工作日", unknown("-2工作日")),
            ("4小时", local("小时")),
            ("3天", local("天")),
            ("半天", no_amount("半天")),
            ("-1工作日", no_amount("-1工作日")),
            ("工作日", no_amount("工作日")),
            ("0工作日", range("0工作日")),
            ("10000工作日", range("10000工作日")),
            ("99999999999工作日", range("99999999999工作日")),
            ("  ", Err(LimitError::Empty)),
        ] {
            assert_eq!(Limit::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_limit_reads_back_what_it_writes() {
        for unit in TimeType::ALL {
            let limit = Limit { amount: 7, unit };
            assert_eq!(Limit::parse(&limit.to_string()), Ok(limit));
        }
    }

    #[test]
    fn a_table_gives_local_texts_their_meaning_and_refuses_by_name() {
        let row = |text: &str, amount, unit| LimitRow {
            text: text.to_owned(),
            amount,
            unit,
            reason: "local".to_owned(),
        };
        let (table, doubled) = LimitTable::build(vec![
            row("天", None, Some(TimeType::WorkDay)),
            row("2紧急工作日", Some(48), Some(TimeType::UrgentHour)),
            row("立即", None, None),
            row("天", None, Some(TimeType::NaturalDay)),
            row("5天", None, None),
        ]);
        assert_eq!(doubled, [row("天", None, Some(TimeType::NaturalDay))]);
        let limit = |amount, unit| Ok(Limit { amount, unit });
        assert_eq!(table.read("3天"), limit(3, TimeType::WorkDay));
        assert_eq!(table.read("２天"), limit(2, TimeType::WorkDay));
        assert_eq!(table.read("2紧急工作日"), limit(48, TimeType::UrgentHour));
        assert_eq!(table.read("2工作时"), limit(2, TimeType::WorkHour));
        assert!(matches!(table.read("4小时"), Err(LimitError::LocalUnit { .. })));
        assert!(matches!(table.read("1紧急工作日"), Err(LimitError::UnknownUnit { .. })));
        assert!(matches!(table.read("5天"), Err(LimitError::RefusedByTable { .. })));
        assert!(matches!(table.read("天"), Err(LimitError::NoAmount(_))));
        assert!(matches!(table.read("立即"), Err(LimitError::RefusedByTable { .. })));
    }

    #[test]
    fn a_limit_is_said_in_both_languages() {
        let limit = Limit { amount: 2, unit: TimeType::UrgentHour };
        assert_eq!(limit.words(Lang::Zh), "2个紧急工作时");
        assert_eq!(limit.words(Lang::En), "2 urgent hours");
        assert_eq!(Limit { amount: 1, unit: TimeType::WorkDay }.words(Lang::En), "1 working day");
    }
}
