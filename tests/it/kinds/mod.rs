//! What each kind has of its own (DOMAIN.md §3 and §8), through the HTTP surface on both engines.

mod coarse;
mod dispute;
mod hazard;
mod notices;
mod opinion;
mod receipt;
mod retention;
mod rotation;
mod sealed;

use crate::api::{World, post};
use hexward::domain::access::Role;
use serde_json::{Value, json};

/// The desk, and the department that leads.
pub struct Office {
    pub supervisor: String,
    pub acceptor: String,
    pub handler: String,
}

/// The department of these tests.
pub const LEAD: &str = "js-zz";

impl Office {
    pub async fn of(world: &World) -> Self {
        Self {
            supervisor: world.user(Role::DutySupervisor, None, None).await,
            acceptor: world.user(Role::Acceptor, None, None).await,
            handler: world.user(Role::Handler, None, Some(LEAD)).await,
        }
    }

    /// Files and dispatches, up to where the department works.
    pub async fn bring_to_handling(&self, world: &World, id: &str) {
        act(world, &self.supervisor, id, json!({"action": "file"})).await;
        let dispatch = json!({"action": "dispatch", "department": LEAD});
        act(world, &self.supervisor, id, dispatch).await;
        act(world, &self.handler, id, json!({"action": "accept"})).await;
    }
}

/// Takes an action that succeeds, and gives the issue after it.
pub async fn act(world: &World, token: &str, id: &str, body: Value) -> Value {
    world.act(token, id, &body).await.ok(200).json()
}

/// Sends a body with the version that is there now.
pub async fn put(
    world: &World,
    token: &str,
    id: &str,
    part: &str,
    body: &Value,
) -> crate::api::Reply {
    let path = format!("/api/v1/issues/{id}");
    let seen = world.send(crate::api::get(&path).by(token)).await.ok(200);
    let tag = seen.header("etag").to_owned();
    let call = crate::api::call("PUT", &format!("{path}/{part}")).json(body).by(token);
    world.send(call.header("if-match", tag)).await
}

/// Asks for the sealed record.
pub async fn read(world: &World, token: &str, id: &str, reason: &str) -> crate::api::Reply {
    let path = format!("/api/v1/issues/{id}/parties/read");
    world.send(post(&path, &json!({"reason": reason})).by(token)).await
}

/// The log of an issue.
pub async fn events(world: &World, token: &str, id: &str) -> Vec<Value> {
    let path = format!("/api/v1/issues/{id}/events");
    let log = world.send(crate::api::get(&path).by(token)).await.ok(200).json();
    log["items"].as_array().expect("items").clone()
}
