//! The fuzzer: libFuzzer around one target, which HEXWARD_FUZZ names.
#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

use std::sync::OnceLock;

static RUN: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let wanted = std::env::var("HEXWARD_FUZZ").unwrap_or_default();
        let found = targets::TARGETS.iter().find(|(name, _)| *name == wanted);
        let (name, run) = found.expect("HEXWARD_FUZZ names none of the targets");
        RUN.get_or_init(|| *run);
        if ["forms", "tiles"].contains(name) {
            // The server answers for what panics in it: with a fault, which the target tells, or,
            // for a photo that breaks its decoder, with a refusal.
            std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
        }
    },
    |data: &[u8]| RUN.get().expect("a target")(data)
);
