"""Renders a lesson's words: Jinja2, sandboxed and strict, with the few placeholders there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

PLACEHOLDERS: Mapping[str, str] = {"service": "Handrail", "line": ""}
"""What a lesson may name, and what stands for it when nobody gives a value.

``service`` is the agency's own name for this; ``line`` a ready sentence for a line that is open now, or
empty where none is known, so that words with it need an ``{% if line %}`` and an ``{% else %}``.
"""

_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)

_made = lru_cache(maxsize=4096)(_ENVIRONMENT.from_string)
"""A template for each text, made once: all the sentences of all lessons are fewer."""


class RenderError(Exception):
    """Words that cannot be rendered; the sentence says why."""


def render(text: str, values: Mapping[str, str]) -> str:
    """The words with their placeholders filled; raises RenderError instead of leaving a gap."""
    try:
        return " ".join(_made(text).render(**{**PLACEHOLDERS, **values}).split())
    except TemplateError as error:
        raise RenderError(str(error)) from error


def unknown_placeholders(text: str) -> set[str]:
    """Placeholders that do not exist; raises RenderError when the text is no template at all."""
    try:
        return meta.find_undeclared_variables(_ENVIRONMENT.parse(text)) - set(PLACEHOLDERS)
    except TemplateError as error:
        raise RenderError(str(error)) from error
