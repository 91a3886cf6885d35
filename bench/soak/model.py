"""Compare the rows in Appwrite with the responses that the site sent to the posts' writers."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

MARK = re.compile(r"(zq[0-9a-f]{12})v(\d{5})")
"""A word that occurs in only one version of one post: the post's mark, and the version's number."""

Act = Literal["save", "publish", "unpublish", "delete", "undo"]
Outcome = Literal["done", "refused", "unknown", "not restored"]
"""What the response says: that the act was done, that nothing was changed, or nothing certain. Only an undo can have
the outcome “not restored”."""


@dataclass(frozen=True)
class State:
    """A post as its author sees it.

    `version` is 0 before the first save. A deleted post keeps the values that an undo restores.
    """

    version: int = 0
    is_published: bool = False
    has_cover: bool = False
    exists: bool = True


NOTHING = State(exists=False)


@dataclass(frozen=True)
class Attempt:
    """One submitted form. `version` and `has_cover` describe its content. `at` is when the response arrived."""

    act: Act
    outcome: Outcome
    at: float = 0.0
    version: int = 0
    has_cover: bool = False
    publishes: bool = False


@dataclass
class Post:
    """A post, and its writer's attempts to change it, in order. Only one thread changes each post."""

    id: str
    mark: str = field(default_factory=lambda: f"zq{secrets.token_hex(6)}")
    attempts: list[Attempt] = field(default_factory=list)
    start: State = NOTHING

    def word(self, version: int) -> str:
        return f"{self.mark}v{version:05}"

    def states(self) -> set[State]:
        """Return all states that the post may have now: only one, unless the responses to some attempts were lost."""
        states = {self.start}
        for attempt in self.attempts:
            after = {_after(attempt, state) for state in states}
            if attempt.outcome == "done":
                states = after
            elif attempt.outcome == "unknown":
                states |= after
        return states


def _after(attempt: Attempt, before: State) -> State:
    match attempt.act:
        case "save":
            is_published = (before.exists and before.is_published) or attempt.publishes
            return State(attempt.version, is_published, (before.exists and before.has_cover) or attempt.has_cover)
        case "publish":
            return replace(before, is_published=True)
        case "unpublish":
            return replace(before, is_published=False)
        case "delete":
            return replace(before, exists=False)
        case "undo":
            return replace(before, exists=True)


@dataclass(frozen=True)
class Row:
    """A row of the posts table, with the columns that `compare` checks."""

    id: str
    title: str
    content: str
    is_published: bool
    has_cover: bool


def compare(posts: Iterable[Post], rows: Iterable[Row]) -> list[str]:
    """Return a message for each wrong row.

    A row is wrong if no writer created it, or if it differs from the site's last response to the row's writer.
    """
    rows = list(rows)
    by_id = {row.id: row for row in rows}
    ids_of_mark: dict[str, list[str]] = {}
    for row in rows:
        for mark in {mark for mark, _ in MARK.findall(f"{row.title} {row.content}")}:
            ids_of_mark.setdefault(mark, []).append(row.id)
    faults = []
    for post in posts:
        found = ids_of_mark.pop(post.mark, [])
        if len(found) > 1:
            faults.append(f"Post {post.id} is stored {len(found)} times: {', '.join(sorted(found))}.")
        elif fault := _fault(post, by_id.get(post.id)):
            faults.append(fault)
    faults += [f"Row {', '.join(ids)} has the text of a form that was never submitted." for ids in ids_of_mark.values()]
    return faults


def _fault(post: Post, row: Row | None) -> str:
    """Return what is wrong with the post's row, or "" if nothing is wrong."""
    allowed = post.states()
    if row is None:
        is_allowed = any(not state.exists for state in allowed)
        return "" if is_allowed else f"Post {post.id} is lost; expected {_described(allowed)}."
    state = state_of(post, row)
    if state in allowed:
        return ""
    if not any(each.exists for each in allowed):
        return f"Post {post.id} was deleted, but is stored as {_described({state})}."
    return f"Post {post.id} is stored as {_described({state})}; expected {_described(allowed)}."


def state_of(post: Post, row: Row) -> State:
    """Return the state of the row. The version is -1 if the row's title and text are from different versions."""
    words = {int(version) for mark, version in MARK.findall(f"{row.title} {row.content}") if mark == post.mark}
    in_both = len(words) == 1 and post.mark in row.title and post.mark in row.content
    version = next(iter(words)) if in_both else 0 if not words else -1
    return State(version, row.is_published, row.has_cover)


def _described(states: set[State]) -> str:
    return " or ".join(
        f"version {state.version} ({'published' if state.is_published else 'draft'}"
        f"{', with a cover' if state.has_cover else ''})"
        if state.exists
        else "no row"
        for state in sorted(
            states, key=lambda state: (state.exists, state.version, state.is_published, state.has_cover)
        )
    )


@dataclass(frozen=True)
class Window:
    """A period during which one kind of failure is expected."""

    name: str
    start: float
    end: float

    def contains(self, at: float) -> bool:
        return self.start <= at <= self.end


@dataclass(frozen=True)
class Answer:
    """One response of the site.

    `status` is 0 if the connection broke, and 200 if the client expected the response, such as a 404.
    """

    kind: str
    at: float
    seconds: float
    status: int
    method: str = "GET"
    path: str = ""


EXPECTED = {200, 204, 301, 302, 303, 304}


def unexpected(answers: Iterable[Answer], windows: Mapping[str, list[Window]]) -> list[str]:
    """Return a message for each kind of failed response that no injected fault explains.

    `windows` contains the periods of the injected faults, by the kind of failure that they explain. `unavailable`
    explains a 503, a 429, and a conflict after a lost response. `broken` explains a broken connection, and a conflict
    after a worker was killed before it could record which form made the write. No fault explains any other status.
    """
    excuses = {0: ("broken",), 503: ("unavailable",), 429: ("unavailable",), 409: ("unavailable", "broken")}
    counted: dict[str, int] = {}
    for answer in answers:
        if answer.status in EXPECTED:
            continue
        excused = [window for name in excuses.get(answer.status, ()) for window in windows.get(name, [])]
        if any(window.start <= answer.at and answer.at - answer.seconds <= window.end for window in excused):
            continue
        status = answer.status or "a broken connection"
        sentence = f"{answer.method} {answer.kind}: {status}"
        counted[sentence] = counted.get(sentence, 0) + 1
    return [f"{sentence}, {number} times without a fault that explains it." for sentence, number in counted.items()]
