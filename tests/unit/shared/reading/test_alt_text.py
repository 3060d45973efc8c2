import pytest

from shared.reading.alt_text import is_meaningless


@pytest.mark.parametrize(
    "alt",
    [
        "image",
        "Image.",
        "FOTO",
        "画像",
        "knife.jpg",
        "my knife.PNG",
        "IMG_2041",
        "DSC0001",
        "photo 12",
        "Screenshot 2024-01-02",
    ],
)
def test_says_nothing(alt: str) -> None:
    assert is_meaningless(alt, "")


@pytest.mark.parametrize(
    "alt", ["knife", "Photo of a knife", "Image 3: the burr", "Node.js", "well-known", "Figure 4", "A4", "8"]
)
def test_says_something(alt: str) -> None:
    assert not is_meaningless(alt, f"/media/{alt}.webp")


def test_the_name_of_the_file() -> None:
    assert is_meaningless("hero-banner-2", "/img/hero-banner-2.webp?v=1")
    assert not is_meaningless("hero-banner-2", "/img/other.webp")
