//! What the clocks do by themselves, on two nodes at the same time; and how lists read them.

use super::calendar::now;
use super::rules::{keeper, random_tale};
use crate::api::{EAST, HAZARD, IN_EAST, NOON, World, get, grant, post, report_of};
use crate::support::{Chance, Fixture, Raw, check};
use hexward::app::audit::verify_audit;
use hexward::app::clocks::{Ran, attend_clocks, retime_all, retime_if_stale, verify_clocks};
use hexward::app::ctx::Ctx;
use hexward::app::instance::{Instance, save_instance};
use hexward::app::intake::{publish_calendar, publish_shipped_calendar};
use hexward::app::verify::{rebuild_metrics, verify_metrics};
use hexward::domain::access::{Role, Scope};
use hexward::domain::issue::clock::Light;
use hexward::domain::issue::record::Issue;
use hexward::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use hexward::format::calendar::{DayFile, YearFile, shipped_years};
use hexward::store::change::{Change, Save};
use hexward::store::query::{IssueFilter, PageQuery, Seek, Sort};
use serde_json::{Value, json};
use std::sync::Arc;

/// Everyone who works on an issue of the eastern street.
struct Staff {
    world: World,
    other: Arc<Ctx>,
    acceptor: String,
    dispatcher: String,
    supervisor: String,
    handler: String,
    leader: String,
}

impl Staff {
    async fn new(fixture: Arc<Fixture>, with_calendar: bool) -> Self {
        let world = World::new(fixture).await;
        if with_calendar {
            let told = publish_shipped_calendar(&world.ctx, "cn", "").await.unwrap();
            assert_eq!(told, Ok(1));
        }
        let (other, _) = world.second_node().await;
        let user = async |role| world.user(role, Some(EAST), None).await;
        Self {
            acceptor: user(Role::Acceptor).await,
            dispatcher: user(Role::Dispatcher).await,
            supervisor: user(Role::DutySupervisor).await,
            leader: user(Role::Leader).await,
            handler: world.user(Role::Handler, None, Some("js-dl")).await,
            other,
            world,
        }
    }

    /// Both nodes attend to the clocks at the same time, three times.
    async fn attend(&self) -> Ran {
        let mut sum = Ran::default();
        for _ in 0..3 {
            let (a, b) = tokio::join!(attend_clocks(&self.world.ctx), attend_clocks(&self.other));
            for ran in [a.unwrap(), b.unwrap()] {
                sum.resumed += ran.resumed;
                sum.escalated += ran.escalated;
            }
        }
        sum
    }

    async fn act(&self, token: &str, id: &str, body: Value) {
        self.world.act(token, id, &body).await.ok(200);
    }

    /// Reported, filed and dispatched now.
    async fn dispatched(&self) -> String {
        let mut body = report_of(HAZARD, IN_EAST, "井盖弹跳");
        // Two work days.
        body["condition_code"] = json!("bj-01-01-03");
        let (id, _) = self.world.report(&self.acceptor, &body).await;
        self.act(&self.acceptor, &id, json!({"action": "file"})).await;
        let dispatch = json!({"action": "dispatch", "department": "js-dl"});
        self.act(&self.dispatcher, &id, dispatch).await;
        id
    }

    async fn issue(&self, id: &str) -> Value {
        let path = format!("/api/v1/issues/{id}");
        self.world.send(get(&path).by(&self.supervisor)).await.ok(200).json()
    }

    async fn notices(&self, token: &str, query: &str) -> Vec<String> {
        let path = format!("/api/v1/notices{query}");
        let page = self.world.send(get(&path).by(token)).await.ok(200).json();
        let items = page["items"].as_array().unwrap();
        let mut about: Vec<String> =
            items.iter().map(|item| item["about"].as_str().unwrap().to_owned()).collect();
        assert_eq!(page["total"], about.len());
        about.sort_unstable();
        about
    }

    async fn count(&self, action: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM event WHERE action = '{action}'");
        self.world.fixture.raw.number(&sql).await
    }

    /// Logs, counters and due times are whole.
    async fn check_whole(&self) {
        let ctx = &self.world.ctx;
        let audit = verify_audit(ctx, |_| {}).await.unwrap();
        assert_eq!((audit.faulty, audit.faults), (0, vec![]));
        assert!(verify_metrics(ctx).await.unwrap().is_right());
        let clocks = verify_clocks(ctx).await.unwrap();
        assert_eq!((clocks.wrong, clocks.faults), (0, vec![]));
    }
}

