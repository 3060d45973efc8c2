"""The vector arithmetic under the site analysis, against plain models."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workers.site.groups import components, first_of_each, groups, loops, mix, partners, runs

small = st.integers(0, 6)


@given(st.lists(small, max_size=40))
def test_groups_hold_equal_keys(values: list[int]) -> None:
    rows, starts, sizes = groups(np.array(values, np.uint64), np.arange(len(values), dtype=np.int64))
    found = [rows[start : start + size].tolist() for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)]
    wanted = [[n for n, one in enumerate(values) if one == value] for value in sorted(set(values))]
    assert found == [members for members in wanted if len(members) > 1]
    if len(starts):
        others = rows[partners(starts, sizes)].tolist()
        for row, other in zip(rows.tolist(), others, strict=True):
            assert row != other
            assert values[row] == values[other]


@given(st.lists(small, max_size=40))
def test_the_first_five_of_each_stand_for_all(values: list[int]) -> None:
    sources = np.sort(np.array(values, np.int64))
    at, counts = first_of_each(sources)
    assert int(counts.sum()) == len(values)
    kept = sources[at].tolist()
    assert all(kept.count(value) == min(values.count(value), 5) for value in set(values))


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=30))
def test_components_are_those_of_a_search(edges: list[tuple[int, int]]) -> None:
    left, right = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    labels = components(16, left, right).tolist()
    sets = [{n} for n in range(16)]
    for a, b in edges:
        if sets[a] is not sets[b]:
            sets[a] |= sets[b]
            for n in sets[b]:
                sets[n] = sets[a]
    assert labels == [min(sets[n]) for n in range(16)]


@given(st.lists(st.integers(-1, 11), min_size=12, max_size=12))
def test_loops_are_those_of_a_walk(following: list[int]) -> None:
    wanted: set[tuple[int, ...]] = set()
    for start in range(12):
        path, at = [start], following[start]
        while at >= 0 and at not in path:
            path.append(at)
            at = following[at]
        if at == start and len(path) > 1 and start == min(path):
            wanted.add(tuple(path))
    assert {tuple(loop) for loop in loops(np.array(following, np.int64))} == wanted


def test_runs_of_nothing() -> None:
    starts, sizes = runs(np.empty(0, np.uint64))
    assert len(starts) == len(sizes) == 0


@given(st.lists(st.tuples(small, small), max_size=30))
def test_mixed_keys_are_equal_when_both_are(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array([pair[side] for pair in pairs], np.uint64) for side in (0, 1))
    assert len(set(mix(first, second).tolist())) == len(set(pairs))
