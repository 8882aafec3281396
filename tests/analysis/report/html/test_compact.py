"""A page in fewer bytes is the same page."""

import re
from html.parser import HTMLParser

import pytest

from analysis.report.html.compact import compact

PAGE = """<!doctype html><html><head><style>td </style>
</head><body>
<section id="a">
<p>One
<b>word</b>
<i>and another</i></p>
<table class="runs">
<tbody>
<tr><th scope="row">relu</th>
<td class="number">1.20
</td></tr>
</tbody>
</table>
<pre><code>x = 1
y = 2
</code></pre>
</section>
</body></html>"""


class Shown(HTMLParser):
    """Collects what a browser shows of a page: words, each with the block or cell that it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[tuple[str, str]] = []
        self._block = ""

    def handle_starttag(self, tag, attrs):
        if tag in ("p", "th", "td", "pre", "style"):
            self._block = tag

    def handle_endtag(self, tag):
        if tag == "pre":
            self._block = ""

    def handle_data(self, data):
        kept = [data] if self._block == "pre" else re.findall(r"\S+", data)
        self.words += [(self._block, each) for each in kept]


def shown(page: str) -> list[tuple[str, str]]:
    parser = Shown()
    parser.feed(page)
    return parser.words


def test_it_shows_the_same_words_in_fewer_bytes():
    made = compact(PAGE)
    assert shown(made) == shown(PAGE)
    assert len(made) < len(PAGE)


@pytest.mark.parametrize("kept", ["One\n<b>word</b>\n<i>", "x = 1\ny = 2\n", "<style>td </style>\n</head>", 'id="a"'])
def test_what_can_be_seen_stays(kept):
    assert kept in compact(PAGE)


@pytest.mark.parametrize("gone", ["</td>", "</tr>", ' scope="row"', "\n<tr", "\n<table", '"number"'])
def test_what_says_nothing_is_left_out(gone):
    assert gone in PAGE and gone not in compact(PAGE)
