"""Errors of the local stack.

StackError            a sentence that tells a person what is wrong and what to do; the command line prints it without a
traceback
└── MissingProgram    something has to be installed first; the sentence says what, on this platform
"""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do what was asked; `str()` is one sentence meant for a person."""


class MissingProgram(StackError):
    """A program that the stack needs is not installed; `str()` says what to install on this platform."""
