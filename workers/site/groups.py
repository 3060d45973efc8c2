"""Vector arithmetic over sorted keys: runs of equal values, components, loops."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from workers.site.table import I64, U64, Mask

MAX_PER_SOURCE = 5
BLOCK = 1_000_000
"""Edges worked on at a time: 8 MB for each array of them."""


def runs(sorted_keys: npt.NDArray[np.generic]) -> tuple[I64, I64]:
    """Start and length of each run of equal values."""
    if not len(sorted_keys):
        empty = np.empty(0, np.int64)
        return empty, empty
    starts = np.flatnonzero(np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1])))
    return starts, np.diff(np.append(starts, len(sorted_keys)))


def mix(first: U64, second: npt.NDArray[np.generic]) -> U64:
    """One key from two, so that equal means both equal (but for a chance of 2^-64)."""
    weight = np.uint64(0x9E3779B97F4A7C15)
    mixed: U64 = (first ^ (second.astype(np.uint64) * weight)) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(29))


def groups(keys: U64, rows: I64) -> tuple[I64, I64, I64]:
    """Rows with equal keys beside each other: (rows, start of each group, its size); groups of one are left out."""
    order = np.argsort(keys, kind="stable")
    _, sizes = runs(keys[order])
    return kept(rows[order], sizes, sizes > 1)


def kept(rows: I64, sizes: I64, keep: Mask) -> tuple[I64, I64, I64]:
    """Only the groups for which `keep` is set."""
    chosen = rows[np.repeat(keep, sizes)]
    sizes = sizes[keep]
    return chosen, np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)[: len(sizes)], sizes


def partners(starts: I64, sizes: I64) -> I64:
    """For each position in grouped rows the position of the next one of its group, round."""
    following = np.arange(1, int(sizes.sum()) + 1, dtype=np.int64)
    following[starts + sizes - 1] = starts
    return following


def varied(values: npt.NDArray[np.generic], starts: I64) -> Mask:
    """Whether a group holds different values."""
    differ: Mask = np.minimum.reduceat(values, starts) != np.maximum.reduceat(values, starts)
    return differ


def first_of_each(sources: I64) -> tuple[I64, I64]:
    """Positions of the first five entries of each run in sorted `sources`, and for how many places each stands."""
    starts, sizes = runs(sources)
    within = np.arange(len(sources), dtype=np.int64) - np.repeat(starts, sizes)
    at = np.flatnonzero(within < MAX_PER_SOURCE)
    count = np.ones(len(at), np.int64)
    count[within[at] == 0] += np.maximum(sizes - MAX_PER_SOURCE, 0)
    return at, count


def components(size: int, left: I64, right: I64) -> I64:
    """A label for each node, equal for nodes that the edges connect: least label wins, with pointer jumping."""
    label = np.arange(size, dtype=np.int64)
    while len(left):
        a, b = label[left], label[right]
        apart = a != b
        if not apart.any():
            break
        left, right, a, b = left[apart], right[apart], a[apart], b[apart]
        np.minimum.at(label, np.maximum(a, b), np.minimum(a, b))
        while True:
            jumped = label[label]
            if np.array_equal(jumped, label):
                break
            label = jumped
    return label


def loops(following: I64) -> Iterator[list[int]]:
    """Loops of a map row → row (-1: nowhere), each from its least row; rows that lead to themselves are no loop."""
    state = bytearray(len(following))
    state_on_path, state_done = 1, 2
    for start in np.flatnonzero(following >= 0).tolist():
        path: list[int] = []
        at = start
        while at >= 0 and not state[at]:
            state[at] = state_on_path
            path.append(at)
            at = int(following[at])
        if at >= 0 and state[at] == state_on_path:
            loop = path[path.index(at) :]
            if len(loop) > 1:
                least = loop.index(min(loop))
                yield loop[least:] + loop[:least]
        for row in path:
            state[row] = state_done
