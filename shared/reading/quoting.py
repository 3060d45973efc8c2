"""What a page shows as an example instead of saying it."""

_CODE = ("pre", "code", "kbd", "samp", "tt", "textarea")


def shown_as_code(fragment: str, source: str) -> bool:
    """Whether the first occurrence of `fragment` in an HTML source stands inside an element for code.

    A fragment that the source spells with character references isn't found, and counts as said.
    """
    at = source.find(fragment)
    if at < 0:
        return False
    return any(source.rfind(f"<{tag}", 0, at) > source.rfind(f"</{tag}", 0, at) for tag in _CODE)
