"""Near-duplicate removal by the exact Jaccard similarity of word n-grams, restated plainly as an oracle: no MinHash, every pair that
shares an n-gram is compared.

winnow compares the pairs that MinHash proposes, so it may keep a row that this drops (and then whatever follows from that); both drop a
row for the earliest kept row that it resembles.
"""

import re
from collections import Counter, defaultdict
from fractions import Fraction


def shingles(text, n):
    """The distinct n-grams of scikit-learn's words; a text of fewer words is one shingle, so is a text without words, an empty one none."""
    words = re.findall(r"(?u)\b\w\w+\b", text.lower())
    if not words:
        return {text} if text else set()
    n = min(n, len(words))
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


def near_duplicates(rows, keys, sets, min_jaccard_similarity):
    """(kept rows in order, [(dropped row, kept row, similarity)] in order). `min_jaccard_similarity`: a decimal in a string."""
    least = Fraction(min_jaccard_similarity)
    kept, dropped = [], []
    holders = defaultdict(list)  # kept places by shingle, ascending
    first_empty = None
    for i in sorted(range(len(rows)), key=lambda i: (keys[i], rows[i])):
        shared = Counter(place for shingle in sets[i] for place in holders[shingle])
        if not sets[i] and first_empty is not None:
            shared[first_empty] = 0
        like = None
        for place in sorted(shared):
            union = len(sets[i]) + len(sets[kept[place]]) - shared[place]
            similarity = Fraction(shared[place], union) if union else Fraction(1)
            if similarity >= least:
                like = (rows[i], rows[kept[place]], float(similarity))
                break
        if like:
            dropped.append(like)
            continue
        if not sets[i]:
            first_empty = len(kept)
        for shingle in sets[i]:
            holders[shingle].append(len(kept))
        kept.append(i)
    return [rows[i] for i in kept], dropped
