"""Where things are: the checkout, its cache, and short folders for sockets."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from devstack.errors import StackError

CHECKOUT = Path(__file__).resolve().parents[2]
FUNCTIONS = CHECKOUT / "functions"
MIGRATIONS = CHECKOUT / "supabase" / "migrations"
EXTENSIONS = CHECKOUT / "supabase" / "extensions"

# sockaddr_un.sun_path holds 104 bytes on macOS and 108 on Linux, and Postgres appends "/.s.PGSQL.5432.lock".
_LONGEST_SOCKET_FOLDER = 80


def cache_dir() -> Path:
    """The folder for what is made once per checkout (installed PostgREST, an initialised empty cluster).

    RENUM_CACHE_DIR overrides `.renum-cache` in the checkout. Everything in it can be deleted at any time while nothing
    starts.
    """
    given = os.environ.get("RENUM_CACHE_DIR")
    folder = Path(given).expanduser().resolve() if given else CHECKOUT / ".renum-cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(path: Path) -> str:
    """Ten hex digits that stand for a folder: the same for the same resolved path."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]


def socket_path(data: Path) -> Path:
    """Where the Unix sockets of the cluster in `data` are: a short folder of its own under the system's temporary one.

    Unix socket paths are limited to about 100 bytes, which a checkout's path easily exceeds.
    """
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > _LONGEST_SOCKET_FOLDER - 30:
        base = Path("/tmp")
    return base / f"renum-{os.getuid()}-{digest(data)}"


def make_socket_dir(data: Path, owner: int) -> Path:
    """Makes `socket_path(data)` if it is missing: private (mode 700), owned by uid `owner`.

    The temporary folder is a place where others can write: a folder that is not ours is refused, never used.
    """
    folder = socket_path(data)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.getuid(), owner):
        raise StackError(f"{folder} belongs to someone else; remove it, or set TMPDIR to a folder of your own.")
    folder.chmod(0o700)
    if found.st_uid != owner:
        os.chown(folder, owner, -1)
    return folder


def remove_socket_dir(data: Path) -> None:
    """Removes the folder of a server that is gone, with what a killed one left in it."""
    folder = socket_path(data)
    with contextlib.suppress(OSError):
        for leftover in folder.glob(".s.PGSQL.*"):
            leftover.unlink()
        folder.rmdir()
