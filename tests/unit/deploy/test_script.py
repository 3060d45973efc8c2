"""The script at the root must be understood by the oldest Python."""

import ast
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "scanfleet"


def test_the_script_uses_no_syntax_that_an_old_python_does_not_know() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 4))
    nodes = list(ast.walk(tree))
    assert not [node for node in nodes if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr)]


def test_it_asks_for_the_version_before_it_imports_anything_of_ours() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    kinds = [type(node).__name__ for node in tree.body]
    ours = next(place for place, node in enumerate(tree.body) if isinstance(node, ast.ImportFrom))
    assert kinds.index("If") < ours


def test_it_can_be_started_directly() -> None:
    assert SCRIPT.stat().st_mode & 0o111 == 0o111
    assert SCRIPT.read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\n")
