"""The log: records of this process, a followed file, and what is never kept."""

import logging

from resilience.dashboard import Collector
from resilience.dashboard._logs import Followed, LogRing, RingHandler, told


def texts(ring):
    """Level and text of every line."""
    return [(line.level, line.text) for line in ring.lines()]


def test_records_are_kept_by_level():
    """Each record becomes a line; an error's class is told, its text and traceback are not."""
    ring = LogRing()
    logger = logging.getLogger("tests.dashboard.logs")
    logger.addHandler(handler := RingHandler(ring, "here"))
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        logger.debug("one")
        logger.warning("two %s", "2")
        try:
            raise ValueError("a secret of the error")
        except ValueError:
            logger.exception("three")
        logger.critical("four %d", "no number")
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
    found = texts(ring)
    assert found[:3] == [("debug", "one"), ("warning", "two 2"), ("error", "three (ValueError)")]
    assert "cannot be formatted" in found[3][1]
    assert ring.counts() == {"debug": 1, "info": 0, "warning": 1, "error": 1, "critical": 1}
    assert [line.level for line in ring.errors()] == ["error", "critical"]


def test_lines_are_bounded_and_numbered():
    """The newest thousand stay, and how many were let go is known; errors outlive the noise."""
    ring = LogRing()
    ring.add(1.0, "error", "x", "the first", "here")
    for number in range(1500):
        ring.add(1.0, "info", "x", f"line {number}", "here")
    assert len(ring.lines()) == 1000
    assert ring.dropped == 501
    assert ring.errors()[0].text == "the first"


def test_what_looks_like_a_secret_or_an_escape_is_not_shown():
    """Secrets are masked; control characters, line ends and direction marks are escaped; nothing is long."""
    line = told("Authorization: Bearer abc.def\n\x1b[2J\u202e" + "y" * 5000)
    assert "abc.def" not in line
    assert line.isprintable()
    assert len(line) <= 1000


def test_a_followed_file_is_read_as_it_grows(tmp_path):
    """New lines come, half a line waits for its rest, the level is read from the text."""
    file, ring = tmp_path / "app.log", LogRing()
    followed = Followed(file)
    followed.read(1.0, ring)
    file.write_bytes(b"10:00 INFO begun\n10:01 ERROR fai")
    followed.read(2.0, ring)
    assert texts(ring) == [("info", "10:00 INFO begun")]
    with file.open("ab") as more:
        more.write(b"led \xff\n[warn] low\n\nFATAL end\n")
    followed.read(3.0, ring)
    assert texts(ring)[1:] == [
        ("error", "10:01 ERROR failed \ufffd"),
        ("warning", "[warn] low"),
        ("critical", "FATAL end"),
    ]
    followed.close()


def test_a_file_that_was_rotated_or_cut_goes_on(tmp_path):
    """A new file under the old name is read from its begin, and so is one that was cut."""
    file, ring = tmp_path / "app.log", LogRing()
    followed = Followed(file)
    file.write_text("one\n")
    followed.read(1.0, ring)
    file.rename(tmp_path / "app.log.1")
    file.write_text("two\n")
    followed.read(2.0, ring)
    file.write_text("3\n")
    followed.read(3.0, ring)
    file.unlink()
    followed.read(4.0, ring)
    assert [text for _, text in texts(ring)] == ["one", "two", "3"]


def test_only_the_end_of_a_long_file_is_read(tmp_path):
    """A log of megabytes begins with its last lines."""
    file, ring = tmp_path / "app.log", LogRing()
    file.write_text("".join(f"line {number}\n" for number in range(200_000)))
    followed = Followed(file)
    followed.read(1.0, ring)
    followed.close()
    found = [text for _, text in texts(ring)]
    assert found[-1] == "line 199999"
    assert int(found[0].split()[1]) > 190_000


def test_the_board_has_the_log_of_this_process_and_of_a_file(tmp_path):
    """Both come together on the board, with the rates of each level."""
    file = tmp_path / "app.log"
    file.write_text("an ERROR in the file\n")
    with Collector(refresh=60, follow=file) as collector:
        logging.getLogger("tests.dashboard").warning("from the process")
        logs = collector.look().logs
    assert {line.text for line in logs.lines} >= {"an ERROR in the file", "from the process"}
    assert logs.counts["error"] == 1
    assert logs.over_time["warning"][-1] is not None
