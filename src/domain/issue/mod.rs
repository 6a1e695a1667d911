//! Issues: what is reported, the workflow that moves it, and the log of what happened.

pub mod clock;
pub mod event;
pub mod kind;
pub mod likeness;
pub mod notice;
pub mod record;
pub mod state;
pub mod step;
pub mod workflow;
