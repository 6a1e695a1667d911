//! Which step takes another one back. The log keeps both: nothing is rewritten.

use super::Action;

/// The actions that `action` takes back, as the workflow has them (DOMAIN.md §4): a merge is
/// reversible, what was suspended is resumed, what was published is withdrawn. A closing is not
/// taken back by reopening, which counts as a round of its own.
pub const fn undone_by(action: Action) -> &'static [Action] {
    match action {
        Action::Unmerge => &[Action::Merge],
        Action::Resume => &[Action::Suspend],
        Action::Withdraw => &[Action::PublishAnswer, Action::PublishWish],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::super::{To, rows};
    use super::*;
    use crate::domain::issue::state::State;

    #[test]
    fn what_takes_a_step_back_leads_where_the_step_began_and_asks_for_nothing() {
        let mut pairs = 0;
        for back in rows() {
            assert!(undone_by(back.action).is_empty() || back.required.is_empty());
            for action in undone_by(back.action) {
                for row in rows().filter(|row| row.action == *action) {
                    pairs += 1;
                    match (row.to, back.to) {
                        (To::State(State::Merged), To::BeforeMerge) | (To::Same, To::Same) => {}
                        (To::State(to), To::State(from)) => {
                            assert_eq!(back.from, [to], "{action}");
                            assert_eq!(row.from, [from], "{action}");
                        }
                        other => panic!("{action}: {other:?}"),
                    }
                }
            }
        }
        assert_eq!(pairs, 4);
    }
}
