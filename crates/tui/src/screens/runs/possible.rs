//! Which keys do something in the list of runs: the footer shows these.

use super::keys::Action;
use super::list::RunList;
use crate::chrome::Layer;
use crate::keymap::Binding;
use crate::screens::compare::MOST_COMPARED;
use study::listing::{RunEntry, Standing};

/// A key's text in the footer, of a list that shows `shown` of `entries`; nothing where it does nothing.
pub(super) fn label(
    binding: &Binding<Action, Layer>,
    list: &RunList,
    entries: &[RunEntry],
    shown: &[&RunEntry],
) -> &'static str {
    if is_possible(binding.action, list, entries, shown) { binding.label } else { "" }
}

fn is_possible(action: Action, list: &RunList, entries: &[RunEntry], shown: &[&RunEntry]) -> bool {
    let under_cursor = shown.get(list.place(shown));
    match action {
        Action::Open | Action::Mark => under_cursor.is_some_and(|entry| error_of(entry).is_none()),
        Action::Compare => (2..=MOST_COMPARED).contains(&list.marked_of(entries).len()),
        Action::Label => {
            under_cursor.is_some_and(|entry| entry.access.refusal().is_none() && entry.labels_fault.is_none())
        }
        Action::Filter => !entries.is_empty(),
        Action::SortColumn => shown.len() > 1,
        Action::SortDirection => shown.len() > 1 && list.sort.is_some(),
        Action::Back => !list.filter.is_empty() || !list.marked.is_empty(),
        _ => true,
    }
}

/// Why a run cannot be opened, where it cannot.
pub(super) fn error_of(entry: &RunEntry) -> Option<String> {
    entry.fault.clone().filter(|_| entry.state == Standing::Unreadable)
}
