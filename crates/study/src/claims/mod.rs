//! The findings of a sweep on the paper's eleven claims: effects with their intervals, and verdicts.
//!
//! Pure and deterministic: resampling draws from [`super::random`], so the screen, the report and the JSON
//! show the same numbers. Baselines are no part of any claim.

mod accuracy;
mod compare;
mod curves;
mod enough;
mod findings;
mod grouped;
mod judge;
mod measure;
mod noise;
mod rates;
mod robust;
mod spread;
mod study;
mod test_rows;
pub mod thresholds;
mod wording;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use findings::{
    Bound, ClaimId, Comparison, Effect, Estimate, Finding, Findings, InterquartileMean, NoiseFinding,
    RateFindings, RocFinding, SeedsNeeded, TestGroups, Unit, Verdict,
};

pub use super::inference::Interval;
use super::rows::RunRows;
use super::run_state::RunState;

use judge::Draft;
use study::Study;

/// All findings so far; `rows` may lack configurations, whose effects then have no interval
/// over rows. Nothing before the run is known.
pub fn findings(state: &RunState, rows: &RunRows) -> Findings {
    let Some(study) = Study::new(state, rows) else { return Findings::default() };
    let drafts = claims(&study);
    Findings {
        seeds_enough: enough::seeds_needed(&study, &drafts),
        claims: judge::judge(drafts),
        comparisons: compare::comparisons(&study),
        interquartile_means: compare::interquartile_means(&study),
        noise: robust::noise_findings(&study),
        roc: curves::mean_curves(&study),
        rates: rates::by_rate(state, rows),
        test_groups: study.test_groups(),
    }
}

/// The findings on the claims alone.
fn claims(study: &Study<'_>) -> Vec<Draft> {
    ClaimId::ALL.into_iter().map(|claim| draft(study, claim)).collect()
}

fn draft(study: &Study<'_>, claim: ClaimId) -> Draft {
    match claim {
        ClaimId::C1 => accuracy::c1(study),
        ClaimId::C2 => accuracy::c2(study),
        ClaimId::C3 => accuracy::c3(study),
        ClaimId::C4 => accuracy::c4(study),
        ClaimId::C5 => spread::c5(study),
        ClaimId::C6 => accuracy::c6(study),
        ClaimId::C7 => noise::c7(study),
        ClaimId::C8 => noise::c8(study),
        ClaimId::C9 => noise::c9(study),
        ClaimId::C10 => noise::c10(study),
        ClaimId::C11 => curves::c11(study),
    }
}
