//! The box in which a run's labels are edited: a line each for its name, its note and its tags.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Clear, Widget};

use super::theme::Theme;
use super::widgets::dialog::{centred, framed};
use super::widgets::edited::draw_edited;
use super::widgets::line_editor::{Edit, LineEditor};
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
    line: LineEditor,
    was: String,
}

impl LabelForm {
    /// Of these labels, the note first.
    pub fn of(labels: &Labels) -> Self {
        let field = |name, was: &str| Field { name, line: LineEditor::new(was), was: was.to_owned() };
        let fields = [
            field("name", labels.name()),
            field("note", labels.note()),
            field("tags", &labels.tag_list().replace(", ", " ")),
        ];
        Self { fields, focus: NOTE_AT, complaint: None }
    }

    /// Whether nothing was typed.
    pub fn is_untouched(&self) -> bool {
        self.fields.iter().all(|field| field.line.text() == field.was)
    }

    /// To the field so many places on, around the end.
    pub fn step(&mut self, by: isize) {
        self.focus = (self.focus as isize + by).rem_euclid(FIELDS as isize) as usize;
    }

    /// Does `edit` to the field.
    pub fn edit(&mut self, edit: Edit) {
        self.complaint = None;
        let line = &mut self.fields[self.focus].line;
        if !matches!(edit, Edit::Insert(_)) || line.text().chars().count() < MOST_TYPED {
            line.edit(edit);
        }
    }

    /// What was changed, nothing where nothing was; none where it is refused, which the box then says.
    pub fn change(&mut self) -> Option<LabelChange> {
        let changed = |at: usize| {
            let field = &self.fields[at];
            let text = field.line.text().trim();
            (text != field.was).then(|| text.to_owned())
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
    /// Its text, of a long one the part with the cursor.
    fn draw(&self, buffer: &mut Buffer, area: Rect, theme: Theme, is_focused: bool) {
        let style = if self.line.text() == self.was { Style::new() } else { theme.strong() };
        let room = usize::from(area.width);
        if !is_focused {
            buffer.set_stringn(area.x, area.y, cut(&plain(self.line.text()), room), room, style);
            return;
        }
        draw_edited(buffer, area, theme, &self.line, style.add_modifier(Modifier::UNDERLINED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        Labels::new("", "first", vec!["a".parse().unwrap()]).unwrap()
    }

    fn type_into(form: &mut LabelForm, text: &str) {
        text.chars().for_each(|letter| form.edit(Edit::Insert(letter)));
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
        form.edit(Edit::EraseToStart);
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
        form.edit(Edit::EraseLeft);
        assert_eq!(form.complaint, None);
    }
}
