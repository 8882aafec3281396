"""A page in fewer bytes: what HTML lets one leave out is left out. Browsers show the same page."""

import re

#: HTML ends these where the next one begins, or where what they are in ends.
_IMPLIED_ENDS = re.compile(r"</(?:t[dhr]|li|d[td])>")
#: Line ends before rows and cells, and between blocks, which browsers show as nothing.
_IDLE_LINES = re.compile(
    r"\n+(?=</?(?:t[dhr]|tbody|thead)\b)"
    r"|(?<=>)\n+(?=</?(?:table|section|article|details|summary|div|p|ul|ol|li|d[ltd]|h[1-6]|figure|figcaption)\b)"
)
#: Tags of the shapes of drawings. Text never has a "<": it is escaped.
_SHAPE = re.compile(r"<(?:path|circle|text|use|rect|g) [^>]*>")
#: Their attributes that hold nothing but coordinates and lengths; a label or a version of torch keeps its ".0".
_COORDINATES = re.compile(r' (?:d|x|y|cx|cy|r|width|height|points|transform)="[^"]*"')
#: Tenths that say nothing, in such a value.
_NO_TENTHS = re.compile(r"(?<=\d)\.0(?!\d)")
#: Tags of rows and cells.
_CELL = re.compile(r"<t[dhr] [^>]*>")
#: Values that need no quotes; ids keep them.
_PLAIN_VALUE = re.compile(r'(?<! id)="([A-Za-z0-9_.,:#-]+)"(?=[ >])')
#: A heading cell in a head row is a column's, one that begins a row of data is the row's: so says HTML as well.
_IMPLIED_SCOPE = re.compile(r'(<th) scope="(?:col|row)"')


def compact(page: str) -> str:
    """`page` without those ends, quotes and lines; its head, whose digests the policy holds, is untouched."""
    head, end, body = page.partition("</head>")
    body = _SHAPE.sub(lambda tag: _PLAIN_VALUE.sub(r"=\1", _whole_numbers(tag.group())), body)
    body = _CELL.sub(
        lambda tag: _PLAIN_VALUE.sub(r"=\1", tag.group()), _IMPLIED_SCOPE.sub(r"\1", _IMPLIED_ENDS.sub("", body))
    )
    return head + end + _IDLE_LINES.sub("", body)


def _whole_numbers(tag: str) -> str:
    return _COORDINATES.sub(lambda attribute: _NO_TENTHS.sub("", attribute.group()), tag)
