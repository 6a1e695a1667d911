//! One story of each kind, from the report to the revisit, on both engines. What the server says
//! on the way, to a reader of Chinese and to a reader of English, is kept beside the tests as a
//! text that a person can read.

mod dispute;
mod hazard;
mod opinion;

use crate::api::report::{form, jpeg};
use crate::api::{EAST, World, get, post, report_of};
use crate::support::{Fixture, zone};
use hexward::app::audit::verify_audit;
use hexward::app::clocks::{attend_clocks, verify_clocks};
use hexward::app::intake::publish_shipped_calendar;
use hexward::app::verify::verify_metrics;
use hexward::domain::access::Role;
use hexward::domain::time::{MINUTE_MS, Timestamp};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The languages of the stories, as files and readers name them.
const LANGUAGES: [&str; 2] = ["zh", "en"];

/// Everybody whom an issue meets.
pub struct Cast {
    pub worker: String,
    pub acceptor: String,
    pub dispatcher: String,
    pub supervisor: String,
    /// Another one of the same office, who had no part in the work.
    pub colleague: String,
    pub handler: String,
    pub mediator: String,
}

/// An issue as it goes on, and what was said of it.
pub struct Story {
    pub world: World,
    pub cast: Cast,
    pub id: String,
    lead: &'static str,
    /// The events that were told.
    told: usize,
    /// In the order of [`LANGUAGES`].
    texts: [String; 2],
}

fn local(instant: &str) -> String {
    let at = Timestamp::parse(instant).expect("an instant");
    let at = jiff::Timestamp::from_millisecond(at.0).expect("in range").to_zoned(zone());
    at.strftime("%m-%d %H:%M").to_string()
}

fn both(texts: &Value) -> [String; 2] {
    LANGUAGES.map(|lang| texts[lang].as_str().unwrap_or("-").to_owned())
}

impl Story {
    /// A report of a category and condition in the eastern street, which `lead` is to handle.
    pub async fn begin(fixture: Arc<Fixture>, report: &Value, lead: &'static str) -> Self {
        let world = World::new(fixture).await;
        let told = publish_shipped_calendar(&world.ctx, "cn", "").await.expect("kept");
        assert_eq!(told, Ok(1));
        let user = async |role| world.user(role, Some(EAST), None).await;
        let cast = Cast {
            worker: user(Role::GridWorker).await,
            acceptor: user(Role::Acceptor).await,
            dispatcher: user(Role::Dispatcher).await,
            supervisor: user(Role::DutySupervisor).await,
            colleague: user(Role::DutySupervisor).await,
            handler: world.user(Role::Handler, None, Some(lead)).await,
            mediator: user(Role::Mediator).await,
        };
        let (id, _) = world.report(&cast.worker, report).await;
        let texts = [String::new(), String::new()];
        let mut story = Self { world, cast, id, lead, told: 0, texts };
        let route = story.issue().await["route"]["sentence"].clone();
        story.tell_events().await;
        story.say(&both(&route).map(|sentence| format!("    {sentence}")));
        story
    }

    fn say(&mut self, lines: &[String; 2]) {
        for (text, line) in self.texts.iter_mut().zip(lines) {
            writeln!(text, "{line}").expect("a text grows");
        }
    }

    pub fn minutes(&self, minutes: i64) {
        self.world.later(minutes * MINUTE_MS);
    }

    /// Goes on to an instant of the district's time.
    pub fn at(&self, local: &str) {
        let at = Timestamp::parse(&format!("{local}:00+08:00")).expect("an instant");
        let now = self.world.ctx.now();
        assert!(at > now, "{local} is past");
        self.world.later(at.0 - now.0);
    }

    pub async fn issue(&self) -> Value {
        let path = format!("/api/v1/issues/{}", self.id);
        self.world.send(get(&path).by(&self.cast.supervisor)).await.ok(200).json()
    }

    /// Takes a step and tells of it.
    pub async fn step(&mut self, who: impl Fn(&Cast) -> &String, body: Value) -> Value {
        self.minutes(5);
        self.world.act(who(&self.cast), &self.id, &body).await.ok(200);
        self.tell().await
    }

    /// Sends a part that has a way of its own, and tells of it.
    pub async fn put(&mut self, who: impl Fn(&Cast) -> &String, part: &str, body: Value) -> Value {
        self.minutes(5);
        let (world, token) = (&self.world, who(&self.cast));
        crate::kinds::put(world, token, &self.id, part, &body).await.ok(200);
        self.tell().await
    }

