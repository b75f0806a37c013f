"""The paired percentile bootstrap of winnow evaluate, written out: draws, statistics, bounds."""
import numpy

WORD = (1 << 64) - 1


def mix64(x):
    """SplitMix64's output function (Steele et al. 2014)."""
    x = (x + 0x9E3779B97F4A7C15) & WORD
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & WORD
    return x ^ (x >> 31)


def draws(seed, resample, rows):
    word = mix64(mix64(mix64(seed) ^ int.from_bytes(b"boot", "big")) ^ resample)
    return [mix64(word ^ draw) * rows >> 64 for draw in range(rows)]


def token_mean(base, tuned, tokens, axis=-1):
    return tuned.sum(axis) / tokens.sum(axis) - base.sum(axis) / tokens.sum(axis)


def row_mean(base, tuned, tokens, axis=-1):
    return (tuned / tokens).mean(axis) - (base / tokens).mean(axis)


STATISTICS = {"token_mean": token_mean, "row_mean": row_mean}


def compare(rows, resamples, seed, confidence):
    """{name: [value, low, high]} of rows [base nll, tuned nll, tokens]."""
    rows = numpy.asarray(rows, float)
    drawn = rows[[draws(seed, resample, len(rows)) for resample in range(resamples)]]  # [resamples, rows, 3]
    bounds = [(1 - confidence) / 2, (1 + confidence) / 2]
    return {name: [statistic(*rows.T), *numpy.quantile(statistic(*numpy.moveaxis(drawn, 2, 0)), bounds)] for name, statistic in STATISTICS.items()}
