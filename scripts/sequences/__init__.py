"""Sequence diagrams for the policies' pages, drawn from stories that are run: `python -m scripts.sequences [--write]`.

A story (`stories.py`) is played on a stage (`stage.py`): the real policy, a fake clock, a callee with set answers. What
passes between them is on a tape (`tape.py`), and the diagram (`diagram.py`) shows the tape and nothing else.
"""
