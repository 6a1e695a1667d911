//! The demo's staff: who sits where, and the accounts that can be tried with one password.

use super::load::{DemoError, Stage, Tell};
use super::names;
use super::rng::Rng;
use crate::app::account::{NewAccount, create_account_as};
use crate::app::ctx::{Ctx, Snapshot};
use crate::domain::access::{Actor, Role};
use crate::domain::id::{AccountId, WorkerId};
use crate::store::port::{AccountRow, GrantRow};
use futures::future::try_join_all;
use sha2::{Digest, Sha256};

/// The password of every demo account that has one. It is published on the sign-in page.
pub const PASSWORD: &str = "hexward-demo";

/// Accounts that are made at once, so that they share a commit.
const AT_ONCE_MAX: usize = 64;

const SEED: u64 = 0x7365_6174;

/// A place in the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub id: AccountId,
    pub login: String,
    pub name: String,
    pub grant: GrantRow,
    /// Whether the account has the demo's password. The others have none: nobody signs in by them
    /// until an administrator gives one.
    pub open: bool,
    /// Which worker the account is, so that tasks are offered to it.
    pub worker: Option<WorkerId>,
    /// What to try, Chinese and English; empty for accounts without a password.
    pub hint: (&'static str, &'static str),
}

/// A grant over an area or for a department.
pub fn grant(role: Role, area: Option<&str>, department: Option<&str>) -> GrantRow {
    let own = |code: &str| code.to_owned();
    GrantRow { role, area_code: area.map(own), department: department.map(own), kinds: None }
}

/// The generated name of whoever holds a login.
pub fn person_of(login: &str) -> String {
    names::person(&mut Rng::new(SEED, login))
}

/// A UUID of version 8 (RFC 9562, 5.8) from the login, so that each load makes the same.
pub fn account_id(login: &str) -> AccountId {
    let hash = Sha256::digest(format!("hexward demo account {login}"));
    let mut bytes: [u8; 16] = std::array::from_fn(|i| hash[i]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    AccountId(u128::from_be_bytes(bytes))
}

/// A seat with the demo's password.
pub fn open_seat(
    login: &str,
    name: String,
    grant: GrantRow,
    hint: (&'static str, &'static str),
) -> Seat {
    let (id, login) = (account_id(login), login.to_owned());
    Seat { id, login, name, grant, open: true, worker: None, hint }
}

/// A seat whose account has no password.
pub fn closed_seat(login: String, name: String, grant: GrantRow) -> Seat {
    let id = account_id(&login);
    Seat { id, login, name, grant, open: false, worker: None, hint: ("", "") }
}

/// A second person beside each open handler, so that there is somebody to assign work to.
pub fn colleagues(seats: &[Seat], name: impl Fn(&str, &Seat) -> String) -> Vec<Seat> {
    let handlers = seats.iter().filter(|seat| seat.open && seat.grant.role == Role::Handler);
    let second = |seat: &Seat| {
        let login = format!("{}-2", seat.login);
        let name = name(&login, seat);
        closed_seat(login, name, seat.grant.clone())
    };
    handlers.map(second).collect()
}

/// Makes the accounts.
///
/// # Errors
/// The store is not available, a login is taken, or a grant names what does not exist.
pub async fn open_seats(ctx: &Ctx, seats: &[Seat], tell: Tell<'_>) -> Result<(), DemoError> {
    let mut done = 0;
    for some in seats.chunks(AT_ONCE_MAX) {
        tell(Stage::Accounts, done, seats.len());
        try_join_all(some.iter().map(|seat| make_account(ctx, seat))).await?;
        for seat in some.iter().filter(|seat| seat.worker.is_some()) {
            ctx.store.link_worker(seat.id, seat.worker, None).await?;
        }
        done += some.len();
    }
    Ok(())
}

async fn make_account(ctx: &Ctx, seat: &Seat) -> Result<(), DemoError> {
    let grants = vec![seat.grant.clone()];
    if seat.open {
        let new = NewAccount {
            login: seat.login.clone(),
            name: seat.name.clone(),
            password: PASSWORD.to_owned(),
            must_change_password: false,
            grants,
            by: None,
        };
        create_account_as(ctx, seat.id, new).await?;
        return Ok(());
    }
    let account = AccountRow {
        id: seat.id,
        login: seat.login.clone(),
        name: seat.name.clone(),
        // No password has this hash.
        password_hash: String::new(),
        active: true,
        must_change_password: true,
        grants,
        version: 1,
    };
    Ok(ctx.store.insert_account(account, ctx.now(), None).await?)
}

/// The seat's holder as one who acts in the territory in force.
pub fn actor_of(snapshot: &Snapshot, seat: &Seat) -> Actor {
    let account = AccountRow {
        id: seat.id,
        login: seat.login.clone(),
        name: seat.name.clone(),
        password_hash: String::new(),
        active: true,
        must_change_password: false,
        grants: vec![seat.grant.clone()],
        version: 1,
    };
    crate::app::account::actor_of(snapshot, &account)
}
