"""What logistic regression costs at its best, by scikit-learn: the constants of crates/engine/src/tests/logistic.rs.

    python scripts/logistic.py

Needs numpy and scikit-learn. The rows are formulas, so that both sides have the same ones.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

ROWS, WIDTH = 160, 4


def rows():
    """Text and image `[ROWS, WIDTH]`, labels `[ROWS]`."""
    i, j = np.arange(ROWS)[:, None], np.arange(WIDTH)
    text, image = np.sin(i * (1.3 + 0.37 * j)), np.cos(i * (0.7 + 0.23 * j) + 0.4)
    score = text[:, 0] - 0.5 * image[:, 1] + 1.5 * text[:, 2] * image[:, 3] + 1.5 * np.sin(5.0 * i[:, 0])
    return text, image, (score > 0).astype(int)


def main():
    text, image, label = rows()
    features = {
        "concat": np.hstack([text, image]),
        "product": np.hstack([text * image, text * image[:, ::-1]]),
        "tensor": np.einsum("ri,rj->rij", text, image).reshape(ROWS, -1),
    }
    print(f"{label.sum()} of {ROWS} are 1")
    for name, values in features.items():
        fitted = LogisticRegression(C=np.inf, tol=1e-12, max_iter=100_000).fit(values, label)
        loss = log_loss(label, fitted.predict_proba(values))
        print(f"{name:<8} loss {loss:.9f}  accuracy {fitted.score(values, label)}")


if __name__ == "__main__":
    main()
