//! Activations: appended one by one, never changed, and noticed by all nodes.

use crate::support::world::START;
use crate::support::{Fixture, check};
use hexward::domain::id::AccountId;
use hexward::domain::time::Day;
use hexward::store::StoreError;
use hexward::store::port::ActivationRow;

fn row(ordinal: i64, version: i64, from: i32) -> ActivationRow {
    ActivationRow {
        ordinal,
        version,
        from: Day(from),
        at: START,
        actor: (ordinal == 2).then_some(AccountId(7)),
        note: "备注 'n'".into(),
        errors: ordinal - 1,
        override_reason: (ordinal == 2).then(|| "区里要求".into()),
    }
}

#[test]
fn an_activation_is_appended_after_those_that_its_decision_saw() {
    check(|fixture: std::sync::Arc<Fixture>| async move {
        let store = &fixture.store;
        for body in ["{1}", "{2}"] {
            store.put_pack("matrix", body, "n", START).await.unwrap();
        }
        let before = store.find_versions().await.unwrap();
        store.append_activation("matrix", row(1, 1, -3), None).await.unwrap();
        assert_ne!(store.find_versions().await.unwrap(), before, "other nodes notice it");
        for ordinal in [1, 3, 0, -1] {
            let told = store.append_activation("matrix", row(ordinal, 2, 9), None).await;
            assert!(matches!(told, Err(StoreError::Stale)), "{ordinal}: {told:?}");
        }
        store.append_activation("matrix", row(2, 2, 9), None).await.unwrap();
        let kept = store.list_activations("matrix").await.unwrap();
        assert_eq!(kept, [row(1, 1, -3), row(2, 2, 9)]);
        let unknown = store.append_activation("matrix", row(3, 99, 9), None).await;
        assert!(unknown.is_err(), "there is no version 99");
        assert_eq!(store.load_pack("matrix", 1).await.unwrap().as_deref(), Some("{1}"));
        assert_eq!(store.load_pack("matrix", 3).await.unwrap(), None);
        let listed: Vec<i64> =
            store.list_packs("matrix").await.unwrap().iter().map(|pack| pack.version).collect();
        assert_eq!(listed, [2, 1]);
    });
}

#[test]
fn of_two_who_decide_at_once_one_is_told() {
    check(|fixture: std::sync::Arc<Fixture>| async move {
        let store = fixture.store.clone();
        store.put_pack("matrix", "{}", "n", START).await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|i| {
                let store = store.clone();
                tokio::spawn(
                    async move { store.append_activation("matrix", row(1, 1, i), None).await },
                )
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => done += 1,
                Err(StoreError::Stale) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(done, 1);
    });
}
