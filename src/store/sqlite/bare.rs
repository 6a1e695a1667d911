//! SQLite called on one's own thread. sqlx runs each statement on a thread of the connection's own
//! and copies all values into it: with some twenty statements in each commit of the writer the two
//! threads woke each other more than they wrote. Rows to be inserted go around it, by the handle
//! that sqlx lends for this.
//!
//! This is the only place of the program that is not checked by the compiler for memory safety.

use super::super::StoreError;
use super::Conn;
use super::insert::{Insert, Name, Slot};
use libsqlite3_sys as ffi;
use sqlx::sqlite::LockedSqliteHandle;
use std::collections::HashMap;
use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};

/// A prepared statement of one connection.
struct Statement(NonNull<ffi::sqlite3_stmt>);

// SAFETY: a statement may be used by any thread, one at a time; whoever has it holds the lock of
// its connection, or, when it is dropped, has the connection for itself.
unsafe impl Send for Statement {}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: it was prepared, and is finalized once.
        unsafe { ffi::sqlite3_finalize(self.0.as_ptr()) };
    }
}

/// The statements of one connection that are prepared already. To be dropped before it.
#[derive(Default)]
pub struct Statements(HashMap<Name, Statement>);

/// A connection that is one's own until this is dropped.
pub struct Bare<'a> {
    lock: LockedSqliteHandle<'a>,
    statements: &'a mut Statements,
}

impl<'a> Bare<'a> {
    /// # Errors
    /// The thread of the connection has ended.
    pub async fn of(
        conn: &'a mut Conn,
        statements: &'a mut Statements,
    ) -> Result<Self, StoreError> {
        Ok(Self { lock: conn.lock_handle().await?, statements })
    }

    /// Runs a statement without values and rows.
    ///
    /// # Errors
    /// The database refuses it.
    pub fn run(&mut self, text: &'static str) -> Result<(), StoreError> {
        let statement = self.prepared((text, "", 0), || text.to_owned())?;
        let code = self.step(statement);
        self.checked(code)
    }

    /// Whether a transaction has begun and has not ended; some faults end it.
    pub fn is_in_transaction(&mut self) -> bool {
        // SAFETY: the handle is open while its lock is held.
        unsafe { ffi::sqlite3_get_autocommit(self.handle()) == 0 }
    }

    /// Inserts rows and says how many were.
    ///
    /// # Errors
    /// The database refuses one; those before it are written.
    pub fn insert(&mut self, insert: &Insert) -> Result<u64, StoreError> {
        let mut written = 0;
        for (name, values) in insert.parts() {
            let statement = self.prepared(name, || insert.text(name))?;
            let code = self.step_with(statement, insert, values);
            self.checked(code)?;
            // SAFETY: as above.
            written += unsafe { ffi::sqlite3_changes64(self.handle()) };
        }
        Ok(written.cast_unsigned())
    }

    fn handle(&mut self) -> *mut ffi::sqlite3 {
        self.lock.as_raw_handle().as_ptr()
    }

    fn prepared(
        &mut self,
        name: Name,
        write: impl FnOnce() -> String,
    ) -> Result<*mut ffi::sqlite3_stmt, StoreError> {
        if let Some(statement) = self.statements.0.get(&name) {
            return Ok(statement.0.as_ptr());
        }
        let text = write();
        let length = c_int::try_from(text.len())
            .map_err(|_| StoreError::Database("a statement is too long".into()))?;
        let mut statement = ptr::null_mut();
        // SAFETY: the text is read as far as its length; what is behind the statement is not asked.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                self.handle(),
                text.as_ptr().cast(),
                length,
                ffi::SQLITE_PREPARE_PERSISTENT,
                &raw mut statement,
                ptr::null_mut(),
            )
        };
        self.checked(code)?;
        let Some(prepared) = NonNull::new(statement) else {
            return Err(StoreError::Database("a statement is empty".into()));
        };
        self.statements.0.insert(name, Statement(prepared));
        Ok(statement)
    }

    /// Runs a statement to its end, and makes it ready to be run again.
    fn step(&mut self, statement: *mut ffi::sqlite3_stmt) -> c_int {
        // SAFETY: the statement is one of this connection, which is locked.
        unsafe {
            let stepped = ffi::sqlite3_step(statement);
            // Says again what went wrong in the step.
            let reset = ffi::sqlite3_reset(statement);
            match stepped {
                ffi::SQLITE_DONE | ffi::SQLITE_ROW => reset,
                other => other,
            }
        }
    }

    fn step_with(
        &mut self,
        statement: *mut ffi::sqlite3_stmt,
        insert: &Insert,
        values: &[Slot],
    ) -> c_int {
        let mut code = ffi::SQLITE_OK;
        for (place, slot) in (1..).zip(values) {
            if code == ffi::SQLITE_OK {
                code = bind(statement, place, (slot, insert.text_at(slot)));
            }
        }
        if code == ffi::SQLITE_OK {
            code = self.step(statement);
        }
        // SAFETY: as in `step`. No text is read after this.
        unsafe { ffi::sqlite3_clear_bindings(statement) };
        code
    }

    fn checked(&mut self, code: c_int) -> Result<(), StoreError> {
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        // SAFETY: the message is the connection's until it is called again.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.handle())) };
        let text = format!("(code: {code}) {}", message.to_string_lossy());
        Err(match code & 0xff {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_FULL => {
                StoreError::Unavailable(text)
            }
            _ => StoreError::Database(text),
        })
    }
}

