"""Text escaped for Markdown. Jinja escapes HTML itself."""

import re


def markdown_text(text: str) -> str:
    """`text` escaped for Markdown: a name never becomes a heading, list, table cell, tag, link or mention."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace("\n", " ")
    text = re.sub(r"[\\`*|~$\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\\g<0>", text)
    text = re.sub(r"^(\s*\d*)([#+.)-](?=\s|$)|#{2,6}(?=\s|$)|-{3,}$|=+$)", r"\1\\\2", text)
    # Pages turn names and numbers into mentions and links even where the text was escaped: an empty comment splits it.
    return re.sub(r"@|(?<!&)#(?=\d)", r"\g<0><!-- -->", text)