#[test]
fn an_escalation_happens_once_on_two_nodes_and_climbs_the_ladder() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let id = staff.dispatched().await;
        staff.world.later(30 * MINUTE_MS);
        assert_eq!(staff.attend().await.escalated, 0);
        staff.world.later(MINUTE_MS);
        assert_eq!(staff.attend().await.escalated, 1);
        assert_eq!(staff.notices(&staff.dispatcher, "").await, ["escalated"]);
        assert_eq!(staff.notices(&staff.handler, "").await, ["stage_overdue"]);
        assert_eq!(staff.notices(&staff.leader, "").await, Vec::<String>::new());
        // Three times the limit: two rungs at once.
        staff.world.later(60 * MINUTE_MS);
        assert_eq!(staff.attend().await.escalated, 2);
        assert_eq!((staff.count("escalate").await, staff.attend().await.escalated), (3, 0));
        assert_eq!(staff.notices(&staff.supervisor, "").await, ["escalated"]);
        assert_eq!(staff.notices(&staff.leader, "").await, ["escalated"]);
        let issue = staff.issue(&id).await;
        assert_eq!(issue["clocks"]["stage"]["escalations"], 3);
        assert_eq!(issue["clocks"]["stage"]["light"], "red");
        staff.check_whole().await;
    });
}

#[test]
fn a_suspension_ends_by_itself_at_its_date_and_once() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let id = staff.dispatched().await;
        staff.act(&staff.handler, &id, json!({"action": "accept"})).await;
        let suspend = json!({"action": "suspend", "until": "2026-11-25", "note": "等料"});
        staff.act(&staff.supervisor, &id, suspend).await;
        let held = staff.issue(&id).await;
        assert_eq!(held["clocks"]["total"]["phase"], "paused");
        assert_eq!(held["clocks"]["total"]["due_at"], Value::Null);
        assert_eq!(held["clocks"]["total"]["why"], "suspend");
        staff.world.later(4 * DAY_MS);
        assert_eq!(staff.attend().await.resumed, 0);
        // The last moment of the 25th.
        staff.world.later(2 * DAY_MS);
        assert_eq!((staff.attend().await.resumed, staff.count("resume").await), (1, 1));
        let issue = staff.issue(&id).await;
        assert_eq!(
            (&issue["state"], &issue["clocks"]["total"]["phase"]),
            (&json!("handling"), &json!("running"))
        );
        assert!(issue["clocks"]["total"]["due_at"].is_string());
        assert!(staff.notices(&staff.handler, "").await.contains(&"resumed".to_owned()));
        staff.check_whole().await;
    });
}

#[test]
fn an_outage_of_the_service_moves_no_due_time() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let mut dues = Vec::new();
        for _ in 0..2 {
            let id = staff.dispatched().await;
            staff.act(&staff.handler, &id, json!({"action": "accept"})).await;
            let suspend = json!({"action": "suspend", "until": "2026-11-25", "note": "等料"});
            staff.act(&staff.supervisor, &id, suspend).await;
            dues.push(id);
        }
        // Work resumes as the 25th ends: its two work days are Thursday, 26, and Friday, 27
        // November, less what was used before the pause.
        let until = Timestamp::parse("2026-11-25T16:00:00Z").unwrap();
        let clock = |at: i64| staff.world.later(at - staff.world.ctx.now().0);
        clock(until.0);
        assert_eq!(staff.attend().await.resumed, 2);
        let issue = staff.issue(&dues[0]).await;
        let due = issue["clocks"]["total"]["due_at"].as_str().unwrap().to_owned();
        // Who reported it reads the same.
        let track = format!("/api/v1/track/{}", issue["number"].as_str().unwrap());
        let told = staff.world.send(get(&track)).await.ok(200).json();
        assert_eq!(told["due_at"], due);
        assert_eq!(told["due_provisional"], issue["clocks"]["total"]["provisional"]);
        let back = json!({"action": "suspend", "until": "2026-11-30", "note": "等料"});
        for id in &dues {
            staff.act(&staff.supervisor, id, back.clone()).await;
        }
        // The first is resumed by a service that runs, by hand at the very instant; the second by
        // one that was down for nine days.
        let until = Timestamp::parse("2026-11-30T16:00:00Z").unwrap();
        clock(until.0);
        staff.act(&staff.handler, &dues[0], json!({"action": "resume"})).await;
        clock(until.0 + 9 * DAY_MS);
        assert_eq!(staff.attend().await.resumed, 1);
        let mut told = Vec::new();
        for id in &dues {
            told.push(staff.issue(id).await["clocks"]["total"]["due_at"].clone());
        }
        assert_eq!(told[0], told[1]);
        // Five days of pause, of which three are work days and two a weekend.
        let due = Timestamp::parse(&due).unwrap();
        assert_eq!(told[1], json!(Timestamp(due.0 + 5 * DAY_MS).to_rfc3339()));
        staff.check_whole().await;
    });
}

