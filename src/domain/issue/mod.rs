//! Issues: what is reported, the workflow that moves it, and the log of what happened.

pub mod kind;
