from __future__ import annotations


def layout(workbench):
    return []


def register(app, workbench):
    pass
