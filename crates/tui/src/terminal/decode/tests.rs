//! Bytes of real terminals, whole and in pieces.

use super::*;

fn codes(presses: &[Press]) -> Vec<KeyCode> {
    let code = |press: &Press| match press {
        Press::Key(event) => event.code,
        Press::Mouse(..) | Press::Pasted(_) | Press::Background(_) | Press::Graphics(_) => KeyCode::Null,
    };
    presses.iter().map(code).collect()
}

fn decode(bytes: &[u8]) -> Vec<KeyCode> {
    codes(&Decoder::default().feed(bytes))
}

#[test]
fn keys_of_every_kind_of_terminal_are_known() {
    use KeyCode as K;
    let cases: [(&[u8], KeyCode); 24] = [
        (b"a", K::Char('a')),
        ("ß".as_bytes(), K::Char('ß')),
        ("漢".as_bytes(), K::Char('漢')),
        (b"\r", K::Enter),
        (b"\t", K::Tab),
        (b"\x7f", K::Backspace),
        (b"\x1b[A", K::Up),
        (b"\x1bOB", K::Down),
        (b"\x1b[1;5C", K::Right),
        (b"\x1b[D", K::Left),
        (b"\x1b[H", K::Home),
        (b"\x1b[1~", K::Home),
        (b"\x1b[7~", K::Home),
        (b"\x1bOF", K::End),
        (b"\x1b[4~", K::End),
        (b"\x1b[5~", K::PageUp),
        (b"\x1b[6~", K::PageDown),
        (b"\x1b[3~", K::Delete),
        (b"\x1b[Z", K::BackTab),
        (b"\x1bOP", K::F(1)),
        (b"\x1b[11~", K::F(1)),
        (b"\x1b[[A", K::F(1)),
        (b"\x1b[24~", K::F(12)),
        (b"\x1b\x1b", K::Esc),
    ];
    for (bytes, code) in cases {
        assert_eq!(decode(bytes), [code], "{bytes:?}");
    }
}

#[test]
fn a_control_key_and_a_key_with_alt_say_so() {
    let pressed = Decoder::default().feed(b"\x03\x1bx\x1b[1;5A");
    let with = |press: &Press| match press {
        Press::Key(event) => (event.code, event.modifiers),
        other => panic!("{other:?} is no key"),
    };
    let pressed: Vec<_> = pressed.iter().map(with).collect();
    let (up, alt, control) = (KeyCode::Up, KeyModifiers::ALT, KeyModifiers::CONTROL);
    assert_eq!(pressed, [(KeyCode::Char('c'), control), (KeyCode::Char('x'), alt), (up, control)]);
}

#[test]
fn a_sequence_may_come_byte_by_byte() {
    let mut decoder = Decoder::default();
    let presses: Vec<Press> = "q\x1b[5~ß\x1bOPj".bytes().flat_map(|byte| decoder.feed(&[byte])).collect();
    let (q, j) = (KeyCode::Char('q'), KeyCode::Char('j'));
    assert_eq!(codes(&presses), [q, KeyCode::PageUp, KeyCode::Char('ß'), KeyCode::F(1), j]);
    assert_eq!(decoder.patience(), None);
}

#[test]
fn a_lone_esc_is_the_key_once_nothing_follows() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b"), []);
    assert!(decoder.patience().is_some());
    assert_eq!(decoder.give_up().map(|press| codes(&[press])), Some(vec![KeyCode::Esc]));
    assert_eq!(decoder.feed(b"\x1b["), []);
    assert_eq!(decoder.give_up(), None, "half a sequence is no key");
    assert_eq!(codes(&decoder.feed(b"q")), [KeyCode::Char('q')]);
}

#[test]
fn pasted_text_never_presses_keys_however_long_it_is() {
    let mut decoder = Decoder::default();
    let text = format!("\x1b[200~{}\x1b[20", "qyX".repeat(2_000));
    let presses: Vec<Press> = text.as_bytes().chunks(1_000).flat_map(|part| decoder.feed(part)).collect();
    assert_eq!(presses, []);
    assert_eq!(decoder.give_up(), None);
    let mut rest = decoder.feed(b"1~j");
    let key = rest.pop().map(|press| codes(&[press]));
    assert_eq!(key, Some(vec![KeyCode::Char('j')]), "the key behind it is read at once");
    let is_bounded = rest.len() <= LONGEST && rest.iter().all(|press| matches!(press, Press::Pasted(_)));
    assert!(is_bounded, "{} letters", rest.len());
}

