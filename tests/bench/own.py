"""What a version of a few labelled files says of other objects: of its classes, and of none.

    python tests/bench/own.py ROOT --known chair,sofa,toilet [--each 60] [--others 150]

ROOT is ROOT/<class>/<train|test>/files; no file of test is opened.  The first files of the known
classes are trained on by the classifier of configs/folder.yaml, the next ones are asked about, and
files of all other classes are strangers; as they are, and scanned as for a calibration.  Prints
rows of a Markdown table for docs/trust.md.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.metrics import roc_auc_score

from pcdash.cli.progress import TerminalProgress
from pcdash.core.cloud import Points, check_cloud
from pcdash.core.corruption.scanning import draw_defects, scan
from pcdash.core.descriptor import describe_batch
from pcdash.core.params import TrainParams
from pcdash.core.trust.judgement import LEVEL
from pcdash.errors import InvalidCloud
from pcdash.files import read_cloud
from pcdash.settings import load_settings
from pcdash.workbench import Workbench, train_and_publish
from pcdash.yamlconfig import load_config

_TOGETHER = 20


def main() -> None:
    """Train, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--known", required=True, help="classes to train on, with commas")
    parser.add_argument("--each", type=int, default=60, help="files of each known class")
    parser.add_argument(
        "--others", type=int, default=150, help="of each class that are asked about"
    )
    parser.add_argument("--seed", type=int, default=5, help="of the scans")
    options = parser.parse_args()
    known = options.known.split(",")
    files = {folder.name: sorted(folder.glob("train/*")) for folder in options.root.iterdir()}
    asked = {name: files[name][options.each :][: options.others] for name in known}
    strangers = {name: some[: options.others] for name, some in files.items() if name not in known}
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "scans"
        for name in known:
            (root / name).mkdir(parents=True)
            for path in files[name][: options.each]:
                shutil.copy(path, root / name)
        values = [f"dataset.root={root}", "passport={grid: small, clouds: 10}"]
        params = load_config(TrainParams, Path("configs/folder.yaml"), values)
        settings = load_settings(command_line={"artifacts_dir": f"{temporary}/artifacts"})
        with TerminalProgress() as progress:
            train_and_publish(params, settings.artifacts, progress)
        model = Workbench(settings).model()
    assert model.trust is not None
    print(
        "| training | asked | clouds | accuracy % | coverage % | mean set size | known called ",
        end="",
    )
    print("unknown % | strangers called unknown % | AUROC |\n|---|---|---|---|---|---|---|---|---|")
    for how, seed in (("as they are", None), ("scanned", options.seed)):
        features, labels = described(asked, seed)
        said = model.pipeline[-1].predict_proba(features)
        said = said / said.sum(axis=1, keepdims=True)
        truth = np.array([model.classes.index(name) for name in labels])
        found = model.trust.judge(features, said)
        inside = said >= np.array([one.least_probability(LEVEL) for one in found])[:, None]
        inside[np.arange(len(said)), said.argmax(axis=1)] = True
        other = described(strangers, seed)[0]
        guess = model.pipeline[-1].predict_proba(other)
        alien = [one.unknown_score for one in model.trust.judge(other, guess)]
        own = [one.unknown_score for one in found]
        area = roc_auc_score(np.r_[np.zeros(len(own)), np.ones(len(alien))], own + alien)
        figures = (
            100 * np.mean(said.argmax(axis=1) == truth),
            100 * np.mean(inside[np.arange(len(said)), truth]),
        )
        print(
            f"| {len(known)} x {options.each}: {', '.join(known)} | {how} | {len(said)} | "
            f"{figures[0]:.1f} | {figures[1]:.1f} | {inside.sum(axis=1).mean():.2f} | "
            f"{100 * np.mean(np.array(own) > 0.5):.1f} | "
            f"{100 * np.mean(np.array(alien) > 0.5):.1f} | {area:.3f} |",
            flush=True,
        )


def described(files: dict[str, Sequence[Path]], seed: int | None) -> tuple[np.ndarray, list[str]]:
    """Features of the files, scanned once if there is a seed, and their classes."""
    all_files = [(name, path) for name, some in files.items() for path in some]

    def block(start: int) -> np.ndarray:
        numbers = range(start, min(start + _TOGETHER, len(all_files)))
        return describe_batch(
            [seen(all_files[i][1], None if seed is None else [seed, i]) for i in numbers]
        )

    parts = Parallel(n_jobs=-1)(delayed(block)(at) for at in range(0, len(all_files), _TOGETHER))
    return np.concatenate(parts), [name for name, _ in all_files]


def seen(path: Path, seed: list[int] | None) -> Points:
    """The cloud of a file, or a scan of it."""
    points = read_cloud(path).points
    if seed is None:
        return points
    rng = np.random.default_rng(seed)
    while True:
        made = scan(points, draw_defects(rng), rng).points
        try:
            check_cloud(made)
        except InvalidCloud:
            continue
        return made


if __name__ == "__main__":
    main()
