"""Running Postgres when we are root, which Postgres refuses to be.

As root, every Postgres process gets an unprivileged user id of its own. That id needs no account (nothing is added to
the system) and no other program uses it. A checkout below a folder that is closed to others (`mktemp -d` makes such)
stays closed: instead of opening the user's folders, the process keeps the one capability that lets it pass
(`drop_privileges.py`). Not root: nothing happens here.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

# systemd's table of user ids marks 65520…65533 as unused on every distribution (https://systemd.io/UIDS-GIDS/).
SERVER_UID = 65521
# initdb, unlike the server, insists on an id with a name; this one exists everywhere.
NAMED_UID_ACCOUNT = "nobody"
_HELPER = Path(__file__).with_name("drop_privileges.py")


def is_root() -> bool:
    """True when this process may not run Postgres under its own user id."""
    return os.geteuid() == 0


def server_uid() -> int:
    """The user id that owns the data directory and the sockets."""
    return SERVER_UID if is_root() else os.geteuid()


def named_uid() -> int:
    """The user id that initdb runs under."""
    if not is_root():
        return os.geteuid()
    import pwd

    return pwd.getpwnam(NAMED_UID_ACCOUNT).pw_uid


def give(path: Path, uid: int) -> None:
    """Hands `path` and everything below it to `uid`. Does nothing when we are not root."""
    if not is_root():
        return
    os.chown(path, uid, uid)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(folder, name), uid, uid, follow_symlinks=False)


def open_to_others(path: Path) -> bool:
    """True when any user can reach and read `path`: every folder above it is searchable, and itself readable."""
    resolved = path.resolve()
    searchable = all(folder.stat().st_mode & stat.S_IXOTH for folder in resolved.parents)
    return searchable and bool(resolved.stat().st_mode & stat.S_IROTH)


def command_as(uid: int, command: list[str], *paths: Path) -> tuple[list[str], dict[str, Any]]:
    """How to start `command` under `uid` so that it reaches `paths`: the line, and arguments for `subprocess`."""
    if not is_root():
        return command, {}
    if all(open_to_others(path) for path in paths):
        return command, {"user": uid, "group": uid, "extra_groups": []}
    # -I -S: this interpreter only changes ids and replaces itself; it needs no site-packages.
    return [sys.executable, "-I", "-S", str(_HELPER), str(uid), *command], {}


def run_as(uid: int, command: list[str], *paths: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs `command` under `uid` to its end and returns its captured text output."""
    line, identity = command_as(uid, command, *paths)
    return subprocess.run(line, capture_output=True, text=True, check=False, **identity, **options)
