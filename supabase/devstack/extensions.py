"""The extension folder that the local server reads besides its own: pgmq from the wheel, and our stand-ins."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from devstack.errors import MissingProgram
from devstack.paths import EXTENSIONS

_PGMQ_CONTROL = """\
comment = 'A lightweight message queue. Like AWS SQS and RSMQ but on Postgres.'
default_version = '{version}'
relocatable = false
schema = 'pgmq'
superuser = false
"""


def write_extensions(folder: Path) -> None:
    """Writes `folder/extension` afresh, for `extension_control_path`.

    pgmq's SQL is taken from the installed wheel: one version, no copy to keep in step. `superuser = false` makes it
    owned by the role that creates it (`postgres`), as on hosted Supabase.
    """
    target = folder / "extension"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in (*EXTENSIONS.glob("*.control"), *EXTENSIONS.glob("*.sql")):
        shutil.copyfile(file, target / file.name)
    source = _pgmq_sql()
    version = next(line for line in (source / "VERSION").read_text().split() if line[0].isdigit())
    (target / "pgmq.control").write_text(_PGMQ_CONTROL.format(version=version))
    shutil.copyfile(source / "pgmq.sql", target / f"pgmq--{version}.sql")
    # Postgres may run under a user id of its own.
    for path in (folder, target, *target.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _pgmq_sql() -> Path:
    # Looked up, not imported: the package's own import pulls in its clients.
    found = importlib.util.find_spec("pgmq")
    if found is None or found.origin is None:
        raise MissingProgram(
            "The Python package pgmq, which carries the queue extension's SQL, is missing: run `make setup`."
        )
    return Path(found.origin).parent / "sql"
