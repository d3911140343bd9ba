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
# An address that stands for itself, with or without <>; not in an HTML attribute, not the target of a link.
_BARE = re.compile(
    r"<(https?://[^\s<>]+)>"
    r"|(?<![\w\"'=+])(?<!\]\()(https?://[^\s<>|\[\]\"'`\u3000-\u303f\uff00-\uffef]+)",
    re.IGNORECASE,
)
_PAPER = re.compile(
    r"https?://(?:[\w.]*arxiv\.org|openreview\.net|openaccess\.thecvf\.com|(?:dx\.)?doi\.org|(?:www\.)?ecva\.net"
    r"|ieeexplore\.ieee\.org|dl\.acm\.org|link\.springer\.com|(?:www\.)?sciencedirect\.com|(?:www\.)?nature\.com"
    r"|(?:papers|proceedings)\.(?:nips|neurips)\.cc|proceedings\.mlr\.press|ojs\.aaai\.org|(?:www\.)?jmlr\.org)/\S",
    re.IGNORECASE,
)
_CODE = re.compile(r"https?://(?:(?:www\.)?github\.com|gitlab\.[\w.-]+|(?:[\w-]+\.)+gitlab\.[\w.-]+)/\S", re.IGNORECASE)
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
    others: tuple[str, ...] = ()
    """Addresses that are none of these, or a second one of a kind."""


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
            yield _with_links(row, _links(re.sub(r"\[(\[[^\]]*\])\]", r"\1", around)), "blog")
            taken = number + 2
        elif number > taken and _PAPER.search(line) and not _DEFINITION.match(line):
            yield Unread(number, "the line has the address of a paper, but is no table row, no bullet and no title")


def _inline_links(text: str) -> str:
    """``text`` with links by reference, HTML anchors and bare addresses written as ``[words](address)``."""
    known = {label.lower(): url for label, url in _DEFINITION.findall(text)}
    text = _ANCHOR.sub(lambda found: f"[{_plain(found[2])}]({found[1]})", text)

    def resolve(found: re.Match[str]) -> str:
        url = known.get((found[2] or found[1]).lower())
        return f"[{found[1]}]({url})" if url else found[0]

    text = re.sub(r"\[([^\[\]\n]+)\]\[([^\[\]\n]*)\]", resolve, text) if known else text
    return "\n".join(line if _DEFINITION.match(line) else _bare_links(line) for line in text.split("\n"))


