"""The paired bootstrap against a transcription in numpy (the same draws, worked out again here: equal to rounding) and against
scipy.stats.bootstrap (method percentile, paired; draws of its own: equal within what the two sets of draws may differ by).

paired_bootstrap_parity.py DRIVER"""
import json
import subprocess
import sys
import unittest

import numpy
import scipy.stats

from paired_bootstrap_transcription import STATISTICS, compare

DRIVER = sys.argv.pop(1)
# Two quantiles of B draws each from a normal distribution differ by about sqrt(2 q (1 - q) / B) / density(quantile) of its
# standard deviations, 0.038 for q = 0.025 and B = 10,000: five of these.
MONTE_CARLO = 0.19


def rows_of(count, gain, seed):
    """[rows, 3]: losses of two models and tokens, as uneven as answers are."""
    generator = numpy.random.default_rng(seed)
    tokens = numpy.ceil(generator.lognormal(3.5, 1, count))
    base = tokens * generator.gamma(6, 0.35, count)
    return numpy.stack([base, base - tokens * generator.normal(gain, 0.2, count), tokens], axis=1)


def winnow(rows, resamples, seed, confidence):
    done = subprocess.run([DRIVER, str(resamples), str(seed), str(confidence)], input=json.dumps(rows.tolist()), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Parity(unittest.TestCase):
    def test_the_same_draws_give_the_same_interval(self):
        for count, resamples, seed, confidence in ((2, 100, 0, 0.95), (37, 1000, 5, 0.9), (200, 777, 2**64 - 1, 0.99)):
            rows = rows_of(count, 0.05, count)
            found = winnow(rows, resamples, seed, confidence)
            for name, expected in compare(rows, resamples, seed, confidence).items():
                numpy.testing.assert_allclose(found[name], expected, rtol=1e-11, atol=1e-12, err_msg=f"{name} of {count} rows")
            self.assertEqual(found["share_better"], (rows[:, 1] < rows[:, 0]).mean())

    def test_scipy_finds_the_same_interval_with_other_draws(self):
        for count, gain in ((25, 0.0), (300, 0.05)):
            rows = rows_of(count, gain, 100 + count)
            found = winnow(rows, 10_000, 1, 0.95)
            for name, statistic in STATISTICS.items():
                theirs = scipy.stats.bootstrap(tuple(rows.T), statistic, paired=True, vectorized=True, method="percentile", n_resamples=10_000,
                                               confidence_level=0.95, rng=numpy.random.default_rng(2))
                deviation = theirs.bootstrap_distribution.std()
                apart = numpy.abs(numpy.array(found[name][1:]) - theirs.confidence_interval) / deviation
                print(f"{name} of {count} rows: {found[name]}, scipy's bounds {apart.max():.3f} standard deviations away", flush=True)
                self.assertLess(apart.max(), MONTE_CARLO)


if __name__ == "__main__":
    unittest.main()
