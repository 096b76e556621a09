//! The findings on the paper's claims: a list with verdicts, and the claim under the cursor in full.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::finding;
use super::plotting::nothing_yet;
use super::side_by_side;
use crate::screens::run::layout::FINDINGS_BESIDE;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::Detail;
use crate::widgets::panel::panel;
use crate::widgets::table::first_in_sight;
use monitor::model::FindingsState;
use monitor::text::cut;
use study::claims::{Finding, Findings, Verdict};

/// Columns of a claim's name and verdict in the list, and of what the verdict rests on.
const NAME: u16 = 4;
const VERDICT: u16 = 15;
const REASON: u16 = 34;

/// Draws the list, the claim under the cursor, and where there is room the comparisons behind them.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(findings) = scene.model.findings.as_deref() else {
        let text = match scene.model.findings_state {
            FindingsState::Evaluating => "Evaluating…",
            FindingsState::Idle => "no findings yet",
        };
        return nothing_yet(buffer, area, scene, text);
    };
    let Some(claim) = findings.claims.get(scene.ui.claim).or(findings.claims.last()) else {
        return nothing_yet(buffer, area, scene, "no findings yet");
    };
    let list = findings.claims.len() as u16 + 1;
    if area.width >= FINDINGS_BESIDE {
        let [left, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).areas(area);
        let [top, bottom] = Layout::vertical([Constraint::Length(list), Constraint::Fill(1)]).areas(left);
        draw_list(buffer, top, scene, findings);
        side_by_side::draw_comparisons(buffer, bottom, scene, findings);
        let [top, bottom] =
            Layout::vertical([Constraint::Fill(1), side_by_side::room_for_means(findings)]).areas(right);
        finding::draw(buffer, top, scene, findings, claim, 0);
        side_by_side::draw_means(buffer, bottom, scene, findings);
        return;
    }
    if let Detail::Claim(first) = scene.ui.detail {
        return finding::draw(buffer, area, scene, findings, claim, first);
    }
    // Where the screen is low, the claim keeps a few lines.
    let list = list.min(area.height.saturating_sub(6)).max(3);
    let [top, bottom] = Layout::vertical([Constraint::Length(list), Constraint::Fill(1)]).areas(area);
    draw_list(buffer, top, scene, findings);
    finding::draw(buffer, bottom, scene, findings, claim, 0);
}

fn draw_list(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, findings: &Findings) {
    let theme = scene.theme;
    let decided = findings.claims.iter().filter(|claim| claim.verdict != Verdict::Undecided).count();
    let (done, all) = scene.model.done();
    let mut title = vec![
        Span::styled("The paper's claims", theme.strong()),
        Span::styled(format!("  {decided} of {} decided", findings.claims.len()), theme.dim()),
        Span::styled(format!(", {done} of {all} configurations done"), theme.dim()),
    ];
    if scene.model.findings_state == FindingsState::Evaluating {
        title.push(Span::styled("  Evaluating…", theme.key()));
    }
    let room = panel(buffer, area, &Line::from(title), theme);
    let cursor = scene.ui.claim.min(findings.claims.len().saturating_sub(1));
    let first = first_in_sight(findings.claims.len(), usize::from(room.height), cursor);
    let claims = findings.claims.iter().enumerate().skip(first);
    for (line, (place, claim)) in claims.take(usize::from(room.height)).enumerate() {
        let at = Rect { y: room.y + line as u16, height: 1, ..room };
        draw_claim(buffer, at, scene, claim);
        if place == cursor {
            buffer.set_style(at, theme.cursor_row());
        }
    }
}

fn draw_claim(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, claim: &Finding) {
    let theme = scene.theme;
    let mut put = |x: u16, width: u16, text: &str, style: Style| {
        let room = usize::from(area.width.saturating_sub(x).min(width));
        buffer.set_stringn(area.x + x, area.y, cut(text, room), room, style);
    };
    put(0, NAME - 1, claim.id.name(), theme.strong());
    let verdict = format!("{} {}", theme.verdict_glyph(claim.verdict), short(claim.verdict));
    put(NAME, VERDICT - 1, &verdict, theme.verdict(claim.verdict));
    put(NAME + VERDICT, REASON - 1, &claim.in_short, Style::new());
    put(NAME + VERDICT + REASON, area.width, claim.statement, theme.dim());
}

/// A verdict in at most twelve letters.
const fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Contradicted => "contradicted",
        Verdict::Undecided => "undecided",
        Verdict::DependsOnMeanShift => "mean shift",
    }
}
