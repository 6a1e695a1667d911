//! The demo pack of Jinshui: it is what the generator makes, its areas tile the district exactly,
//! and everybody in it stands where the tables say.

use hexward::demo::pack;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("geodata/jinshui")
}

#[test]
fn the_checked_in_files_are_what_the_generator_makes() {
    for file in pack::generate().expect("the pack is generated") {
        let path = folder().join(file.name);
        if std::env::var_os("HEXWARD_UPDATE").is_some() {
            std::fs::write(&path, &file.bytes).expect("the file is written");
        }
        let found = std::fs::read(&path).unwrap_or_default();
        assert!(
            found == file.bytes,
            "geodata/jinshui/{} is stale; run: HEXWARD_UPDATE=1 cargo test --test it demo_pack",
            file.name
        );
    }
}
