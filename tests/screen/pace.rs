//! How often data alone make a frame: at most ten times a second, three times over a network.

use std::time::{Duration, Instant};

use crate::session::{LONG, Setup, wait_until};

/// What a frame begins with.
const FRAME: &[u8] = b"\x1b[?2026h";

/// Frames behind the first `from` bytes.
pub(crate) fn frames(bytes: &[u8]) -> usize {
    bytes.windows(FRAME.len()).filter(|part| *part == FRAME).count()
}

/// Asserts that `count` frames of a sweep that trains take at least `least`.
fn takes_at_least(setup: Setup, count: usize, least: Duration) {
    let mut session = setup.sets(&LONG).start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    // The first of them may come at once.
    let (from, begun) = (session.written(), Instant::now());
    wait_until("frames", || session.read(from, frames) > count);
    assert!(begun.elapsed() >= least, "{count} frames within {:?}", begun.elapsed());
}

#[test]
fn data_draw_ten_frames_a_second_and_three_over_ssh() {
    // A little less than two seconds: a frame is read a moment after it was drawn.
    let least = Duration::from_millis(1_950);
    takes_at_least(Setup::new(), 20, least);
    let remote =
        Setup::new().variable("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22").variable("COLORTERM", "");
    takes_at_least(remote, 6, least);
}
