"""Recording the age and generation of the reads from which a page is rendered."""

import threading

from core.calls import run_concurrently
from core.read_age import record, recorded_reads


def test_age_is_taken_from_the_oldest_read_in_any_thread():
    both_started = threading.Barrier(2)

    def read(at: float) -> None:
        both_started.wait(30)
        record(at, "a")

    with recorded_reads() as reads:
        run_concurrently(lambda: read(20.0), lambda: read(10.0))
        record(30.0, "a")
    record(5.0, "b")  # not recorded, because this read is outside the block
    assert (reads.read_at, reads.generation, reads.is_outdated) == (10.0, "a", False)


def test_generation_is_unknown_if_there_are_no_reads_or_they_differ():
    with recorded_reads() as none:
        pass
    assert (none.read_at, none.generation, none.is_outdated) == (None, None, False)
    for generations in (["a", "b"], ["a", None], [None]):
        with recorded_reads() as reads:
            for generation in generations:
                record(10.0, generation)
        assert reads.generation is None


def test_reads_in_a_nested_block_are_recorded_in_both():
    with recorded_reads() as outer:
        record(20.0, "a")
        with recorded_reads() as inner:
            record(10.0, "a", is_outdated=True)
    assert (inner.read_at, inner.is_outdated) == (10.0, True)
    assert (outer.read_at, outer.is_outdated) == (10.0, True)
