"""How ``predict`` says its answers: lines for people, or JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
import orjson

from pcdash.core.explanations import EXPLANATIONS
from pcdash.core.trust.judgement import UNKNOWN_ABOVE
from pcdash.errors import ConfigError

Found = Mapping[str, Any]


def names_of(given: Sequence[str]) -> list[str]:
    """The explanations that several ``--explain NAME[,NAME...]`` ask for, each once."""
    names = [name.strip() for one in given for name in one.split(",") if name.strip()]
    for name in names:
        if name not in EXPLANATIONS:
            raise ConfigError(f"--explain {name}: must be one of {', '.join(EXPLANATIONS)}")
    return list(dict.fromkeys(names))


def json_text(value: Any, depth: int = 0) -> str:
    """Objects over several lines, and a list without objects on one: coordinates are many."""
    pad = "  " * depth
    if isinstance(value, Mapping) and value:
        rows = [f"{_dumped(str(key))}: {json_text(held, depth + 1)}" for key, held in value.items()]
        return _lines("{", rows, "}", pad)
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        return _lines("[", [json_text(one, depth + 1) for one in value], "]", pad)
    return _dumped(value)


def _lines(opening: str, rows: list[str], closing: str, pad: str) -> str:
    return f"{opening}\n" + ",\n".join(f"{pad}  {row}" for row in rows) + f"\n{pad}{closing}"


def _dumped(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def print_answer(answer: Found, names: Sequence[str]) -> None:
    """Class, probability and label set of one file, and below it what was asked in `names`.

    What isolating has removed, and why a file could not be classified, goes to stderr.
    """
    if "error" in answer:
        click.echo(f"pcdash: {answer['error']}", err=True)
        return
    for step in answer.get("isolation", {}).get("steps", ()):
        click.echo(f"pcdash: {answer['file']}: {step['said']}", err=True)
    best = answer["predicted_class"]
    parts = [answer["file"], best, f"{answer['probabilities'][best]:.1%}"]
    parts.append(f"label set: {', '.join(answer['label_set'])}")
    if answer["unknown"]:
        score = f"score {answer['unknown_score']:.2f}, threshold {UNKNOWN_ABOVE:g}"
        parts.append(f"like none of the classes ({score})")
    click.echo("\t".join(parts))
    for name in names:
        click.echo(f"  {name}")
        for line in _told(name, answer[name]):
            click.echo(f"    {line}")


def _told(name: str, found: Found) -> Iterator[str]:
    """Lines about one explanation; its note says why something is not known."""
    yield from _TELLERS.get(name, _anything)(found)
    note = found.get("note")
    if note and note not in found.get("sentence", ""):
        yield str(note)


def _anything(found: Found) -> Iterator[str]:
    """Whatever is a sentence or a number, for what is new and has no teller."""
    for key, value in found.items():
        if key == "sentence":
            yield str(value)
        elif key != "note" and isinstance(value, str | int | float):
            yield f"{_words(key)} {value}"


def _quality(found: Found) -> Iterator[str]:
    yield from found.get("sentences", {}).values()


def _neighbours(found: Found) -> Iterator[str]:
    nearest = [f"{one['label']} ({one['distance']:.2f})" for one in found.get("nearest", ())]
    if nearest:
        yield f"most alike (distance): {', '.join(nearest)}"
    if far := found.get("farthest"):
        yield f"farthest from any class: {_words(far['block'])}, {far['sigma']:.3g} sigma"


def _turntable(found: Found) -> Iterator[str]:
    if "verdict" in found:
        yield str(found["verdict"])
    yield from _sentence(found)
    yield from (family["sentence"] for family in found.get("families", ()))
    yield from found.get("notes", ())


def _blame(found: Found) -> Iterator[str]:
    yield from _sentence(found)
    known = {key: found.get(key) for key in ("faithfulness", "gain", "standing")}
    units = {"gain": " nats"}
    numbers = [
        f"{key} {value:.3g}{units.get(key, '')}"
        for key, value in known.items()
        if value is not None
    ]
    if numbers:
        yield ", ".join(numbers)


def _primitive(found: Found) -> Iterator[str]:
    if "kind" in found:
        yield str(found["kind"])
    for name, size in found.get("sizes", {}).items():
        what, unit = name.removesuffix("_deg"), " degrees" if name.endswith("_deg") else ""
        error = found.get("errors", {}).get(name)
        give = "" if error is None else f" +- {error:.2g}"
        yield f"{_words(what)} {size:.6g}{give}{unit}"
    for name in ("centre", "axis", "apex"):
        if (place := found.get(name)) is not None:
            yield f"{name} {', '.join(f'{value:.9g}' for value in place)}"
    if (ratio := found.get("ratio")) is not None:
        yield f"proportion {ratio:.4g}"
    if residual := found.get("residual"):
        yield f"residual {residual['rms']:.3g} rms, {residual['median']:.3g} median"
    if "coverage" in found:
        on = f"{found['inliers']:.0%} of the points lie on it"
        yield f"{on}, {found['coverage']:.0%} of the surface has points"
    yield from found.get("caveats", ())


def _sentence(found: Found) -> Iterator[str]:
    if found.get("sentence"):
        yield str(found["sentence"])


def _words(key: str) -> str:
    return key.replace("_", " ")


_TELLERS: dict[str, Callable[[Found], Iterator[str]]] = {
    "quality": _quality,
    "expected_accuracy": _sentence,
    "neighbours": _neighbours,
    "turntable": _turntable,
    "blame": _blame,
    "primitive": _primitive,
}
"""Explanation -> what people are told of it."""
