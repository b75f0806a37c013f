"""The selection rules of the papers, transcribed slowly and plainly from methods.md. Scores are lists of numbers or None (undefined);
every function returns row numbers in the order of picking. Ties go to the lowest row unless the released code does otherwise."""
import math
import re

import numpy

WORD = re.compile(r"\w\w+")


def best(values, count, keep=lambda value: True, highest=True):
    rows = [i for i, value in enumerate(values) if value is not None and keep(value)]
    return sorted(rows, key=lambda i: (-values[i] if highest else values[i], i))[:count]


def superfiltering(ifd_ppl, share):
    """code_ifd/select_data.py: IFD < 1, descending, int(rows * share)."""
    return best(ifd_ppl, int(len(ifd_ppl) * share), lambda value: value < 1)


def cherry_v1(ifd_loss, share):
    """data_by_IFD.py: sorted ascending by (IFD, index), the last int(survivors * share); highest first here."""
    survivors = sorted((value, i) for i, value in enumerate(ifd_loss) if value is not None and not value > 1)
    count = int(len(survivors) * share)
    return [i for _, i in survivors[-count:]][::-1]


def cherry_v2(ifd_loss, share):
    return best(ifd_loss, int(len(ifd_loss) * share), lambda value: value <= 1)


def alpagasus(rating, least):
    return [i for i, value in enumerate(rating) if value is not None and value >= least]


def middle(values, count):
    order = best(values, len(values))
    skipped = (len(order) - count) // 2
    return order[skipped:skipped + count]


def deita(score, vectors, most_similar, count):
    """filter/base.py with batches of one: score descending, kept unless similar to a kept one."""
    unit = vectors.astype(numpy.float64)
    unit = unit / numpy.linalg.norm(unit, axis=1, keepdims=True)
    kept = []
    for i in best(score, len(score)):
        if len(kept) == count:
            break
        if not kept or (unit[kept] @ unit[i]).max() <= most_similar:
            kept.append(i)
    return kept


def instag(tags, count):
    """TagLM's complexity-first diverse sampling: a new tag set each round; rows without a tag fill the end."""
    order = best([None if row is None else len(row) for row in tags], len(tags))
    picked = []
    while len(picked) < count:
        seen, before = set(), len(picked)
        for i in order:
            if len(picked) < count and set(tags[i]) - seen:
                picked.append(i)
                seen |= set(tags[i])
        taken = set(picked)
        order = [i for i in order if i not in taken]
        if len(picked) == before:
            return picked + order[:count - len(picked)]
    return picked


def instag_global(tags, score, count):
    """Deita's InsTag diversity: one tag set; the rest is filled in the same order."""
    order = [i for i in best(score, len(score)) if tags[i] is not None]
    picked, seen = [], set()
    for i in order:
        if len(picked) < count and set(tags[i]) - seen:
            picked.append(i)
            seen |= set(tags[i])
    taken = set(picked)
    return picked + [i for i in order if i not in taken][:count - len(picked)]


def ngrams(text):
    words = WORD.findall(text.lower())
    counts = {}
    for n in (1, 2, 3):
        for i in range(len(words) - n + 1):
            term = tuple(words[i:i + n])
            counts[term] = counts.get(term, 0) + 1
    return counts


def graphfilter(instructions, quality, count):
    """Bipartite graph of instructions and their n-grams: quality x sum of TF ln(N / df) of the n-grams that no pick has."""
    rows = [i for i, value in enumerate(quality) if value is not None]
    terms = {i: ngrams(instructions[i]) for i in rows}
    frequency = {}
    for i in rows:
        for term in terms[i]:
            frequency[term] = frequency.get(term, 0) + 1
    weight = {i: {term: tf * math.log(len(rows) / frequency[term]) for term, tf in terms[i].items()} for i in rows}
    covered, picked = set(), []
    gain = {i: quality[i] * math.fsum(weight[i].values()) for i in rows}
    holders = {}
    for i in rows:
        for term in terms[i]:
            holders.setdefault(term, []).append(i)
    left = set(rows)
    while len(picked) < count:
        top = max(left, key=lambda i: (gain[i], -i))
        if gain[top] <= 0:
            return picked + sorted(left, key=lambda i: (-quality[i], i))[:count - len(picked)]
        picked.append(top)
        left.discard(top)
        touched = set()
        for term in terms[top]:
            if term not in covered:
                covered.add(term)
                touched.update(holders[term])
        for i in touched & left:
            gain[i] = quality[i] * math.fsum(w for term, w in weight[i].items() if term not in covered)
    return picked
