"""`python drop_privileges.py UID command…`: becomes UID with one capability, then the command. Linux, as root.

The capability is CAP_DAC_READ_SEARCH (pass through and read closed folders, write nothing) where this machine grants
it, else CAP_DAC_OVERRIDE, which is what containers leave to root. It is handed on as an *ambient* capability, which
survives `exec` (capabilities(7)). Self-contained on purpose: it runs isolated from site-packages, in a process that
only lives until `exec`.
"""

from __future__ import annotations

import ctypes
import os
import sys

_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 28, 47, 2
_NO_SETUID_FIXUP = 1 << 2
_LINUX_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _choose(libc: ctypes.CDLL, program: str) -> int:
    """The smaller capability when we have it and `program` is executable by all; otherwise the bigger one."""
    header, data = _Header(_LINUX_CAPABILITY_VERSION_3, 0), (_Data * 2)()
    _check(libc.capget(ctypes.byref(header), data), "capget")
    readable = bool(data[0].permitted & 1 << _CAP_DAC_READ_SEARCH)
    return _CAP_DAC_READ_SEARCH if readable and os.stat(program).st_mode & 0o001 else _CAP_DAC_OVERRIDE


def main() -> None:
    """Never returns: replaces this process with the command, or exits with a message."""
    if not sys.platform.startswith("linux"):
        sys.exit(
            "this folder is closed to other users, and Postgres does not run as root: "
            "use a folder that others may pass through"
        )
    uid, command = int(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    capability = _choose(libc, command[0])
    # Changing ids leaves capabilities as they are (capset below does that), and access(2), with which Postgres's
    # programs look for each other, takes them into account: without this bit it ignores them for everybody but root.
    _check(libc.prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0), "prctl securebits")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    header, data = _Header(_LINUX_CAPABILITY_VERSION_3, 0), (_Data * 2)()
    data[0].effective = data[0].permitted = data[0].inheritable = 1 << capability
    _check(libc.capset(ctypes.byref(header), data), "capset")
    _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0), "prctl ambient")
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