#[test]
fn what_is_due_is_told_once_to_each_rung_and_read_by_each_for_himself() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let id = staff.dispatched().await;
        staff.act(&staff.handler, &id, json!({"action": "accept"})).await;
        let issue = staff.issue(&id).await;
        let due = Timestamp::parse(issue["clocks"]["total"]["due_at"].as_str().unwrap()).unwrap();
        let began = NOON;
        // To half a limit beyond it, and more: the whole ladder but the leader.
        let clock = |at: i64| staff.world.later(at - staff.world.ctx.now().0);
        let last = issue["clocks"]["total"]["limit_minutes"].as_i64().unwrap();
        assert!(last > 0 && due.0 > began);
        clock(due.0);
        staff.attend().await;
        assert_eq!(staff.notices(&staff.handler, "").await, ["due_soon"]);
        clock(due.0 + 4 * (due.0 - began) + 30 * DAY_MS);
        publish_year(&staff.world.ctx, 2027).await;
        staff.other.refresh().await.unwrap();
        staff.attend().await;
        assert_eq!(staff.notices(&staff.handler, "").await, ["due_soon", "overdue"]);
        for who in [&staff.dispatcher, &staff.supervisor, &staff.leader] {
            assert_eq!(staff.notices(who, "").await, ["overdue"]);
        }
        // The department of another, and the street next door, are told nothing.
        let police = staff.world.user(Role::Handler, None, Some("js-ga")).await;
        assert_eq!(staff.notices(&police, "").await, Vec::<String>::new());
        let page = staff.world.send(get("/api/v1/notices?unread=true").by(&staff.leader)).await;
        let notice = page.ok(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/notices/{notice}/read");
        staff.world.send(post(&path, &json!({})).by(&police)).await.problem(404, "not_found");
        staff.world.send(post(&path, &json!({})).by(&staff.leader)).await.ok(204);
        staff.world.send(post(&path, &json!({})).by(&staff.leader)).await.ok(204);
        assert_eq!(staff.notices(&staff.leader, "?unread=true").await, Vec::<String>::new());
        assert_eq!(staff.notices(&staff.leader, "").await, ["overdue"]);
        assert_eq!(staff.notices(&staff.supervisor, "?unread=true").await, ["overdue"]);
        let found = staff.world.send(get("/api/v1/issues?light=red&sort=due_at").by(&staff.leader));
        let found = found.await.ok(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        assert_eq!(found["items"][0]["clocks"]["total"]["light"], "red");
        let late = found["items"][0]["clocks"]["total"]["overdue_multiple"].as_f64().unwrap();
        assert!(late >= 2.0, "{late}");
        // What is overdue is neither offered an extension nor given one.
        let issue = staff.issue(&id).await;
        let offers: Vec<&Value> = issue["actions"].as_array().unwrap().iter().collect();
        assert!(offers.iter().all(|offer| offer["action"] != "extend"));
        let extend = json!({"action": "extend", "note": "x"});
        staff.world.act(&staff.supervisor, &id, &extend).await.problem(409, "overdue");
    });
}

fn empty_year(year: i16) -> YearFile {
    YearFile { schema: None, id: None, year, papers: vec!["test".into()], days: Vec::new() }
}

async fn publish_year(ctx: &Ctx, year: i16) {
    publish_calendar(ctx, "cn", vec![empty_year(year)], "").await.unwrap().unwrap();
}

