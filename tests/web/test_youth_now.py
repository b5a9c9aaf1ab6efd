"""The page of help lines that stands by itself."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.cli import main
from bot.web.security_headers import hash_of
from bot.web.youth_now import stand_alone, write
from tests.web.fakes import FakeApp, site

TODAY = date(2026, 3, 2)


@pytest.fixture
def html() -> str:
    return stand_alone(FakeApp(), "en", address="now.{lang}.html", today=TODAY)


def test_every_region_stands_on_it_with_its_emergency_number_and_lines(html):
    for words in ("Canada", "United States", "United Kingdom", 'href="tel:911"', 'href="tel:999"', 'href="sms:686868"'):
        assert words in html
    assert "Updated on March 2, 2026." in html


@pytest.mark.parametrize(
    ("lang", "day", "said"),
    [
        ("fr", TODAY, "Mis à jour le 2 mars 2026."),
        ("fr", date(2026, 12, 1), "Mis à jour le 1er décembre 2026."),
        ("es", TODAY, "Actualizado el 2 de marzo de 2026."),
    ],
)
def test_its_date_reads_as_people_say_it(lang, day, said):
    assert said in stand_alone(FakeApp(), lang, address="now.{lang}.html", today=day)


def test_it_needs_no_other_file(html):
    assert not re.findall(r'(?:src|srcset|action)="', html)
    links = set(re.findall(r'<link[^>]*href="([^"]+)"', html))
    assert links == {"data:,"} and "url(" not in html and "@import" not in html


def test_its_policy_allows_its_own_style_and_script_and_nothing_else(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    style, script = (
        re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1],
        re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1],
    )
    assert f"style-src '{hash_of(style)}'" in policy and f"script-src '{hash_of(script)}'" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy and "self" not in policy


def test_quick_exit_is_the_first_thing_on_it(html):
    assert 'id="exit"' in re.search(r"<a\b[^>]*>", html.split("<body")[1])[0]


def test_the_title_names_no_topic(html):
    assert "<title>Notes</title>" in html


def test_the_address_gives_the_same_page_with_the_policy_as_a_header():
    browser = TestClient(site(FakeApp()))
    page = browser.get("/now?lang=fr")
    assert page.status_code == 200 and '<html lang="fr"' in page.text and "Royaume-Uni" in page.text
    policy = page.headers["content-security-policy"]
    assert hash_of(re.search(r"<script>(.*?)</script>", page.text, re.DOTALL)[1]) in policy
    assert page.headers["cache-control"] == "no-store"


def test_it_is_written_once_a_language_and_each_leads_to_the_others(tmp_path):
    names = {file.name for file in write(FakeApp(), tmp_path, today=TODAY)}
    assert names == {"now.html", "now.en.html", "now.fr.html", "now.es.html"}
    assert 'href="now.fr.html"' in (tmp_path / "now.html").read_text(encoding="utf-8")


def test_the_command_writes_the_real_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDRAIL_DEMO", "1")
    monkeypatch.setenv("HANDRAIL_VAR", str(tmp_path / "var"))
    done = CliRunner().invoke(main, ["help-page", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "now.es.html").read_text(encoding="utf-8")
    assert "Kids Help Phone: llama al " in page and "(24/7)" in page and "Sudáfrica" in page


def test_the_balancer_shows_files_that_are_really_written(tmp_path):
    caddyfile = (Path(__file__).parents[2] / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    named = set(re.findall(r"rewrite @\w+ /(\S+)", caddyfile))
    assert named == {file.name for file in write(FakeApp(), tmp_path, today=TODAY)} - {"now.en.html"}
    assert "[502, 503, 504]" in caddyfile and "status 503" in caddyfile
