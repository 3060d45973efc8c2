"""Follows a scan on the screen until it ends."""

import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from deploy.local.api import Client, Scan
from deploy.local.screen import Screen, clean

LINE_SECONDS = 1.0
SAME_LINE_SECONDS = 15.0
BAR_WIDTH = 40


async def follow_scan(client: Client, scan_id: str, screen: Screen) -> Scan:
    """Show progress until the scan is no longer running; the scan as it ended."""
    if screen.err.is_terminal:
        return await _with_bar(client, scan_id, screen)
    return await _with_lines(client, scan_id, screen)


def bar_columns() -> tuple[ProgressColumn, ...]:
    """Phase, bar, counts and figures in one line: where the terminal is narrow, it is the bar that becomes shorter."""
    whole = Column(no_wrap=True)
    bar = BarColumn(None, table_column=Column(max_width=BAR_WIDTH))
    return (TextColumn("{task.description}"), bar, MofNCompleteColumn(table_column=whole), _Figures(table_column=whole))


async def _with_bar(client: Client, scan_id: str, screen: Screen) -> Scan:
    with Progress(*bar_columns(), console=screen.err, transient=True) as bar:
        task = bar.add_task("queued", total=None)

        def show(scan: Scan) -> None:
            progress = scan.progress
            ended = progress.done
            phase = clean(progress.phase, 12)
            bar.update(task, description=phase, total=progress.found or None, completed=ended, figures=figures(scan))

        return await client.follow(scan_id, show)


async def _with_lines(client: Client, scan_id: str, screen: Screen) -> Scan:
    last_at, last_line = 0.0, ""

    def show(scan: Scan) -> None:
        nonlocal last_at, last_line
        progress = scan.progress
        count = f"{progress.done} of {progress.found} pages"
        line = f"{scan.mode}: {clean(progress.phase, 20)}, {count}, {figures(scan)}"
        pause = LINE_SECONDS if line != last_line else SAME_LINE_SECONDS
        if time.monotonic() - last_at >= pause or not last_line or scan.status != "running":
            last_at, last_line = time.monotonic(), line
            screen.note(line)

    return await client.follow(scan_id, show)


REMEMBERED = 10_000
"""Left-out URLs that a scan tells apart; it counts no more of them."""


def figures(scan: Scan) -> str:
    """Failures, speed and the time left, in a few words."""
    progress = scan.progress
    words = [f"{progress.failed} failed"]
    if progress.skipped:
        words.append(f"{'at least ' if progress.skipped >= REMEMBERED else ''}{progress.skipped} skipped")
    if progress.pages_per_second:
        words.append(f"{progress.pages_per_second:.1f} pages/s")
    if progress.eta_seconds is not None and scan.status == "running":
        words.append(f"{progress.eta_seconds:.0f} s left")
    return ", ".join(words)


class _Figures(ProgressColumn):
    """The same words beside the bar."""

    def render(self, task: Task) -> Text:
        """Draw them."""
        return Text(str(task.fields.get("figures", "")), style="dim")
