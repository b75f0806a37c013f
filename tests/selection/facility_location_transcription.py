"""Facility location, restated plainly as an oracle: Superfiltering.D (tianyi-lab/Superfiltering, code_diversity_fla/do_fla.py), which
calls submodlib's FacilityLocation with LazyGreedy (decile-team/submodlib 72ae33a: cpp/utils/helper.cpp, cpp/submod/FacilityLocation.cpp,
cpp/optimizers/LazyGreedyOptimizer.cpp), and winnow's own cosine and rule for ties. The whole n x n matrix is made.
"""

import ctypes
import ctypes.util
import heapq

import numpy as np

UNITS = np.float32(2**24)


def exp_of_c_library(values):
    """std::exp(float): numpy's own differs in the last bit."""
    expf = ctypes.CDLL(ctypes.util.find_library("m")).expf
    expf.restype, expf.argtypes = ctypes.c_float, [ctypes.c_float]
    different, place = np.unique(values, return_inverse=True)
    return np.array([expf(x) for x in different.tolist()], dtype=np.float32)[place].reshape(values.shape)


def published_similarities(vectors):
    """exp(-distance / dimension), every step in float32. Cut to multiples of 2^-24, which is what those above 0.5 are."""
    n, dimension = vectors.shape
    similarities = np.empty((n, n), dtype=np.float32)
    gamma = np.float32(1.0 / dimension)
    for i in range(n):
        squares = np.zeros(n, dtype=np.float32)
        for k in range(dimension):
            squares += (vectors[i, k] - vectors[:, k]) ** 2
        similarities[i] = -np.sqrt(squares) * gamma
    return np.trunc(exp_of_c_library(similarities) * UNITS) / UNITS


def fused_multiply_add(a, b, c):
    """Float32 a * b + c, rounded once: by way of the float64 sum rounded to odd."""
    product = a.astype(np.float64) * b
    total = product + c
    part = total - product
    error = (product - (total - part)) + (c - part)
    bits = total.view(np.int64)
    towards_error = np.where((error > 0) == (total > 0), 1, -1)
    bits += np.where((error != 0) & (bits % 2 == 0), towards_error, 0)
    return total.astype(np.float32)


def cosine_similarities(vectors):
    wide = vectors.astype(np.float64)
    squares = np.zeros(len(vectors))
    for k in range(vectors.shape[1]):
        squares += wide[:, k] ** 2
    norms = np.sqrt(squares)[:, None]
    units = np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0).astype(np.float32)
    similarities = np.empty((len(vectors), len(vectors)), dtype=np.float32)
    for i in range(len(vectors)):
        products = np.zeros(len(vectors), dtype=np.float32)
        for k in range(vectors.shape[1]):
            products = fused_multiply_add(units[:, k], units[i, k], products)
        similarities[i] = products
    return np.trunc(similarities * UNITS) / UNITS


def gain(similarities, cover, row):
    return np.maximum(similarities[row] - cover, 0).sum(dtype=np.float64)


def greedy(similarities, count):
    """The row that adds most, the smallest number first: every gain is computed at every pick. Yields (row, gain)."""
    cover = np.zeros(len(similarities), dtype=np.float32)
    left = list(range(len(similarities)))
    for _ in range(count):
        gains = [gain(similarities, cover, row) for row in left]
        best = int(np.argmax(gains))
        yield left[best], gains[best]
        cover = np.maximum(cover, similarities[left.pop(best)])


def lazy_greedy(similarities, count):
    """submodlib's LazyGreedy: a heap of (gain at some time, row), the larger row first; a row is taken as soon as its gain reaches
    the next bound. Where the published loop looks at the top of an empty heap, the last row is taken. Yields (row, gain)."""
    cover = np.zeros(len(similarities), dtype=np.float32)
    heap = [(-gain(similarities, cover, row), -row) for row in range(len(similarities))]
    heapq.heapify(heap)
    while count > 0:
        _, negative_row = heapq.heappop(heap)
        new_bound = gain(similarities, cover, -negative_row)
        if not heap or new_bound >= -heap[0][0]:
            yield -negative_row, new_bound
            cover = np.maximum(cover, similarities[-negative_row])
            count -= 1
        else:
            heapq.heappush(heap, (-new_bound, negative_row))
