//! The box in which a run's labels are edited: a line each for its name, its note and its tags.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthChar;

use super::theme::Theme;
use super::widgets::dialog::{centred, framed};
use monitor::text::{cut, plain};
use study::feed::Level;
use study::labels::{LabelChange, Labels, Tag};

/// Most columns of the box.
const WIDTH: u16 = 84;
/// Its rows: the fields, a free one, what is wrong or wanted, the frame.
const ROWS: u16 = FIELDS as u16 + 4;
/// Columns of a field's name.
const NAME: u16 = 6;
const FIELDS: usize = 3;
/// Most characters of a field: more than is kept of any, so that what is too long is said and not cut.
const MOST_TYPED: usize = 1_200;
/// Which field is which.
const NAME_AT: usize = 0;
const NOTE_AT: usize = 1;
const TAGS_AT: usize = 2;

/// The labels as they are being edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelForm {
    fields: [Field; FIELDS],
    focus: usize,
    complaint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    name: &'static str,
    text: String,
    was: String,
}

impl LabelForm {
    /// Of these labels, the note first.
    pub fn of(labels: &Labels) -> Self {
        let field = |name, was: &str| Field { name, text: was.to_owned(), was: was.to_owned() };
        let fields = [
            field("name", labels.name()),
            field("note", labels.note()),
            field("tags", &labels.tag_list().replace(", ", " ")),
        ];
        Self { fields, focus: NOTE_AT, complaint: None }
    }

    /// Whether nothing was typed.
    pub fn is_untouched(&self) -> bool {
        self.fields.iter().all(|field| field.text == field.was)
    }

    /// To the field so many places on, around the end.
    pub fn step(&mut self, by: isize) {
        self.focus = (self.focus as isize + by).rem_euclid(FIELDS as isize) as usize;
    }

    /// Types a letter.
    pub fn insert(&mut self, letter: char) {
        self.complaint = None;
        let text = &mut self.fields[self.focus].text;
        if text.chars().count() < MOST_TYPED {
            text.push(letter);
        }
    }

    /// Takes the last letter away.
    pub fn erase(&mut self) {
        self.complaint = None;
        self.fields[self.focus].text.pop();
    }

    /// Empties the field.
    pub fn clear(&mut self) {
        self.complaint = None;
        self.fields[self.focus].text.clear();
    }

    /// What was changed, nothing where nothing was; none where it is refused, which the box then says.
    pub fn change(&mut self) -> Option<LabelChange> {
        let changed = |at: usize| {
            let field = &self.fields[at];
            (field.text.trim() != field.was).then(|| field.text.trim().to_owned())
        };
        let tags = changed(TAGS_AT).map(|tags| Tag::list(&tags)).transpose();
        let change = tags.and_then(|tags| {
            let change = LabelChange {
                name: changed(NAME_AT),
                note: changed(NOTE_AT),
                tags,
                ..LabelChange::default()
            };
            change.apply(&mut Labels::default()).map(|()| change)
        });
        match change {
            Ok(change) => Some(change),
            Err(why) => {
                self.complaint = Some(why.to_string());
                None
            }
        }
    }

    /// Draws the box over the middle of `area`; `run` is the name of what is labelled.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: Theme, run: &str) {
        let place = centred(area, WIDTH, ROWS);
        Clear.render(place, buffer);
        let title = cut(&format!("Labels of {}", plain(run)), usize::from(place.width.saturating_sub(6)));
        let block = framed(theme, &title);
        let inner = block.inner(place);
        block.render(place, buffer);
        let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        for (at, (field, row)) in self.fields.iter().zip(room.rows()).enumerate() {
            let is_focused = at == self.focus;
            let name = if is_focused { theme.key() } else { theme.dim() };
            buffer.set_stringn(row.x, row.y, field.name, usize::from(row.width), name);
            let text = Rect { x: row.x + NAME, width: row.width.saturating_sub(NAME), ..row };
            field.draw(buffer, text, theme, is_focused);
        }
        if let Some(row) = room.rows().nth(FIELDS + 1) {
            let (text, style) = match &self.complaint {
                Some(why) => (plain(why), theme.level(Level::Error)),
                None => (
                    "Lists of runs show these and are filtered by them; no result changes.".to_owned(),
                    theme.dim(),
                ),
            };
            buffer.set_stringn(row.x, row.y, text, usize::from(row.width), style);
        }
    }
}

impl Field {
    /// Its text, of a long one the end, where letters are typed.
    fn draw(&self, buffer: &mut Buffer, area: Rect, theme: Theme, is_focused: bool) {
        let cursor = if is_focused { theme.pick("▏", "_") } else { "" };
        let room = usize::from(area.width.saturating_sub(1));
        let text = plain(&self.text);
        let mut taken = 0;
        let fits = |letter: &char| {
            taken += letter.width().unwrap_or(0);
            taken <= room
        };
        let shown: Vec<char> = text.chars().rev().take_while(fits).collect();
        let style = if self.text == self.was { Style::new() } else { theme.strong() };
        let style = if is_focused { style.add_modifier(Modifier::UNDERLINED) } else { style };
        let text = shown.into_iter().rev().collect::<String>();
        let line = Line::from(vec![Span::styled(text, style), Span::styled(cursor, theme.key())]);
        buffer.set_line(area.x, area.y, &line, area.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        Labels::new("", "first", vec!["a".parse().unwrap()]).unwrap()
    }

    fn type_into(form: &mut LabelForm, text: &str) {
        text.chars().for_each(|letter| form.insert(letter));
    }

    #[test]
    fn only_what_was_edited_changes() {
        let mut form = LabelForm::of(&labels());
        assert_eq!(form.change(), Some(LabelChange::default()));
        type_into(&mut form, " try");
        assert_eq!(form.change().unwrap().note.as_deref(), Some("first try"));
        form.step(1);
        type_into(&mut form, ", b");
        let tags = form.change().unwrap().tags.unwrap();
        assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["a", "b"]);
        form.clear();
        assert_eq!(form.change().unwrap().tags, Some(Vec::new()));
        assert_eq!(form.change().unwrap().name, None);
        form.step(1);
        type_into(&mut form, "night");
        assert_eq!(form.change().unwrap().name.as_deref(), Some("night"), "the first one follows the last");
    }

    #[test]
    fn what_is_refused_is_said_until_something_else_is_typed() {
        let mut form = LabelForm::of(&labels());
        form.step(1);
        type_into(&mut form, " x\"y");
        assert_eq!(form.change(), None);
        assert!(form.complaint.as_ref().unwrap().starts_with("`x\"y` is no tag"));
        form.erase();
        assert_eq!(form.complaint, None);
    }
}
