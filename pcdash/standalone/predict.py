"""Classify point clouds with the model beside this file: python predict.py CLOUD.npy ...

Prints one JSON object a line: file, predicted_class, probabilities; or file, error.  Reads (n, 3)
coordinates from NPY, or from text with three or more numbers a line.  README.txt says more.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TOLERANCE = 1e-6
"""Largest change of a stored golden probability that counts as the same answer."""


def load() -> tuple[Any, list[str]]:
    """Check the model, load it, and let it give its golden answers: pipeline and class names."""
    about = json.loads((HERE / "metadata.json").read_bytes())
    wanted = about["libraries"]
    if version("scikit-learn") != wanted["scikit-learn"]:
        pins = " ".join(f"{name}=={v}" for name, v in wanted.items() if name != "python")
        raise SystemExit(f"predict.py: another scikit-learn made this model: pip install {pins}")
    raw = (HERE / "model.joblib").read_bytes()
    if hashlib.sha256(raw).hexdigest() != about["sha256"]:
        raise SystemExit("predict.py: model.joblib is damaged: its SHA-256 is another")

    import joblib
    import numpy as np

    pipeline = joblib.load(io.BytesIO(raw))
    golden = about["golden"]
    said = predict(pipeline, [np.asarray(cloud, np.float64) for cloud in golden["clouds"]])
    if not np.abs(said - np.asarray(golden["probabilities"])).max() <= TOLERANCE:
        raise SystemExit("predict.py: the model does not give its golden answers here")
    return pipeline, about["classes"]


def predict(pipeline: Any, clouds: Sequence[Any]) -> Any:
    """Class probabilities (m, classes) of m clouds, each (n, 3) float64."""
    import numpy as np

    said = np.asarray(pipeline.predict_proba(clouds), dtype=np.float64)
    return said / said.sum(axis=1, keepdims=True)


def read(path: Path) -> Any:
    """The points of a file, (n, 3) float64; nothing in it is unpickled."""
    import numpy as np

    from pcdash.core.cloud import check_cloud

    if path.suffix.lower() == ".npy":
        return check_cloud(np.load(path, allow_pickle=False))
    separator = "," if path.suffix.lower() == ".csv" else None
    return check_cloud(np.loadtxt(path, delimiter=separator, usecols=(0, 1, 2), ndmin=2))


def main(names: Sequence[str]) -> int:
    """Print an answer for each file; 0 if all could be classified."""
    from pcdash.errors import PcdashError

    pipeline, classes = load()
    failed = False
    for name in names:
        answer: dict[str, Any] = {"file": name}
        try:
            row = predict(pipeline, [read(Path(name))])[0]
            answer["predicted_class"] = classes[int(row.argmax())]
            answer["probabilities"] = dict(zip(classes, row.tolist(), strict=True))
        except (OSError, ValueError, PcdashError) as error:
            answer["error"] = str(error)
            failed = True
        sys.stdout.write(json.dumps(answer) + "\n")
    return int(failed)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # the matrices of a cloud are small
    sys.path.insert(0, str(HERE))  # the descriptor that the model was trained with comes first
    raise SystemExit(main(sys.argv[1:]))
