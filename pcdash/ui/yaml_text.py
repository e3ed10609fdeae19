"""A configuration as text that a person edits: one value is changed, the rest stays as written.

The changed text is parsed again and compared with what it should say; where it says anything
else, the configuration is written out afresh, and only comments are lost.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import yaml

from pcdash.errors import ConfigError
from pcdash.ui.values import look_up
from pcdash.yamlconfig import parse_yaml

MAX_TEXT = 10_000
"""Characters of a text: twice the longest preset, and half a second of parsing at the worst."""

NAME = "config.yaml"

TextPath = tuple[str, ...]


def read(text: object) -> tuple[dict[str, Any], dict[tuple[str | int, ...], int]]:
    """Parse what stands in the editor.

    Returns
    -------
    data : dict
    lines : dict
        Path -> 1-based line.

    Raises
    ------
    ConfigError
        ``config.yaml:LINE: what is wrong``.
    """
    if not isinstance(text, str):
        raise ConfigError(f"{NAME}:1: expected text")
    if len(text) > MAX_TEXT:
        raise ConfigError(f"{NAME}:1: longer than {MAX_TEXT:,} characters")
    return _parsed(text)


@lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[dict[str, Any], dict[tuple[str | int, ...], int]]:
    """Each callback asks several times; nobody changes what is returned."""
    return parse_yaml(text, NAME)


def dump(data: Mapping[str, Any]) -> str:
    """Write a configuration out: groups as blocks, lists in one line."""
    return yaml.dump(dict(data), Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=88)


def changed(text: str, data: Mapping[str, Any], path: TextPath) -> str:
    """Return `text` so that it says what `data` does.

    Parameters
    ----------
    text : str
        Parses to `data` but for what stands at `path`.
    data : mapping
    path : tuple of str
        The keys that lead to what is new.
    """
    try:
        spliced = _spliced(text, path, look_up(data, path))
        if read(spliced)[0] == data:
            return spliced
    except (yaml.YAMLError, ConfigError, ValueError):
        pass  # a way of writing that is not provided for
    return dump(data)


def without(text: str, keys: Collection[str]) -> str:
    """Return `text` without some of its top-level keys and what stands in and behind them."""
    _, lines = read(text)
    starts = {path[0]: line - 1 for path, line in lines.items() if len(path) == 1}
    rows = text.splitlines(keepends=True)
    ends = sorted([*starts.values(), len(rows)])
    for key in keys & starts.keys():
        end = next(end for end in ends if end > starts[key])
        rows[starts[key] : end] = [""] * (end - starts[key])
    return "".join(rows).rstrip() + "\n"


class _Blocks(yaml.SafeDumper):
    """Lists in one line, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _in_one_line(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


def _on_one_line(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    """YAML reads rare line ends as spaces, but for escaped ones."""
    style = '"' if set(value) & _LINE_ENDS else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_LINE_ENDS = frozenset("\x85\u2028\u2029")

_Blocks.add_representer(list, _in_one_line)
_Blocks.add_representer(str, _on_one_line)


def _spliced(text: str, path: TextPath, value: Any) -> str:
    """Put the value in the place of the old one, or behind the last key of its group."""
    node, key = yaml.compose(text, Loader=yaml.SafeLoader), None
    for depth, part in enumerate(path):
        entries = node.value if isinstance(node, yaml.MappingNode) else []
        found = next((entry for entry in entries if entry[0].value == part), None)
        if found is None:
            return _inserted(text, node, path[depth:], value)
        key, node = found
    if key is None or node is None:
        raise ValueError("nothing to change")
    end = _end(node)
    if _is_block(node):
        start = text.index(":", key.end_mark.index) + 1
        return text[:start] + _rendered(value, key.start_mark.column) + text[end:]
    start = node.start_mark.index
    return text[:start] + " " * (text[start - 1] == ":") + _flow(value) + text[end:]


def _inserted(text: str, node: yaml.Node | None, rest: TextPath, value: Any) -> str:
    """Write a key that is missing in the group `node`."""
    for part in reversed(rest[1:]):
        value = {part: value}
    line = f"{rest[0]}: {_flow(value)}"
    if node is None:
        return f"{text.rstrip()}\n{line}\n".lstrip("\n")
    start = node.start_mark.index
    if not isinstance(node, yaml.MappingNode):
        return text[:start] + " " * (text[start - 1] == ":") + f"{{{line}}}" + text[_end(node) :]
    if node.flow_style:
        return text[: start + 1] + line + ", " * bool(node.value) + text[start + 1 :]
    end = text.find("\n", _end(node))
    end = len(text) if end < 0 else end
    return f"{text[:end]}\n{' ' * node.start_mark.column}{line}{text[end:]}"


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and bool(node.value)


def _end(node: yaml.Node) -> int:
    """Where a node's text ends; a block ends where its last value does."""
    while _is_block(node):
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _rendered(value: Any, column: int) -> str:
    """A value in the place of a block: a group as a block below its key."""
    if isinstance(value, dict) and value:
        return "\n" + textwrap.indent(dump(value), " " * (column + 2)).rstrip()
    return " " + _flow(value)


def _flow(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=_Blocks, default_flow_style=True, allow_unicode=True, width=10_000,
        sort_keys=False,
    )  # fmt: skip
    return text.removesuffix("...\n").strip()
