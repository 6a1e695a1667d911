//! The event log: it only grows, it shows every tampering, and it rebuilds the issue.

use crate::support::world::World;
use crate::support::{Fixture, check};
use hexward::domain::access::{Role, Scope};
use hexward::domain::audit::{ChainError, Hash, verify_chain};
use hexward::domain::id::{AccountId, AttachmentId, IssueId};
use hexward::domain::issue::event::{Event, EventActor};
use hexward::domain::issue::record::{Issue, replay};
use hexward::domain::issue::state::{Action, State};
use hexward::domain::time::Timestamp;

async fn histories(fixture: &Fixture, seed: u64, changes: usize) -> World {
    let mut world = World::new(seed);
    for _ in 0..changes {
        fixture.store.apply(world.next_change()).await.expect("the step is stored");
    }
    world
}

#[test]
fn the_log_refuses_to_forget_or_change() {
    check(|fixture| async move {
        let world = histories(&fixture, 41, 60).await;
        let before = fixture.raw.number("SELECT COUNT(*) FROM event").await;
        let mut attempts = vec![
            "DELETE FROM event".to_owned(),
            "DELETE FROM event WHERE feed = 1".into(),
            "UPDATE event SET note = 'another' WHERE note IS NOT NULL".into(),
            "UPDATE event SET note = 'a note' WHERE note IS NULL".into(),
        ];
        for (column, value) in [
            ("district", "'x'"),
            ("issue_id", "'x'"),
            ("seq", "seq + 1000"),
            ("at", "at + 1"),
            ("actor", "'system '"),
            ("action", "'x'"),
            ("from_state", "'closed '"),
            ("to_state", "'x'"),
            ("note_digest", "'x'"),
            ("facts", "'{ }'"),
            ("attachments", "'x'"),
            ("previous", "'x'"),
            ("hash", "'x'"),
            ("tx", "tx + 7"),
        ] {
            attempts.push(format!("UPDATE event SET {column} = {value}"));
            // Erasing the note must not carry another alteration with it.
            attempts.push(format!("UPDATE event SET note = NULL, {column} = {value}"));
        }
        match fixture.engine() {
            "sqlite" => {
                attempts.push("UPDATE event SET feed = feed + 100000".into());
                attempts.push("INSERT OR REPLACE INTO event SELECT * FROM event".into());
                attempts.push("UPDATE OR REPLACE event SET seq = 1".into());
            }
            _ => attempts.push("TRUNCATE event".into()),
        }
        for attempt in attempts {
            let result = fixture.raw.execute(&attempt).await;
            let refused = result.as_ref().err().is_some_and(|why| why.contains("append-only"));
            assert!(refused, "{attempt}: {result:?}");
        }
        assert_eq!(fixture.raw.number("SELECT COUNT(*) FROM event").await, before);
        all_verify(&fixture, &world).await;
    });
}

async fn all_verify(fixture: &Fixture, world: &World) {
    for issue in &world.issues {
        let events = fixture.store.list_events(issue.id).await.unwrap();
        verify_chain(&events, issue.version, issue.head).unwrap();
    }
}

#[test]
fn an_erased_note_leaves_the_chain_whole() {
    check(|fixture| async move {
        let world = histories(&fixture, 42, 60).await;
        let erased = fixture.raw.execute("UPDATE event SET note = NULL").await.unwrap();
        assert!(erased > 0);
        assert_eq!(fixture.raw.number("SELECT COUNT(note) FROM event").await, 0);
        all_verify(&fixture, &world).await;
    });
}

#[test]
fn the_log_reads_back_and_rebuilds_the_issue() {
    check(|fixture| async move {
        let world = histories(&fixture, 43, 500).await;
        for issue in &world.issues {
            let events = fixture.store.list_events(issue.id).await.unwrap();
            assert_eq!(events, world.logs[&issue.id]);
            verify_chain(&events, issue.version, issue.head).unwrap();
            let stored = fixture.store.find_issue(issue.id, &Scope::everything()).await.unwrap();
            let stored = stored.unwrap();
            assert_eq!(stored, *issue);
            let rebuilt = replay(&events).unwrap();
            // Texts are not in the log, so that they can be erased.
            let expected = Issue { text: String::new(), address: None, ..stored };
            assert_eq!(rebuilt, expected);
        }
    });
}

/// A log of some length, with the issue's version and head.
fn sample() -> (Vec<Event>, i64, Hash) {
    let mut world = World::new(44);
    while world.logs.values().all(|log| log.len() < 8) {
        world.next_change();
    }
    let issue = world.issues.iter().find(|issue| issue.version >= 8).unwrap();
    (world.logs[&issue.id].clone(), issue.version, issue.head)
}

