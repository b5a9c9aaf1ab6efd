"""Renders a lesson's words: Jinja2, sandboxed and strict, with the few placeholders there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

PLACEHOLDERS = frozenset({"service"})
"""What a lesson may name. Lines are not among them: they come after the lesson, open and in date."""

_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


class RenderError(Exception):
    """Words that cannot be rendered; the sentence says why."""


def render(text: str, values: Mapping[str, str]) -> str:
    """The words with their placeholders filled; raises RenderError instead of leaving a gap."""
    try:
        return " ".join(_ENVIRONMENT.from_string(text).render(**values).split())
    except TemplateError as error:
        raise RenderError(str(error)) from error


def unknown_placeholders(text: str) -> set[str]:
    """Placeholders that do not exist; raises RenderError when the text is no template at all."""
    try:
        return meta.find_undeclared_variables(_ENVIRONMENT.parse(text)) - PLACEHOLDERS
    except TemplateError as error:
        raise RenderError(str(error)) from error
