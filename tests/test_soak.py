"""`make soak` reports lost and duplicate posts, unexplained failures and growth. These tests use made-up data."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from bench.soak import growth
from bench.soak.faults import RESTART_AT, RESTARTED_WITHIN, SHORTEST_RUN
from bench.soak.model import Answer, Attempt, Post, Row, State, Window, compare, unexpected

POST = "abcdefgh27"
START = 1_000_000.0  # seconds


def written(*attempts: Attempt) -> Post:
    return Post(POST, mark="zq0123456789ab", attempts=list(attempts))


def row(version: int, *, post_id: str = POST, is_published: bool = False, has_cover: bool = False) -> Row:
    word = f"zq0123456789abv{version:05}"
    return Row(post_id, f"Kaffe {word}", f"Det er {word} igjen.", is_published, has_cover)


SAVED = Attempt("save", "done", version=1)
SAVED_AGAIN = Attempt("save", "done", version=2)
PUBLISHED = Attempt("publish", "done")
DELETED = Attempt("delete", "done")
RESTORED = Attempt("undo", "done")
LOST = Attempt("save", "unknown", version=2)
REFUSED = Attempt("save", "refused", version=2)


@pytest.mark.parametrize(
    ("attempts", "rows"),
    [
        ([SAVED], [row(1)]),
        ([SAVED, SAVED_AGAIN, PUBLISHED], [row(2, is_published=True)]),
        ([SAVED, DELETED], []),
        ([SAVED, PUBLISHED, DELETED, RESTORED], [row(1, is_published=True)]),
        ([SAVED, Attempt("save", "done", version=2, has_cover=True)], [row(2, has_cover=True)]),
        ([SAVED, LOST], [row(1)]),
        ([SAVED, LOST], [row(2)]),
        ([SAVED, Attempt("delete", "unknown")], []),
        ([SAVED, Attempt("delete", "unknown")], [row(1)]),
        ([SAVED, REFUSED], [row(1)]),
        ([SAVED, DELETED, Attempt("undo", "not restored")], []),
        ([REFUSED], []),
    ],
)
def test_rows_that_match_the_responses_of_the_site_are_accepted(attempts, rows):
    assert compare([written(*attempts)], rows) == []


@pytest.mark.parametrize(
    ("attempts", "rows", "words"),
    [
        ([SAVED], [], "is lost"),
        ([SAVED, LOST], [], "is lost"),
        ([SAVED, SAVED_AGAIN], [row(1)], "version 1 (draft); expected version 2"),
        ([SAVED, LOST, Attempt("save", "done", version=3)], [row(2)], "version 2 (draft); expected version 3"),
        ([SAVED, REFUSED], [row(2)], "version 2 (draft); expected version 1"),
        ([SAVED, PUBLISHED], [row(1)], "expected version 1 (published)"),
        ([SAVED], [row(1, is_published=True)], "version 1 (published); expected version 1 (draft)"),
        ([SAVED, DELETED], [row(1)], "was deleted"),
        ([Attempt("save", "done", version=1, has_cover=True)], [row(1)], "with a cover"),
        ([SAVED], [row(1), row(1, post_id="another227")], "is stored 2 times"),
        ([LOST], [row(2), row(2, post_id="another227")], "is stored 2 times"),
        ([SAVED], [Row(POST, "Kaffe zq0123456789abv00001", "Det er zq0123456789abv00002 igjen.", False, False)], "-1"),
    ],
)
def test_lost_duplicate_and_mixed_posts_are_reported(attempts, rows, words):
    (fault,) = compare([written(*attempts)], rows)
    assert words in fault


def test_row_that_nobody_submitted_is_reported():
    (fault,) = compare([], [row(1)])
    assert "never submitted" in fault


def test_post_of_another_program_without_a_mark_is_ignored():
    seeded = Post("bench00001", start=State(is_published=True))
    assert (
        compare([seeded], [Row("bench00001", "Kaffe", "Te", True, False), Row("bench00002", "Te", "", True, False)])
        == []
    )


@pytest.mark.parametrize(
    ("answer", "is_reported"),
    [
        (Answer("list", START, 0.1, 200), False),
        (Answer("list", START, 0.1, 503), True),
        (Answer("list", START + 60, 0.1, 503), False),
        (Answer("list", START + 60, 0.1, 500), True),
        (Answer("list", START + 60, 0.1, 404), True),
        (Answer("list", START + 60, 0.1, 0), True),
        (Answer("list", START + 120, 0.1, 0), False),
        (Answer("list", START + 120, 0.1, 503), True),
        (Answer("save", START + 120, 0.1, 409), False),
        (Answer("save", START, 0.1, 409), True),
        (Answer("list", START + 75, 10, 503), False),  # the request began during the fault
    ],
)
def test_failed_response_is_reported_unless_a_fault_explains_it(answer, is_reported):
    windows = {
        "unavailable": [Window("Appwrite unreachable", START + 55, START + 70)],
        "broken": [Window("worker killed", START + 115, START + 130)],
    }
    assert bool(unexpected([answer], windows)) == is_reported


def samples(figure: str, values: list[float], process: str = "worker 1", start: float = START) -> list[growth.Sample]:
    return [growth.Sample(process, figure, start + 5 * number, value) for number, value in enumerate(values)]


def faults(*series: list[growth.Sample]) -> list[str]:
    return [trend.fault for trend in growth.trends(sample for each in series for sample in each) if trend.fault]


@pytest.mark.parametrize(("figure", "each"), [(growth.MEMORY, 0.1), (growth.OPEN_FILES, 0.2), (growth.THREADS, 0.05)])
def test_steady_growth_is_reported(figure, each):
    (fault,) = faults(samples(figure, [80 + each * number for number in range(240)]))
    assert fault.startswith(f"worker 1: {figure} rose")


def test_growth_during_the_warm_up_is_accepted():
    assert faults(samples(growth.MEMORY, [min(80, 20 + number) for number in range(240)])) == []


def test_peaks_do_not_count_as_growth():
    assert faults(samples(growth.MEMORY, [140 if number % 7 == 0 else 80 for number in range(240)])) == []


def test_growth_is_measured_per_process_so_that_restarts_do_not_hide_it():
    leaking = [80 + 0.1 * number for number in range(240)]
    first = samples(growth.MEMORY, leaking)
    second = samples(growth.MEMORY, leaking, process="worker 2", start=START + 1200)
    assert [fault.split(":")[0] for fault in faults(first, second)] == ["worker 1", "worker 2"]
    assert faults(samples(growth.MEMORY, [80.0] * 240), samples(growth.MEMORY, [90.0] * 240, process="worker 2")) == []


def test_slower_pages_in_the_second_half_are_reported():
    usual = [0.02] * 300
    assert growth.slower("list", usual, usual) == ""
    assert "from 20 to 500 ms" in growth.slower("list", usual, [0.5] * 300)
    assert growth.slower("list", usual[:9], [0.5] * 300) == ""  # too few for a 99th percentile


def figures_of(process: str, *, start: float, seconds: float) -> list[growth.Sample]:
    """Return samples of all metrics of one process, taken every five seconds."""
    return [
        sample
        for kind, figures in growth.SITE.items()
        if process.startswith(kind)
        for figure in figures
        for sample in samples(figure, [80.0] * int(seconds / 5), process, start)
    ]


def unjudged(seconds: float) -> list[str]:
    """Return what is not judged in a run in which the site is restarted as late as possible."""
    restart = RESTART_AT * seconds + RESTARTED_WITHIN
    return growth.not_judged(
        growth.trends(
            [
                *figures_of("cache folder", start=START, seconds=seconds),
                *figures_of("master 1", start=START, seconds=restart),
                *figures_of("worker 2", start=START, seconds=restart),
                *figures_of("master 3", start=START + restart, seconds=seconds - restart),
                *figures_of("worker 4", start=START + restart, seconds=seconds - restart),
                *figures_of("worker 5", start=START + restart, seconds=30),  # killed
            ]
        )
    )


def test_run_that_is_too_short_to_judge_growth_names_the_metrics_and_the_reason():
    sentences = unjudged(600)
    assert [sentence.partition(".")[0] for sentence in sentences] == [
        "master: memory, MB",
        "worker: memory, MB",
        "cache folder: files, MB",
    ]
    assert sentences[2].endswith("This takes 600 seconds after the warm-up; the longest time was 355.")
    assert len(unjudged(60)) == 7


def test_run_of_the_recommended_length_judges_all_growth():
    assert unjudged(SHORTEST_RUN) == []
    assert unjudged(SHORTEST_RUN - 100)


def test_process_without_samples_is_named_as_not_judged():
    assert growth.not_judged([])[0].endswith("the longest time was 0.")


def test_pages_with_too_few_responses_are_named_as_not_judged():
    enough = [0.02] * growth.MIN_ANSWERS
    (sentence,) = growth.rarely_requested({"list": (enough, enough), "undo": (enough, enough[1:])})
    assert "times of undo. This takes 200 responses" in sentence
    assert growth.rarely_requested({"list": (enough, enough)}) == []


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/performance.md", "Makefile"])
def test_recommended_commands_judge_all_growth(document):
    lengths = re.findall(r"(?:make soak |; )SECONDS=(\d+)", (Path(settings.BASE_DIR) / document).read_text())
    assert lengths
    assert set(map(int, lengths)) == {SHORTEST_RUN}
