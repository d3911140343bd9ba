"""GitHub repositories through GitHub's own interface: a batch in one question, and more truth than the web page tells.

With a token the GraphQL interface is asked for 50 repositories at a time, without one the REST interface for one at a
time, as far as its 60 questions an hour go. Only good news is taken from either: what they do not find, refuse or do
not say is left to be looked at on the web, since a token may see less than a reader does.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from generator.links.fetch import Answer, Fetcher, NoReply
from generator.links.verdicts import Hop, Outcome, Verdict

API = "https://api.github.com"
WEB = "https://github.com"
_BATCH = 50
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
# Pages of GitHub that look like somebody's repository.
_NOBODY_NAMES = (
    "about apps collections customer-stories enterprise features login marketplace orgs readme search security "
    "settings site sponsors topics trending users"
)
_NOBODY = frozenset(_NOBODY_NAMES.split())


@dataclass(frozen=True)
class Target:
    """A repository ``owner/name``, or a file or folder of its default branch."""

    repository: str
    path: str | None = None


def target(url: str) -> Target | None:
    """What an address on GitHub stands for, if the interface can tell about it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme != "https" or parts.netloc.lower() not in ("github.com", "www.github.com") or parts.query:
        return None
    owner, _, rest = parts.path.strip("/").partition("/")
    name, _, rest = rest.partition("/")
    repository = f"{owner}/{name.removesuffix('.git')}"
    if not _NAME.fullmatch(repository) or owner.lower() in _NOBODY:
        return None
    if not rest:
        return Target(repository)
    found = re.fullmatch(r"(?:tree|blob)/HEAD/(.+)", rest)
    return Target(repository, unquote(found[1])) if found else None


@dataclass
class _Facts:
    """What the interface says of one repository; ``paths``: those that exist."""

    name: str
    archived: bool
    paths: set[str] = field(default_factory=set)


class GitHub:
    """Looks repositories up; ``notices`` collects what the user should know of how that went."""

    def __init__(self, fetcher: Fetcher, token: str | None) -> None:
        # An unfit token must not come near a header: the error would quote it.
        self._token = token if token and re.fullmatch(r"[\x21-\x7e]{1,500}", token) else None
        self.notices: list[str] = [] if self._token or not token else ["the GitHub token is malformed and not used"]
        self._fetcher = fetcher
        self._spent = False

    async def look_up(self, urls: Iterable[str]) -> dict[str, Outcome]:
        """The outcomes the interface is sure of, by address; addresses it says nothing of are missing."""
        wanted: dict[str, set[str]] = {}
        targets = {url: found for url in urls if (found := target(url))}
        for found in targets.values():
            wanted.setdefault(found.repository, set()).update([found.path] if found.path else [])
        facts = await self._facts(wanted)
        return {
            url: outcome
            for url, found in targets.items()
            if found.repository in facts and (outcome := _outcome(url, found, facts[found.repository]))
        }

    async def _facts(self, wanted: Mapping[str, set[str]]) -> dict[str, _Facts]:
        facts: dict[str, _Facts] = {}
        names = list(wanted)
        try:
            if self._token:
                for start in range(0, len(names), _BATCH):
                    facts.update(await self._batch({name: wanted[name] for name in names[start : start + _BATCH]}))
            else:
                found = await asyncio.gather(*(self._one(name) for name in names))
                facts = {name: fact for name, fact in zip(names, found, strict=True) if fact}
        except NoReply as error:
            self.notices.append(f"GitHub's interface cannot be used ({error}); its pages are looked at instead")
        return facts

    async def _batch(self, wanted: Mapping[str, set[str]]) -> dict[str, _Facts]:
        paths = {name: sorted(paths) for name, paths in wanted.items()}
        body = json.dumps(_query(paths)).encode()
        answer = await self._fetcher.ask(f"{API}/graphql", headers=self._headers(), content=body)
        if answer.status == 401:
            self._token = None
            self.notices.append("GitHub does not accept the token; asking without one")
            return await self._facts(wanted)
        if answer.status != 200:
            raise NoReply(f"status {answer.status}")
        data = _mapping(_mapping(_json(answer)).get("data"))
        if not data:
            raise NoReply("an answer without data")
        return dict(_read(data, paths))

    async def _one(self, name: str) -> _Facts | None:
        if self._spent:
            return None
        try:
            answer = await self._fetcher.ask(f"{API}/repos/{name}", headers=self._headers())
        except NoReply as error:
            self._give_up(f"GitHub's interface cannot be used ({error}); its pages are looked at instead")
            return None
        if answer.status in (403, 429):
            self._give_up(
                "GitHub's interface answers no more questions without a token (GITHUB_TOKEN); "
                "the other repositories are looked at on the web, which does not tell archived ones"
            )
        if answer.status >= 500:
            self._give_up(
                f"GitHub's interface cannot be used (status {answer.status}); its pages are looked at instead"
            )
        if answer.status != 200:
            return None
        said = _mapping(_json(answer))
        now, archived = said.get("full_name"), said.get("archived")
        if not isinstance(now, str) or not _NAME.fullmatch(now) or said.get("disabled"):
            return None
        return _Facts(now, archived is True)

    def _give_up(self, notice: str) -> None:
        if not self._spent:
            self.notices.append(notice)
        self._spent = True

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/vnd.github+json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return {**headers, "Authorization": f"Bearer {self._token}"} if self._token else headers


