//! The language of filters: what is read, what matches, what is refused.

use proptest::prelude::*;

use super::*;

/// A row with numbers and texts.
struct Known(Vec<(Key, Got<'static>)>);

impl Row for Known {
    fn has_word(&self, word: &str) -> bool {
        word == "known"
    }

    fn get(&self, key: Key) -> Got<'_> {
        self.0.iter().find(|(of, _)| *of == key).map_or(Got::Nothing, |(_, got)| got.clone())
    }
}

fn texts(texts: &[&'static str]) -> Got<'static> {
    Got::Texts(texts.iter().map(|&text| text.into()).collect())
}

/// 2026-11-03, noon.
const NOW: u64 = (20_760 * 24 + 12) * 3_600_000;

fn row() -> Known {
    Known(vec![
        (Key::Fusion, texts(&["concat-noise", "concat+n"])),
        (Key::Size, Got::Number(1_024.0)),
        (Key::Acc, Got::Number(0.8004)),
        (Key::Tag, texts(&["Ablation", "wide"])),
        (Key::Note, texts(&["Second try, with noise"])),
        (Key::Date, Got::Time(NOW - 86_400_000)),
    ])
}

#[test]
fn every_term_has_to_match() {
    let passes = |text: &str| Typed::read(text, &Key::ALL).whole().unwrap().passes(&row(), NOW);
    for text in [
        "",
        "  ",
        "known",
        "KNOWN size=1024",
        "fusion=concat-noise size>=1,024",
        "fusion=CONCAT+N fusion!=concat",
        "size>512 size<2000 size<=1024 size!=1023",
        "acc=.8 acc=80% acc>.8 acc>=0.8004 acc<81% acc!=.79",
        "tag=ablation tag=Wide tag!=other",
        "note=try note=\"with noise\" note!=third",
        "note=\"second try, with",
        "date=yesterday date>=2026-11-01 date<today date!=today date=2026-11-02",
    ] {
        assert!(passes(text), "{text}");
    }
    for text in [
        "unknown",
        "known unknown",
        "fusion=concat",
        "fusion!=concat-noise",
        "size>1024",
        "size=1025",
        "acc>=.801",
        "acc!=.8",
        "tag=abl",
        "tag!=wide",
        "note=\"noise with\"",
        "date=today",
        "date>yesterday",
        "val>=0",
        "auc!=.5",
    ] {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn one_configuration_of_a_run_has_to_match_all_terms_about_configurations() {
    let run = Known(vec![(Key::State, texts(&["running"]))]);
    let configuration =
        |fusion, size| Known(vec![(Key::Fusion, texts(&[fusion])), (Key::Size, Got::Number(size))]);
    let passes = |text: &str| {
        let filter = Typed::read(text, Key::RUNS).whole().unwrap();
        filter.passes_of(
            &run,
            [configuration("concat", 64.0), configuration("product", 32.0)].into_iter(),
            NOW,
        )
    };
    assert!(passes("fusion=product size<64 state=running known"));
    assert!(!passes("fusion=product size=64"), "two configurations have one of these each");
    assert!(!passes("fusion=product state=finished"));
    let filter = Typed::read("state=running", Key::RUNS).whole().unwrap();
    assert!(filter.passes_of(&run, std::iter::empty::<Known>(), NOW), "nothing is asked of a configuration");
}

#[test]
fn what_is_wrong_with_a_term_is_said_and_the_others_apply() {
    let complaint = |text: &str, keys| Typed::read(text, keys).complaint();
    let known = "known: fusion, task, state, size, seeds, val, acc, auc";
    for (text, said) in [
        ("fuson=product 64", "unknown key \"fuson\"; did you mean fusion?; the rest applies".to_owned()),
        ("colour=red", format!("unknown key \"colour\"; {known}; nothing is filtered")),
        ("seed=3", "unknown key \"seed\"; did you mean seeds?; nothing is filtered".to_owned()),
        (">=3", format!("`>=3` has no key; {known}; nothing is filtered")),
        ("size>many", "`size>many`: a number is wanted, such as 512; nothing is filtered".to_owned()),
        ("size>", "`size>`: a number is wanted, such as 512; nothing is filtered".to_owned()),
        ("size>-3", "`size>-3`: a number is wanted, such as 512; nothing is filtered".to_owned()),
        (
            "acc>=80",
            "`acc>=80`: a fraction or a percentage is wanted, such as .8 or 80%; nothing is filtered"
                .to_owned(),
        ),
        (
            "acc>=inf",
            "`acc>=inf`: a fraction or a percentage is wanted, such as .8 or 80%; nothing is filtered"
                .to_owned(),
        ),
        ("fusion=", "`fusion=`: a word is wanted behind it; nothing is filtered".to_owned()),
        (
            "fusion>product",
            "`fusion>product`: fusion is compared with = and != alone; nothing is filtered".to_owned(),
        ),
        ("a=1 size> real", format!("unknown key \"a\"; {known} (and 1 more); the rest applies")),
    ] {
        assert_eq!(complaint(text, Key::CONFIGURATIONS), Some(said), "{text}");
    }
    let date = "`date>=soon`: a day of UTC is wanted, such as 2026-11-01 or today; nothing is filtered";
    assert_eq!(complaint("date>=soon", Key::RUNS).as_deref(), Some(date));
    assert_eq!(complaint("\"a=1\" fusion=a=1", Key::CONFIGURATIONS), None, "quotes make a word of it");
    let typed = Typed::read("fuson=product size=64", Key::CONFIGURATIONS);
    assert_eq!(typed.filter.to_string(), "size=64");
    assert!(typed.whole().is_err());
}

fn any_term() -> impl Strategy<Value = Term> {
    let op = prop::sample::select(Op::ALL.map(|(_, op)| op).to_vec());
    let text = "[a-z0-9.:=<>%é-]{1,6}( [a-z]{1,3})?";
    (prop::sample::select(Key::ALL.to_vec()), op, text, 0_u32..1_000_000, -30_000_i64..100_000).prop_map(
        |(key, op, text, number, days)| match key.kind() {
            Kind::Word | Kind::Text => {
                let op = if op.is_order() { Op::Unequal } else { op };
                // A value that begins with `=` would make another operator.
                Term::Compared { key, op, value: Value::Text(text.trim_start_matches('=').to_owned() + "x") }
            }
            Kind::Count => Term::Compared { key, op, value: Value::Number(f64::from(number)) },
            Kind::Share => Term::Compared { key, op, value: Value::Number(f64::from(number) / 1e6) },
            Kind::Date => Term::Compared { key, op, value: Value::Day(Day::On(days)) },
        },
    )
}

proptest! {
    #[test]
    fn a_filter_that_is_printed_is_read_again(
        terms in prop::collection::vec(prop_oneof![any_term(), "[a-z0-9.:=<>-]{1,8}( [a-z]{1,3})?".prop_map(Term::Word)], 0..6),
    ) {
        let filter = Filter { terms };
        prop_assert_eq!(Typed::read(&filter.to_string(), &Key::ALL).whole(), Ok(filter));
    }

    #[test]
    fn nothing_that_is_typed_panics_and_every_term_applies_or_is_complained_of(text in ".{0,60}") {
        let typed = Typed::read(&text, Key::RUNS);
        prop_assert_eq!(typed.filter.terms.len() + typed.faults.len(), split(&text).len());
        typed.filter.passes(&row(), NOW);
    }
}
