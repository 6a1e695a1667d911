//! Reports as residents of the demo's district send them; the same in every run.

/// Categories that anyone may report under without a name.
const CATEGORIES: [&str; 6] =
    ["sj-02-01", "sj-01-10", "bj-02-17", "sj-02-13", "bj-01-01", "sj-01-13"];

/// Places over the demo's district, in an order that leaps.
fn place(n: u64) -> (f64, f64) {
    let leap = |odd: u64| (n.wrapping_mul(odd) >> 11) as f64 / (1_u64 << 53) as f64;
    (113.66 + 0.10 * leap(0x9e37_79b9_7f4a_7c15), 34.75 + 0.10 * leap(0xd1b5_4a32_d192_ed03))
}

/// The body of the report of a number.
pub fn report_of(n: u64) -> String {
    let (lon, lat) = place(n);
    let category = CATEGORIES[(n % CATEGORIES.len() as u64) as usize];
    format!(
        r#"{{"category_code":"{category}","text":"第{n}号测试上报：路面有破损，行人绕行",
        "position":[{lon:.6},{lat:.6}],"accuracy_m":12}}"#
    )
}
