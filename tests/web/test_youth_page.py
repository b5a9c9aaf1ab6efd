"""The youth page as a browser without scripts gets it: what it shows, what it never does."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.store.database import StoreDown
from bot.web import youth
from tests.talking import WORDS
from tests.web.fakes import CONTENT, FakeApp, site

STATIC = Path(youth.__file__).parent / "static"


@pytest.fixture
def app() -> FakeApp:
    return FakeApp()


@pytest.fixture
def browser(app: FakeApp) -> TestClient:
    return TestClient(site(app), raise_server_exceptions=False, follow_redirects=False)


def talk(browser: TestClient, **fields: str):
    return browser.post("/talk", data={"id": "f1", "lang": "en", **fields})


def token_in(html: str) -> str:
    return re.search(r'name="token" value="([^"]+)"', html)[1]


def test_the_first_screen_says_who_this_is_and_what_is_private_before_any_box_to_type_in(browser):
    html = browser.get("/").text
    sentences = re.findall(r"<li>([^<]*)</li>", re.search(r'class="promises">(.*?)</ul>', html, re.DOTALL)[1])
    assert len(sentences) == 2, "who this is and what is private, in two short sentences"
    assert "I&#39;m a bot with real people behind me" in sentences[0]
    assert "We don&#39;t ask your name" in sentences[1] and "a life is in danger" in sentences[1]
    assert html.index(sentences[1]) < html.index("<textarea")
    assert 'id="chat" hidden' in html


def test_quick_exit_is_the_first_thing_a_keyboard_reaches(browser):
    body = browser.get("/").text.split("<body")[1]
    first = re.search(r"<(a|button|input|select|textarea|summary)\b[^>]*>", body)[0]
    assert 'id="exit"' in first and 'href="https://www.example.org/weather"' in first


def test_title_and_icon_name_no_topic_and_scripts_are_own_files_only(browser):
    html = browser.get("/").text
    assert "<title>Notes</title>" in html
    assert re.findall(r"<script[^>]*>", html) == [
        '<script src="/static/exit.js" async>',
        '<script src="/static/bar.js" defer>',
        '<script src="/static/aloud.js" defer>',
        '<script src="/static/youth.js" defer>',
    ]
    assert not re.search(r"\son\w+=|<style|style=|javascript:", html)
    outside = {a for a in re.findall(r'(?:src|href|action)="(https?:[^"]+)"', html)}
    assert outside == {"https://www.example.org/weather"}


def test_lines_of_every_region_stand_on_the_page_without_scripts(browser):
    html = browser.get("/").text
    assert 'href="tel:18006686868"' in html and 'href="sms:686868"' in html
    assert 'href="tel:911"' in html and "Childline (under 19)" in html
    assert "Call the emergency number where you are." in html


def test_demo_is_said_on_every_page_and_only_in_demo(browser):
    for page in (browser.get("/"), talk(browser, do="ask"), browser.get("/nothing-here")):
        assert "Demo. No helpline is listening here." in page.text
    real = TestClient(site(FakeApp(demo=False)))
    assert "Demo." not in real.get("/").text


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "GET"), ("/lines", "GET"), ("/now", "GET"), ("/chat/token", "DELETE"), ("/chat/way-back", "POST"), ("/talk", "POST"), ("/talk", "GET"), ("/static/youth.js", "GET"),
        ("/static/desk.css", "GET"), ("/nothing-here", "GET"), ("/chat/threads", "POST"),
        ("/chat/threads", "DELETE"), ("/chat/messages", "POST"), ("/chat/events", "GET"),
    ],
)  # fmt: skip
def test_every_answer_is_private(browser, path, method):
    headers = browser.request(method, path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "geolocation=()" in headers["permissions-policy"]
    assert "set-cookie" not in headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "script-src 'self'" in policy or re.search("script-src 'sha256-[^']+'", policy)


def test_the_first_load_is_small(browser):
    names = [
        "/",
        "/static/tokens.css",
        "/static/youth.css",
        "/static/exit.js",
        "/static/bar.js",
        "/static/aloud.js",
        "/static/youth.js",
        "/static/mark.svg",
    ]
    packed = {"accept-encoding": "gzip"}
    sizes = [int(browser.get(name, headers=packed).headers["content-length"]) for name in names]
    assert sum(sizes) <= 100_000


def test_only_the_youth_files_are_served(browser):
    assert browser.get("/static/tokens.css").status_code == 200
    for name in ("desk.css", "..%2Fyouth.py", "%2e%2e/youth.py"):
        assert browser.get(f"/static/{name}").status_code == 404


def test_the_page_speaks_the_languages_it_is_written_in(browser):
    assert '<html lang="fr" dir="ltr">' in browser.get("/?lang=fr").text
    assert '<html lang="es"' in browser.get("/", headers={"accept-language": "es-MX,en;q=0.5"}).text
    assert '<html lang="en"' in browser.get("/?lang=xx").text


def test_every_page_word_is_written_in_english_french_and_spanish():
    words = WORDS(CONTENT / "messages")
    page_words = {name for name in words.ids("en") if name.startswith("page_")}
    for lang in ("fr", "es"):
        assert {name for name in words.ids(lang) if name.startswith("page_")} == page_words


def test_every_page_word_is_used():
    folder = Path(youth.__file__).parent
    files = [
        *folder.rglob("*.html"),
        *folder.glob("youth*.py"),
        *folder.glob("group*.py"),
        *folder.glob("embed*.py"),
        *folder.glob("printed*.py"),
        *(folder.parent / "printed").glob("*.py"),
        *(folder / "static").glob("embed*.js"),
        folder.parent / "app.py",
        folder.parent / "chat.py",
    ]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    built = re.compile(r"page_(if|then|way|size|law|region|embed|print)_|_more$")
    words = WORDS(CONTENT / "messages")
    in_script = {word for found in re.findall(r"for word in \(([^)]*)\)", source) for word in re.findall(r'"(\w+)"', found)}
    for name in words.ids("en"):
        if name.startswith("page_") and not built.search(name):
            assert name in source or name.removeprefix("page_").removeprefix("group_") in in_script, f"{name} is shown nowhere"


def test_a_chat_as_plain_forms_gets_its_answer_on_the_same_page(browser, app):
    html = talk(browser, do="ask", band="13-15", region="CA").text
    assert app.chat.threads["t1"].opened_with == ("13-15", "CA", "en")
    token = token_in(html)
    html = talk(browser, id="m1", token=token, text="what is grooming").text
    assert "what is grooming" in html and "someone builds trust" in html
    assert token_in(html) == token


def test_choices_are_buttons_and_show_the_words_that_were_chosen(browser):
    html = talk(browser, do="lesson").text
    assert '<button class="choice" name="text" value="B">' in html
    assert '<button class="aside" name="text" value="PERSON">Talk to a person</button>' in html
    html = talk(browser, id="m2", token=token_in(html), text="B").text
    assert re.search(r'class="said you".*?Notice it and slow down', html, re.DOTALL)
    assert html.count('class="choices"') == 1, "only the newest choices can be chosen"


def test_the_way_in_is_shown_in_words_not_as_a_keyword(browser):
    html = talk(browser, do="wrong").text
    said = re.search(r'class="said you".*?class="text"[^>]*>([^<]*)', html, re.DOTALL)[1]
    assert said == "Something&#39;s wrong"


def test_a_form_sent_twice_is_one_message(browser, app):
    token = token_in(talk(browser, do="ask").text)
    for _ in range(2):
        talk(browser, id="same", token=token, text="hello")
    assert [said.text for said in app.chat.threads["t1"].said if said.who == "you"] == ["hello"]


def test_what_somebody_writes_is_text_and_never_markup(browser):
    token = token_in(talk(browser, do="ask").text)
    html = talk(browser, id="m1", token=token, text="<script>alert(1)</script>").text
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html


def test_a_message_that_is_too_long_comes_back_into_the_box(browser):
    token = token_in(talk(browser, do="ask").text)
    page = talk(browser, id="m1", token=token, text="a" * 1500)
    assert page.status_code == 413
    assert "Please send it in parts." in page.text and "a" * 1500 + "</textarea>" in page.text


def test_a_form_larger_than_any_of_ours_is_refused_without_being_read(browser):
    page = talk(browser, do="ask", text="a" * 40_000)
    assert page.status_code == 413 and "Please send it in parts." in page.text


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "one entry for each message"), ("fr", "une ligne par message"), ("es", "una línea por cada mensaje")],
)
def test_without_scripts_the_first_screen_says_what_stays_in_the_history(browser, lang, said):
    assert said in re.search(r"<noscript>(.*?)</noscript>", browser.get(f"/?lang={lang}").text)[1]


def test_leaving_without_scripts_forgets_and_goes_to_the_other_site(browser, app):
    html = talk(browser, do="ask").text
    assert re.search(r'<button class="exit" id="exit" name="do" value="leave"', html)
    gone = talk(browser, token=token_in(html), do="leave")
    assert 'http-equiv="refresh" content="0;url=https://www.example.org/weather"' in gone.text
    assert token_in(html) not in gone.text
    assert app.chat.forgotten == ["t1"]


def test_deleting_without_scripts_says_so_and_starts_fresh(browser, app):
    token = token_in(talk(browser, do="ask").text)
    page = talk(browser, token=token, do="forget")
    assert "This chat is gone from here." in page.text and app.chat.forgotten == ["t1"]
    assert 'id="chat" hidden' in page.text


def test_an_old_form_tells_the_truth(browser):
    page = talk(browser, token="nobody", text="are you there")
    assert page.status_code == 401 and "This chat is over, was deleted, or goes on in another tab." in page.text


def test_a_person_who_joins_is_named_on_the_page(browser):
    token = token_in(talk(browser, do="wrong").text)
    html = talk(browser, id="m2", token=token, text="Y").text
    assert "Sam is here. A real person." in html and "Sam, a person" in html


def test_an_address_that_is_not_ours_and_a_broken_server_still_show_lines(browser, app):
    lost = browser.get("/nothing-here")
    assert lost.status_code == 404 and 'href="tel:911"' in lost.text
    app.chat.open = None  # type: ignore[assignment]
    broken = talk(browser, do="ask")
    assert broken.status_code == 500 and 'href="tel:911"' in broken.text
    assert broken.headers["cache-control"] == "no-store"


def test_a_database_that_is_down_is_said_as_such_and_lines_are_shown(browser, app):
    def down(*_: object) -> str:
        raise StoreDown("The database does not answer.")

    app.chat.open = down  # type: ignore[assignment]
    answer = talk(browser, do="ask")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5") and 'href="tel:911"' in answer.text
    assert browser.post("/chat/threads", json={}).status_code == 503


def test_opening_the_form_address_leads_to_the_first_screen(browser):
    answer = browser.get("/talk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_fresh_lines_come_as_pieces_for_a_page_that_was_open_for_long(browser):
    lines = browser.get("/lines").json()
    assert lines["GB"] == [[["Childline (under 19): call ", None], ["0800 1111", "tel:08001111"]]]


def test_every_file_the_page_names_exists(browser):
    for name in re.findall(r'"/static/([^"]+)"', browser.get("/").text):
        assert (STATIC / name).is_file() and browser.get(f"/static/{name}").status_code == 200


def test_joining_a_group_is_the_fourth_way_in_where_this_site_has_groups(browser, app):
    async def group_page(_request: Request) -> Response:
        return Response("groups")

    routes = [*youth.youth_routes(app), Route("/join", group_page)]
    html = TestClient(Starlette(routes=routes)).get("/?lang=fr").text
    assert re.findall(r'class="way way-(\w+)"', html) == ["ask", "lesson", "wrong", "group"]
    assert 'href="/join?lang=fr"' in html and "Rejoindre un groupe" in html
    assert "way-group" not in browser.get("/").text, "a way that leads nowhere is not offered"


def test_what_happens_if_i_tell_you_gives_the_rules_of_the_region_without_scripts(browser):
    somewhere, canada = browser.get("/").text, browser.get("/?region=CA").text
    assert re.search(r'<dd data-law="CA" hidden>', somewhere) and re.search(r'<dd data-law="">', somewhere)
    assert re.search(r'<dd data-law="CA">In Canada', canada) and re.search(r'<dd data-law="" hidden>', canada)


def test_a_way_back_as_plain_forms_opens_the_chat_again_and_a_wrong_one_says_so(browser, app):
    token = token_in(talk(browser, do="ask").text)
    talk(browser, id="m1", token=token, text="what is grooming")
    kept = talk(browser, id="m2", token=token, do="keep", word="otter").text
    assert "Your way back: otter 482 716." in kept
    talk(browser, token=token, do="leave")
    back = talk(browser, do="return", word="otter 482 716").text
    assert "someone builds trust" in back and token_in(back) != token
    wrong = talk(browser, do="return", word="otter 000 000")
    assert wrong.status_code == 404 and "No chat has that word and number." in wrong.text


def test_an_unfit_word_is_said_and_the_chat_stays_on_the_page(browser):
    token = token_in(talk(browser, do="ask").text)
    page = talk(browser, id="m1", token=token, do="keep", word="two words")
    assert page.status_code == 400 and "Use one word of 3 to 20 letters." in page.text and token_in(page.text) == token


def test_the_region_goes_along_to_every_other_page_of_ours(browser, app):
    links = re.findall(r'href="(/(?:join)?\?[^"]*)"', browser.get("/?region=CA").text)
    assert len(links) >= 7 and all(link.startswith("/?region=CA&amp;lang=") for link in links), links
    lost = browser.get("/nothing-here?region=CA&lang=en").text
    assert 'href="/?region=CA&amp;lang=en"' in lost
    assert lost.index("Call 911") < lost.index("Choose where you live"), "the lines of the region come first"
    assert "region=" not in "".join(re.findall(r'href="(/[^"]*)"', browser.get("/?region=XX").text))


def test_every_page_has_its_options(browser):
    for path in ("/", "/nothing-here"):
        html = browser.get(path).text
        assert 'id="reading"' in html and 'id="easy"' in html and 'class="languages at-start-only"' in html, path


def test_words_that_met_a_chat_that_is_over_are_shown_and_go_along_into_the_next(browser, app):
    answer = talk(browser, do="send", token="an-old-one", text="please <b>help</b>")
    assert answer.status_code == 401
    assert 'Not sent: <span dir="auto">please &lt;b&gt;help&lt;/b&gt;</span>' in answer.text
    draft = re.search(r'name="draft" value="([^"]+)"', answer.text)[1]
    started = talk(browser, do="ask", draft=unescape(draft)).text
    assert "please &lt;b&gt;help&lt;/b&gt;</textarea>" in started and 'id="draft"' not in started
    assert app.chat.threads["t1"].said == []
