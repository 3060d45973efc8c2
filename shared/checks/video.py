"""Videos."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Embed, Page

_TRACK = '<track kind="captions" src="/media/grinding.vtt" srclang="en">'


def _is_decoration(video: Embed) -> bool:
    """A silent film that runs by itself and can't be controlled has nothing to caption."""
    attributes = video.attributes
    runs = "autoplay" in attributes and "muted" in attributes and "controls" not in attributes
    return runs or (attributes.get("aria-hidden") or "").lower() == "true"


@check(
    "video.no_poster_or_captions",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(
        sample(body='<video src="/media/grinding.mp4" controls></video>'),
        sample(body=f'<video src="/media/grinding.mp4" controls poster="">{_TRACK}</video>'),
        sample(body='<video src="/media/grinding.mp4" controls poster="/media/grinding.webp"></video>'),
    ),
    good=(
        sample(),
        sample(body=f'<video src="/media/grinding.mp4" controls POSTER="/media/grinding.webp">{_TRACK}</video>'),
        sample(body='<video src="/media/grinding.mp4" autoplay muted loop playsinline></video>'),
        sample(body='<audio src="/media/grinding.mp3" controls></audio>'),
    ),
    source="https://www.w3.org/WAI/WCAG22/Understanding/captions-prerecorded",
)
def no_poster_or_captions(page: Page, limits: Limits) -> Iterator[Finding]:
    """A video has no preview image or no captions.

    Without a poster visitors see an empty box until the film is loaded; without captions deaf people, and all
    whose sound is off, miss what is said.

    Fix: add a `poster` attribute and a `<track kind="captions">`.
    """
    for video in page.embeds:
        if video.tag != "video" or _is_decoration(video):
            continue
        missing = [] if (video.attributes.get("poster") or "").strip() else ["no poster"]
        if not video.has_track and "muted" not in video.attributes:
            missing.append("no captions")
        if missing:
            yield Finding(f"{', '.join(missing)}: {video.src or '<video>'}", video.at)
