//! The `hexward` command.

use std::panic;
use std::process::{self, ExitCode};

use clap::Parser;
use hexward::cli::Cli;

/// A report is many small texts that live briefly, made by one thread and dropped by another.
/// SQLite takes its memory from here, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    end_quietly_when_nobody_reads();
    Cli::parse().run()
}

/// Whoever reads the output may have seen enough, as with `| head`: that is no fault of ours.
/// `println!` panics then, and has no other way to say so.
fn end_quietly_when_nobody_reads() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to stdout") && text.contains("os error 32") {
            process::exit(0);
        }
        usual(info);
    }));
}