def _query(wanted: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A GraphQL question; every name travels as a variable, so none can change the question."""
    declared: list[str] = []
    asked: list[str] = []
    variables: dict[str, str] = {}

    def variable(name: str, value: str) -> str:
        declared.append(f"${name}: String!")
        variables[name] = value
        return f"${name}"

    for index, (repository, paths) in enumerate(wanted.items()):
        owner, _, name = repository.partition("/")
        objects = " ".join(
            f"p{at}: object(expression: {variable(f'e{index}_{at}', f'HEAD:{path}')}) {{ __typename }}"
            for at, path in enumerate(paths)
        )
        owner, name = variable(f"o{index}", owner), variable(f"n{index}", name)
        fields = f"nameWithOwner isArchived isDisabled {objects}"
        asked.append(f"r{index}: repository(owner: {owner}, name: {name}) {{ {fields} }}")
    return {"query": f"query({', '.join(declared)}) {{ {' '.join(asked)} }}", "variables": variables}


def _read(data: Mapping[str, Any], wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, _Facts]]:
    for index, (repository, paths) in enumerate(wanted.items()):
        said = _mapping(data.get(f"r{index}"))
        now = said.get("nameWithOwner")
        if isinstance(now, str) and _NAME.fullmatch(now) and not said.get("isDisabled"):
            there = {path for at, path in enumerate(paths) if _mapping(said.get(f"p{at}"))}
            yield repository, _Facts(now, said.get("isArchived") is True, there)


def _outcome(url: str, wanted: Target, facts: _Facts) -> Outcome | None:
    if wanted.path is not None and wanted.path not in facts.paths:
        return None
    if facts.name.lower() != wanted.repository.lower():
        rest = urlsplit(url).path.strip("/").split("/", 2)[2:]
        final = "/".join((f"{WEB}/{facts.name}", *rest))
        detail = f"the repository is {facts.name} now" + (", and archived" if facts.archived else "")
        return Outcome(url, Verdict.MOVED, 200, final, (Hop(url, 301),), detail, reached=True)
    if facts.archived and wanted.path is None:
        return Outcome(url, Verdict.ARCHIVED, 200, url, detail="its owner archived it", reached=True)
    return Outcome(url, Verdict.OK, 200, url, reached=True)


def _json(answer: Answer) -> object:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise NoReply("an answer that is not JSON") from None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
