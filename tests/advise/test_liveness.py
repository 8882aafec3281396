"""Whether a variable can be read after a site, from the source alone; and which variables share its memory."""

import ast
import textwrap

import pytest

from benchmarks.advise.source.aliases import aliases_of
from benchmarks.advise.source.liveness import Paths
from benchmarks.advise.source.rewrite import Source


def function_of(body: str) -> tuple[Source, ast.FunctionDef, ast.BinOp]:
    """A function whose body this is, and its site, `h + SITE`."""
    source = Source("file.py", ("def f(x, c):\n" + textwrap.indent(body, "    ")).encode())
    (site,) = [node for node in ast.walk(source.tree) if isinstance(node, ast.expr) and source.text(node) == "h + SITE"]
    return source, source.tree.body[0], site


READ_LATER = {
    "y = h + SITE\nreturn y": False,
    "y = h + SITE\nreturn h": True,
    "h = h + SITE\nreturn h": False,
    "y = (h + SITE) * h": True,
    "y = h * (h + SITE)": False,
    "y[h] = h + SITE": True,
    "y = h + SITE\nif c:\n    return h\nreturn y": True,
    "y = h + SITE\nif c:\n    h = 1\nelse:\n    h = 2\nreturn h": False,
    "y = h + SITE\nif c:\n    h = 1\nreturn h": True,
    "if c:\n    y = h + SITE\nelse:\n    y = h\nreturn y": False,
    "if c:\n    y = h + SITE\nreturn h": True,
    "for i in c:\n    y = h + SITE": True,
    "for i in c:\n    h = h + SITE\nreturn 1": False,
    "for h in c:\n    y = h + SITE": False,
    "for i in c:\n    h = i()\n    y = h + SITE": False,
    "for i in c:\n    h = i()\n    if h:\n        continue\n    y = h + SITE\n    h = 1": False,
    "while h:\n    y = h + SITE": True,
    "while c:\n    y = h + SITE\n    h = y": False,
    "try:\n    y = h + SITE\nexcept E:\n    y = h": True,
    "try:\n    y = h + SITE\nfinally:\n    print(h)": True,
    "try:\n    h = g(h + SITE)\nexcept E:\n    pass\nreturn h": True,
    "try:\n    h = g(h + SITE)\nexcept E:\n    raise X\nreturn h": True,
    "try:\n    h = g(h + SITE)\nfinally:\n    pass\nreturn h": False,
    "try:\n    h = g(h + SITE)\nfinally:\n    print(h)": True,
    "try:\n    if c:\n        h = g(h + SITE)\n    else:\n        h = c\nexcept E:\n    pass\nreturn h": True,
    "try:\n    return g(h + SITE)\nexcept E:\n    return h": True,
    "try:\n    return g(h + SITE)\nexcept E:\n    pass\nprint(h)": True,
    "try:\n    return g(h + SITE)\nfinally:\n    print(h)": True,
    "try:\n    g()\nexcept E:\n    y = h + SITE\nfinally:\n    print(h if c else 1)": True,
    "try:\n    g()\nexcept E:\n    return h + SITE\nfinally:\n    print(h if c else 1)": True,
    "try:\n    g()\nexcept E:\n    h = h + SITE\nreturn h": False,
    "with suppress(E):\n    h = g(h + SITE)\nreturn h": True,
    "with torch.no_grad():\n    h = g(h + SITE)\nreturn h": False,
    "with torch.no_grad(), suppress(E):\n    h = g(h + SITE)\nreturn h": True,
    "y = h + SITE\nwith suppress(E):\n    h = g(y)\nreturn h": True,
    "y = h + SITE\nwith torch.no_grad():\n    h = g(y)\nreturn h": False,
    "for i in c:\n    try:\n        h = g(h + SITE)\n    except E:\n        continue\nreturn 1": True,
    "with c:\n    y = h + SITE\nreturn y": False,
    "with c:\n    y = h + SITE\nreturn h": True,
    "y = h + SITE\ng = lambda: h": True,
    "y = h + SITE\ng = lambda h: h": False,
    "y = h + SITE\nh += 1": True,
    "y = h + SITE\ndel h\nreturn y": False,
    "y = h + SITE\nreturn y\nprint(h)": False,
    "y = h + SITE if c else h": False,
    "y = [h + SITE for i in c]": True,
    "y = f(h + SITE, key=h)": True,
    "if c:\n    y = h + SITE\n    h = y\nelse:\n    h = c\nreturn h": False,
    "y = (h := h + SITE) * h\nreturn h": False,
    "y = (h := (h + SITE) * h)": True,
    "y = (t := h + SITE) * h": True,
}


@pytest.mark.parametrize("body", READ_LATER)
def test_read_later(body):
    source, function, site = function_of(body)
    assert Paths("h", function, source).lead_to_read(site) == READ_LATER[body]


ALIASES = {
    "y = h + SITE": {"h"},
    "g = h\ny = h + SITE": {"g", "h"},
    "h = g.view(2)\ny = h + SITE": {"g", "h"},
    "h = g.exp()\ny = h + SITE": {"h"},
    "g = h\nh = g.exp()\ny = h + SITE": {"h"},
    "kept.append(h)\ny = h + SITE": {"h", "kept"},
    "y = h + SITE\nkept.append(y)": {"h"},
    "for i in c:\n    h = i()\n    y = h + SITE\n    kept.append(h)": {"h"},
    "h, g = g, x\ny = h + SITE": {"h", "g", "x"},
    "z = [t for t in (h, x)]\ny = h + SITE": {"h", "t", "z"},
    "d['h'] = h\ny = h + SITE": {"d", "h"},
    "g = h if c else x\ny = h + SITE": {"g", "h"},
    "h = self.drop(g)\ny = h + SITE": {"g", "h"},
    "b = h.shape[0]\ny = h + SITE": {"h"},
    "g = h\ng = x.exp()\ny = h + SITE": {"h"},
    "g = h\nif c:\n    g = x.exp()\ny = h + SITE": {"g", "h"},
    "g = h\nk = g\ng = x.exp()\ny = h + SITE": {"k", "h"},
    "h, f = g.chunk(2)\ny = h + SITE": {"g", "h"},
    "h, f = g.chunk(2)\nf = h\ny = h + SITE": {"f", "g", "h"},
    "h, f = g.numpy().chunk(2), 3\ny = h + SITE": {"g", "h"},
    "h = torch.relu_(g)\ny = h + SITE": {"g", "h"},
    "torch.add(h, g)\ny = h + SITE": {"h"},
    "h = F.relu(g, inplace=True)\ny = h + SITE": {"g", "h"},
    "h = F.dropout(g, 0.3, True)\ny = h + SITE": {"h"},
    "h = F.dropout(g, c, True)\ny = h + SITE": {"c", "g", "h"},
    "y = (k := h) + 1\nz = h + SITE": {"h", "k"},
}


@pytest.mark.parametrize("body", ALIASES)
def test_aliases(body):
    source, function, site = function_of(body)
    assert aliases_of(site.left, function, source, memoryless=("torch", "F")) == ALIASES[body]


def test_what_was_seen_to_share_bytes_is_an_alias():
    source, function, site = function_of("h, f = g.chunk(2)\ny = h + SITE")
    assert aliases_of(site.left, function, source, sharing=("f", "k")) == {"f", "g", "h", "k"}
