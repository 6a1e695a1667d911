//! The migrations, in order of number. Once landed, a migration is never edited.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// `(number, name, text)`.
pub type Step = (i64, &'static str, &'static str);

/// What both engines have.
const COMMON: &[Step] = &[
    (1, "core", include_str!("../../migrations/0001_core.sql")),
    (7, "matrix", include_str!("../../migrations/0007_matrix.sql")),
    (8, "event_at", include_str!("../../migrations/0008_event_at.sql")),
    (5, "supervision", include_str!("../../migrations/0005_supervision.sql")),
    (6, "kinds", include_str!("../../migrations/0006_kinds.sql")),
    (4, "clocks", include_str!("../../migrations/0004_clocks.sql")),
    (9, "suspended_at", include_str!("../../migrations/0009_suspended_at.sql")),
    (10, "rounds", include_str!("../../migrations/0010_rounds.sql")),
    (12, "sealed", include_str!("../../migrations/0012_sealed.sql")),
    (13, "upload", include_str!("../../migrations/0013_upload.sql")),
    (14, "desk", include_str!("../../migrations/0014_desk.sql")),
    (16, "published_by", include_str!("../../migrations/0016_published_by.sql")),
    (18, "lean", include_str!("../../migrations/0018_lean.sql")),
    (20, "assignee", include_str!("../../migrations/0020_assignee.sql")),
    (21, "open_cells", include_str!("../../migrations/0021_open_cells.sql")),
    (22, "alarm", include_str!("../../migrations/0022_alarm.sql")),
    (23, "state_due", include_str!("../../migrations/0023_state_due.sql")),
    (24, "near", include_str!("../../migrations/0024_near.sql")),
    (26, "tiles", include_str!("../../migrations/0026_tiles.sql")),
    (28, "ended", include_str!("../../migrations/0028_ended.sql")),
];

/// The migrator of an engine: the common steps and its own.
pub fn migrator(own: &[Step]) -> Migrator {
    let mut steps: Vec<Step> = COMMON.iter().chain(own).copied().collect();
    steps.sort_by_key(|step| step.0);
    let migrations = steps.into_iter().map(|(number, name, text)| {
        Migration::new(
            number,
            name.into(),
            MigrationType::Simple,
            AssertSqlSafe(text).into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}