#[test]
fn answers_and_unknown_sequences_are_swallowed_whole() {
    for bytes in [
        b"\x1b]10;rgb:0000/0000/0000\x1b\\j".as_slice(),
        b"\x1b]52;c;eA==\x07j",
        b"\x1b[Ij",
        b"\x1b[27;5;9~j",
        b"\x1bP1$r0m\x1b\\j",
        b"\xff\xfej",
    ] {
        assert_eq!(decode(bytes), [KeyCode::Char('j')], "{bytes:?}");
    }
}

#[test]
fn mouse_events_have_button_wheel_and_place_counted_from_zero() {
    let presses =
        Decoder::default().feed(b"\x1b[<0;3;4M\x1b[<0;3;4m\x1b[<64;1;1M\x1b[<65;200;50M\x1b[<0;0;0M");
    let mouse = |press, column, row| Press::Mouse(press, column, row);
    assert_eq!(
        presses,
        [
            mouse(MousePress::Button, 2, 3),
            mouse(MousePress::WheelUp, 0, 0),
            mouse(MousePress::WheelDown, 199, 49)
        ]
    );
}

#[test]
fn pasted_text_is_its_first_line_letter_by_letter() {
    let mut decoder = Decoder::default();
    let bytes = "\x1b[200~ /data/\u{7}für mich.npz\nq\x1b[201~j".as_bytes();
    let presses: Vec<Press> = bytes.chunks(3).flat_map(|part| decoder.feed(part)).collect();
    let (keys, pasted): (Vec<Press>, Vec<Press>) =
        presses.into_iter().partition(|press| matches!(press, Press::Key(_)));
    assert_eq!(codes(&keys), [KeyCode::Char('j')]);
    assert_eq!(pasted, "/data/für mich.npz".chars().map(Press::Pasted).collect::<Vec<_>>());
}

#[test]
fn the_background_is_told_and_an_answer_that_comes_in_pieces_is_no_keys() {
    let mut decoder = Decoder::default();
    let answer = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\q";
    let mut presses = Vec::new();
    for byte in answer {
        presses.extend(decoder.feed(&[*byte]));
    }
    assert_eq!(presses[0], Press::Background(Colour([255; 3])));
    assert_eq!(codes(&presses[1..]), [KeyCode::Char('q')]);
    let bell = Decoder::default().feed(b"\x1b]11;rgb:0/0/0\x07");
    assert_eq!(bell, [Press::Background(Colour([0; 3]))]);
    // Half of one is waited for longer than half of a key.
    let mut halves = [Decoder::default(), Decoder::default()];
    halves[0].feed(b"\x1b]11;rgb:ff");
    halves[1].feed(b"\x1b[1");
    assert!(halves[0].patience() > halves[1].patience() && halves[1].patience().is_some());
}

#[test]
fn what_a_terminal_says_of_pictures_is_told_whole_or_in_pieces() {
    let answers = b"\x1b_Gi=31;OK\x1b\\\x1b]1337;Capabilities=T2SxF\x1b\\\x1b[6;20;10t\x1b[?62;4;22cq";
    let expected = [Answer::Kitty, Answer::Iterm(true), Answer::Cell(10, 20), Answer::Attributes(true)]
        .map(Press::Graphics);
    for size in 1..answers.len() {
        let mut decoder = Decoder::default();
        let presses: Vec<Press> = answers.chunks(size).flat_map(|part| decoder.feed(part)).collect();
        assert_eq!(presses[..4], expected, "in pieces of {size}");
        assert_eq!(codes(&presses[4..]), [KeyCode::Char('q')], "in pieces of {size}");
    }
}

#[test]
fn what_is_no_answer_about_pictures_presses_nothing() {
    for bytes in [
        b"\x1b_Gi=31;ENOTSUPPORTED:\xffno\x1b\\j".as_slice(),
        b"\x1b_Gi=7;OK\x1b\\j",
        b"\x1b_q\x1b\\j",
        b"\x1b]1337;ReportCellSize=20.0;10.0;2.0\x07j",
        b"\x1b[4;800;1200tj",
        b"\x1b[6;0;0tj",
        b"\x1b[>1;10;0cj",
        b"\x1b[6;20;10;tj",
    ] {
        assert_eq!(decode(bytes), [KeyCode::Char('j')], "{bytes:?}");
    }
    // Half an answer, and then nothing.
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b_Gi=31;O"), []);
    assert!(decoder.patience() > Some(PARTIAL_SEQUENCE));
    assert_eq!(decoder.give_up(), None);
    assert_eq!(codes(&decoder.feed(b"q")), [KeyCode::Char('q')]);
}
