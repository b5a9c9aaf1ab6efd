"""What every test can ask for."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot import settings as settings_module
from bot.settings import child_environment
from bot.training import DIALOGUE_SOURCES, dialogue_model, fingerprint
from tests.talking import Clock, Desk, House, Page, Phone, ScriptedEngine

ROOT = Path(__file__).resolve().parents[1]

logging.getLogger("alembic").setLevel(logging.ERROR)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay in one process where two share the work: those of one file; of the slow ones, which start
    browsers or engines that many files use, all that use the same. Kills, bursts and towns of several processes count as
    engines too: two of them beside each other would leave neither a core."""
    for item in items:
        slow = item.get_closest_marker("slow") is not None
        shared = "browsers" if "browser" in item.path.parts else "engines"
        item.add_marker(pytest.mark.xdist_group(shared if slow else item.nodeid.split("::")[0]))


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashing a password is made slow on purpose, which hundreds of people at desks would wait for (tests/test_sign_in.py has the real cost)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.sign_in.PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.app.store.close()


@pytest.fixture
def phone(house: House) -> Phone:
    return house.phone()


@pytest.fixture
def page(house: House) -> Page:
    return house.page(band="13-15", region="CA")


@pytest.fixture
def desk(house: House) -> Desk:
    return house.desk()


@pytest.fixture
def clock(house: House) -> Clock:
    return house.app.clock


@pytest.fixture
def engine(house: House) -> ScriptedEngine:
    return house.app.engine


@pytest.fixture(scope="session")
def rasa_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dialogue model: the one `handrail train` made from these very files, else one trained now."""
    settings = settings_module.load({"HANDRAIL_DEMO": "1"}, root=ROOT)
    mark = settings.models / "dialogue.fingerprint"
    if mark.exists() and mark.read_text() == fingerprint(ROOT, DIALOGUE_SOURCES) and dialogue_model(settings).exists():
        return dialogue_model(settings)
    folder = tmp_path_factory.mktemp("model")
    command = [
        sys.executable, "-m", "rasa", "train", "--data", "data", "--domain", "domain", "--config", "config.yml",
        "--out", str(folder), "--fixed-model-name", "dialogue",
    ]  # fmt: skip
    with (folder / "training.log").open("wb") as out:
        subprocess.run(command, cwd=ROOT, stdout=out, stderr=out, check=True, env=child_environment())
    return folder / "dialogue.tar.gz"
