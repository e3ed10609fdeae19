"""YAML into a validated parameter model; every complaint names file, line and key.

The YAML is plain on purpose: no tags, anchors or merge keys, no duplicate keys, bounded depth
and size.  What a configuration may say is what its parameter model declares.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pcdash.errors import ConfigError

MAX_BYTES = 1 << 20
MAX_DEPTH = 20

Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[str | int, ...]


def load_config(
    model: type[Model], path: Path | None = None, overrides: Iterable[str] = ()
) -> Model:
    """Read `path`, apply ``key.path=value`` overrides, validate.

    Parameters
    ----------
    model : type
        The pydantic model the configuration must satisfy.
    path : Path, optional
        A YAML file; None: start from the defaults.
    overrides : iterable of str
        ``dataset.n_points=1024``; the value is read as YAML.

    Raises
    ------
    ConfigError
        One line: ``FILE:LINE: KEY: what is wrong; did you mean ...?``
    """
    name = str(path) if path is not None else "defaults"
    text = _read(path) if path is not None else ""
    data, lines = parse_yaml(text, name)
    origin: dict[Path_, str] = {key: f"{name}:{line}" for key, line in lines.items()}
    for override in overrides:
        _apply(override, data, origin)
    return validate(model, data, origin, name)


def validate(
    model: type[Model], data: Any, origin: dict[Path_, str] | None = None, name: str = "config"
) -> Model:
    """Validate `data`; the first problem becomes a `ConfigError` that says where it stands."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _explain(
            error.errors(include_url=False)[0], model, data, origin or {}, name
        ) from None


def parse_yaml(text: str, name: str) -> tuple[dict[str, Any], dict[Path_, int]]:
    """Parse plain YAML into a dict and the 1-based line of every key and item."""
    try:
        _check_events(text, name)
        loader = yaml.SafeLoader(text)
        try:
            root = loader.get_single_node()
            lines: dict[Path_, int] = {}
            data = _build(root, (), lines, loader, name) if root is not None else {}
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{name}:{line}: not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{name}:1: not valid YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{name}:1: expected 'key: value' lines at the top")
    return data, lines


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES >> 20} MiB, this is no configuration")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text") from None


def _check_events(text: str, name: str) -> None:
    """Refuse what the composer would follow recursively or expand."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigError(f"{name}:{line}: anchors and aliases are not supported")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise ConfigError(f"{name}:{line}: tags such as {tag[:40]} are not supported")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ConfigError(f"{name}:{line}: nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _build(
    node: yaml.Node, at: Path_, lines: dict[Path_, int], loader: yaml.SafeLoader, name: str
) -> Any:
    """Turn a node into plain values, noting the line of each key and refusing duplicates."""
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise ConfigError(f"{name}:{line}: keys must be plain words")
            if key in result:
                raise ConfigError(f"{name}:{line}: {_dotted((*at, key))}: stands here twice")
            lines[(*at, key)] = line
            result[key] = _build(value_node, (*at, key), lines, loader, name)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*at, i), lines, loader, name) for i, item in enumerate(node.value)]
    return loader.construct_object(node)


def _apply(override: str, data: dict[str, Any], origin: dict[Path_, str]) -> None:
    key, separator, text = override.partition("=")
    where = f"--set {key}"
    parts = key.strip().split(".")
    if not separator or not all(parts):
        raise ConfigError(f"--set {override}: expected KEY=VALUE, such as dataset.n_points=1024")
    wrapped, _ = parse_yaml(f"value: {text}", where)
    target = data
    for part in parts[:-1]:
        inner = target.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{where}: {part} is not a group of keys")
        target = inner
    target[parts[-1]] = wrapped.get("value")
    place = tuple(parts)
    for old in [key for key in origin if key[: len(place)] == place]:
        del origin[old]
    origin[place] = where


def _explain(
    problem: ErrorDetails,
    model: type[BaseModel],
    data: Any,
    origin: dict[Path_, str],
    name: str,
) -> ConfigError:
    at = real_path(problem, data)
    where = next((origin[at[:i]] for i in range(len(at), -1, -1) if at[:i] in origin), name)
    key = _dotted(at)
    message = _plain(problem)
    if problem["type"] == "extra_forbidden":
        message = f"unknown key{_suggestion(key, model)}"
    # An option names its key already.
    prefix = where if where.startswith("--") or not key else f"{where}: {key}"
    return ConfigError(f"{prefix}: {message}", field=key or None)


def real_path(problem: ErrorDetails, data: Any) -> Path_:
    """Where in `data` a problem stands; pydantic's ``loc`` names union members as well.

    A key that `data` does not have is part of the path only where its absence is the problem.
    """
    path: list[str | int] = []
    here = data
    for i, part in enumerate(problem["loc"]):
        if isinstance(here, dict) and part not in here:
            if problem["type"] == "missing" and i == len(problem["loc"]) - 1:
                path.append(part)
            continue
        path.append(part)
        if isinstance(here, dict):
            here = here[part]
        elif isinstance(here, list):
            here = next((item for i, item in enumerate(here) if i == part), None)
    return tuple(path)


def _plain(problem: ErrorDetails) -> str:
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    message = message[:1].lower() + message[1:]
    value = problem.get("input")
    if problem["type"] == "missing":
        return "is missing"
    if isinstance(value, str) and problem["type"].startswith(("float", "int", "bool")):
        return f"{message}, got the text {value[:40]!r}{_number_hint(value)}"
    if isinstance(value, bool | int | float | str):
        return f"{message}, got {str(value)[:40]}"
    return message


def _number_hint(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return ""
    return f" (YAML wants a dot and a signed exponent: {number:.1e})"


def _suggestion(key: str, model: type[BaseModel]) -> str:
    """The nearest key of the same group, or the same key in another group."""
    known = [name for name in known_keys(model) if name != key]
    group, _, last = key.rpartition(".")
    siblings = {name.rpartition(".")[2]: name for name in known if name.rpartition(".")[0] == group}
    near = difflib.get_close_matches(last, siblings, n=1, cutoff=0.6)
    found = [siblings[name] for name in near] or [n for n in known if n.rpartition(".")[2] == last]
    return f"; did you mean {found[0]}?" if found else ""


def known_keys(model: type[BaseModel]) -> Iterator[str]:
    """Every dotted key that `model` accepts, groups included."""
    schema = model.model_json_schema()
    yield from _schema_keys(schema, schema.get("$defs", {}), "")


def _schema_keys(schema: dict[str, Any], defs: dict[str, Any], prefix: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[1]]
    for member in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _schema_keys(member, defs, prefix)
    for key, inner in schema.get("properties", {}).items():
        yield prefix + key
        yield from _schema_keys(inner, defs, f"{prefix}{key}.")


def _dotted(at: Path_) -> str:
    return ".".join(str(part) for part in at)
