"""The errors that elmtex raises on purpose. Their messages never quote a report."""

from __future__ import annotations


class ElmtexError(Exception):
    """Base of all errors elmtex raises on purpose. Its message never quotes a report.

    Args:
        message: an English sentence; with fields a template of ``str.format``. It is the msgid of its
            translations.
        fields: the values for the template's braces.
    """

    def __init__(self, message: str = "", /, **fields: object) -> None:
        super().__init__(message.format(**fields) if fields else message)
        self.template = message
        self.fields = fields


class InputError(ElmtexError):
    """The caller's input cannot be used (file, encoding, option): says what, the value, and what to do."""


class SchemaError(InputError):
    """A schema file is not a usable category schema; the message names the path inside the file."""


class MissingDependencyError(ElmtexError):
    """An optional package is needed; the message holds the pip command that installs it."""
