//! The README's pictures, taken from the program at the quick study. Redone by
//! `cargo test --test screen pictures -- --ignored`.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::session::Setup;
use crate::svg::svg;

/// The quick study with fewer rows: its largest size is 2,100.
const STUDY: [&str; 4] = ["--set", "run.device=cpu", "--set", "data.clip_like.samples=3000"];
/// Long enough for the quick study in an unoptimised build beside other work.
const WHOLE_STUDY: Duration = Duration::from_hours(1);

#[test]
#[ignore = "writes docs/*.svg and takes as long as the quick study"]
fn pictures() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    fs::create_dir_all(&docs).unwrap();
    let mut session = Setup::new().only(&STUDY).patience(WHOLE_STUDY).start();
    session.see(&["idle"]);
    session.press("s");
    // Half is done, and the curves of one of the paper's fusions are nearly whole.
    let screen = session.until("the middle of a sweep", |screen| {
        let text = screen.contents();
        number_before(&text, " %  ").is_some_and(|share| share >= 50)
            && text.contains("following  ▲ tensor")
            && number_before(&text, "/30 ─").is_some_and(|epoch| epoch >= 24)
    });
    fs::write(docs.join("screen.svg"), svg(&screen)).unwrap();
    session.see(&["· finished ·"]);
    session.press("2t");
    // Beyond the frame in which the view and the task change.
    session.see(&["Validation accuracy % against train rows", "synthetic task, best epoch"]);
    thread::sleep(Duration::from_millis(500));
    let screen = session.until("accuracy on the synthetic task", |screen| {
        let text = screen.contents();
        text.contains("axis") && text.lines().skip(3).any(|line| line.contains("synthetic"))
    });
    fs::write(docs.join("accuracy.svg"), svg(&screen)).unwrap();
    for picture in ["screen.svg", "accuracy.svg"] {
        let bytes = fs::metadata(docs.join(picture)).unwrap().len();
        assert!(bytes < 150_000, "{picture} has {bytes} bytes");
    }
}

/// The whole number that ends where `text` first has `mark`.
fn number_before(text: &str, mark: &str) -> Option<usize> {
    let before = text.split_once(mark)?.0;
    let digits = before.chars().rev().take_while(char::is_ascii_digit).count();
    before[before.len() - digits..].parse().ok()
}
