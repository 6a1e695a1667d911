//! Work calendars: which days of a region are work days, which hours of them are worked, and how
//! much time of one type lies between two instants.
//!
//! Invariant: a past or current year without a calendar is an error that names it. A later year
//! that is not published is worked out with plain weekends, and what depends on it is provisional.

pub mod hours;
pub mod local;
pub mod slots;
pub mod work;

pub use hours::{Hours, HoursError};
pub use local::LocalClock;
pub use slots::{SlotError, Slots};
pub use work::{Calendar, CalendarError, Reached, Year, is_plain_work_day};