def _bare_links(line: str) -> str:
    """``line`` with its bare addresses as links without words; those that stand in a link already stay."""

    def link(found: re.Match[str]) -> str:
        if found[1]:
            return f"[]({found[1]})"
        url = found[2].rstrip(".,;:!?*_")
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(".,;:!?*_")
        return f"[]({url}){found[2][len(url) :]}"

    parts, end = list[str](), 0
    for found in _LINK.finditer(line):
        parts += [_BARE.sub(link, line[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, _BARE.sub(link, line[end:])])


def _links(text: str) -> list[tuple[str, str]]:
    """Words and address of each link that leads somewhere; an image is none."""
    found = [(link[1], link[2]) for link in _LINK.finditer(text) if not text[: link.start()].endswith("!")]
    return [(words, url) for words, url in found if url]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _of_table(number: int, section: str, header: list[str], cells: list[str], titles_at: int) -> Row | Unread:
    lead = cells[titles_at] if titles_at < len(cells) else ""
    found = _LINK.match(lead)
    title = _plain(found[1] if found else lead)
    if not title:
        return Unread(number, "the row has no title")
    row = _with_links(Row(number, section, title), _links(lead), "paper")
    for at, (name, cell) in enumerate(zip(header, cells, strict=False)):
        if at == titles_at:
            continue
        kind = None
        if re.search(r"publish|venue|year|会议|发表|出处|年", name):
            venue, year = _venue(cell)
            row = replace(row, venue=venue or row.venue, year=year or row.year)
        elif re.search(r"paper|pdf|arxiv|论文", name):
            kind = "paper"
        elif re.search(r"blog|博客|解读", name):
            kind = "blog"
        elif re.search(r"link|code|git|代码|链接", name):
            kind = "code"
        elif re.search(r"idea|思想|思路|note|简介|说明", name):
            row = replace(row, idea=_plain(cell) or None)
        row = _with_links(row, _links(cell), kind)
    return row


def _of_bullet(number: int, section: str, text: str) -> Iterator[Row | Unread]:
    links = [(words, url) for words, url in _links(text) if not words.startswith("!")]
    if not links or links[0][1].startswith("#"):
        return
    words, url = links[0]
    bare = not words.strip() or re.match(r"https?://", words)
    if bare and not any(_PAPER.match(url) or _CODE.match(url) for _, url in links):
        yield Unread(number, f"the entry has an address, but none of a paper or its code: {url}")
        return
    named = bare or re.fullmatch(r"\W*(?:paper|pdf|arxiv|code|github|论文|代码)\W*", words, re.IGNORECASE)
    title = _lead(text[: text.index(url)].rpartition("[")[0]) if named else _plain(words)
    if not titles.words(title):
        yield Unread(number, "the entry has no title")
        return
    row = Row(number, section, title)
    if not named:
        row = _with_links(row, links[:1], "paper")
    rest = _LINK.sub("", text)
    if found := re.search(r"[(\[]([A-Za-z]+)\s*'?((?:19|20)?[0-9]{2})[)\]]", rest) or _CALLED.search(rest):
        venue, year = _venue(f"{found[1]} {found[2]}")
        row = replace(row, venue=venue, year=year)
    yield _with_links(row, links if named else links[1:], "blog")


def _lead(text: str) -> str:
    """The title in what stands before the links: in bold, in quotation marks, or all but a bracket with a year."""
    text = text.strip()
    bracket = r"(?:[(\[][^)\]]*[)\]]\s*)?"
    if found := re.match(bracket + r"(?:(?:\*\*|__)(.+?)(?:\*\*|__)|[\"“「《](.+?)[\"”」》])", text):
        text = found[1] or found[2]
    text = re.sub(r"^[(\[][^)\]]*[0-9]{2}[^)\]]*[)\]]", "", _plain(text).rstrip("[( "))
    text = re.sub(r"[(\[][A-Za-z][A-Za-z '.-]*(?:19|20)?[0-9]{2}[)\]][\s.,:-]*$", "", text)
    return text.strip(" .,:-–—")


def _with_links(row: Row, links: list[tuple[str, str]], otherwise: str | None) -> Row:
    """``row`` with each address as what it is; where an address does not tell, its words do, then ``otherwise``."""
    for words, url in links:
        if not re.match(r"https?://", url, re.IGNORECASE):
            continue
        kind = "code" if _CODE.match(url) else "paper" if _PAPER.match(url) else otherwise
        if kind == "blog" and re.search(r"paper|pdf|arxiv|论文", words + url, re.IGNORECASE):
            kind = "paper"
        if kind and getattr(row, kind) is None:
            row = replace(row, **{kind: url})
        else:
            row = replace(row, others=(*row.others, url))
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
        self.twins: list[tuple[Row, Known]] = []
        """Rows that have the address of an earlier row of another title, and are a paper of their own all the same."""
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
        elif twin := next((record for record in self.records if own and own in record.identities), None):
            self.twins.append((row, twin))
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


def identifier(url: str | None) -> Identifier | None:
    """The identifier in the address of a paper, or that address if it can be one."""
    if not url or not re.match(r"https?://", url) or addresses.flaw(url):
        return None
    return identify(url)


def row_identity(row: Row) -> str | None:
    """The paper of ``row``, written as the catalogue's identities are."""
    found = identifier(row.paper)
    return identity(found) if found else None


def repository(url: str | None) -> str | None:
    """``owner/name`` in an address of GitHub."""
    found = re.match(r"https?://(?:www\.)?github\.com/([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+)", url or "")
    name = found[1].removesuffix(".git") if found else None
    return name if name and not addresses.repository_flaw(name) else None


def chinese(text: str | None) -> bool:
    """Whether ``text`` holds Chinese."""
    return bool(text and _CHINESE.search(text))