#[test]
fn another_calendar_moves_due_times_once_on_two_nodes() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(staff.dispatched().await);
        }
        retime_if_stale(&staff.world.ctx).await.unwrap();
        assert_eq!(staff.count("retime").await, 0);
        // The next three weeks are declared free.
        let mut year = shipped_years("cn").unwrap().unwrap().pop().unwrap();
        year.days.extend((21..=30).map(|n| DayFile {
            name: "停工".into(),
            date: format!("2026-11-{n}"),
            is_off_day: true,
        }));
        publish_calendar(&staff.world.ctx, "cn", vec![year], "").await.unwrap().unwrap();
        assert!(staff.other.refresh_if_stale().await.unwrap());
        let (a, b) = tokio::join!(retime_if_stale(&staff.world.ctx), retime_if_stale(&staff.other));
        let changed = a.unwrap().unwrap_or(0) + b.unwrap().unwrap_or(0);
        let written = staff.count("retime").await;
        assert_eq!(changed as i64, written);
        assert_eq!(written, 4);
        assert_eq!(retime_if_stale(&staff.other).await.unwrap(), None);
        assert_eq!(retime_all(&staff.other).await.unwrap(), 0);
        staff.check_whole().await;
    });
}

#[test]
fn without_a_calendar_work_goes_on_the_clock_names_the_year_and_is_filled_in_later() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, false).await;
        let id = staff.dispatched().await;
        let issue = staff.issue(&id).await;
        let stage = &issue["clocks"]["stage"];
        assert_eq!((&stage["due_at"], &stage["light"]), (&Value::Null, &Value::Null));
        for (lang, word) in [("zh", "2026 年的日历"), ("en", "has no calendar of 2026")] {
            assert!(stage["problem"][lang].as_str().unwrap().contains(word), "{stage}");
        }
        publish_shipped_calendar(&staff.world.ctx, "cn", "").await.unwrap().unwrap();
        assert_eq!(retime_if_stale(&staff.world.ctx).await.unwrap(), Some(1));
        let issue = staff.issue(&id).await;
        assert_eq!(issue["clocks"]["stage"]["problem"], Value::Null);
        assert_eq!(issue["clocks"]["stage"]["light"], "green");
        staff.check_whole().await;
    });
}

#[test]
fn rows_of_before_the_clocks_are_filled_from_their_logs() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let id = staff.dispatched().await;
        let before = staff.issue(&id).await;
        let raw: &Raw = &staff.world.fixture.raw;
        raw.execute(
            "UPDATE issue SET clocks = NULL, limit_text = NULL, limit_grants = NULL, \
             due_at = NULL, due_yellow_at = NULL, due_red_at = NULL, due_provisional = NULL, \
             stage_due_at = NULL",
        )
        .await
        .unwrap();
        // Counters of before know no due times either.
        rebuild_metrics(&staff.world.ctx).await.unwrap();
        assert_eq!(verify_clocks(&staff.world.ctx).await.unwrap().wrong, 1);
        assert_eq!(staff.issue(&id).await["clocks"]["total"], Value::Null);
        assert_eq!(retime_all(&staff.world.ctx).await.unwrap(), 1);
        assert_eq!(staff.issue(&id).await["clocks"], before["clocks"]);
        staff.check_whole().await;
    });
}

/// Random issues with clocks, kept.
pub async fn keep_tales(fixture: &Fixture, count: usize) -> Vec<Issue> {
    let chance = &mut Chance(17);
    let mut issues = Vec::new();
    let mut change = Change { district: "d".into(), ..Change::default() };
    for _ in 0..count {
        let (issue, events) = random_tale(chance);
        change.saves.push(Save { version_seen: 0, issue: issue.clone(), events });
        issues.push(issue);
    }
    fixture.store.apply(change).await.unwrap();
    issues
}

fn page(filter: IssueFilter, sort: Sort, after: Option<Seek>, limit: usize) -> PageQuery {
    PageQuery { filter, sort, after, limit }
}

