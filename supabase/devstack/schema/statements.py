"""SQL text taken apart into statements. Not a parser: it knows where a statement ends and what it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# One token that a semicolon inside would not end a statement, or that carries no meaning for us.
_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* )
    | (?P<block> /\* )
    | (?P<escaped> \b[eE]'(?:[^'\\]|\\.|'')*' )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" )
    | (?P<dollar> \$(?P<tag>[A-Za-z_]\w*)?\$ )
    | (?P<end> ; )
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME = r'(?:(?P<schema>[\w]+|"[^"]+")\.)?(?P<name>[\w]+|"[^"]+")'
_CREATE = re.compile(
    r"create (?:or replace )?(?:unique |materialized |constraint |unlogged |temporary )*"
    r"(?P<kind>table|type|domain|function|procedure|aggregate|view|index|trigger|policy|schema|extension|role|sequence)"
    r" (?:concurrently )?(?:if not exists )?" + _NAME
)
_ON_TABLE = re.compile(r' on (?:only )?(?:(?P<schema>[\w]+|"[^"]+")\.)?(?P<name>[\w]+|"[^"]+")')
# Statements that may be run a second time and then leave the database as after the first.
_RERUNNABLE = re.compile(
    r"(?:create or replace|create (?:schema|extension|sequence) if not exists|drop [\w ]+ if exists"
    r"|comment on|grant|revoke|do|select|set|alter default privileges"
    r"|alter table .* (?:enable|disable|force|no force) row level security$"
    r"|alter (?:function|procedure|view|table|schema|type|sequence) .* owner to"
    r"|insert into .* on conflict)\b"
)


@dataclass(frozen=True, slots=True)
class Created:
    """What a CREATE statement makes. `schema` is '' if unsaid; `table` is the ON table of a policy or trigger."""

    kind: str
    schema: str
    name: str
    table: str = ""


@dataclass(frozen=True)
class Statement:
    """One statement: `text` as written (leading comments included, no semicolon), `line` where it begins, from 1."""

    text: str
    line: int
    code: str
    """The text in lower case without comments, string constants and dollar-quoted bodies emptied, blanks collapsed."""
    bodies: tuple[str, ...]
    """The contents of its dollar-quoted strings, as written."""

    @cached_property
    def created(self) -> Created | None:
        """What the statement creates, or None if it is no CREATE."""
        match = _CREATE.match(self.code)
        if match is None:
            return None
        kind, schema, name = match["kind"], _bare(match["schema"]), _bare(match["name"])
        if kind in ("trigger", "policy"):
            on = _ON_TABLE.search(self.code, match.end())
            if on is not None:
                return Created(
                    kind, _bare(on["schema"]), name, f"{_bare(on['schema'])}.{_bare(on['name'])}".lstrip(".")
                )
        return Created(kind, schema, name)

    @property
    def rerunnable(self) -> bool:
        """Whether running it again on a database that has it is harmless."""
        return _RERUNNABLE.match(self.code) is not None

    @property
    def drop_first(self) -> str | None:
        """The DROP that makes a plain CREATE POLICY or CREATE TRIGGER fit to be run again; None for everything else."""
        made = self.created
        if made is None or made.kind not in ("policy", "trigger") or self.code.startswith("create or replace "):
            return None
        return f'drop {made.kind} if exists "{made.name}" on {made.table};'


def _bare(name: str | None) -> str:
    return (name or "").strip('"')


def _block_end(text: str, start: int) -> int:
    depth, position = 1, start + 2
    for mark in re.finditer(r"/\*|\*/", text[position:]):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return position + mark.end()
    raise ValueError("a /* comment has no end")


def statements(text: str) -> Iterator[Statement]:
    """The statements of `text` in order. ValueError for an unclosed quote or comment and for a `begin atomic` body."""
    start = position = 0
    code: list[str] = []
    bodies: list[str] = []
    while position < len(text):
        match = _TOKEN.search(text, position)
        code.append(text[position : match.start() if match else len(text)])
        if match is None:
            break
        position = match.end()
        if match["end"]:
            yield from _one(text[start : match.start()], text, start, code, bodies)
            start, code, bodies = position, [], []
        elif match["dollar"]:
            close = text.find(match["dollar"], position)
            if close < 0:
                raise ValueError(f"line {text.count(chr(10), 0, match.start()) + 1}: {match['dollar']} has no end")
            bodies.append(text[position:close])
            code.append(" '' ")
            position = close + len(match["dollar"])
        elif match["block"]:
            position = _block_end(text, match.start())
            code.append(" ")
        elif match["quoted"]:
            code.append(match.group())
        else:
            code.append(" " if match["comment"] else "''")
    yield from _one(text[start:], text, start, code, bodies)


def _one(raw: str, whole: str, start: int, code: list[str], bodies: list[str]) -> Iterator[Statement]:
    plain = " ".join("".join(code).split()).lower()
    if not plain:
        return
    if "begin atomic" in plain:
        raise ValueError(
            f"line {whole.count(chr(10), 0, start) + 1}: use a dollar-quoted body instead of `begin atomic`"
        )
    first = start + len(raw) - len(raw.lstrip())
    yield Statement(text=raw.strip(), line=whole.count("\n", 0, first) + 1, code=plain, bodies=tuple(bodies))


def without_comments(text: str) -> str:
    """`text` without its comments, line breaks and all else kept: for rules that look at words in function bodies."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.search(text, position)
        if match is None:
            break
        parts.append(text[position : match.start()])
        position = match.end()
        if match["block"]:
            position = _block_end(text, match.start())
            parts.append("\n" * text.count("\n", match.start(), position))
        elif not match["comment"]:
            parts.append(match.group())
    parts.append(text[position:])
    return "".join(parts)
