"""Prints the constants that the statistics tests compare with, from SciPy, scikit-learn and statsmodels.

    python3 -m venv /tmp/constants && /tmp/constants/bin/pip install numpy scipy scikit-learn statsmodels
    /tmp/constants/bin/python scripts/statistics_constants.py

Made with numpy 2, SciPy 1.17.1, scikit-learn 1.9.1 and statsmodels 0.15.0. The tests that use a line are named
in front of it. Inputs are written out in the tests too.
"""

import itertools

import numpy as np
import scipy.stats as st
from sklearn.metrics import roc_auc_score, roc_curve
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired
import statsmodels.api as sm
from statsmodels.formula.api import ols
import pandas as pd

X = np.array([0.61, 0.64, 0.58, 0.70, 0.66, 0.63, 0.69, 0.60])
Y = np.array([0.60, 0.61, 0.59, 0.66, 0.64, 0.62, 0.64, 0.57])
Z = np.array([0.55, 0.66, 0.52, 0.71, 0.60, 0.64, 0.58, 0.67])


def show(test, what, *values):
    print(f"{test}: {what} =", *(repr(float(value)) for value in values))


# --- inference::seeds
t = st.ttest_rel(X, Y).confidence_interval(0.95)
show("seeds", "paired t of X - Y", t.low, t.high)

five = np.array([2, 5, -1, 8, 3]) / 64  # exact sums, so that ties with the mean are ties
every = np.sort([np.mean(draw) for draw in itertools.product(five, repeat=5)])
rest = st.bootstrap((five,), np.mean, n_resamples=2, method="BCa", vectorized=True)
rest.bootstrap_distribution = every  # all 5^5 resamples in the place of random ones
exact = st.bootstrap((five,), np.mean, n_resamples=0, method="BCa", vectorized=True, bootstrap_result=rest)
show("seeds", "BCa over every resample of five", *exact.confidence_interval)

twenty = np.round(st.expon(scale=0.03).ppf((np.arange(20) + 0.5) / 20) - 0.02, 4)
print("seeds: twenty =", list(map(float, twenty)))
many = st.bootstrap((twenty,), np.mean, n_resamples=400_000, method="BCa", rng=np.random.default_rng(0), batch=10_000)
show("seeds", "BCa of twenty, 400,000 resamples", *many.confidence_interval)

# --- inference::sign_flip
flips = st.permutation_test((X - Y,), np.mean, permutation_type="samples", n_resamples=np.inf)
show("sign_flip", "p of X - Y", flips.pvalue)
flips = st.permutation_test((X - Z,), np.mean, permutation_type="samples", n_resamples=np.inf)
show("sign_flip", "p of X - Z", flips.pvalue)
D = np.stack([X - Y, X - Z, Y - Z])
unit = D / np.sqrt((D**2).sum(1, keepdims=True))
signs = np.array(list(itertools.product([1, -1], repeat=8)))
statistics = np.abs(signs @ unit.T)
observed = np.abs(unit.sum(1))
order = np.argsort(-observed)
adjusted, least = np.zeros(3), 0.0
for place, hypothesis in enumerate(order):  # Westfall and Young's step-down, written out
    left = statistics[:, order[place:]].max(1)
    least = max(least, np.mean(left >= observed[hypothesis] - 1e-12))
    adjusted[hypothesis] = least
show("sign_flip", "step-down max-T of X-Y, X-Z, Y-Z", *adjusted)

# --- inference::multiple
p = [0.01, 0.04, 0.03, 0.005, 0.5]
show("multiple", "Holm", *multipletests(p, method="holm")[1])
show("multiple", "TOST of X - Z, margin .05", ttost_paired(X, Z, -0.05, 0.05)[0])
show("multiple", "TOST of X - Y, margin .05", ttost_paired(X, Y, -0.05, 0.05)[0])
show("multiple", "standard error of X - Z, X - Y", st.sem(X - Z), st.sem(X - Y))

# --- inference::crossed
table = np.array([[(3 * s + 5 * r + s * r) % 7 / 7 for r in range(12)] for s in range(5)])
frame = pd.DataFrame([(s, r, table[s, r]) for s in range(5) for r in range(12)], columns=["s", "r", "y"])
anova = sm.stats.anova_lm(ols("y ~ C(s) + C(r)", frame).fit())
squares = anova["mean_sq"].to_numpy()
show("crossed", "mean squares of seeds, rows, both", *squares)
beyond = max(squares[1] - squares[2], 0.0)
show("crossed", "variance of the mean", (squares[0] + beyond) / 60)
show("crossed", "degrees of freedom", (squares[0] + beyond) ** 2 / (squares[0] ** 2 / 4 + beyond**2 / 11))
df = (squares[0] + beyond) ** 2 / (squares[0] ** 2 / 4 + beyond**2 / 11)
show("crossed", "half-width", st.t.ppf(0.975, df) * np.sqrt((squares[0] + beyond) / 60))
show("crossed", "t(.975, 3.7)", st.t.ppf(0.975, 3.7))

