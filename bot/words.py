"""The reviewed words: every sentence that is not a lesson or an answer, by id and language. Pure.

Words are Jinja2 templates in ``content/messages/<lang>.yml``, rendered in a sandbox and strictly: an
unknown placeholder is an error, never an empty gap in a message to a child.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from bot.yaml_files import plain


class WordsError(Exception):
    """The words cannot be read or said; the message names the file or id and the mend."""


class Words:
    """Messages by language and id."""

    def __init__(self, templates: Mapping[str, Mapping[str, Template]], default: str = "en") -> None:
        self._templates = templates
        self._default = default

    @classmethod
    def load(cls, folder: Path) -> Words:
        """Read every ``<lang>.yml`` in ``folder``; raises WordsError naming file, id and mend."""
        environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        files = sorted(folder.glob("*.yml"))
        if not any(f.stem == "en" for f in files):
            raise WordsError(f"{folder}/en.yml is missing: restore it from the repository.")
        return cls({f.stem: _compile(f, environment) for f in files})

    def say(self, message_id: str, lang: str = "en", **values: Any) -> str:
        """The words for ``message_id``; a language without it falls back to English.

        Raises WordsError when nobody wrote it or a placeholder has no value.
        """
        template = self._templates.get(lang, {}).get(message_id) or self._templates[self._default].get(message_id)
        if template is None:
            raise WordsError(f"No message {message_id!r}: add it to content/messages/{self._default}.yml.")
        try:
            return template.render(**values).strip()
        except TemplateError as error:
            raise WordsError(f"Message {message_id!r} ({lang}) cannot be rendered: {error}.") from error

    def ids(self, lang: str = "en") -> frozenset[str]:
        """The ids written in a language."""
        return frozenset(self._templates.get(lang, {}))


def _compile(file: Path, environment: SandboxedEnvironment) -> dict[str, Template]:
    try:
        data = plain(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise WordsError(f"{file} is not readable YAML: {error}. Mend the line it names.") from error
    compiled = {}
    for message_id, text in data.items():
        if not isinstance(text, str):
            raise WordsError(f"{file}: {message_id} must be text; put it in quotes.")
        try:
            compiled[message_id] = environment.from_string(text)
        except TemplateError as error:
            raise WordsError(f"{file}: {message_id} is not a valid template: {error}.") from error
    return compiled
