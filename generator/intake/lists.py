"""Reading a Markdown list of papers: tables, bullet lists, and a line of prose that names a paper.

Nothing is guessed that the list does not say: what could not be read is reported with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from generator.catalogue import addresses
from generator.intake.identify import Identifier, Known, identify, identity
from generator.links import titles

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
_LINK = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+[\"'][^\"']*[\"'])?\s*\)"
)
_BULLET = re.compile(r"\s*(?:[-*+]|[0-9]+[.)])\s+(.*)")
_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?")
_TITLES = re.compile(r"paper|title|name|论文|标题|名称")
_PROSE = re.compile(r"([A-Z].{9,}?),\s*([A-Z][A-Za-z]+)\s*'?((?:19|20)[0-9]{2})(?:,\s*[\w.-]+)?\.?")
_VENUE = re.compile(r"([A-Za-z][A-Za-z &.-]*?)\s*'?((?:19|20)?[0-9]{2})\b.*")
_CALLED = re.compile(
    r"\b(CVPR|ICCV|ECCV|WACV|BMVC|ACCV|NeurIPS|NIPS|ICLR|ICML|AAAI|IJCAI|MICCAI|ICASSP|TPAMI|IJCV|TIP|arXiv)\W{0,3}"
    r"((?:19|20)?[0-9]{2})\b"
)
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]]+)\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?$", re.MULTILINE)
_ANCHOR = re.compile(r"<a\s[^<>]*?href\s*=\s*[\"']([^\"'<>]*)[\"'][^<>]*>(.*?)</a>", re.IGNORECASE)
_PAPER = re.compile(r"https?://(?:[\w.]*arxiv\.org|openreview\.net|openaccess\.thecvf\.com|(?:dx\.)?doi\.org)/\S")
_CHINESE = re.compile("[\u3400-\u9fff]")
_SAME_TITLE = 0.8
_NAMES = {"nips": "NeurIPS", "corr": "arXiv"}


@dataclass(frozen=True)
class Row:
    """One entry of a list, as it stands there."""

    line: int
    section: str
    title: str
    paper: str | None = None
    venue: str | None = None
    year: int | None = None
    code: str | None = None
    blog: str | None = None
    idea: str | None = None


@dataclass(frozen=True)
class Unread:
    """A line that looks like an entry and could not be read, and why."""

    line: int
    reason: str


def read(text: str) -> Iterator[Row | Unread]:
    """The entries of the list ``text``, in its order."""
    section, fence, taken = "", False, 0
    header: list[str] | None = None
    titles_at: int | None = None
    lines = _inline_links(text).split("\n")
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*(?:```|~~~)", line):
            fence = not fence
        if fence:
            continue
        if not line.lstrip().startswith("|"):
            header = None
        if found := _HEADING.fullmatch(line):
            section = re.sub(r"[^a-z0-9]+", "-", _plain(found[1]).lower()).strip("-")
        elif line.lstrip().startswith("|"):
            if header is None:
                header = [cell.lower() for cell in _cells(line)]
                titles_at = next((at for at, name in enumerate(header) if _TITLES.search(name)), None)
                if titles_at is None:
                    yield Unread(number, f"a table of papers has a column of titles, not {', '.join(header)} alone")
            elif titles_at is not None and not _RULE.fullmatch(line.strip()):
                yield _of_table(number, section, header, _cells(line), titles_at)
        elif found := _BULLET.fullmatch(line):
            yield from _of_bullet(number, section, found[1])
        elif found := _PROSE.fullmatch(line.strip()):
            around = " ".join(lines[number : number + 2])
            row = Row(number, section, found[1], venue=found[2], year=int(found[3]))
            yield _with_links(row, _LINK.findall(re.sub(r"\[(\[[^\]]*\])\]", r"\1", around)))
            taken = number + 2
        elif number > taken and _PAPER.search(line) and not _DEFINITION.match(line):
            yield Unread(number, "the line has the address of a paper, but is no table row, no bullet and no title")


def _inline_links(text: str) -> str:
    """``text`` with links by reference and HTML anchors written as ``[words](address)``."""
    known = {label.lower(): url for label, url in _DEFINITION.findall(text)}
    text = _ANCHOR.sub(lambda found: f"[{_plain(found[2])}]({found[1]})", text)

    def resolve(found: re.Match[str]) -> str:
        url = known.get((found[2] or found[1]).lower())
        return f"[{found[1]}]({url})" if url else found[0]

    return re.sub(r"\[([^\[\]\n]+)\]\[([^\[\]\n]*)\]", resolve, text) if known else text


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _of_table(number: int, section: str, header: list[str], cells: list[str], titles_at: int) -> Row | Unread:
    lead = cells[titles_at] if titles_at < len(cells) else ""
    found = _LINK.match(lead)
    title = _plain(found[1] if found else lead)
    if not title:
        return Unread(number, "the row has no title")
    row = Row(number, section, title, found[2] or None if found else None)
    for at, (name, cell) in enumerate(zip(header, cells, strict=False)):
        if at == titles_at:
            continue
        link = _LINK.search(cell)
        url = link[2] or None if link else None
        if re.search(r"publish|venue|year|会议|发表|出处|年", name):
            venue, year = _venue(cell)
            row = replace(row, venue=venue or row.venue, year=year or row.year)
        elif row.paper is None and re.search(r"paper|pdf|arxiv|论文", name):
            row = replace(row, paper=url)
        elif re.search(r"blog|博客|解读", name):
            row = replace(row, blog=url)
        elif re.search(r"link|code|git|代码|链接", name):
            row = replace(row, code=url)
        elif re.search(r"idea|思想|思路|note|简介|说明", name):
            row = replace(row, idea=_plain(cell) or None)
    return row


def _of_bullet(number: int, section: str, text: str) -> Iterator[Row | Unread]:
    links = [link for link in _LINK.findall(text) if not link[0].startswith("!")]
    if not links or links[0][1].startswith("#"):
        return
    lead = _lead(text[: _LINK.search(text).start()])  # pyright: ignore[reportOptionalMemberAccess]  # it has links
    named = re.fullmatch(r"\W*(?:paper|pdf|arxiv|code|github|论文|代码)\W*", links[0][0], re.IGNORECASE)
    title = lead if named else _plain(links[0][0])
    if not titles.words(title):
        yield Unread(number, "the entry has no title")
        return
    row = Row(number, section, title) if named else Row(number, section, title, links[0][1] or None)
    rest = _LINK.sub("", text)
    if found := re.search(r"[(\[]([A-Za-z]+)\s*'?((?:19|20)?[0-9]{2})[)\]]", rest) or _CALLED.search(rest):
        venue, year = _venue(f"{found[1]} {found[2]}")
        row = replace(row, venue=venue, year=year)
    yield _with_links(row, links if named else links[1:])


def _lead(text: str) -> str:
    """The title in what stands before the links: in bold, in quotation marks, or all but a bracket with a year."""
    text = text.strip()
    bracket = r"(?:[(\[][^)\]]*[)\]]\s*)?"
    if found := re.match(bracket + r"(?:(?:\*\*|__)(.+?)(?:\*\*|__)|[\"“「《](.+?)[\"”」》])", text):
        text = found[1] or found[2]
    text = re.sub(r"^[(\[][^)\]]*[0-9]{2}[^)\]]*[)\]]", "", _plain(text).rstrip("[( "))
    return text.strip(" .,:-–—")


def _with_links(row: Row, links: list[tuple[str, str]]) -> Row:
    for name, url in links:
        if "github.com/" in url:
            row = row if row.code else replace(row, code=url)
        elif row.paper is None and re.search(r"paper|pdf|arxiv|论文", name + url, re.IGNORECASE):
            row = replace(row, paper=url)
        elif row.blog is None and row.paper != url:
            row = replace(row, blog=url)
    return row


def _venue(text: str) -> tuple[str | None, int | None]:
    text = _plain(text)
    if re.fullmatch(r"(?:19|20)[0-9]{2}", text):
        return None, int(text)
    found = _VENUE.fullmatch(text)
    if not found:
        return text if re.fullmatch(r"[A-Z][A-Za-z]{2,9}", text) else None, None
    year = int(found[2])
    name = found[1].strip()
    return _NAMES.get(name.lower(), name), year if year > 99 else year + (2000 if year < 60 else 1900)


def _plain(text: str) -> str:
    """Words of a cell without links, emphasis, code marks, entities and escapes."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = _LINK.sub(lambda found: found[1], text)
    text = re.sub(r"&#([0-9]{1,6});", lambda found: chr(min(int(found[1]), 0x10FFFF)), text)
    text = re.sub(r"\\([\\|*_\[\]()#.!-])", r"\1", text)
    return " ".join(re.sub(r"[*`]|<[^<>]{1,80}>", "", text).split())


