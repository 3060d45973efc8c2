"""What the pass over the tree hands to the builders."""

from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from workers.extract.clean import Attributes


@dataclass(slots=True, eq=False)
class RawTag:
    """An element without a part in the page's text."""

    node: LexborNode
    attributes: Attributes
    in_head: bool
    n: int


@dataclass(slots=True, eq=False)
class RawLink:
    """An `<a>` or `<area>`. `blocks`: elements inside separate words; `clean`: none of them hides its text.

    `labels` are titles of SVG inside and an area's alt, `alts` those of images inside.
    """

    node: LexborNode
    tag: str
    attributes: Attributes
    area: str
    hidden: bool
    n: int
    blocks: bool = False
    clean: bool = True
    text: str = ""
    alts: list[str | None] = field(default_factory=list[str | None])
    labels: list[str] = field(default_factory=list[str])
    name: str = ""


@dataclass(slots=True, eq=False)
class RawHeading:
    """A heading."""

    node: LexborNode
    level: int
    n: int
    blocks: bool = False
    clean: bool = True
    text: str = ""
    alts: list[str] = field(default_factory=list[str])


@dataclass(slots=True, eq=False)
class RawImage:
    """An `<img>`."""

    attributes: Attributes
    in_picture: bool
    link: RawLink | None
    n: int
