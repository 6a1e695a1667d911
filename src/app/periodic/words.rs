//! Names of states, kinds and severities, and the scale of the map, as reports print them.

use crate::app::error::{Say, say};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::State;

pub fn kind_name(kind: Kind) -> Say {
    match kind {
        Kind::Hazard => say("隐患", "Hazard"),
        Kind::Dispute => say("矛盾纠纷", "Dispute"),
        Kind::Opinion => say("社情民意", "Opinion"),
    }
}

pub fn severity_name(severity: Severity) -> Say {
    match severity {
        Severity::General => say("一般", "General"),
        Severity::Major => say("重大", "Major"),
    }
}

pub fn state_name(state: State) -> Say {
    match state {
        State::Reported => say("已上报", "Reported"),
        State::Verifying => say("核实中", "Verifying"),
        State::Filed => say("待派遣", "Filed"),
        State::Dispatched => say("待签收", "Dispatched"),
        State::Handling => say("处置中", "Handling"),
        State::Suspended => say("挂账", "Suspended"),
        State::Arbitration => say("待裁定", "Arbitration"),
        State::Handled => say("已处置", "Handled"),
        State::Inspecting => say("核查中", "Inspecting"),
        State::SelfHandled => say("自行处置", "Settled on the spot"),
        State::Closed => say("已结案", "Closed"),
        State::Rejected => say("不予受理", "Rejected"),
        State::Merged => say("已并案", "Merged"),
    }
}

/// The fixed scale of the closing rate: upper bounds of all classes but the last, and the colours
/// from low to high (ColorBrewer's RdYlBu). The map of the web has the same, which a test compares.
pub const CLOSING_BREAKS: [f64; 4] = [0.6, 0.75, 0.85, 0.95];
pub const CLOSING_COLORS: [&str; 5] = ["#c2272d", "#f28d52", "#fbe7a1", "#9ccbe3", "#2c6fb0"];
/// Below the first number of issues a value is drawn weakest, below the second weaker.
pub const N_TINY: i64 = 5;
pub const N_SMALL: i64 = 20;

/// The class of a closing rate. A value on a bound belongs to the class above.
pub fn class_of(rate: f64) -> usize {
    CLOSING_BREAKS.iter().filter(|bound| rate >= **bound).count()
}

/// How strongly a rate over `n` issues is drawn, 0 to 1.
pub fn strength_of(n: i64) -> f32 {
    match n {
        n if n < N_TINY => 0.3,
        n if n < N_SMALL => 0.58,
        _ => 0.86,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_scale_is_that_of_the_web() {
        let web = include_str!("../../../web/src/map/scales.ts");
        let colors = CLOSING_COLORS.map(|color| format!("'{color}'")).join(", ");
        assert!(web.contains(&format!("BAD_TO_GOOD = [{colors}]")), "{colors}");
        let breaks = CLOSING_BREAKS.map(|bound| bound.to_string()).join(", ");
        let line = format!("closing_rate: {{ breaks: [{breaks}], colors: BAD_TO_GOOD");
        assert!(web.contains(&line), "{line}");
        assert!(web.contains(&format!("N_TINY = {N_TINY}")));
        assert!(web.contains(&format!("N_SMALL = {N_SMALL}")));
    }

    #[test]
    fn a_value_on_a_bound_belongs_to_the_class_above() {
        for (rate, class) in [(0.0, 0), (0.599, 0), (0.6, 1), (0.94, 3), (0.95, 4), (1.0, 4)] {
            assert_eq!(class_of(rate), class, "{rate}");
        }
    }
}