#[test]
fn the_clocks_of_a_collection_that_ended_stand_still_on_its_last_day() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let id = staff.dispatched().await;
        let ctx = &staff.world.ctx;
        let last = ctx.today();
        let lights = async || {
            let light = |issue: &Value| issue["clocks"]["total"]["light"].clone();
            let red = get("/api/v1/issues?light=red").by(&staff.leader);
            let red = staff.world.send(red).await.ok(200).json();
            let list = get("/api/v1/issues").by(&staff.leader);
            let list = staff.world.send(list).await.ok(200).json();
            let found = red["items"].as_array().unwrap().len();
            (light(&list["items"][0]), light(&staff.issue(&id).await), found)
        };
        assert_eq!(lights().await, (json!("green"), json!("green"), 0));
        staff.world.later(30 * DAY_MS);
        assert_eq!(lights().await, (json!("red"), json!("red"), 1));
        let instance = Instance { data_until: last.to_string(), ..ctx.instance() };
        save_instance(ctx, instance).await.unwrap();
        assert_eq!(lights().await, (json!("green"), json!("green"), 0));
        // Once somebody goes on with it, it goes on.
        staff.act(&staff.handler, &id, json!({"action": "comment", "note": "已到现场"})).await;
        assert_eq!(lights().await, (json!("red"), json!("red"), 1));
    });
}

#[test]
fn the_light_in_sql_is_the_light_of_the_ledger() {
    check(|fixture| async move {
        let issues = keep_tales(&fixture, 300).await;
        let calendar = keeper().calendar;
        let mut seen = [0; 3];
        // Not before the last step of any.
        let last = issues.iter().map(|issue| issue.updated).max().unwrap();
        for hours in [0, 1, 30, 200, 2_000] {
            let at = Timestamp(last.0 + hours * HOUR_MS);
            for (n, light) in Light::ALL.into_iter().enumerate() {
                let filter = IssueFilter { light: Some((light, at)), ..IssueFilter::default() };
                let asked = page(filter, Sort::DueFirst, None, 1_000);
                let found = fixture.store.list_issues(&asked, &Scope::everything()).await.unwrap();
                let mut told: Vec<_> = found.items.iter().map(|issue| issue.id).collect();
                let shows = |issue: &&Issue| {
                    let total = issue.clocks.total.as_ref().unwrap();
                    let reading = total.read(&calendar, at).unwrap().unwrap();
                    reading.light() == light
                };
                let mut truth: Vec<_> = issues.iter().filter(shows).map(|issue| issue.id).collect();
                told.sort_unstable();
                truth.sort_unstable();
                assert_eq!(told, truth, "{light:?} after {hours} h");
                seen[n] += truth.len();
            }
        }
        assert!(seen.iter().all(|n| *n > 10), "{seen:?}");
        assert!(now() > last);
    });
}

#[test]
fn a_list_by_due_time_visits_every_issue_once_and_what_has_none_last() {
    check(|fixture| async move {
        let mut issues = keep_tales(&fixture, 120).await;
        issues.sort_by_key(|issue| (issue.clocks.due().map_or(i64::MAX, |due| due.0), issue.id));
        let truth: Vec<_> = issues.iter().map(|issue| issue.id).collect();
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let asked = page(IssueFilter::default(), Sort::DueFirst, after, 7);
            let found = fixture.store.list_issues(&asked, &Scope::everything()).await.unwrap();
            after = found.items.last().map(|last| Seek::after(last, Sort::DueFirst));
            told.extend(found.items.iter().map(|issue| issue.id));
            if !found.more {
                break;
            }
        }
        assert_eq!(told, truth);
        assert!(issues.iter().any(|issue| issue.clocks.due().is_none()));
        let plan = fixture.raw.plan(
            "SELECT id FROM issue WHERE COALESCE(due_at, 9223372036854775807) > 1 \
             ORDER BY COALESCE(due_at, 9223372036854775807), id LIMIT 5",
        );
        assert!(matches!(fixture.raw, Raw::Postgres(_)) || plan.await.contains("issue_due"));
    });
}

#[test]
fn a_leader_of_one_kind_is_not_told_of_another() {
    check(|fixture| async move {
        let staff = Staff::new(fixture, true).await;
        let mut only = grant(Role::Dispatcher, Some(EAST), None);
        only.kinds = Some(vec![hexward::domain::issue::kind::Kind::Opinion]);
        let account = staff.world.account("opinions", vec![only]).await;
        let token = hexward::app::account::create_token(&staff.world.ctx, account, "t", 9).await;
        let token = token.unwrap().1;
        staff.dispatched().await;
        staff.world.later(31 * MINUTE_MS);
        staff.attend().await;
        assert_eq!(staff.notices(&token, "").await, Vec::<String>::new());
        assert_eq!(staff.notices(&staff.dispatcher, "").await, ["escalated"]);
    });
}
