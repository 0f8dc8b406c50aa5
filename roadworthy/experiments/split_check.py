"""Whether people come to the arms in the shares that were planned: a test of the split that may be looked at always.

When they don't, something sends people away or counts them wrongly, and no comparison means anything (Fabijan et al.,
Diagnosing sample ratio mismatch in online controlled experiments, KDD 2019). The e-value is the mixture of Bernoulli
likelihoods over Beta(K p, K (1 − p)) against the planned share p: Lindon and Malek, Anytime-valid inference for
multinomial count data (NeurIPS 2022), section 3; after n people, k of them treated, it is
B(K p + k, K (1 − p) + n − k) / (B(K p, K (1 − p)) p^k (1 − p)^(n − k)).
"""

from __future__ import annotations

from math import log

import numpy as np

from roadworthy.experiments.observing import People
from roadworthy.experiments.report import SplitCheck, SplitVerdict

ALPHA = 0.001
"""Of a thousand experiments with a right split one is ever called broken."""
_CONCENTRATION = 100.0
"""K: the alternatives lie near the planned share, some five in a hundred away."""
_MOST = 690.0
"""Logarithms end here, where numbers do."""
FEWEST = 20
"""Of fewer people nothing is said."""


def check_split(people: People, share: float) -> SplitCheck:
    """Hold everybody who came against the planned share of the treatment."""
    treated = int(people.treated.sum())
    log_e = _largest_log_e(people, share)
    if len(people.treated) < FEWEST:
        verdict = SplitVerdict.TOO_FEW
    else:
        verdict = SplitVerdict.BROKEN if log_e >= log(1 / ALPHA) else SplitVerdict.AS_PLANNED
    return SplitCheck(
        verdict=verdict,
        treatment=treated,
        control=len(people.treated) - treated,
        planned=share,
        crossed=people.crossed,
        log_e=round(log_e, 6),
        log_needed=round(log(1 / ALPHA), 6),
    )


def _largest_log_e(people: People, share: float) -> float:
    """Return the largest logarithm that the e-value ever had, as people came."""
    if not len(people.treated):
        return 0.0
    if share >= 1:
        # Whoever comes to the control comes there by mistake.
        return 0.0 if people.treated.all() else _MOST
    # Late imports: start-up time.
    from scipy.special import betaln

    ones = np.cumsum(people.treated)
    zeros = np.arange(1, len(ones) + 1) - ones
    a, b = _CONCENTRATION * share, _CONCENTRATION * (1 - share)
    path = betaln(a + ones, b + zeros) - betaln(a, b) - ones * log(share) - zeros * log(1 - share)
    return min(max(0.0, float(path.max())), _MOST)
