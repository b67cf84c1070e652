"""Undoes the soft line breaks of format=flowed."""


def unflow(text: str, *, delsp: bool) -> str:
    """The text with its flowed lines joined to paragraphs, quotes and signature line kept (RFC 3676, 4).

    `delsp` says that the space before a soft break belongs to the break and not to the text.
    """
    lines: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flowed = content.endswith(" ") and content != "-- "
        text_part = content[:-1] if flowed and delsp else content
        if open_depth == depth and content != "-- ":
            lines[-1] += text_part
        else:
            lines.append((">" * depth + " " if depth else "") + text_part)
        open_depth = depth if flowed else None
    return "\n".join(lines)
