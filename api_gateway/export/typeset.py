"""The typesetter's process: a report as JSON on its standard input, a PDF on its standard output.

Run as a file, alone, with an empty environment: it may be killed at any time and takes no secret with it. What comes
from strangers reaches the document as data (`sys.inputs`) only; the template evaluates none of it.
"""

import resource
import sys
from contextlib import suppress
from pathlib import Path

import typst

HERE = Path(__file__).parent
MEMORY = 3 << 30
CPU_SECONDS = 20


def main() -> int:
    """0, or 1 with the reason on standard error."""
    # macOS knows no limit on address space; the deadline holds there too.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    report = sys.stdin.buffer.read().decode()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[HERE / "fonts"])
    compiler = typst.Compiler(HERE / "report.typ", root=HERE, font_paths=fonts, sys_inputs={"report": report})
    try:
        pdf = compiler.compile(format="pdf")
    except typst.TypstError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not isinstance(pdf, bytes):
        return 1
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
