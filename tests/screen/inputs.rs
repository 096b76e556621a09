//! Keys that come at bad moments, the mouse, and the form before the start.

use crate::arrays::Pairs;
use crate::cli::Place;
use crate::session::{ESC, LONG, Session, Setup};

fn idle() -> Session {
    let session = Setup::new().sets(&LONG).start();
    session.see(&["idle", "s start"]);
    session
}

/// Waits until the view of that name is in sight: its title stands in the frame.
#[track_caller]
fn in_sight(session: &Session, title: &str) {
    session.see(&[title]);
}

const ACCURACY: &str = "accuracy % against train rows";
const MATRIX: &str = "mean validation accuracy %, best epoch";

#[test]
fn a_key_in_the_same_instant_as_a_resize_does_not_wait_for_the_next_one() {
    let mut session = idle();
    for turn in 0..40_u16 {
        session.resize(100 + turn, 40);
        session.press("2");
        in_sight(&session, ACCURACY);
        session.press("1");
        session.resize(100, 30 + turn % 7);
        in_sight(&session, MATRIX);
    }
}

#[test]
fn a_key_behind_a_long_paste_does_not_wait_for_the_next_one_and_the_paste_presses_nothing() {
    let mut session = idle();
    session.press(&format!("\x1b[200~{}\x1b[201~2", "sqX7".repeat(2_000)));
    in_sight(&session, ACCURACY);
    session.see(&["idle"]);
    assert!(!session.is_over());
}

#[test]
fn a_key_that_does_nothing_is_named() {
    let mut session = idle();
    session.press("w");
    session.see(&["no key ‹w›; ? shows the keys"]);
    // The next key that does something takes its place.
    session.press("2");
    in_sight(&session, ACCURACY);
    session.see_no("no key");
    session.press(",");
    session.see(&["‹,› does nothing here; ? shows the keys"]);
}

#[test]
fn the_mouse_is_the_terminals_until_m_and_given_back_at_the_end() {
    let mut session = idle();
    session.press("m");
    session.see(&["mouse on: it points and scrolls"]);
    let column = session.text().lines().nth(2).unwrap().find("Accuracy").unwrap();
    session.press(&format!("\x1b[<0;{};3M\x1b[<0;{0};3m", column + 1));
    in_sight(&session, ACCURACY);
    session.press("q");
    let left = session.end();
    let (on, off) = ("\x1b[?1000h", "\x1b[?1000l");
    assert_eq!(left.bytes.matches(on).count(), 1);
    assert!(left.bytes.rfind(off) > left.bytes.rfind(on), "the mouse is not given back");
}

#[test]
fn a_study_is_changed_before_its_start_with_the_files_own_checks() {
    let mut session = idle();
    session.see(&["0 of 24 configurations"]);
    session.press("E");
    session.see(&["Edit the study", "sweep.sizes"]);
    session.press("\t\t\t\t\t\t\t\x15[32, 0]");
    session.see(&["✗ sweep.sizes", "1 error: Enter goes to it"]);
    session.press("\r");
    session.see(&["Fix 1 error first"]);
    session.press("\x15[32]\r");
    session.see(&["idle", "0 of 6 configurations"]);
    session.press("E\t\t\t\t\t\t\t\x15[32, 100000]");
    session.see(&["✗ sweep.sizes", "280 rows"]);
    session.press(ESC);
    // A study that the machine refuses leaves the one that was.
    session.press("E\t\t\t\x15cuda:63\r");
    session.see(&["the study is unchanged", "0 of 6 configurations"]);
    // What was refused can be corrected, and is not typed again.
    session.press("E");
    session.see(&["Edit the study", "cuda:63"]);
    session.press(ESC);
    session.press("s");
    session.see(&["running, epoch "]);
    session.press("E");
    session.see(&["the run has begun"]);
    session.press(ESC);
    assert_eq!(session.events()[0]["header"]["sweep"]["sizes"], serde_json::json!([32]));
}

#[test]
fn another_data_set_is_pasted_chosen_from_checked_and_started() {
    let place = Place::new();
    std::fs::write(place.path("mine.npz"), Pairs::new(600, 8, 6).npz()).unwrap();
    let mut session = Setup::new().sets(&LONG).start_in(place);
    session.see(&["idle", "s start"]);
    session.press("E");
    session.see(&["Edit the study", "clip-like"]);
    session.press("\t\x15\x1b[200~mine.npz\nq\x1b[201~");
    session.see(&["mine.npz", "Enter looks at this data set"]);
    session.press("\r");
    session.see(&["data.text", "data.image", "data.label"]);
    session.press("\r");
    session.see(&["mine · idle", "6+6 wide"]);
    // The report comes while the screen goes on.
    session.press("d");
    session.see(&["Data", "FINDINGS", "source      mine.npz"]);
    session.press("G");
    session.see(&["LOGISTIC REGRESSION"]);
    session.press(ESC);
    session.press("s");
    session.see(&["running, epoch "]);
    let header = &session.events()[0]["header"];
    assert_eq!(header["config"]["data"]["source"], "mine.npz");
    assert_eq!(header["config"]["data"]["width"], 6, "products need one width");
}
