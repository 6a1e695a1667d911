//! Keys change: what an old key sealed is sealed anew, and what was never sealed is sealed.

use super::{Office, put, read};
use crate::api::{DISPUTE, IN_EAST, World, get, post, report_of, send_to};
use crate::support::check;
use hexward::app::error::AppError;
use hexward::app::seal::{Seals, new_key, rotate};
use serde_json::json;

const OLD: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn rotation_seals_everything_anew_and_the_old_key_can_go() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let mut ids = Vec::new();
        for n in 0..5 {
            let mut body = report_of(DISPUTE, IN_EAST, &format!("争吵 {n}"));
            body["contact"] = json!({"name": "王五", "phone": "1"});
            body["address"] = json!(format!("花园路 {n} 号"));
            let (id, _) = world.report("", &body).await;
            office.bring_to_handling(&world, &id).await;
            let record = json!({"parties": [{"name": format!("张三 {n}")}]});
            put(&world, &office.handler, &id, "parties", &record).await.ok(200);
            ids.push(id);
        }
        // One text from before there were keys.
        let plain = format!("UPDATE issue SET text = '从前的话' WHERE id = '{}'", ids[0]);
        assert_eq!(fixture.raw.execute(&plain).await, Ok(1));

        let new = new_key("new").unwrap();
        let (both, _) = world.node_with(Seals::parse(&format!("{new},{OLD}")).unwrap()).await;
        let rotated = rotate(&both, |_| {}).await.unwrap();
        assert_eq!((rotated.resealed, rotated.closed.len()), (25, 0));
        assert_eq!(rotate(&both, |_| {}).await.unwrap().resealed, 0, "nothing is left to do");
        let left = "SELECT COUNT(*) FROM (SELECT body FROM sealed UNION ALL SELECT text FROM issue \
                    UNION ALL SELECT address FROM issue) AS texts \
                    WHERE body NOT LIKE 'sealed:1:new:%'";
        assert_eq!(fixture.raw.number(left).await, 0);

        let (_, app) = world.node_with(Seals::parse(&new).unwrap()).await;
        let path = format!("/api/v1/issues/{}", ids[0]);
        let shown = send_to(&app, get(&path).by(&office.supervisor)).await.ok(200).json();
        assert_eq!(
            (&shown["text"], &shown["address"]),
            (&json!("从前的话"), &json!("花园路 0 号"))
        );
        let path = format!("/api/v1/issues/{}/parties/read", ids[3]);
        let body = json!({"reason": "核对"});
        let told = send_to(&app, post(&path, &body).by(&office.supervisor)).await.ok(200).json();
        assert_eq!(told["parties"][0]["name"], "张三 3");
        // Whoever still has the old key alone is told which one is lacking.
        let told = read(&world, &office.supervisor, &ids[3], "核对").await;
        assert!(told.problem(409, "no_seal_key")["detail"].as_str().unwrap().contains("new"));
    });
}

#[test]
fn rotation_names_what_does_not_open_and_does_the_rest() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let mut ids = Vec::new();
        for n in 0..3 {
            let mut body = report_of(DISPUTE, IN_EAST, &format!("争吵 {n}"));
            body["contact"] = json!({"name": "王五", "phone": "1"});
            let (id, _) = world.report("", &body).await;
            office.bring_to_handling(&world, &id).await;
            ids.push(id);
        }
        let broken =
            format!("UPDATE issue SET text = 'sealed:1:test:AAAA' WHERE id = '{}'", ids[1]);
        assert_eq!(fixture.raw.execute(&broken).await, Ok(1));
        let ring = format!("{},{OLD}", new_key("new").unwrap());
        let (both, _) = world.node_with(Seals::parse(&ring).unwrap()).await;
        let rotated = rotate(&both, |_| {}).await.unwrap();
        assert_eq!(rotated.resealed, 8);
        assert_eq!(rotated.closed.into_iter().collect::<Vec<_>>(), [format!("{} text", ids[1])]);
        let (none, _) = world.node_with(Seals::default()).await;
        assert!(matches!(rotate(&none, |_| {}).await, Err(AppError::NoSealKey(_))));
    });
}
