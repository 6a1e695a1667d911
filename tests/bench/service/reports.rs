//! Reports as residents of the demo's district send them; the same in every run.

use super::client::Client;
use anyhow::ensure;
use std::net::SocketAddr;

/// Places over the demo's district, in an order that leaps.
fn place(n: u64) -> (f64, f64) {
    let leap = |odd: u64| (n.wrapping_mul(odd) >> 11) as f64 / (1_u64 << 53) as f64;
    (113.66 + 0.10 * leap(0x9e37_79b9_7f4a_7c15), 34.75 + 0.10 * leap(0xd1b5_4a32_d192_ed03))
}

/// What can be reported.
#[derive(Clone, Debug)]
pub struct Reports {
    categories: Vec<String>,
    /// Longitude and latitude of the middle of the territory.
    center: (f64, f64),
}

impl Reports {
    /// The categories of a server that anyone may report under without a name.
    ///
    /// # Errors
    /// It does not tell them.
    pub async fn of(address: SocketAddr) -> anyhow::Result<Self> {
        let mut client = Client::open(address).await?;
        let instance = client.get("/api/v1/instance").await?;
        let instance: serde_json::Value = serde_json::from_slice(&instance.body)?;
        let side = |n: usize| instance["center"][n].as_f64().unwrap_or_default();
        let center = (side(0), side(1));
        let answer = client.get("/api/v1/categories").await?;
        let told: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let all = told.as_array().or_else(|| told["items"].as_array()).cloned().unwrap_or_default();
        let open = all.iter().filter(|one| one["anonymous_allowed"] == true);
        let hazards = open.filter(|one| one["kind"] == "hazard");
        let mut categories: Vec<String> =
            hazards.filter_map(|one| Some(one["code"].as_str()?.to_owned())).collect();
        categories.sort_unstable();
        ensure!(!categories.is_empty(), "there is nothing to report: {}", answer.status);
        Ok(Self { categories, center })
    }

    /// The body of the report of a number.
    pub fn body(&self, n: u64) -> String {
        self.body_at(n, place(n))
    }

    /// As [`Reports::body`], in the middle of the territory, where every leader of it sees it.
    pub fn body_inside(&self, n: u64) -> String {
        let (lon, lat) = self.center;
        self.body_at(n, (lon + n as f64 * 1e-5, lat))
    }

    /// A small box around those: `west,south,east,north`.
    pub fn bounds_inside(&self) -> String {
        let (lon, lat) = self.center;
        format!("{:.4},{:.4},{:.4},{:.4}", lon - 2e-4, lat - 2e-4, lon + 1e-3, lat + 2e-4)
    }

    fn body_at(&self, n: u64, (lon, lat): (f64, f64)) -> String {
        let category = &self.categories[(n % self.categories.len() as u64) as usize];
        format!(
            r#"{{"category_code":"{category}","text":"第{n}号测试上报：路面有破损，行人绕行",
            "position":[{lon:.6},{lat:.6}],"accuracy_m":12}}"#
        )
    }
}
