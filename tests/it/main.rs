//! The integration tests, as one binary: it links once.

mod api;
mod api_view;
mod backup;
mod clocks;
mod contract;
mod demo;
mod demo_pack;
mod formats;
mod fuzz;
mod import_issues;
mod kinds;
mod learning;
mod left_out;
mod nasty;
mod openapi;
mod readme;
mod refold;
mod stories;
mod story;
mod support;
mod tidy;
mod truth;
