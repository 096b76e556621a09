//! Charts as pictures, in terminals that the tests play: asked for by a key, sent once, and gone wherever they would be in
//! the way.

use std::io::Cursor;
use std::time::{Duration, Instant};

use crate::session::{ENTER_ALTERNATE_SCREEN, ESC, LEAVE_ALTERNATE_SCREEN, LONG, Session, Setup, wait_until};

/// What the program asks first and last.
const FIRST_QUESTION: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
const LAST_QUESTION: &str = "\x1b[c";
/// A terminal with Kitty's protocol and cells of 10 × 20 pixels, and one that shows sixels in cells of 8 × 16.
const KITTY: &str = "\x1b_Gi=31;OK\x1b\\\x1b]1337;Capabilities=T2F\x1b\\\x1b[6;20;10t\x1b[?62;4c";
const SIXEL: &str = "\x1b[6;16;8t\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;4;22c";
/// Concat's colour on a dark background.
const CONCAT: [u8; 4] = [86, 180, 233, 255];

/// A picture of Kitty's protocol.
struct Picture {
    number: u32,
    columns: u32,
    rows: u32,
    png: Vec<u8>,
    /// Bytes of its sequences.
    bytes: usize,
}

/// What was done to Kitty's pictures.
enum Done {
    Put(Picture),
    Taken(u32),
}

fn key(keys: &str, name: &str) -> Option<u32> {
    keys.split(',').find_map(|key| key.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// All of it, in order; a picture of which pieces are missing is left out.
fn done(bytes: &[u8]) -> Vec<Done> {
    let text = String::from_utf8_lossy(bytes);
    let (mut all, mut data, mut begun) = (Vec::new(), String::new(), None);
    for part in text.split("\x1b_G").skip(1) {
        let Some((command, _)) = part.split_once("\x1b\\") else { continue };
        let (keys, piece) = command.split_once(';').unwrap_or((command, ""));
        let more = key(keys, "m");
        if keys.contains("a=d") {
            assert!(keys.contains("d=I") && keys.contains("q=2"), "{keys}");
            all.extend(key(keys, "i").map(Done::Taken));
        } else if keys.contains("a=T") {
            assert!(keys.contains("f=100") && keys.contains("C=1") && keys.contains("q=2"), "{keys}");
            (begun, data) = (Some((keys.to_owned(), 0)), String::new());
        }
        if let (Some((keys, bytes)), Some(more)) = (&mut begun, more) {
            data.push_str(piece);
            *bytes += command.len() + 5;
            if more == 0 {
                let of = |name| key(keys, name).unwrap();
                let (number, columns, rows) = (of("i"), of("c"), of("r"));
                all.push(Done::Put(Picture {
                    number,
                    columns,
                    rows,
                    png: from_base64(&data),
                    bytes: *bytes,
                }));
                begun = None;
            }
        }
    }
    all
}

fn pictures(bytes: &[u8]) -> Vec<Picture> {
    let put = |done| if let Done::Put(picture) = done { Some(picture) } else { None };
    done(bytes).into_iter().filter_map(put).collect()
}

/// The numbers of the pictures that are on the screen after all of it.
fn left(bytes: &[u8]) -> Vec<u32> {
    done(bytes).iter().fold(Vec::new(), |mut left, done| {
        let (number, is_put) = match done {
            Done::Put(picture) => (picture.number, true),
            Done::Taken(number) => (*number, false),
        };
        left.retain(|&other| other != number);
        left.extend(is_put.then_some(number));
        left
    })
}

fn from_base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |letter: u8| LETTERS.iter().position(|&known| known == letter).unwrap() as u32;
    let digits: Vec<u32> = text.trim_end_matches('=').bytes().map(value).collect();
    let group = |group: &[u32]| {
        let word = group.iter().enumerate().fold(0, |word, (place, digit)| word | digit << (18 - 6 * place));
        word.to_be_bytes()[1..group.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}

/// Its width, height and pixels.
fn decoded(png: &[u8]) -> (u32, u32, Vec<[u8; 4]>) {
    let mut decoder = png::Decoder::new(Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels.chunks(4).map(|pixel| pixel.try_into().unwrap()).collect())
}

/// The small study, finished, with accuracy against train rows on the screen.
fn charted(setup: Setup) -> Session {
    let mut session = setup.start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["· finished ·"]);
    session.press("2");
    session.see(&["best epoch, log axis", "t task"]);
    session
}

/// Presses the key for pictures, and answers as `terminal`, in two pieces.
fn switch_on(session: &mut Session, terminal: &str) {
    session.press("f");
    session.until_written(FIRST_QUESTION);
    session.until_written(LAST_QUESTION);
    let (one, other) = terminal.split_at(terminal.len() / 2);
    session.press(one);
    session.press(other);
}

#[track_caller]
fn until_pictures(session: &Session, count: usize) {
    wait_until(&format!("picture {count}"), || session.read(0, |bytes| pictures(bytes).len()) >= count);
}

#[test]
fn a_terminal_with_kittys_protocol_gets_a_picture_of_the_plot() {
    let mut session = charted(Setup::new());
    assert!(
        !session.read(0, |bytes| String::from_utf8_lossy(bytes).contains("\x1b_G")),
        "asked before the key"
    );
    switch_on(&mut session, KITTY);
    until_pictures(&session, 1);
    session.see(&["pixels on, by Kitty graphics"]);
    let sent = session.read(0, pictures);
    let (width, height, pixels) = decoded(&sent[0].png);
    assert_eq!((sent.len(), width, height), (1, sent[0].columns * 10, sent[0].rows * 20));
    assert!(pixels.iter().filter(|&&pixel| pixel == CONCAT).count() > 500);
    assert!(
        pixels.iter().filter(|pixel| pixel[3] == 0).count() * 10 > pixels.len(),
        "the rest lets the screen through"
    );
    // The axes are characters, and nothing is left of the lines of characters.
    let screen = session.text();
    assert!(screen.contains('┤') && screen.contains('└'), "{screen}");
    let is_dots = |letter: char| ('\u{2801}'..='\u{28ff}').contains(&letter);
    assert!(!screen.contains(is_dots), "{screen}");

    // Below a box there is none; then it is there again.
    session.press("?");
    session.see(&["Esc close"]);
    wait_until("its end", || session.read(0, left).is_empty());
    session.press(ESC);
    until_pictures(&session, 2);
    session.see_no("Esc close");

    // Another size, and another place.
    session.resize(100, 30);
    until_pictures(&session, 3);
    let smaller = session.read(0, pictures).pop().unwrap();
    assert!(smaller.columns < sent[0].columns && smaller.rows < sent[0].rows);
    assert_eq!(session.read(0, left).len(), 1);

    // Ctrl-Z: the shell's screen has none.
    let from = session.written();
    session.press("\x1a");
    session.until_taken(2);
    until_pictures(&session, 4);
    session.read(from, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (away, back) = text.split_once(LEAVE_ALTERNATE_SCREEN).unwrap();
        assert!(away.contains("a=d") && back.contains(ENTER_ALTERNATE_SCREEN));
    });

    // Switched off, the lines are characters again.
    session.press("f");
    session.until("characters", |screen| screen.contents().contains(is_dots));
    wait_until("its end", || session.read(0, left).is_empty());
    session.press("f");
    until_pictures(&session, 5);
    session.press("q");
    let ended = session.end();
    assert_eq!(ended.status, 0, "{ended:?}");
    let (before, _) = ended.bytes.rsplit_once(LEAVE_ALTERNATE_SCREEN).unwrap();
    assert!(left(before.as_bytes()).is_empty(), "the program leaves no picture");
    assert_eq!(ended.bytes.matches(FIRST_QUESTION).count(), 1);
}

#[test]
fn a_terminal_that_answers_nothing_is_told_apart_and_nothing_is_sent() {
    let mut session = charted(Setup::new());
    let why = "this terminal shows no pictures: it answered none of Kitty graphics, iTerm2, Sixel";
    session.press("f");
    session.until_written(LAST_QUESTION);
    session.see(&[why]);
    // An answer about something else, with the key again.
    session.press("\x1b[?62;22c\x1b_Gi=31;ENOTSUPPORTED\x1b\\3");
    session.see_no(why);
    session.press("f");
    session.see(&[why]);
    session.read(0, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("a=T") && !text.contains("File=") && !text.contains("\x1bP0;1"));
        assert_eq!(text.matches(FIRST_QUESTION).count(), 1, "asked once");
    });
}

