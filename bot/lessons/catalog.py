"""The lessons as files: structure once in ``module.yml``, words in ``<lang>.yml``. Pure, strict.

It promises that whatever it holds can be played to its end in every band, in English at least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.lessons.model import BANDS, END, ItemWords, Lesson, LessonError, Module, OptionWords, Step, StepWords
from bot.lessons.structure import read_module
from bot.lessons.translation import Translation, read_labels, read_translation, read_typed

__all__ = ["BANDS", "END", "Catalog", "Lesson", "LessonError", "Module", "OptionWords", "Step", "StepWords"]


@dataclass(frozen=True)
class Catalog:
    """All modules and their words.

    ``modules`` are the ones for young people; ``for_adults`` those for the adults around them.
    """

    modules: tuple[Module, ...]
    for_adults: tuple[Module, ...]
    words: Mapping[tuple[str, str], Translation]
    labels: Mapping[str, Mapping[str, str]]
    typed: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Read every module in ``folder``; raises LessonError."""
        files = sorted(folder.glob("*/module.yml"))
        if not files:
            raise LessonError(f"{folder} holds no module: restore it from the repository.")
        modules = [read_module(file) for file in files]
        words: dict[tuple[str, str], Translation] = {}
        for file, module in zip(files, modules, strict=True):
            if not (file.parent / "en.yml").exists():
                raise LessonError(f"{file.parent}/en.yml is missing: write the words of {module.id}.")
            for translation in sorted(file.parent.glob("??.yml")):
                words[module.id, translation.stem] = read_translation(translation, module)
        young = tuple(m for m in modules if m.audience == "young people")
        return cls(young, tuple(m for m in modules if m not in young), words, read_labels(folder), read_typed(folder))

    def module(self, module: str) -> Module:
        """A module; raises KeyError when there is none of that id."""
        found = next((m for m in (*self.modules, *self.for_adults) if m.id == module), None)
        if found is None:
            raise KeyError(module)
        return found

    def steps(self, *, module: str, lesson: str, band: str) -> tuple[Step, ...]:
        """The steps of a lesson in a band; raises KeyError when there is no such lesson."""
        found = next((item for item in self.module(module).lessons if item.id == lesson), None)
        if found is None:
            raise KeyError(f"{module}/{lesson}")
        return found.steps[band]

    def language(self, *, module: str, lesson: str, lang: str) -> str:
        """The language a lesson is said in: the wanted one where somebody has written it, else English."""
        translation = self.words.get((module, lang))
        return lang if translation and lesson in translation.titles else "en"

    def languages(self, module: str) -> tuple[str, ...]:
        """The languages in which there are words for a module."""
        return tuple(lang for name, lang in self.words if name == module)

    def say(self, *, module: str, lesson: str, band: str, step: str, lang: str) -> StepWords:
        """The words of a step; a language without them falls back to English."""
        spoken = self.language(module=module, lesson=lesson, lang=lang)
        return self.words[module, spoken].steps[lesson, band, step]

    def title(self, module: str, lesson: str, lang: str) -> str:
        """The title of a lesson."""
        return self.words[module, self.language(module=module, lesson=lesson, lang=lang)].titles[lesson]

    def label(self, key: str, lang: str) -> str:
        """The label of a choice that every step carries."""
        return (self.labels.get(lang) or self.labels["en"])[key]

    def typed_as(self, key: str, lang: str) -> str:
        """What a phone shows to be typed for such a choice; empty where it is the key itself."""
        return self.typed.get(lang, {}).get(key, "")

    def items(self, module: str, lang: str) -> Mapping[str, ItemWords]:
        """The questions before and after a module, by id."""
        translation = self.words.get((module, lang))
        return translation.items if translation and translation.items else self.words[module, "en"].items

    def boosters(self, module: str, lang: str) -> Mapping[str, str]:
        """The texts for somebody who asked to be reminded, by when."""
        translation = self.words.get((module, lang))
        return translation.boosters if translation and translation.boosters else self.words[module, "en"].boosters
