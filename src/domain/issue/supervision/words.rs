//! The words of supervision: what is asked, judged, said and appealed against.

use crate::domain::issue::state::named;

named! {
    /// What the handler of the lead may ask of the supervisor.
    Ask {
        Extension = "extension",
        Suspension = "suspension",
    }
}

named! {
    /// Where a summoned department stands in a whistle.
    Standing {
        Summoned = "summoned",
        Arrived = "arrived",
        /// It reported in when the time had passed.
        ArrivedLate = "arrived_late",
        OnTime = "on_time",
        Late = "late",
        Absent = "absent",
    }
}

named! {
    /// The street's judgement of an arrival.
    Judgement {
        OnTime = "on_time",
        Late = "late",
        Absent = "absent",
    }
}

named! {
    /// Whether a revisit reached the reporter.
    Reach {
        Valid = "valid",
        NotReached = "not_reached",
    }
}

named! {
    /// Whether it is resolved, in the reporter's word.
    Verdict {
        Resolved = "resolved",
        Partly = "partly",
        NotResolved = "not_resolved",
    }
}

named! {
    /// How satisfied the reporter is, in the five grades of the revisit.
    Satisfaction {
        Satisfied = "satisfied",
        FairlySatisfied = "fairly_satisfied",
        Neutral = "neutral",
        Unsatisfied = "unsatisfied",
        VeryUnsatisfied = "very_unsatisfied",
    }
}

named! {
    /// What an appeal is against.
    Ground {
        /// The budget of returns is used up.
        ReturnBudget = "return_budget",
        Overdue = "overdue",
        FailedInspection = "failed_inspection",
        LowRating = "low_rating",
    }
}

named! {
    AppealState {
        Open = "open",
        Upheld = "upheld",
        Dismissed = "dismissed",
    }
}

named! {
    /// What a worker is asked to go and see.
    TaskKind {
        /// 核实: the check before filing.
        Verification = "verification",
        /// 核查: the check before closing.
        Inspection = "inspection",
    }
}

impl Standing {
    pub const fn is_judged(self) -> bool {
        matches!(self, Standing::OnTime | Standing::Late | Standing::Absent)
    }

    /// Whether it reported in and is not judged yet.
    pub const fn has_arrived(self) -> bool {
        matches!(self, Standing::Arrived | Standing::ArrivedLate)
    }
}

impl From<Judgement> for Standing {
    fn from(judgement: Judgement) -> Self {
        match judgement {
            Judgement::OnTime => Standing::OnTime,
            Judgement::Late => Standing::Late,
            Judgement::Absent => Standing::Absent,
        }
    }
}

impl Satisfaction {
    /// What the satisfaction rate counts as satisfied.
    pub const fn is_satisfied(self) -> bool {
        matches!(self, Satisfaction::Satisfied | Satisfaction::FairlySatisfied)
    }

    pub const fn is_low(self) -> bool {
        matches!(self, Satisfaction::Unsatisfied | Satisfaction::VeryUnsatisfied)
    }
}

named! {
    /// Why a task goes to the desk and to no worker.
    DeskReason {
        /// No worker is on duty now.
        NobodyOnDuty = "nobody_on_duty",
        /// Those on duty have no account, handled the issue, or passed the task on.
        NobodySuitable = "nobody_suitable",
    }
}
