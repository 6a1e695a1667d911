//! Hexward (网格哨): grid governance on a map. A position becomes a routed issue with a clock;
//! the outcome becomes a rate. ARCHITECTURE.md draws the layers; `domain` decides, the rest acts.

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod feed;
pub mod format;
pub mod http;
pub mod jobs;
pub mod store;
