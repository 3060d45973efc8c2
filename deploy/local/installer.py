"""Installs a lock file into ``.venv`` with uv, and puts failures into words. Standard library only."""

import errno
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.checkout import Checkout, SetupError, say

STEP_SECONDS = 900.0
INSTALLER_LOCK = Path(__file__).with_name("installer.lock")

_UNREACHABLE = re.compile(
    r"NewConnectionError|Max retries exceeded|ConnectTimeout|ReadTimeout|ProxyError|SSLError|NameResolutionError"
    r"|Temporary failure in name resolution|error sending request|Failed to fetch|Could not connect|dns error"
    r"|tcp connect error|operation timed out|Failed to extract|request failed after",
    re.IGNORECASE,
)
_MISMATCH = re.compile(r"DO NOT MATCH THE HASHES|Hash mismatch|hash mismatch")
_DISK_FULL = re.compile(r"No space left on device|os error 28|Disk quota exceeded|os error 122", re.IGNORECASE)
_READ_ONLY = re.compile(r"Read-only file system|os error 30\b", re.IGNORECASE)
_NO_WHEEL = re.compile(r"No matching distribution|no wheels? with a matching|has no wheels", re.IGNORECASE)


def install(checkout: Checkout, lock: str) -> None:
    """Make ``.venv`` hold exactly ``lock``, from nothing if need be. Raises SetupError or OSError."""
    _check_writable(checkout)
    unfinished = checkout.installing.exists()
    if not _is_sound(checkout):
        _make_venv(checkout)
    checkout.installing.touch()
    if not (checkout.venv / "bin" / "uv").exists() or _uv_version(checkout) != _wanted_uv():
        _install_uv(checkout)
    # Packages of which only a part was written look installed; the cache makes writing all of them again cheap.
    _sync(checkout, lock, again=unfinished)
    checkout.write_stamp(lock)
    checkout.installing.unlink()


def _check_writable(checkout: Checkout) -> None:
    target = checkout.venv if checkout.venv.exists() else checkout.root
    if not os.access(target, os.W_OK):
        raise _read_only(checkout.root)


def _read_only(root: Path) -> SetupError:
    return SetupError(
        f"{root} can't be written to, so there is no place for .venv. Copy the checkout to a directory of your own and "
        f"start it there, or let its owner start it once."
    )


def _is_sound(checkout: Checkout) -> bool:
    """Whether ``.venv`` is a working environment with pip, of a Python that is new enough."""
    if not checkout.python.exists():
        return False
    code = "import pip, sys; raise SystemExit(sys.version_info < (3, 11))"
    return _run([str(checkout.python), "-I", "-c", code]).returncode == 0


def _make_venv(checkout: Checkout) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise _no_venv(version)
    say(f"Making .venv with Python {version}.")
    done = _run([sys.executable, "-I", "-m", "venv", "--clear", str(checkout.venv)])
    if done.returncode != 0:
        output = done.stdout + done.stderr
        if "ensurepip" in output:
            raise _no_venv(version)
        message = "python -m venv"
        raise explain_failure(message, output, checkout.root)


def _no_venv(version: str) -> SetupError:
    return SetupError(
        f"This Python ({sys.executable}) comes without the venv and ensurepip modules, which scanfleet needs once to "
        f"install itself. On Debian and Ubuntu they are in a package of their own: apt install python{version}-venv. "
        f"Then start again."
    )