    /// Tries what must be refused; the reason is told to each reader in his language.
    pub async fn refused(&mut self, who: impl Fn(&Cast) -> &String, body: Value, code: &str) {
        let path = format!("/api/v1/issues/{}", self.id);
        let token = who(&self.cast).clone();
        let seen = self.world.send(get(&path).by(&token)).await.ok(200);
        let mut lines = [String::new(), String::new()];
        for (line, lang) in lines.iter_mut().zip(LANGUAGES) {
            let call = post(&format!("{path}/actions"), &body).by(&token);
            let call = call.header("if-match", seen.header("etag")).header("accept-language", lang);
            let told = self.world.send(call).await.json();
            assert_eq!(told["code"], code, "{told}");
            *line = format!("    ! {}", told["detail"].as_str().expect("a reason"));
        }
        self.say(&lines);
    }

    /// Lets the jobs of two nodes run, and tells of what they did.
    pub async fn attend(&mut self) -> Value {
        let (other, _) = self.world.second_node().await;
        let (a, b) = tokio::join!(attend_clocks(&self.world.ctx), attend_clocks(&other));
        a.and(b).expect("the jobs run");
        self.tell().await
    }

    /// From filed to where the department works.
    pub async fn hand_over(&mut self) {
        let dispatch = json!({"action": "dispatch", "department": self.lead});
        self.step(|cast| &cast.dispatcher, dispatch).await;
        self.step(|cast| &cast.handler, json!({"action": "accept"})).await;
    }

    /// Two returns that the dispatcher does not follow, and a third that the street rules on.
    pub async fn return_three_times(&mut self) {
        let back = json!({"action": "return", "reason": "not_ours", "note": "不属我单位职责",
            "cited_rule": "权责清单 3.2"});
        for n in 1..=3 {
            let dispatch = json!({"action": "dispatch", "department": self.lead});
            self.step(|cast| &cast.dispatcher, dispatch).await;
            let issue = self.step(|cast| &cast.handler, back.clone()).await;
            assert_eq!(issue["returns"], n);
            assert_eq!(issue["state"], if n < 3 { "filed" } else { "arbitration" });
        }
        let rule = json!({"action": "rule", "department": self.lead, "note": "裁定由你单位办理"});
        self.refused(|cast| &cast.dispatcher, rule.clone(), "forbidden").await;
        self.step(|cast| &cast.supervisor, rule).await;
        // A ruling binds.
        self.refused(|cast| &cast.handler, back, "action_not_allowed").await;
        let issue = self.step(|cast| &cast.handler, json!({"action": "accept"})).await;
        assert_eq!(issue["state"], "handling");
    }

    /// Suspended to a day on which it goes on by itself; what is due moves by as much.
    pub async fn suspend_until(&mut self, day: &str, after: &str) {
        let before = self.issue().await["clocks"]["total"]["left_minutes"].clone();
        let asked = json!({"action": "request_suspension", "until": day, "note": "等待材料到货"});
        self.step(|cast| &cast.handler, asked).await;
        let suspend = json!({"action": "suspend", "until": day, "note": "同意，材料到货即恢复"});
        self.refused(|cast| &cast.handler, suspend.clone(), "forbidden").await;
        let issue = self.step(|cast| &cast.supervisor, suspend).await;
        assert_eq!(issue["state"], "suspended");
        assert_eq!(issue["clocks"]["total"]["phase"], "paused");
        assert_eq!(issue["clocks"]["total"]["due_at"], Value::Null);
        self.at(after);
        let issue = self.attend().await;
        assert_eq!(issue["state"], "handling", "it goes on by itself");
        let left = issue["clocks"]["total"]["left_minutes"].as_i64().expect("a limit");
        // The minutes before the steps are all that it cost.
        assert!(before.as_i64().expect("a limit") - left <= 10, "{before} {left}");
    }

    /// One limit more.
    pub async fn extend(&mut self) {
        let asked = json!({"action": "request_extension", "note": "配件需定制"});
        self.step(|cast| &cast.handler, asked).await;
        let extend = json!({"action": "extend", "note": "同意延期一次"});
        self.refused(|cast| &cast.handler, extend.clone(), "forbidden").await;
        let issue = self.step(|cast| &cast.supervisor, extend).await;
        assert_eq!(
            (&issue["clocks"]["total"]["grants"], &issue["extensions"]),
            (&json!(2), &json!(1))
        );
    }

