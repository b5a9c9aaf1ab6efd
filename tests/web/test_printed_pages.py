"""Posters and wallet cards: what is on them, that the code opens the right address, and who may make them."""

from __future__ import annotations

import io
import re
from functools import partial
from pathlib import Path

import pypdfium2
import pytest
import segno
import zxingcpp
from PIL import Image
from starlette.testclient import TestClient

from bot.printed.drawing import drawn
from bot.printed.order import MOST_ADDRESS, MOST_NAME, Order, PrintRefused, checked
from bot.printed.picture import picture
from bot.web.permissions import MAY, Doing
from bot.web.sites import staff_site
from tests.talking import WORDS as read_words
from tests.talking import House
from tests.web.test_supervisor import signed_in

WORDS = read_words(Path(__file__).parents[2] / "content/messages")
ADDRESS = "https://chat.riverside.example/?lang=fr"
NAMES = re.compile(
    r"groom|exploit|traffick|abus|predator|sex|traite|pédo|trata|acoso|safety|danger|child|enfant|niñ|victim|crisis|crise",
    re.IGNORECASE,
)
"""Words that would tell whoever finds a card what it is for."""


def order(**changed: object) -> Order:
    given = {
        "kind": "poster",
        "lang": "en",
        "paper": "a4",
        "agency": "Riverside Youth Centre",
        "number": "+1 613 555 0100",
        "address": ADDRESS,
        "emergency": "911",
    }
    return Order(**{**given, **changed})  # type: ignore[arg-type]


def made(asked: Order, *, single: bool = False) -> bytes:
    asked = checked(asked)
    return drawn(asked, lambda word: WORDS.say(f"page_print_{word}", asked.lang, emergency=asked.emergency), single=single)


def text_of(pdf: bytes) -> str:
    return " ".join(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded().split())


def codes(png: bytes) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))}


@pytest.mark.parametrize("kind", ["poster", "card"])
def test_a_code_is_dark_where_it_is_dark_without_white_stripes(kind):
    page = Image.open(io.BytesIO(picture(made(order(kind=kind), single=True), dots_per_inch=600))).convert("L")
    corner = zxingcpp.read_barcodes(page)[0].position
    side = corner.top_right.x - corner.top_left.x
    squares = len(segno.make_qr(ADDRESS, error="m", boost_error=True).matrix)
    left, top, square = corner.top_left.x, corner.top_left.y, side / squares
    column = [page.getpixel((round(left + square / 2), y)) for y in range(round(top + square / 2), round(top + 6.5 * square))]
    assert max(column) < 100, "the left edge of the finder pattern, seven squares high, has a light row"


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("kind", ["poster", "card"])
@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_every_print_says_its_words_in_its_language_and_its_code_opens_the_address(kind, lang, paper):
    pdf = made(order(kind=kind, lang=lang, paper=paper))
    text = text_of(pdf)
    say = partial(WORDS.say, lang=lang, emergency="911")
    for word in ("headline", "offer", "emergency", "text", *(("card",) if kind == "card" else ("who", "limits"))):
        assert " ".join(say(f"page_print_{word}").split()) in text, word
    assert "+1 613 555 0100" in text and "Riverside Youth Centre" in text and "chat.riverside.example" in text
    assert not NAMES.search(text)
    assert codes(picture(pdf, dots_per_inch=150)) == {ADDRESS}


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_no_letter_on_a_card_is_too_small_to_be_read(lang):
    long = order(kind="card", lang=lang, agency="Wilhelmina Monnahan Youth Mentoring Home")
    text = pypdfium2.PdfDocument(made(long, single=True))[0].get_textpage()
    sizes = {round(pypdfium2.raw.FPDFText_GetFontSize(text.raw, n), 1) for n in range(text.count_chars())} - {0.0, 1.0}
    assert sizes and min(sizes) >= 7.0, sizes


def test_the_three_languages_say_different_things():
    assert len({text_of(made(order(lang=lang))) for lang in ("en", "fr", "es")}) == 3


def test_a_sheet_has_ten_cards_and_a_picture_has_one_as_large_as_a_bank_card():
    sheet, one = made(order(kind="card")), made(order(kind="card"), single=True)
    assert text_of(sheet).count("+1 613 555 0100") == 10
    assert text_of(one).count("+1 613 555 0100") == 1
    width, height = pypdfium2.PdfDocument(one)[0].get_size()
    assert (round(width / 72 * 25.4, 1), round(height / 72 * 25.4, 1)) == (85.6, 54.0)
    assert Image.open(io.BytesIO(picture(one, dots_per_inch=600))).size == pytest.approx((2022, 1276), abs=2)


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_the_paper_is_the_one_that_was_asked_for(paper, size):
    assert tuple(map(round, pypdfium2.PdfDocument(made(order(paper=paper)))[0].get_size())) == size


