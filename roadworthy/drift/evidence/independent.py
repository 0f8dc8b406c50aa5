"""Evidence for rows that are independent of each other, over nights too."""

from __future__ import annotations

from roadworthy.drift.evidence.interface import Basis, Reading


class IndependentRows:
    """Reads p-values off the chi-square distribution (Pearson, Philosophical Magazine 50, 1900).

    Hardly any real stream is like that: rows of one night share its weather, its campaign, its outage. Where there are
    nights to compare with, use `HistoricalNights`.
    """

    basis = Basis.ROWS

    def p_value(self, reading: Reading) -> float:
        """Return the probability of a statistic at least as large; 1 where there is nothing to compare."""
        # Late imports: start-up time.
        from scipy.special import chdtrc

        return float(chdtrc(reading.freedom, reading.statistic)) if reading.freedom else 1.0