# --- inference::aggregate: rliable's definitions are these two SciPy functions
scores = np.stack([X, Y, Z])
show("aggregate", "interquartile mean", st.trim_mean(scores, 0.25, axis=None))
show("aggregate", "interquartile mean of 7", st.trim_mean(X[:7], 0.25, axis=None))
u = [st.mannwhitneyu(x, y, alternative="greater").statistic / 64 for x, y in ((X, Y), (X, Z))]
show("aggregate", "probability of improvement of X on Y and Z", *u, np.mean(u))
show("aggregate", "quantile .3 of Z", np.quantile(Z, 0.3))

# --- study::roc
scores = np.array([0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.2, 0.35, 0.7], dtype=np.float32)
labels = np.array([0, 0, 1, 1, 0, 1, 1, 0, 0, 1])
show("roc", "AUC", roc_auc_score(labels, scores))
fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
print("roc: corners =", list(zip(map(float, fpr), map(float, tpr))))


def hanley_mcneil(auc, positives, negatives):
    """Hanley and McNeil 1982, equation 2."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    both = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return both / (positives * negatives)


show("roc", "variance of AUC .8 at 300 and 600 rows", hanley_mcneil(0.8, 300, 600))

# --- claims: C5's statistic is Levene's with medians
z = lambda y: np.abs(y - np.median(y))
show("claims", "Brown-Forsythe F of Z and Y", st.levene(Z, Y, center="median").statistic)
show("claims", "mean absolute deviation from the median of Z, Y", z(Z).mean(), z(Y).mean())

# --- study::robustness
levels = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
f = np.array([0.9, 0.85, 0.7, 0.6, 0.55])
concat = np.array([0.8, 0.78, 0.74, 0.66, 0.6])
show("robustness", "area", np.trapezoid(f, levels))
beta = concat + (f[0] - concat[0])
show("robustness", "effective (area)", np.trapezoid(f - beta, levels))
show("robustness", "MultiBench effective (sum over levels)", np.sum(f - beta))
half = 0.52 + (f[0] - 0.52) / 2
show("robustness", "half-skill level above .52", np.interp(-half, -f, levels))

# --- inference::splits: six or three seeds on three splits of six rows, by the definition
PLACES = [[0, 1, 2, 4, 6, 9], [1, 3, 4, 5, 8, 9], [2, 3, 6, 7, 9, 10]]


def value(seed, place):
    return ((5 * seed + 3 * place + seed * place) % 7) / 8


def splits(of):
    seeds, rows, groups = len(of), len(PLACES[0]), len(set(sum(PLACES, [])))
    used = sorted(set(of))
    share = {k: of.count(k) / seeds for k in used}
    of_seed = np.array([np.mean([value(s, p) for p in PLACES[of[s]]]) for s in range(seeds)])
    members = {k: [s for s in range(seeds) if of[s] == k] for k in used}
    of_split = {k: of_seed[members[k]].mean() for k in used}
    within = sum((of_seed[s] - of_split[of[s]]) ** 2 for s in range(seeds))
    of_seeds = within / (seeds - len(used)) if seeds > len(used) else 0.0
    square = sum(of.count(k) * (of_split[k] - of_seed.mean()) ** 2 for k in used) / (len(used) - 1)
    per_split = (seeds - sum(of.count(k) ** 2 for k in used) / seeds) / (len(used) - 1)
    of_splits, squares = (square - of_seeds) / per_split, sum(s * s for s in share.values())
    influence = {
        k: {p: (np.mean([value(s, p) for s in members[k]]) - of_split[k]) / rows for p in PLACES[k]} for k in used
    }
    in_all = sum(sum(share[k] * influence[k].get(p, 0) for k in used) ** 2 for p in range(groups))
    apart = sum(share[k] ** 2 * v * v for k in used for v in influence[k].values())
    shared, own = max(in_all - apart, 0) * groups / (groups - 1), []
    for k in used:
        if len(members[k]) > 1:
            rest = [((value(s, p) - of_seed[s]) / rows - influence[k][p]) ** 2 for s in members[k] for p in PLACES[k]]
            of_both = sum(rest) / (len(members[k]) - 1)
            own.append(sum(v * v for v in influence[k].values()) - of_both / len(members[k]))
    own = squares * max(np.mean(own), 0) * groups / (groups - 1) if own else 0.0
    beyond = squares * (of_splits + shared / (1 - squares))
    if beyond > own:
        parts = [(of_seeds / seeds + beyond, len(used) - 1), (shared, groups - 1)]
    else:
        parts = [(of_seeds / seeds, seeds - len(used)), (own + shared, groups - 1)]
    variance = sum(part for part, _ in parts)
    freedom = variance**2 / sum(part**2 / n for part, n in parts if part > 0)
    show("inference::splits", "of seeds, of splits, own, shared", of_seeds, of_splits, own, shared)
    show("inference::splits", "variance and degrees of freedom", variance, freedom)


splits([0, 1, 2, 0, 1, 0])
splits([0, 1, 2])
