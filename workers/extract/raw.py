"""What the pass over the tree hands to the builders."""

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from workers.extract.clean import Attributes


@dataclass(slots=True, eq=False)
class RawTag:
    """An element without a part in the page's text: the `n`th of its kind, at `index` among all."""

    node: LexborNode
    attributes: Attributes
    in_head: bool
    n: int
    index: int
