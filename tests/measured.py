"""The whole suite with coverage of `functions/`: `python -m tests.measured [--table] [arguments for pytest]`.

Each test once, in two lanes side by side, about as long as each other: the tests that need no more than a process or a
database, and some that have a stack of their own; and all others that need a stack, where the functions run as they do
when they are deployed, in processes of their own (one that is killed outright takes its measure with it). The first
lane's output follows when the second, which is shown as it runs, is over. Then a table of three numbers: unit
(`tests/unit`), integration (everything else), and both; exit 1 when one of them is too low. `--table` runs nothing if
there is a measured run: it shows that one, with the lines that no test reached.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from coverage import Coverage

from devstack.paths import CHECKOUT, cache_dir

# Per cent of lines and branches of functions/ that have to be reached.
NEEDED = {"unit": 80, "integration": 60, "together": 80}
LIGHT = ("tests/unit", "tests/database", "tests/schema", "tests/project", "tests/agents", "tests/demo")
RUNS = {
    "unit": ["tests/unit"],
    "light": [place for place in LIGHT if place != "tests/unit"],
    "stack": ["tests", *(f"--ignore={place}" for place in LIGHT)],
}
MEASURES = {"unit": ["unit"], "integration": ["light", "stack"], "together": list(RUNS)}
ABORTED = 2
"""pytest's exit code for having been interrupted (https://docs.pytest.org/en/stable/reference/exit-codes.html)."""


def folder(name: str) -> Path:
    """Where the measure of a run lies: one file per process, until they are combined."""
    return cache_dir() / "coverage" / name


def command(name: str, arguments: list[str]) -> list[str]:
    """The command of one measured run; what an earlier one measured is forgotten."""
    shutil.rmtree(folder(name), ignore_errors=True)
    folder(name).mkdir(parents=True)
    data = f"--data-file={folder(name) / 'data'}"
    return [sys.executable, "-m", "coverage", "run", data, "-m", "pytest", *RUNS[name], *arguments]


def run(arguments: list[str]) -> list[int]:
    """Runs everything, in two lanes; returns the exit codes."""
    with tempfile.TemporaryFile() as told:
        beside = subprocess.Popen(command("stack", arguments), cwd=CHECKOUT)
        codes = []
        try:
            for name in ("unit", "light"):
                codes.append(
                    subprocess.run(
                        command(name, arguments), cwd=CHECKOUT, check=False, stdout=told, stderr=subprocess.STDOUT
                    ).returncode
                )
            codes.append(beside.wait())
        except KeyboardInterrupt:
            # The terminal has interrupted them, too; each ends in order, so that no stack is left running.
            beside.wait()
            return [*codes, ABORTED]
        told.seek(0)
        print(told.read().decode(errors="replace"), flush=True)
    return codes


def combined(*names: str) -> Coverage:
    """The measure of one run or of several, from all their processes."""
    made = Coverage(data_file=None, config_file=str(CHECKOUT / "pyproject.toml"))
    made.combine([str(file) for name in names for file in folder(name).glob("data.*")], keep=True)
    return made


def percentages(measure: Coverage) -> dict[str, float]:
    """File → per cent; under '' the whole."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "report.json"
        measure.json_report(outfile=str(file))
        report: dict[str, Any] = json.loads(file.read_text())
    files = {name: float(said["summary"]["percent_covered"]) for name, said in report["files"].items()}
    return {"": float(report["totals"]["percent_covered"]), **files}


def table() -> tuple[str, bool]:
    """The table as text, and whether every number is high enough; files that have all three above it are left out."""
    found = {name: percentages(combined(*runs)) for name, runs in MEASURES.items()}
    lines = [f"{'coverage of functions/, %':44}" + "".join(f"{name:>13}" for name in NEEDED)]
    low = [
        file
        for file in sorted(found["together"])
        if file and any(found[name].get(file, 0) < needed for name, needed in NEEDED.items())
    ]
    for label, file in [*((file, file) for file in low), ("all", "")]:
        lines.append(f"{label:44}" + "".join(f"{found[name].get(file, 0):13.1f}" for name in NEEDED))
    lines.append(f"{'needed':44}" + "".join(f"{needed:13}" for needed in NEEDED.values()))
    return "\n".join(lines), all(found[name][""] >= needed for name, needed in NEEDED.items())


def main(arguments: list[str]) -> int:
    """Runs what the arguments ask for and returns the exit code."""
    only_table = "--table" in arguments
    codes: list[int] = []
    if not only_table or not all(list(folder(name).glob("data.*")) for name in RUNS):
        codes = run([a for a in arguments if a != "--table"])
    text, enough = table()
    if only_table:
        missing = io.StringIO()
        combined(*RUNS).report(file=missing)
        print(missing.getvalue())
    print(f"\n{text}", flush=True)
    if not enough:
        print("too few lines and branches are reached: `make coverage` lists them", file=sys.stderr)
    return next((code for code in codes if code), 0 if enough else 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