# ---- which paper a row means -----------------------------------------------------------------------------------------


class Matcher:
    """Finds the paper that a row means among those known; lists misspell titles and paste wrong links."""

    def __init__(self, records: list[Known]) -> None:
        self.records = list(records)
        self._vetted = list(records)
        self.guesses: list[tuple[Row, Known]] = []
        """Rows that were taken for a paper by their address alone."""
        self._words = {record.id: " ".join(titles.words(record.title)) for record in self.records}

    def add(self, record: Known) -> None:
        """Know one paper more."""
        self.records.append(record)
        self._words[record.id] = " ".join(titles.words(record.title))

    def find(self, row: Row) -> Known | None:
        """The paper of ``row``: by identifier if the titles can be one, else by title, by repository, by identifier.

        A wrong link is more common than a new title: an identifier under another title counts only where no title
        comes near, and only if it is one of the catalogue.
        """
        own, repo = row_identity(row), repository(row.code)
        for record in self.records:
            if own and own in record.identities and titles.same(row.title, record.title):
                return record
        close = self._closest(row.title)
        if close:
            return close
        for record in self.records:
            if repo and record.repo == repo.lower() and titles.same(row.title, record.title):
                return record
        guess = next((record for record in self._vetted if own and own in record.identities), None)
        if guess:
            self.guesses.append((row, guess))
        return guess

    def _closest(self, title: str) -> Known | None:
        import difflib

        wanted = " ".join(titles.words(title))
        best, score = None, _SAME_TITLE
        matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
        for record in self.records:
            words = self._words[record.id]
            if words == wanted:
                return record
            matcher.set_seq1(words)
            if matcher.real_quick_ratio() > score and matcher.quick_ratio() > score and matcher.ratio() > score:
                best, score = record, matcher.ratio()
        return best


def row_identifier(row: Row) -> Identifier | None:
    """The identifier in the address of the paper, or that address if it can be one."""
    if not row.paper or not re.match(r"https?://", row.paper) or addresses.flaw(row.paper):
        return None
    return identify(row.paper)


def row_identity(row: Row) -> str | None:
    """The same, written as the catalogue's identities are."""
    found = row_identifier(row)
    return identity(found) if found else None


def repository(url: str | None) -> str | None:
    """``owner/name`` in an address of GitHub."""
    found = re.match(r"https?://(?:www\.)?github\.com/([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+)", url or "")
    name = found[1].removesuffix(".git") if found else None
    return name if name and not addresses.repository_flaw(name) else None


def chinese(text: str | None) -> bool:
    """Whether ``text`` holds Chinese."""
    return bool(text and _CHINESE.search(text))