def test_the_fonts_are_inside_so_that_a_print_shop_sees_what_we_see():
    pdf = made(order())
    assert pdf.count(b"/FontFile2") == 2
    assert b"/Lang" in pdf and made(order()) == pdf


@pytest.mark.parametrize("kind", ["poster", "card"])
@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_the_longest_that_is_let_in_still_fits_on_the_page_without_overlap(kind, lang):
    asked = order(
        kind=kind,
        lang=lang,
        paper="letter",
        agency="Wilhelmina Monnahan Youth Mentoring Home",
        number="+49 1512 3456789 01",
        address="https://chat.northern-youth-net.example/?lang=" + lang,
    )
    pdf = made(asked, single=True)
    page = pypdfium2.PdfDocument(pdf)[0]
    width, height = page.get_size()
    text = page.get_textpage()
    boxes = [text.get_rect(n) for n in range(text.count_rects())]
    assert all(left >= 0 and bottom >= 0 and right <= width and top <= height for left, bottom, right, top in boxes)
    for n, (left, bottom, right, top) in enumerate(boxes):
        for other in boxes[n + 1 :]:
            across = min(right, other[2]) - max(left, other[0])
            down = min(top, other[3]) - max(bottom, other[1])
            assert across <= 1 or down <= 0.15 * min(top - bottom, other[3] - other[1]), (boxes[n], other)
    assert codes(picture(pdf, dots_per_inch=300)) == {asked.address}


def test_without_a_number_a_name_or_a_region_nothing_empty_is_said():
    text = text_of(made(order(number="", agency="", emergency=None)))
    assert "Text us" not in text and "emergency" not in text and "rates" not in text and "Scan to chat" in text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"agency": "n" * (MOST_NAME + 1)}, "Shorten it to 40"),
        ({"agency": "Дом молодёжи"}, "The printed letters have no"),
        ({"number": "613 555 0100 ext. 22"}, "may hold digits"),
        ({"number": "12"}, "may hold digits"),
        ({"number": "+1 613 555 0100 000 000"}, "The number is too long"),
        ({"address": "chat.example.org"}, "must be whole"),
        ({"address": "javascript:alert(1)"}, "must be whole"),
        ({"address": "http://chat.example.org"}, "begin with https"),
        ({"address": "https://chat.example.org/" + "a" * MOST_ADDRESS}, "Use one of at most 90"),
        ({"paper": "a0"}, "letter or A4"),
        ({"kind": "flag"}, "a poster or a card"),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_one_sentence(wrong, sentence):
    with pytest.raises(PrintRefused) as refused:
        made(order(**wrong))
    assert sentence in refused.value.sentence and refused.value.sentence.endswith(".")


def test_only_supervisors_and_administrators_print(house: House) -> None:
    assert {role for role, rights in MAY.items() if Doing.PRINT in rights} == {"supervisor", "administrator"}
    worker = signed_in(house, "worker")
    for path in ("/printed", "/printed/poster.pdf", "/printed/card.png"):
        assert worker.get(path).status_code == 403
        assert TestClient(staff_site(house.app), follow_redirects=False).get(path).status_code in (303, 401)


def test_a_supervisor_sees_both_and_takes_the_files(house: House) -> None:
    supervisor = signed_in(house, "supervisor")
    page = supervisor.get("/printed", params={"agency": "Riverside", "lang": "fr", "region": "CA", "number": "+1 613 555 0100"})
    assert page.status_code == 200
    links = [link.replace("&amp;", "&") for link in re.findall(r'(?:href|src)="(/printed/[^"]+)"', page.text)]
    assert len(links) == 6
    for link in links:
        answer = supervisor.get(link)
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        if ".pdf" in link:
            assert "attachment" in answer.headers["content-disposition"]
            assert "Quelque chose en tête?" in text_of(answer.content) and "911" in text_of(answer.content)
        else:
            assert codes(answer.content) == {f"{house.app.settings.public_url}/?lang=fr"}


def test_the_page_says_what_to_change_and_shows_no_files(house: House) -> None:
    supervisor = signed_in(house, "supervisor")
    page = supervisor.get("/printed", params={"number": "call us"})
    assert page.status_code == 422 and "The number may hold digits" in page.text and "/printed/poster" not in page.text
    assert 'value="call us"' in page.text  # what was typed is still there to mend
    assert supervisor.get("/printed/poster.pdf", params={"number": "call us"}).status_code == 422
    assert supervisor.get("/printed/flag.pdf").status_code == 404
    assert supervisor.get("/printed/poster.exe").status_code == 404
