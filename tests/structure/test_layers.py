"""Imports point inward, and each library has its one place (design: the house)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CORE = (
    "bot.safety", "bot.lessons", "bot.answers", "bot.handoff", "bot.groups", "bot.text", "bot.language", "bot.shares", "bot.choices", "bot.threads",
    "bot.privacy", "bot.words", "bot.yaml_files", "bot.directory", "bot.encoder", "bot.encoder_weights", "bot.reading", "bot.redaction", "bot.way_back", "bot.private_word", "bot.ages", "bot.palette", "bot.printed", "bot.lint", "bot.capacity", "bot.desk.views", "bot.desk.closing", "bot.desk.canned",
)  # fmt: skip
BASE = ("bot.settings", "bot.settings_secrets", "bot.addresses")
MIDDLE = ("bot.engine", "bot.engines", "bot.channels", "bot.store", "bot.spool", "bot.leftovers")
SPINE = (
    "bot.conversation", "bot.after_silence", "bot.replies", "bot.outbox", "bot.voice", "bot.effects", "bot.careful", "bot.looks", "bot.heard", "bot.desk",
    "bot.group_talk", "bot.group_joining", "bot.group_ending", "bot.group_telling", "bot.group_room", "bot.group_sights", "bot.group_seats", "bot.chat", "bot.sign_in", "bot.live", "bot.paging", "bot.case_events",
    "bot.deliveries", "bot.opting_out", "bot.forgetting", "bot.intake", "bot.catch_up", "bot.missed_reports", "bot.sender",
)  # fmt: skip
ENGINE_SIDE = ("bot.rasa_ext",)
ROOTS = ("bot.app", "bot.training")
EDGE = (
    "bot.web",
    "bot.cli",
    "bot.cli_staff",
    "bot.cli_keep",
    "bot.cli_plan",
    "bot.cli_preview",
    "bot.cli_translations",
    "bot.serve",
    "bot.doctor",
    "bot.bench",
    "bot.benches",
    "bot.faults",
    "bot.fuzz",
    "bot.fuzz_inside",
    "bot.fuzz_parts",
    "bot.asking",
    "actions",
)

MAY_IMPORT = {
    CORE: CORE,
    BASE: CORE + BASE,
    MIDDLE: CORE + BASE + MIDDLE,
    SPINE: CORE + BASE + MIDDLE + SPINE,
    ENGINE_SIDE: CORE + BASE + MIDDLE + ENGINE_SIDE + ("actions", "bot.app", "bot.training"),
    ROOTS: CORE + BASE + MIDDLE + SPINE + ROOTS,
    EDGE: CORE + BASE + MIDDLE + SPINE + ENGINE_SIDE + ROOTS + EDGE,
}

ONLY_IN = {
    "twilio": ("bot/channels/sms.py",),
    "sqlalchemy": ("bot/store/",),
    "alembic": ("bot/store/",),
    "rasa_sdk": ("actions/",),
    "rasa": ("bot/rasa_ext/",),
    "sanic": ("bot/rasa_ext/",),
    "prometheus_client": ("bot/web/",),
    "starlette": ("bot/web/",),
    "uvicorn": ("bot/web/",),
    "spacy": ("bot/safety/light_spacy.py",),
    "dotenv": ("bot/settings.py",),
    "lingua": ("bot/language.py",),
    "reportlab": ("bot/printed/",),
    "pypdfium2": ("bot/printed/",),
    "rjsmin": ("bot/web/thin_files.py",),
    "rcssmin": ("bot/web/thin_files.py",),
}


def modules() -> list[Path]:
    return [p for folder in ("bot", "actions") for p in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in p.parts]


def imported(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places)


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_imports_point_inward(file: Path) -> None:
    name = name_of(file)
    if name in ("bot", "actions"):
        return
    layer = next((layer for layer in MAY_IMPORT if within(name, layer)), None)
    assert layer is not None, f"{name} stands in no layer: add it to this test, and to docs/architecture.md."
    ours = [(m, line) for m, line in imported(file) if within(m, ("bot", "actions")) and m != "bot"]
    wrong = [f"{name}:{line} imports {m}" for m, line in ours if not within(m, MAY_IMPORT[layer])]
    assert not wrong, wrong


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_each_library_has_its_place(library: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in modules()
        for module, line in imported(file)
        if module.split(".")[0] == library and not str(file.relative_to(ROOT)).startswith(ONLY_IN[library])
    ]
    assert not wrong, f"{library} is imported outside {ONLY_IN[library]}: {wrong}"


def test_only_settings_read_the_environment() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in modules()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and name_of(file) != "bot.settings"
    ]
    assert not wrong, wrong


def test_the_core_does_not_ask_the_time() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in modules()
        if within(name_of(file), CORE) and "bench" not in file.stem and "train" not in str(file.relative_to(ROOT))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]
    assert not wrong, f"The clock is passed in: {wrong}"


def test_no_module_has_grown_past_what_one_subject_needs() -> None:
    long = [f"{f.relative_to(ROOT)}: {n}" for f in modules() if (n := len(f.read_text(encoding="utf-8").splitlines())) > 350]
    assert not long, f"What is the second subject? {long}"
