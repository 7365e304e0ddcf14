"""The trampolines of the two worlds are one program."""

from __future__ import annotations

import ast
import inspect

import pytest

from resilience.http import _attempt, _client, _transport

NAMES = {
    "asend": "send",
    "aattempt": "attempt",
    "adiscard": "discard",
    "handle_async_request": "handle_request",
    "aclose": "close",
    "AsyncClient": "Client",
    "Awaitable": "",
}


class Plain(ast.NodeTransformer):
    """Drops `async` and `await`, docstrings and annotations, and gives both worlds the same names."""

    def visit_Await(self, node):
        return self.visit(node.value)

    def visit_AsyncFunctionDef(self, node):
        return self.visit(ast.FunctionDef(**{field: getattr(node, field, None) for field in ast.FunctionDef._fields}))

    def visit_AsyncFor(self, node):
        return self.visit(ast.For(**{field: getattr(node, field, None) for field in ast.For._fields}))

    def visit_FunctionDef(self, node):
        node.name = NAMES.get(node.name, node.name)
        node.returns = None
        for argument in (*node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
            node.body = node.body[1:]
        return self.generic_visit(node)

    def visit_Name(self, node):
        node.id = NAMES.get(node.id, node.id)
        return node

    def visit_Attribute(self, node):
        node.attr = NAMES.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_Constant(self, node):
        return ast.Constant(value="a world") if isinstance(node.value, bool) else node


def program(function):
    """A function as a text without its world."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    return ast.unparse(ast.fix_missing_locations(Plain().visit(tree)))


@pytest.mark.parametrize(
    ("plain", "twin"),
    [
        (_attempt.attempt, _attempt.aattempt),
        (_attempt.send, _attempt.asend),
        (_attempt.discard, _attempt.adiscard),
        (_transport.SyncTransport.handle_request, _transport.AsyncTransport.handle_async_request),
        (_transport.SyncTransport.close, _transport.AsyncTransport.aclose),
        (_client.SyncClient.send, _client.AsyncClient.send),
    ],
    ids=["attempt", "send", "discard", "transport", "close", "client"],
)
def test_twins_differ_in_await_alone(plain, twin):
    """Whoever changes one must change the other."""
    assert program(plain) == program(twin)


def test_the_comparison_can_fail():
    """Two programs that differ are told apart."""
    assert program(_attempt.send) != program(_attempt.discard)