#[test]
fn a_terminal_with_sixels_gets_its_own_pixels_and_tmux_is_named() {
    let mut session = charted(Setup::new().variable("TMUX", "/tmp/tmux-0/default,1,0"));
    session.press("f");
    session.see(&["tmux shows no pictures", "outside of tmux the terminal may"]);
    session.press(SIXEL);
    session.press("3f");
    session.see(&["pixels on, by Sixel"]);
    session.press("2");
    session.until_written("\x1bP0;1;0q\"1;1;");
    let size = session.read(0, |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let size = text.rsplit_once("\x1bP0;1;0q\"1;1;").unwrap().1.split('#').next().unwrap().to_owned();
        size.split(';').map(|side| side.parse::<u32>().unwrap()).collect::<Vec<_>>()
    });
    let is_of_cells = size[0].is_multiple_of(8) && size[1].is_multiple_of(16);
    assert!(is_of_cells && size[0] > 200 && size[1] > 100, "{size:?}");
    session.press("f");
    session.until("characters", |screen| {
        screen.contents().contains(|letter| ('\u{2801}'..='\u{28ff}').contains(&letter))
    });
}

#[test]
fn over_ssh_pictures_of_data_wait_for_their_bytes() {
    let remote =
        Setup::new().variable("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22").sets(&LONG).size(100, 30);
    let mut session = remote.start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    switch_on(&mut session, KITTY);
    until_pictures(&session, 1);
    session.see(&["pixels on"]);
    let (first, begun) = (session.read(0, |bytes| pictures(bytes).len()), Instant::now());
    // All pictures of one frame are there.
    until_pictures(&session, first + 1);
    let sent = session.read(0, pictures);
    let (before, least) = (&sent[first - 1], Duration::from_secs_f64(sent[first - 1].bytes as f64 / 1_500.0));
    assert!(before.bytes > 1_000, "{}", before.bytes);
    // A little less: the first was read a moment after it was sent.
    assert!(begun.elapsed() + Duration::from_millis(500) >= least, "{:?} {least:?}", begun.elapsed());
}
