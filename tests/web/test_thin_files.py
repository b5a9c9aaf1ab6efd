"""What the page's own scripts and styles lose on the way: words for whoever reads the source, and nothing else."""

from __future__ import annotations

import pytest

from bot.web.thin_files import thin_file
from bot.web.youth import STATIC, YOUTH_FILES


@pytest.mark.parametrize("name", sorted(name for name in YOUTH_FILES if name.endswith((".js", ".css"))))
def test_a_script_or_style_is_sent_without_comments_and_smaller(name):
    whole = (STATIC / name).read_text()
    sent = thin_file(STATIC / name)
    assert len(sent.body) < 0.9 * len(whole.encode())
    assert b"/*" not in sent.body.replace(b"/**/", b"")
    assert sent.media_type == ("text/css" if name.endswith(".css") else "text/javascript")


def test_letters_beyond_ascii_and_what_stands_in_quotes_stay(tmp_path):
    file = tmp_path / "one.js"
    file.write_text('// a word to readers\nconst said = "two  spaces // é";\n')
    assert thin_file(file).body.decode() == 'const said="two  spaces // é";'


def test_a_mark_is_sent_as_it_is():
    assert thin_file(STATIC / "mark.svg").path == STATIC / "mark.svg"
