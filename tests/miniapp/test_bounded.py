"""At most one mebibyte of an answer is unpacked, whatever it would grow to."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.miniapp._bounded import LIMIT, BoundedBody


def raw_deflate(data):
    """Deflate without its wrapping, as some servers understand the word."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS = {"identity": bytes, None: bytes, "gzip": gzip.compress, "deflate": zlib.compress, "X-GZIP ": gzip.compress}


def read(pieces, encoding, limit=LIMIT):
    """Feed until nothing more is wanted."""
    body = BoundedBody(encoding, limit)
    for piece in pieces:
        if not body.feed(piece):
            break
    return body


@given(st.sampled_from(list(PACKERS)), st.binary(max_size=300), st.integers(1, 40), st.integers(0, 310))
def test_what_fits_is_whole_and_what_does_not_is_cut(encoding, data, step, limit):
    """For any data in pieces of any length: the beginning, and whether it was all."""
    packed = PACKERS[encoding](data)
    body = read((packed[at : at + step] for at in range(0, len(packed), step)), encoding, limit)
    assert data.startswith(body.content)
    if len(packed) <= limit:
        assert body.content == data[:limit]
        assert body.is_whole == (len(data) <= limit)
    assert len(body.content) <= limit


def test_gzip_of_several_members_and_naked_deflate_are_read():
    """Both are in use."""
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert read([packed], "gzip").content == b"one two"
    assert read([packed[:27], packed[27:]], "gzip").content == b"one two"
    assert read([raw_deflate(b"data" * 99)], "deflate").content == b"data" * 99


@pytest.mark.parametrize(
    ("encoding", "data"), [("br", b"x"), ("gzip, gzip", b"x"), ("gzip", b"no gzip"), ("deflate", b"\xff\xff\xff")]
)
def test_what_cannot_be_unpacked_is_left(encoding, data):
    """Another encoding, or data that is none: nothing is kept, and nothing is raised."""
    body = read([data, data], encoding)
    assert (body.content, body.is_whole) == (b"", False)


def test_row_41_a_bomb_of_ten_gibibytes_takes_a_few_megabytes():
    """Neither what is read of it nor what it unpacks to passes the limit."""
    packer = zlib.compressobj(9, wbits=31)
    header = packer.compress(bytes(1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)
    fed = []

    def bomb():
        yield header
        for number in range(10 * 1024):
            fed.append(number)
            yield block

    tracemalloc.start()
    try:
        body = read(bomb(), "gzip")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(body.content), body.is_whole) == (LIMIT, False)
    assert peak < 8 * LIMIT
    assert len(fed) <= 2


def test_row_41_what_is_read_is_bounded_before_it_is_unpacked_too():
    """A body that packs badly, or unpacks to nothing, is not read for ever."""
    empty = gzip.compress(b"")
    body = read((empty * 100 for _ in range(10**6)), "gzip")
    assert (body.content, body.is_whole) == (b"", False)
