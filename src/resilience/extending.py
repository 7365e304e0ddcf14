"""What a policy of your own is made of: see "Write a policy" in the documentation.

A policy answers three questions and never blocks: `admit` before the call, `succeeded` and `failed` after it. It works in
threads, asyncio and trio alike, because it waits for nothing itself.

>>> class Counting(Policy):
...     "Counts calls."
...     kind = "counting"
...     calls = 0
...     def admit(self, args, kwargs):
...         self.calls += 1
>>> counting = Counting()
>>> counting.call(int, "7"), counting.calls
(7, 1)
"""

from __future__ import annotations

from ._gate import Answer, Instead, Verdict
from ._policy import Policy
from ._record import Record

__all__ = ["Answer", "Instead", "Policy", "Record", "Verdict"]
