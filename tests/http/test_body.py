"""Which bodies can be sent twice, told alike for httpx and httpx2."""

from __future__ import annotations

import io
import sys
import tempfile

import pytest

from resilience.http._body import Body, Replay


class Unseekable(io.RawIOBase):
    """A pipe, a socket: it can be read once."""

    def __init__(self, data=b"abc"):
        self.data = data

    def readable(self):
        return True

    def readinto(self, buffer):
        piece, self.data = self.data[: len(buffer)], self.data[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def body_of(package, **content):
    """The request's stream and what we think of it."""
    request = package.Request("POST", "https://example.org/", **content)
    return request, Body(request.stream)


def sent(request):
    """What would go over the wire now."""
    return b"".join(request.stream)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"content": b"abc"},
        {"content": "text"},
        {"json": {"a": 1}},
        {"data": {"a": "1"}},
        {"content": [b"a", b"b"]},
        {"content": (b"a", b"b")},
        {"files": {"f": b"abc"}},
        {"data": {"a": "1"}, "files": {"f": ("name", "text")}},
    ],
    ids=["empty", "bytes", "text", "json", "form", "list", "tuple", "multipart bytes", "multipart text"],
)
def test_what_is_in_memory_is_replayed(package, content):
    """The same bytes each time, with nothing to rewind."""
    request, body = body_of(package, **content)
    assert (body.replay, body.is_replayable) == (Replay.FREELY, True)
    first = sent(request)
    body.rewind()
    assert sent(request) == first


@pytest.mark.parametrize("make", [io.BytesIO, tempfile.TemporaryFile], ids=["memory", "disk"])
def test_row_04_a_seekable_file_is_put_back_to_where_it_was(package, make):
    """Not to its beginning: the caller may have read a part of it before."""
    with make() as file:
        file.write(b"headerbody")
        file.seek(6)
        request, body = body_of(package, content=file)
        assert (body.replay, body.is_replayable) == (Replay.BY_SEEKING, True)
        for _ in range(3):
            assert sent(request) == b"body"
            body.rewind()
    assert not body.is_replayable


def test_row_04_a_form_with_files_is_replayed_when_they_can_be_sought(package):
    """Httpx itself seeks the files of a form; one that cannot be sought makes it one-shot."""
    request, body = body_of(package, files={"f": ("name", io.BytesIO(b"abc"))})
    assert body.replay is Replay.FREELY
    assert sent(request) == sent(request)
    _, body = body_of(package, files={"f": ("name", io.BytesIO(b"abc")), "g": ("name", Unseekable())})
    assert (body.replay, body.is_replayable) == (Replay.NEVER, False)


async def agenerate():
    """A body that is made while it is sent."""
    yield b"abc"


class Reader:
    """An asynchronous file, whose `tell` nobody awaits."""

    def __aiter__(self):
        return self

    async def seek(self, offset):
        raise AssertionError

    async def tell(self):
        raise AssertionError

    def seekable(self):
        return True


@pytest.mark.parametrize(
    "content",
    [(piece for piece in [b"abc"]), iter([b"abc"]), map(bytes, []), agenerate(), Reader(), Unseekable()],
    ids=["generator", "iterator", "map", "async generator", "async file", "pipe"],
)
def test_row_04_what_is_gone_once_read_is_one_shot(package, content):
    """Also an iterator that is no generator, which httpx would send a second time as nothing at all."""
    _, body = body_of(package, content=content)
    assert (body.replay, body.is_replayable) == (Replay.NEVER, False)
    body.rewind()


def test_a_stream_of_ones_own_is_one_shot_unless_it_can_seek(package):
    """We know nothing of it but what it says; an attribute that looks like httpx's own proves nothing."""

    class Own(package.SyncByteStream):
        _stream = b"abc"

        def __iter__(self):
            yield b"abc"

    class Seekable(Own, io.BytesIO):
        __iter__ = Own.__iter__

    assert Body(package.Request("PUT", "https://example.org/", stream=Own()).stream).replay is Replay.NEVER
    assert Body(package.Request("PUT", "https://example.org/", stream=Seekable()).stream).replay is Replay.BY_SEEKING


def test_the_private_names_that_are_read_are_still_there(package):
    """`_stream` and `fields` are httpx's own business: a version that renames them must be noticed here."""
    assert package.Request("PUT", "https://example.org/", content=b"a").stream._stream == b"a"
    assert package.Request("PUT", "https://example.org/", content=iter([b"a"])).stream._stream is not None
    form = package.Request("PUT", "https://example.org/", files={"f": b"abc"}).stream
    assert [field.file for field in form.fields] == [b"abc"]
    assert type(form).__module__.partition(".")[0] == package.__name__
    assert package.__name__ in sys.modules