    /// The work is done, with a photo of how it looks now.
    pub async fn submit_with_photo(&mut self, note: &str) -> Value {
        let photo = jpeg(9);
        let parts: &[(&str, &str, &[u8])] =
            &[("purpose", "", b"after"), ("photo", "image/jpeg", &photo)];
        let upload = form(&format!("/api/v1/issues/{}/photos", self.id), parts);
        let kept = self.world.send(upload.by(&self.cast.handler)).await.ok(201).json();
        let submit = json!({"action": "submit", "outcome": "remedied", "note": note,
            "photo_ids": [kept["items"][0]["id"]]});
        self.step(|cast| &cast.handler, submit).await
    }

    /// What happened since the last time, and how the clocks stand now.
    async fn tell(&mut self) -> Value {
        self.tell_events().await;
        let issue = self.issue().await;
        let clocks = &issue["clocks"];
        let mut lines = [String::new(), String::new()];
        for (i, line) in lines.iter_mut().enumerate() {
            let due = |clock: &Value| clock["due_at"].as_str().map_or("-".to_owned(), local);
            let (total, stage) = (&clocks["total"], &clocks["stage"]);
            let words = [["总时限", "limit"][i], ["到期", "due"][i]];
            if !total.is_null() {
                let text = |name: &str| total[name].as_str().unwrap_or("-").to_owned();
                let (phase, light) = (text("phase"), text("light"));
                let sure = ["", " (provisional)"][usize::from(total["provisional"] == true)];
                let limit = total["limit"]["text"][LANGUAGES[i]].as_str().unwrap_or("-");
                *line = format!(
                    "    {} {limit} {} {}{sure} {phase} {light}",
                    words[0],
                    words[1],
                    due(total)
                );
            }
            if !stage.is_null() {
                let name = stage["name"][LANGUAGES[i]].as_str().expect("a name");
                let phase = stage["phase"].as_str().expect("a phase");
                write!(line, "    {name} {} {} {phase}", words[1], due(stage)).expect("it grows");
            }
        }
        if !lines[0].is_empty() {
            self.say(&lines);
        }
        issue
    }

    async fn tell_events(&mut self) {
        let log = crate::kinds::events(&self.world, &self.cast.supervisor, &self.id).await;
        for event in &log[self.told..] {
            let at = local(event["at"].as_str().expect("an instant"));
            let state = event["to"].as_str().expect("a state");
            let note = event["note"].as_str().map_or(String::new(), |note| format!("：{note}"));
            let names = both(&event["action_name"]);
            self.say(&names.map(|name| format!("{at} {name} → {state}{note}")));
        }
        self.told = log.len();
    }

    /// Nothing is amiss in the log, the counters and the due times, and the story is the one that
    /// is kept. `HEXWARD_WRITE_STORIES=1` keeps this one instead.
    pub async fn end(self, name: &str) {
        let ctx = &self.world.ctx;
        let audit = verify_audit(ctx, |_| {}).await.expect("it is read");
        assert_eq!((audit.faulty, audit.faults), (0, vec![]));
        assert_eq!(verify_metrics(ctx).await.expect("it is read").differing, 0);
        let clocks = verify_clocks(ctx).await.expect("it is read");
        assert_eq!((clocks.wrong, clocks.faults), (0, vec![]));
        for (lang, told) in LANGUAGES.iter().zip(&self.texts) {
            let file = format!("tests/fixtures/stories/{name}.{lang}.txt");
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
            if std::env::var_os("HEXWARD_WRITE_STORIES").is_some() {
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                std::fs::write(&path, told).expect("it is written");
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(*told, kept, "{file} tells another story");
        }
    }
}

/// A report of a filing condition.
pub fn report_under(condition: &str, text: &str) -> Value {
    let (category, _) = condition.rsplit_once('-').expect("a condition of a category");
    let mut body = report_of(category, crate::api::IN_EAST, text);
    body["condition_code"] = json!(condition);
    body["contact"] = json!({"name": "王五", "phone": "13812345678"});
    body
}

/// The reporter was asked, and said this.
pub fn revisit(verdict: &str, satisfaction: &str) -> Value {
    json!({"action": "revisit", "reach": "valid", "verdict": verdict,
        "satisfaction": satisfaction, "note": "电话回访"})
}
