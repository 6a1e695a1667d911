//! Accounts, sessions, tokens, failed sign-ins.

use crate::support::check;
use crate::support::world::START;
use hexward::domain::access::Role;
use hexward::domain::id::AccountId;
use hexward::domain::issue::kind::Kind;
use hexward::domain::time::Timestamp;
use hexward::store::StoreError;
use hexward::store::port::{AccountRow, GrantRow, SessionRow, TokenRow};

fn account(id: u128, login: &str) -> AccountRow {
    let grant = |role, kinds: Option<&[Kind]>| GrantRow {
        role,
        area_code: Some("4101'05".into()),
        department: None,
        kinds: kinds.map(<[Kind]>::to_vec),
    };
    AccountRow {
        id: AccountId(id),
        login: login.into(),
        name: "张三".into(),
        password_hash: "$argon2".into(),
        active: true,
        must_change_password: false,
        grants: vec![
            grant(Role::Handler, None),
            grant(Role::Acceptor, Some(&[Kind::Opinion, Kind::Hazard])),
            // A grant over no kinds covers nothing, and must not be read as one over all.
            grant(Role::Leader, Some(&[])),
        ],
        version: 1,
    }
}

fn session(hash: &str, account: u128, expires: i64) -> SessionRow {
    SessionRow {
        token_hash: hash.into(),
        account: AccountId(account),
        csrf_token: "c".into(),
        expires: Timestamp(expires),
    }
}

fn token(id: &str, account: u128, expires: i64) -> TokenRow {
    TokenRow {
        id: id.into(),
        account: AccountId(account),
        name: "export".into(),
        token_hash: format!("hash of {id}"),
        expires: Timestamp(expires),
    }
}

#[test]
fn an_account_reads_back_with_its_grants() {
    check(|fixture| async move {
        let store = &fixture.store;
        let (one, two) = (account(1, "wang"), account(2, "Wang"));
        store.insert_account(one.clone(), START, None).await.unwrap();
        store.insert_account(two.clone(), START, None).await.unwrap();
        let taken = store.insert_account(account(3, "wang"), START, None).await;
        assert!(matches!(taken, Err(StoreError::Taken("login"))), "{taken:?}");
        assert_eq!(store.find_account(one.id).await.unwrap(), Some(one.clone()));
        assert_eq!(store.find_account_by_login("Wang").await.unwrap(), Some(two.clone()));
        assert_eq!(store.find_account_by_login("WANG").await.unwrap(), None);
        assert_eq!(store.list_accounts().await.unwrap(), [two, one.clone()]);
        let mut changed = one;
        changed.grants.remove(0);
        changed.must_change_password = true;
        store.update_account(changed.clone(), None).await.unwrap();
        // Who read the account before that does not overwrite it.
        let stale = store.update_account(changed.clone(), None).await;
        assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
        changed.version = 2;
        assert_eq!(store.find_account(changed.id).await.unwrap(), Some(changed));
        let nobody = store.update_account(account(9, "nobody"), None).await;
        assert!(matches!(nobody, Err(StoreError::Stale)), "{nobody:?}");
    });
}

#[test]
fn a_session_ends_at_its_time() {
    check(|fixture| async move {
        let store = &fixture.store;
        store.insert_account(account(1, "wang"), START, None).await.unwrap();
        let own = session("a", 1, 1_000);
        store.insert_session(own.clone(), START).await.unwrap();
        assert_eq!(store.find_session("a", Timestamp(999)).await.unwrap(), Some(own));
        assert_eq!(store.find_session("a", Timestamp(1_000)).await.unwrap(), None);
        assert_eq!(store.find_session("b", Timestamp(0)).await.unwrap(), None);
        for hash in ["b", "c"] {
            store.insert_session(session(hash, 1, 2_000), START).await.unwrap();
        }
        store.delete_sessions_of(AccountId(1), "b").await.unwrap();
        let alive = |hash: &'static str| async move {
            store.find_session(hash, Timestamp(0)).await.unwrap().is_some()
        };
        assert_eq!((alive("a").await, alive("b").await, alive("c").await), (false, true, false));
        store.delete_session("b").await.unwrap();
        assert!(!alive("b").await);
        store.insert_session(session("of nobody", 77, 9), START).await.unwrap_err();
    });
}