type Edit = fn(&mut Event);

/// One alteration of each field.
const EDITS: &[(&str, Edit)] = &[
    ("issue", |e| e.issue = IssueId(e.issue.0 ^ 1)),
    ("seq", |e| e.seq += 1),
    ("seq below", |e| e.seq = -e.seq),
    ("at", |e| e.at = Timestamp(e.at.0 + 1)),
    ("actor", |e| e.actor = EventActor::Import),
    ("actor's id", |e| {
        e.actor = EventActor::Account { id: AccountId(77), role: Some(Role::Leader) };
    }),
    ("actor's role", |e| {
        e.actor = match &e.actor {
            EventActor::Account { id, role: Some(_) } => {
                EventActor::Account { id: *id, role: None }
            }
            _ => EventActor::Import,
        };
    }),
    ("action", |e| {
        e.action = if e.action == Action::Comment { Action::Rehome } else { Action::Comment };
    }),
    ("from", |e| e.from = if e.from.is_none() { Some(State::Closed) } else { None }),
    ("to", |e| e.to = if e.to == State::Closed { State::Filed } else { State::Closed }),
    ("note", |e| e.note = Some("another".into())),
    ("an empty note", |e| e.note = Some(String::new())),
    ("note_digest", |e| e.note_digest = Some(Hash::of_text("another"))),
    ("note_digest of zeros", |e| {
        e.note_digest = if e.note_digest.is_some() { None } else { Some(Hash::START) };
    }),
    ("a new fact", |e| {
        e.facts.insert("severity".into(), "none".into());
    }),
    ("an empty fact", |e| {
        e.facts.insert(String::new(), String::new());
    }),
    ("a changed or lost fact", |e| match e.facts.iter_mut().next() {
        Some((_, value)) => value.push('1'),
        None => drop(e.facts.insert("lead".into(), "x".into())),
    }),
    ("attachments", |e| e.attachments.push(AttachmentId(5))),
    ("previous", |e| e.previous.0[0] ^= 1),
    ("hash", |e| e.hash.0[31] ^= 1),
];

#[test]
fn every_alteration_of_one_field_is_found() {
    let (events, version, head) = sample();
    verify_chain(&events, version, head).unwrap();
    for at in 0..events.len() {
        for (name, edit) in EDITS {
            let mut altered = events.clone();
            edit(&mut altered[at]);
            assert_ne!(altered[at], events[at], "{name} altered nothing");
            assert!(verify_chain(&altered, version, head).is_err(), "event {at}: {name}");
        }
    }
}

#[test]
fn a_lost_swapped_or_inserted_event_is_found() {
    let (events, version, head) = sample();
    for at in 0..events.len() {
        let mut lost = events.clone();
        lost.remove(at);
        assert!(verify_chain(&lost, version, head).is_err(), "event {at} lost");
        let shortened = &events[..at];
        let truncated = verify_chain(shortened, version, head);
        assert_eq!(truncated, Err(ChainError::Truncated { expected: version, found: at as i64 }),);
        let mut doubled = events.clone();
        doubled.insert(at, events[at].clone());
        assert!(verify_chain(&doubled, version, head).is_err(), "event {at} doubled");
        if at > 0 {
            let mut swapped = events.clone();
            swapped.swap(at - 1, at);
            assert!(verify_chain(&swapped, version, head).is_err(), "events {at} swapped");
        }
    }
    let mut longer = events.clone();
    let mut more = events[0].clone();
    more.seq = version + 1;
    more.previous = head;
    more.hash = hexward::domain::audit::event_hash(&more);
    longer.push(more);
    assert!(verify_chain(&longer, version, head).is_err(), "an event at the end");
    assert!(verify_chain(&[], 0, Hash::of_text("x")).is_err(), "no log for a head");
}

#[test]
fn a_log_that_makes_no_issue_is_an_error_not_a_panic() {
    let (events, _, _) = sample();
    assert!(replay(&[]).is_err());
    assert!(replay(&events[1..]).is_err());
    for at in 0..events.len() {
        let mut bare = events.clone();
        bare[at].facts.clear();
        let _ = replay(&bare);
        for value in ["", "x", "-1", "999999999999999999999", "NaN,inf", "\0", ";;"] {
            let mut odd = events.clone();
            for fact in odd[at].facts.values_mut() {
                *fact = value.to_owned();
            }
            let _ = replay(&odd);
        }
    }
}
