//! Makes sure that there is a web bundle to embed. The bundle is built by `make web`; this script
//! never calls npm, so that the crate builds and its tests pass without Node.

use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

const PAGE: &str = "web/dist/index.html";

/// Stands in the placeholder and in no built page.
const MARK: &str = "hexward-placeholder";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={PAGE}");
    let built = fs::read_to_string(PAGE).is_ok_and(|page| !page.contains(MARK));
    if built {
        return;
    }
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        eprintln!("A release embeds the web bundle, and {PAGE} is not built.");
        eprintln!("Remedy: run `make web` (needs Node), then build again.");
        std::process::exit(1);
    }
    if let Err(error) = write_placeholder() {
        eprintln!("cannot write the placeholder page {PAGE}: {error}");
        std::process::exit(1);
    }
}

/// Writes a page that says what is missing, dated 1970: older than every source, so that
/// `make web` replaces it.
fn write_placeholder() -> std::io::Result<()> {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"{MARK}\" content=\"true\">\n<title>Hexward</title>\n\
         <p>The web side is not built. Run <code>make web</code> and load this page again.</p>\n\
         <p>网页端尚未构建。请运行 <code>make web</code>，然后刷新本页。</p>\n</html>\n"
    );
    if let Some(folder) = Path::new(PAGE).parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(PAGE, page)?;
    File::options().write(true).open(PAGE)?.set_modified(SystemTime::UNIX_EPOCH)
}
