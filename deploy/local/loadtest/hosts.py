"""The simulated web: what each host and each page is like, told by a seed alone.

The distributions (heuristic): pages per host bounded Pareto (alpha 1.1, 3 to 300, median 6); time to answer log-normal
per host (median 60 ms, sigma 0.7, at most 3 s), varied by a factor of 0.5 to 2 per page; size log-normal (median 25 KB,
sigma 0.8, 2 to 400 KB); of the pages 1.5 % answer 404, 1 % answer 500, 0.3 % are slow by 5 s.
"""

import random
from dataclasses import dataclass

WORDS = (
    "garden winter orchard apples pruning season branches light soil water seeds harvest market bread morning "
    "village river bridge workshop timber tools paint window letter history museum island harbour journey weather"
).split()
MOST_HOSTS = 60_000
PAGES_ALPHA, PAGES_LEAST, PAGES_MOST = 1.1, 3, 300
LATENCY_MEDIAN, LATENCY_SIGMA, LATENCY_MOST = 0.060, 0.7, 3.0
SIZE_MEDIAN, SIZE_SIGMA, SIZE_LEAST, SIZE_MOST = 25_000, 0.8, 2_000, 400_000
MISSING, FAULTY, SLOW = 0.015, 0.010, 0.003
SLOW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Host:
    """A site: how many pages it has, and the median time it takes to answer (seconds)."""

    pages: int
    latency: float


@dataclass(frozen=True, slots=True)
class Answer:
    """How a page answers: status, seconds, bytes of HTML."""

    status: int
    seconds: float
    size: int


def address(number: int) -> str:
    """The loopback address of host ``number`` (from 0): 127.10.0.1 and on."""
    if not 0 <= number < MOST_HOSTS:
        message = f"host {number}: there are at most {MOST_HOSTS}"
        raise ValueError(message)
    return f"127.{10 + number // 60_000}.{number // 250}.{number % 250 + 1}"


def host(seed: int, number: int) -> Host:
    """What host ``number`` is like."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - a simulation
    pages = int(PAGES_LEAST * (1 - dice.random()) ** (-1 / PAGES_ALPHA))
    latency = LATENCY_MEDIAN * dice.lognormvariate(0, LATENCY_SIGMA)
    return Host(min(pages, PAGES_MOST), min(latency, LATENCY_MOST))


def answer(seed: int, number: int, page: int, median: float) -> Answer:
    """How page ``page`` of host ``number`` answers. The start page always works."""
    dice = random.Random(f"{seed}/{number}/{page}")  # noqa: S311 - a simulation
    seconds = min(median * 2 ** dice.uniform(-1, 1), LATENCY_MOST)
    size = int(min(max(SIZE_MEDIAN * dice.lognormvariate(0, SIZE_SIGMA), SIZE_LEAST), SIZE_MOST))
    luck = dice.random()
    if page == 0:
        return Answer(200, seconds, size)
    if luck < MISSING:
        return Answer(404, seconds, 1_000)
    if luck < MISSING + FAULTY:
        return Answer(500, seconds, 1_000)
    if luck < MISSING + FAULTY + SLOW:
        return Answer(200, seconds + SLOW_SECONDS, size)
    return Answer(200, seconds, size)


def html(seed: int, number: int, page: int, pages: int, size: int) -> str:
    """A page of about ``size`` bytes: a head, navigation, paragraphs and links to its neighbours."""
    dice = random.Random(f"{seed}/{number}/{page}/text")  # noqa: S311 - a simulation
    name = " ".join(dice.choices(WORDS, k=4))
    links = "".join(
        f'<a href="/p/{(page * 3 + step) % pages}">{dice.choice(WORDS)} {step}</a> ' for step in range(1, 9)
    )
    paragraph = " ".join(dice.choices(WORDS, k=80)) + f" {number} {page}."
    text = "".join(f"<p>{paragraph}</p>" for _ in range(max(1, size // (len(paragraph) + 8))))
    head = (
        f'<meta charset="utf-8"><title>{name} of house {number}, part {page}</title>'
        f'<meta name="description" content="{paragraph[:140]}"><meta name="viewport" content="width=device-width">'
        f'<link rel="canonical" href="/p/{page}">'
    )
    body = f"<nav>{links}</nav><main><h1>{name}</h1>{text}</main>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'
