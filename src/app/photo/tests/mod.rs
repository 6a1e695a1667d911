//! Photos made byte by byte, and what becomes of them.

mod made;
mod process;
mod store;
