//! Issues: what is reported, the workflow that moves it, and the log of what happened.

pub mod alarm;
pub mod care;
pub mod clock;
pub mod confided;
pub mod dossier;
pub mod event;
pub mod evidence;
pub mod kind;
pub mod likeness;
pub mod notice;
pub mod party;
pub mod record;
pub mod state;
pub mod step;
pub mod supervision;
pub mod told;
pub mod workflow;