/// Binds a value, which has to stay where it is until the statement forgets it.
fn bind(statement: *mut ffi::sqlite3_stmt, place: c_int, (slot, text): (&Slot, &str)) -> c_int {
    // SAFETY: the statement is one of a connection that is locked, and is not being stepped.
    unsafe {
        match slot {
            Slot::Null => ffi::sqlite3_bind_null(statement, place),
            Slot::Whole(n) => ffi::sqlite3_bind_int64(statement, place, *n),
            Slot::Real(x) => ffi::sqlite3_bind_double(statement, place, *x),
            Slot::Text { .. } => {
                let (from, length) = (text.as_ptr().cast(), text.len() as u64);
                let utf8 = ffi::SQLITE_UTF8 as u8;
                // No destructor: the text is not copied.
                ffi::sqlite3_bind_text64(statement, place, from, length, None, utf8)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::insert::run_all;
    use crate::store::values::Values;
    use sqlx::{Connection, Row};

    const HEAD: &str = "INSERT INTO it (name, n, x, flag)";

    async fn table() -> Conn {
        let mut conn = Conn::connect("sqlite::memory:").await.unwrap();
        let text = "CREATE TABLE it (name TEXT UNIQUE, n BIGINT, x DOUBLE PRECISION, flag BOOLEAN \
                    CHECK (flag IN (0, 1)))";
        sqlx::query(text).execute(&mut conn).await.unwrap();
        conn
    }

    #[tokio::test]
    async fn values_read_back_as_they_were() {
        let mut conn = table().await;
        let texts = ["", "楼道\0堆物", "'); DROP TABLE it; --", "\u{1f6b2}"];
        let mut values = Values::default();
        for text in texts {
            values
                .push_bind(text)
                .push_bind(i64::MIN)
                .push_bind(113.672_705_618_364_1)
                .push_bind(true);
        }
        values.push_bind(None::<&str>).push_bind(None::<i64>).push_bind(None::<f64>);
        values.push_bind(None::<bool>);
        let insert = Insert::of((HEAD, ""), 4, &values);
        assert_eq!(run_all(&mut conn, vec![insert]).await.unwrap(), 5);
        let rows = sqlx::query("SELECT name, n, x, flag FROM it ORDER BY rowid")
            .fetch_all(&mut conn)
            .await
            .unwrap();
        for (row, text) in rows.iter().zip(texts) {
            assert_eq!(row.get::<&str, _>(0), text);
            assert_eq!(row.get::<i64, _>(1), i64::MIN);
            assert_eq!(row.get::<f64, _>(2).to_bits(), 113.672_705_618_364_1_f64.to_bits());
            assert!(row.get::<bool, _>(3));
        }
        let last = &rows[4];
        assert!(last.get::<Option<&str>, _>(0).is_none());
        assert!(last.get::<Option<i64>, _>(1).is_none());
        assert!(last.get::<Option<f64>, _>(2).is_none());
        assert!(last.get::<Option<bool>, _>(3).is_none());
    }

    #[tokio::test]
    async fn any_number_of_rows_is_counted_and_a_name_that_is_taken_is_not() {
        let mut conn = table().await;
        let mut statements = Statements::default();
        for (rows, new) in [(1, 1), (3, 2), (1_500, 1_497), (1_500, 0)] {
            let names: Vec<String> = (0..rows).map(|n| format!("name {n}")).collect();
            let values = Values::of(&names, |row, name| {
                row.push_bind(name.as_str()).push_bind(1).push_bind(0.5).push_bind(false);
            });
            let insert = Insert::of((HEAD, " ON CONFLICT DO NOTHING"), 4, &values);
            let mut bare = Bare::of(&mut conn, &mut statements).await.unwrap();
            assert_eq!(bare.insert(&insert).unwrap(), new);
        }
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM it");
        assert_eq!(count.fetch_one(&mut conn).await.unwrap(), 1_500);
    }

    #[tokio::test]
    async fn what_is_refused_is_told_and_can_be_taken_back() {
        let mut conn = table().await;
        let mut statements = Statements::default();
        let mut values = Values::default();
        for (name, flag) in [("a", 1), ("b", 2)] {
            values.push_bind(name).push_bind(1).push_bind(0.5).push_bind(flag);
        }
        let insert = Insert::of((HEAD, ""), 4, &values);
        let mut bare = Bare::of(&mut conn, &mut statements).await.unwrap();
        bare.run("BEGIN IMMEDIATE").unwrap();
        let refused = bare.insert(&insert).unwrap_err().to_string();
        assert!(refused.contains("CHECK constraint failed"), "{refused}");
        assert!(bare.is_in_transaction());
        bare.run("ROLLBACK").unwrap();
        assert!(!bare.is_in_transaction());
        assert!(bare.run("COMMIT").is_err(), "there is nothing to commit");
        drop(bare);
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM it");
        assert_eq!(count.fetch_one(&mut conn).await.unwrap(), 0);
    }
}
