"""Alternative texts that describe nothing (heuristic)."""

import re
from urllib.parse import unquote, urlsplit

_FILE_NAME = re.compile(r"\S.{0,120}\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic)", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?:img|dsc[fn]?|dcim|image|photo|picture|pic|foto|bild|imagen|imagem|"
    r"screenshot|screen shot|unnamed|untitled|whatsapp image)"
    r"[\s_-]*\(?\d[\d\s_.:()-]*",
    re.IGNORECASE,
)
_MEANINGLESS = frozenset(
    "image images img picture pictures pic photo photos photograph graphic graphics alt alt text alt-text alttext "
    "untitled placeholder spacer thumbnail thumb bild foto fotos grafik imagen imagem immagine imatge afbeelding "
    "billede bilde obraz obrázek zdjęcie kép imagine resim görsel εικόνα изображение картинка фото зображення "
    "图片 圖片 图像 画像 写真 이미지 사진 صورة תמונה".split()
) | {"alt text", "image alt", "image here", "your image"}
_SHORTEST_NAME = 6
_LONGEST = max(map(len, _MEANINGLESS)) + 2


def is_meaningless(alt: str, src: str) -> bool:
    """Whether an alternative text only says that there is an image, or repeats the name of its file."""
    if len(alt) <= _LONGEST and alt.casefold().strip(" .:!") in _MEANINGLESS:
        return True
    return _is_file_name(alt, src)


def _is_file_name(alt: str, src: str) -> bool:
    """Whether `alt` is a camera's or an upload's name: with an extension, numbered, or equal to a slug in `src`."""
    if "." in alt[-5:] and _FILE_NAME.fullmatch(alt):
        return True
    if (alt[-1:].isdigit() or alt[-1:] == ")") and _NUMBERED.fullmatch(alt):
        return True
    if len(alt) < _SHORTEST_NAME or " " in alt or not re.search(r"[_\d]|-.*-", alt):
        return False
    stem = unquote(urlsplit(src).path).rpartition("/")[2].partition(".")[0]
    return stem.casefold() == alt.casefold()
