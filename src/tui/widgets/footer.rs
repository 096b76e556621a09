//! The keys that do something now, on one line: as many as fit, read from a screen's table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::tui::keymap::Binding;
use crate::tui::theme::{Glyphs, Theme};

/// A key, what it does and what it asks for.
#[derive(Clone, Debug)]
pub struct Label<A> {
    key: String,
    does: String,
    action: A,
}

/// The labels of `bindings`, each with its text: `?` and `q` at the end, of the others as many as fit before them.
/// Neighbours with the same text share it.
pub fn labels<'a, A: Copy + 'static, S: 'static>(
    bindings: impl Iterator<Item = (&'a Binding<A, S>, &'static str)>,
    glyphs: Glyphs,
    width: u16,
) -> Vec<Label<A>> {
    let mut groups: Vec<(&str, Vec<Label<A>>)> = Vec::new();
    let is_last = |group: &Vec<Label<A>>| group.iter().any(|label| matches!(label.key.as_str(), "?" | "q"));
    for (binding, text) in bindings.filter(|(_, text)| !text.is_empty()) {
        let key = binding.keys.first().map_or_else(String::new, |key| key.name(glyphs));
        let label = Label { key, does: format!(" {text}  "), action: binding.action };
        match groups.last_mut() {
            Some((shared, group)) if *shared == text => {
                for label in group.iter_mut() {
                    label.does.clear();
                }
                group.push(label);
            }
            _ => groups.push((text, vec![label])),
        }
    }
    let groups = groups.into_iter().map(|(_, group)| group);
    let (last, others): (Vec<_>, Vec<_>) = groups.partition(is_last);
    let needs = |group: &Vec<Label<A>>| group.iter().map(Label::width).sum::<usize>();
    let mut room = usize::from(width).saturating_sub(last.iter().map(needs).sum());
    let fits = |group: &Vec<Label<A>>| room.checked_sub(needs(group)).inspect(|&rest| room = rest).is_some();
    others.into_iter().take_while(fits).chain(last).flatten().collect()
}

/// Draws `labels` from the left.
pub fn draw<A>(buffer: &mut Buffer, area: Rect, theme: Theme, labels: Vec<Label<A>>) {
    let span =
        |label: Label<A>| [Span::styled(label.key, theme.key()), Span::styled(label.does, theme.dim())];
    let spans: Vec<Span<'static>> = labels.into_iter().flat_map(span).collect();
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// The action of the label at `column`.
pub fn hit<A: Copy>(labels: &[Label<A>], column: u16) -> Option<A> {
    at(labels.iter().map(|label| (label.width(), label.action)), column)
}

/// Which of several things from the left, each with its width, stands at `column`.
pub fn at<T>(things: impl IntoIterator<Item = (usize, T)>, column: u16) -> Option<T> {
    let mut end = 0;
    let found = things.into_iter().find(|(width, _)| {
        end += width;
        usize::from(column) < end
    });
    found.map(|(_, thing)| thing)
}

impl<A> Label<A> {
    fn width(&self) -> usize {
        self.key.width() + self.does.width()
    }
}
