"""Write what finetune.py needs into a folder: the training text, and the published weights with their tokenizer.

Runs in the project's own environment, from the root: PYTHONPATH=. .venv/bin/python data/safety/model/prepare.py FOLDER
Of lines.jsonl a tenth, chosen by the sha256 of the text, is marked held out.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml
from safetensors.numpy import save_file

from bot.answers.catalog import Answers
from bot.encoder_weights import E5
from bot.safety.bench import held_out
from bot.safety.patterns import Patterns
from bot.safety.screening import LANGUAGES, real_words
from bot.safety.spelling import as_typed

ROOT = Path(__file__).resolve().parents[3]
OF_THEMSELVES = re.compile(
    r"\b(i|im|i'm|ive|i've|id|i'd|me|my|mine|we|our|us|he|hes|he's|him|his|she|shes|she's|her|they|them|their)\b", re.I
)
GRAVE = re.compile(
    r"die|dying|dead|death|suicid|kill|hurt|harm|cut|overdos", re.I
)  # whoever asks of these may need more than an answer
PERSONAL = {
    "happening_to_me",
    "worried_about_friend",
    "want_person",
    "lines",
    "pause",
    "forget_me",
    "grounding",
}  # intents that may tell of danger


def written(folder: Path) -> list[dict[str, Any]]:
    """The hand-written lines of data/safety/*.jsonl."""
    files = sorted(folder.glob("*.jsonl"))
    texts = [(file.stem, line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [{**json.loads(line), "file": file} for file, line in texts if line.strip()]


def examples(books: list[Patterns]) -> list[dict[str, Any]]:
    """The examples of the pattern files: what must match is danger, what fires no pattern is harmless."""
    found = []
    for book in books:
        for pattern in book.patterns:
            for text in (*pattern.must_match, *pattern.must_be_imminent):
                level = max(hit.level for hit in book.hits(text))
                found.append(_row(text, level.word, pattern.category, pattern.subject, book.language))
        harmless = [*book.harmless, *(text for pattern in book.patterns for text in pattern.must_not_match)]
        quiet = [text for text in harmless if not book.hits(text)]
        found += [_row(text, "none", None, "self", book.language) for text in quiet]
    return found


def everyday(books: list[Patterns]) -> list[dict[str, Any]]:
    """Ordinary texts: everyday*.txt and questions*.txt beside this file, what the dialogue is trained on, and ways of
    asking that speak of no one; only where no pattern fires."""
    files = [(kind, lang) for kind in ("everyday", "questions") for lang in LANGUAGES]
    texts = [(text, lang) for kind, lang in files for text in _lines(_file(kind, lang))]
    for file in sorted((ROOT / "data/nlu").rglob("*.yml")):
        spoken = file.parent.name if file.parent.name in LANGUAGES else "en"
        for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu") or ():
            if block.get("intent") and block["intent"] not in PERSONAL:
                said = re.sub(r"\[([^\]]*)\][({][^)}]*[)}]", r"\1", block["examples"]).replace("- ", "").splitlines()
                texts += [(text.strip(), spoken) for text in said if text.strip()]
    texts += [(text, "en") for text in asked_of_nobody()]
    quiet = [(text, lang) for text, lang in texts if not any(book.hits(text) for book in books)]
    return [{**_row(text, "none", None, "self", lang), "file": "everyday"} for text, lang in quiet]


def asked_of_nobody() -> list[str]:
    """Ways of asking that speak of no one: a question about a topic is no disclosure."""
    texts = [text for answer in Answers.load(ROOT / "content/answers/en") for text in answer.questions]
    return [text for text in texts if not OF_THEMSELVES.search(text) and not GRAVE.search(text)]


def _file(kind: str, lang: str) -> Path:
    return Path(__file__).parent / (f"{kind}.txt" if lang == "en" else f"{kind}_{lang}.txt")


def _lines(file: Path) -> list[str]:
    return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _row(text: str, level: str, category: str | None, subject: str, lang: str) -> dict[str, Any]:
    return {"text": text, "level": level, "category": category, "subject": subject, "lang": lang, "file": "patterns"}


def main(out: Path) -> None:
    """Every training line once: text, the two ways it is read, labels, held-out mark. And the weights."""
    out.mkdir(parents=True, exist_ok=True)
    books = [Patterns.load(ROOT / f"content/safety/{lang}.yml", real_words(lang)) for lang in LANGUAGES]
    found: dict[str, dict[str, Any]] = {}
    for row in (*written(ROOT / "data/safety"), *examples(books), *everyday(books)):
        found.setdefault(row["text"], row)
    with (out / "lines.jsonl").open("w", encoding="utf-8") as stream:
        for text, row in found.items():
            # Pattern examples are never held out: the patterns know them by heart.
            row.update(held_out=held_out(text) and row["file"] != "patterns")
            row.update(typed=as_typed(text), plain=books[0].spelling.plain(text))
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    published = E5.read()
    save_file(published.weights, out / "published.safetensors")
    published.tokenizer.save(str(out / "tokenizer.json"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