#[test]
fn an_inactive_account_loses_its_sessions_and_tokens() {
    check(|fixture| async move {
        let store = &fixture.store;
        for (id, login) in [(1, "wang"), (2, "li")] {
            store.insert_account(account(id, login), START, None).await.unwrap();
            store.insert_session(session(login, id, 9_000), START).await.unwrap();
            store.insert_token(token(login, id, 9_000), START, None).await.unwrap();
        }
        let inactive = AccountRow { active: false, ..account(1, "wang") };
        store.update_account(inactive, None).await.unwrap();
        for (login, there) in [("wang", false), ("li", true)] {
            let session = store.find_session(login, Timestamp(0)).await.unwrap();
            let token = store.find_token(&format!("hash of {login}"), Timestamp(0)).await.unwrap();
            assert_eq!((session.is_some(), token.is_some()), (there, there), "{login}");
        }
    });
}

#[test]
fn a_token_ends_at_its_time_and_belongs_to_one_account() {
    check(|fixture| async move {
        let store = &fixture.store;
        for (id, login) in [(1, "wang"), (2, "li")] {
            store.insert_account(account(id, login), START, None).await.unwrap();
        }
        store.insert_token(token("t", 1, 1_000), START, None).await.unwrap();
        let found = store.find_token("hash of t", Timestamp(999)).await.unwrap();
        assert_eq!(found, Some(token("t", 1, 1_000)));
        assert_eq!(store.find_token("hash of t", Timestamp(1_000)).await.unwrap(), None);
        assert_eq!(store.list_tokens(AccountId(1)).await.unwrap(), [token("t", 1, 1_000)]);
        assert!(!store.delete_token(AccountId(2), "t", None).await.unwrap(), "another's token");
        assert!(store.delete_token(AccountId(1), "t", None).await.unwrap());
        assert!(!store.delete_token(AccountId(1), "t", None).await.unwrap());
    });
}

#[test]
fn failed_sign_ins_are_counted_by_subject_and_time() {
    check(|fixture| async move {
        let store = &fixture.store;
        for (id, subject, at) in [("1", "wang", 10), ("2", "wang", 20), ("3", "li", 20)] {
            store.record_login_failure(id, subject, Timestamp(at)).await.unwrap();
        }
        let count = |subject: &'static str, since: i64| async move {
            store.count_login_failures(subject, Timestamp(since)).await.unwrap()
        };
        assert_eq!((count("wang", 10).await, count("wang", 11).await), (2, 1));
        assert_eq!((count("li", 0).await, count("nobody", 0).await), (1, 0));
        store.clear_login_failures("wang").await.unwrap();
        assert_eq!((count("wang", 0).await, count("li", 0).await), (0, 1));
    });
}

#[test]
fn a_sweep_removes_what_is_over_and_nothing_else() {
    check(|fixture| async move {
        let store = &fixture.store;
        store.insert_account(account(1, "wang"), START, None).await.unwrap();
        for (name, at) in [("old", 99), ("edge", 100), ("new", 101)] {
            store.insert_session(session(name, 1, at), START).await.unwrap();
            store.insert_token(token(name, 1, at), START, None).await.unwrap();
            store.record_login_failure(name, name, Timestamp(at)).await.unwrap();
        }
        store.sweep(Timestamp(100), Timestamp(100)).await.unwrap();
        for (table, rows) in [("session", 1), ("api_token", 1), ("login_failure", 2)] {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            assert_eq!(fixture.raw.number(&sql).await, rows, "{table}");
        }
    });
}