def _wanted_uv() -> str:
    found = re.search(r"^uv==(\S+)", INSTALLER_LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        message = f"{INSTALLER_LOCK} names no version of uv; the checkout is not complete. Clone it again."
        raise SetupError(message)
    return found[1]


def _uv_version(checkout: Checkout) -> str:
    words = _run([str(checkout.venv / "bin" / "uv"), "--version"]).stdout.split()
    return words[1] if len(words) > 1 else ""


def _install_uv(checkout: Checkout) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2", "--require-hashes"]
    command = [
        str(checkout.python),
        "-m",
        "pip",
        "install",
        *options,
        "--only-binary",
        ":all:",
        "-r",
        str(INSTALLER_LOCK),
    ]
    done = _run(command)
    if done.returncode != 0:
        message = "installing uv"
        raise explain_failure(message, done.stdout + done.stderr, checkout.root)


def _sync(checkout: Checkout, lock: str, *, again: bool) -> None:
    note = ", all of them again because the last installation was not finished" if again else ""
    say(f"Installing {len(checkout.pins(lock))} packages of {lock}{note}.")
    command = [str(checkout.venv / "bin" / "uv"), "pip", "sync", "--require-hashes", "--quiet", "--no-progress"]
    command += [*(["--reinstall"] if again else []), "--python", str(checkout.python), str(checkout.root / lock)]
    done = _run(command, _uv_settings(checkout))
    if done.returncode != 0:
        message = f"installing {lock}"
        raise explain_failure(message, done.stdout + done.stderr, checkout.root)


def _uv_settings(checkout: Checkout) -> dict[str, str]:
    """Settings for uv: no other Python, a cache only where one can be written, and pip's index and certificates."""
    settings = {"UV_PYTHON_DOWNLOADS": "never"}
    if "UV_CACHE_DIR" not in os.environ and not _cache_is_writable():
        settings["UV_NO_CACHE"] = "1"
    # uv doesn't read pip's configuration, which is where a company's mirror is usually named.
    configured = _pip_settings(checkout)
    if "index-url" in configured and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & os.environ.keys():
        settings["UV_DEFAULT_INDEX"] = configured["index-url"]
    if "cert" in configured and "SSL_CERT_FILE" not in os.environ:
        settings["SSL_CERT_FILE"] = configured["cert"]
    return settings


def _cache_is_writable() -> bool:
    home = os.environ.get("HOME", "")
    configured = os.environ.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")  # noqa: PTH118
    path = Path(configured) / "uv"
    if not path.is_absolute():
        return False
    while not path.exists():
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK | os.X_OK)


def _pip_settings(checkout: Checkout) -> dict[str, str]:
    done = _run([str(checkout.python), "-m", "pip", "config", "list"])
    pairs = re.findall(r"^[^=]*?\.([a-z-]+)='(.*)'$", done.stdout, re.MULTILINE)
    # Listed in rising precedence: global, user, environment.
    return dict(pairs)


def _run(command: Sequence[str], settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    unwanted = {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIREMENT", "UV_TARGET", "UV_PREFIX"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"} | (settings or {})
    try:
        return subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=STEP_SECONDS,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        message = (
            f"{Path(command[0]).name} did not finish within {STEP_SECONDS / 60:.0f} minutes. Check the connection to "
            "the package index and start again; what was fetched so far is kept."
        )
        raise SetupError(message) from error


def explain_failure(step: str, output: str, root: Path) -> SetupError:
    """Put what went wrong into words; order matters, because a full disk also looks like a failed download."""
    if _DISK_FULL.search(output):
        return _disk_full(root)
    if _READ_ONLY.search(output):
        return _read_only(root)
    if _MISMATCH.search(output):
        return SetupError(
            "A downloaded package is not the one that the lock file names (its hash differs), so nothing of it was "
            "installed. A proxy or mirror may have altered it, or its copy is damaged: try again from another "
            f"network or index; if it stays, report it.\n{_tail(output, _MISMATCH)}"
        )
    if _UNREACHABLE.search(output):
        return SetupError(
            "The Python package index could not be reached, and the first start has to fetch packages from it. Check "
            "the network, or name a mirror or proxy (PIP_INDEX_URL, HTTPS_PROXY; SSL_CERT_FILE for a company's "
            f"certificate), and start again.\n{_tail(output)}"
        )
    if _NO_WHEEL.search(output):
        return SetupError(
            f"Some package is not available for this Python ({sys.version.split()[0]}) on this system. Try another "
            f"Python between 3.11 and 3.13, or another index.\n{_tail(output)}"
        )
    return SetupError(f"Setting up failed while {step}. Start again; if it stays, report this:\n{_tail(output)}")


def explain_os_error(error: OSError, root: Path) -> SetupError:
    """The same for an error that we met ourselves."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _disk_full(root)
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return _read_only(root)
    return SetupError(f"Setting up failed: {error}.")


def _disk_full(root: Path) -> SetupError:
    free = shutil.disk_usage(root).free // 2**20
    return SetupError(
        f"The disk is full: {root} has {free} MB left, and the environment needs about 300 MB (600 MB for the tests), "
        "the package cache in your home directory as much again. Make room, and start again: an interrupted "
        "installation heals itself."
    )


def _tail(output: str, first: re.Pattern[str] | None = None) -> str:
    """The last lines of ``output``, after those that match ``first``."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    matching = [line for line in lines if first is not None and first.search(line)]
    return "\n".join(f"  {line[:200]}" for line in [*matching[:2], *lines[-4:]])
