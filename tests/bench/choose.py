"""Which classifier suits a folder of labelled scans: cross-validation on its train split alone.

    python tests/bench/choose.py ROOT [--models lda,svm_rbf,ensemble,...] [--folds 5] [--seeds 2]

ROOT is ROOT/<class>/<train|test>/files; no file of test is opened.  As in the protocol of
`python -m pcdash bench --modelnet10`, every cloud is turned by its own rotation.  Prints Markdown.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from pcdash.cli.progress import TerminalProgress
from pcdash.core.dataset import FeatureTable, build_table
from pcdash.core.models import MODELS
from pcdash.workbench.turned import turned_chunks


def main() -> None:
    """Describe the train split once, then fit and print one row per classifier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--models", default="lda,svm_rbf,mlp,ensemble", help="names, with commas")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=2, help="of folds and classifiers")
    parser.add_argument("--rotation", type=int, default=0, help="seed of the rotations")
    options = parser.parse_args()
    names = options.models.split(",")
    if unknown := [name for name in names if name not in MODELS]:
        parser.error(f"{unknown[0]}: must be one of {', '.join(MODELS)}")
    table = features(options.root, options.rotation)
    print("\n| classifier | accuracy %, mean | lowest fold | folds, by seed | s a fit |")
    print("|---|---|---|---|---|")
    for name in names:
        started = time.perf_counter()
        shares = [cross_validate(name, table, options.folds, seed) for seed in range(options.seeds)]
        seconds = (time.perf_counter() - started) / (options.folds * options.seeds)
        each = "; ".join(", ".join(f"{100 * share:.1f}" for share in of_seed) for of_seed in shares)
        mean, lowest = f"{100 * np.mean(shares):.2f}", f"{100 * np.min(shares):.1f}"
        print(f"| {name} | {mean} | {lowest} | {each} | {seconds:.1f} |", flush=True)


def features(root: Path, rotation: int) -> FeatureTable:
    """The turned train split, described."""
    chunks, classes = turned_chunks(root, (rotation,), parts=("train",))
    started = time.perf_counter()
    with TerminalProgress() as progress:
        table = build_table(chunks, classes, progress)
    seconds = time.perf_counter() - started
    print(
        f"{len(table.labels)} train clouds of {len(classes)} classes, described in {seconds:.1f} s"
    )
    return table


def cross_validate(name: str, table: FeatureTable, folds: int, seed: int) -> list[float]:
    """Accuracy on each fold of a classifier with default parameters that has not seen it."""
    rows, labels = table.rows("train")
    cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return [
        _right(name, rows, labels, train, held, seed) for train, held in cut.split(rows, labels)
    ]


def _right(
    name: str,
    rows: NDArray[np.float32],
    labels: NDArray[np.int64],
    train: NDArray[np.int64],
    held: NDArray[np.int64],
    seed: int,
) -> float:
    classifier = MODELS[name].build(MODELS[name].params(), seed).fit(rows[train], labels[train])
    said = classifier.classes_[classifier.predict_proba(rows[held]).argmax(axis=1)]
    return float(np.mean(said == labels[held]))


if __name__ == "__main__":
    main()
