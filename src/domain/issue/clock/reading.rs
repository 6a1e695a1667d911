//! What a clock shows: its light, and how far beyond the limit it is.

/// Green up to 80 % of the limit, yellow to 100 %, red beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Light {
    Green,
    Yellow,
    Red,
}

/// Up to this much of the limit the light is green, in percent.
pub const GREEN_PERCENT_MAX: i64 = 80;

impl Light {
    pub const ALL: [Light; 3] = [Light::Green, Light::Yellow, Light::Red];

    pub const fn as_str(self) -> &'static str {
        match self {
            Light::Green => "green",
            Light::Yellow => "yellow",
            Light::Red => "red",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|light| light.as_str() == text)
    }

    /// The light of a time used against a limit, both in milliseconds.
    pub const fn of(used_ms: i64, limit_ms: i64) -> Self {
        if used_ms < yellow_from_ms(limit_ms) {
            Light::Green
        } else if used_ms <= limit_ms {
            Light::Yellow
        } else {
            Light::Red
        }
    }
}

/// The least time used that is more than 80 % of the limit, in milliseconds.
pub const fn yellow_from_ms(limit_ms: i64) -> i64 {
    limit_ms / 100 * GREEN_PERCENT_MAX + limit_ms % 100 * GREEN_PERCENT_MAX / 100 + 1
}

/// A clock as it stands at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub used_ms: i64,
    pub limit_ms: i64,
}

impl Reading {
    /// Less than 0 beyond the limit.
    pub const fn left_ms(self) -> i64 {
        self.limit_ms - self.used_ms
    }

    pub const fn light(self) -> Light {
        Light::of(self.used_ms, self.limit_ms)
    }

    /// (used − limit) / limit: how many limits it is late; less than 0 before.
    pub fn overdue_multiple(self) -> f64 {
        (self.used_ms - self.limit_ms) as f64 / self.limit_ms as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_is_green_to_80_percent_yellow_to_100_and_red_beyond() {
        for (used, limit, light) in [
            (0, 100, Light::Green),
            (80, 100, Light::Green),
            (81, 100, Light::Yellow),
            (100, 100, Light::Yellow),
            (101, 100, Light::Red),
            (5_760_000, 7_200_000, Light::Green),
            (5_760_001, 7_200_000, Light::Yellow),
            (0, 1, Light::Green),
            (1, 1, Light::Yellow),
            (2, 1, Light::Red),
        ] {
            assert_eq!(Light::of(used, limit), light, "{used} of {limit}");
            let by_share = match used as f64 / limit as f64 {
                share if share <= 0.8 => Light::Green,
                share if share <= 1.0 => Light::Yellow,
                _ => Light::Red,
            };
            assert_eq!(light, by_share, "{used} of {limit}");
        }
    }

    #[test]
    fn an_issue_that_took_three_limits_is_two_limits_late() {
        let reading = Reading { used_ms: 6_000, limit_ms: 2_000 };
        assert_eq!((reading.overdue_multiple(), reading.left_ms()), (2.0, -4_000));
    }
}
