"""Where the data of a training is, and how it is divided into chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pcdash.core.dataset import Chunk
from pcdash.core.params import FolderData, TrainParams
from pcdash.core.synthetic import synthetic_chunks
from pcdash.datasets import DatasetStore, stored_hash
from pcdash.files import unpacked
from pcdash.workbench.folders import folder_chunks


@contextmanager
def located(params: TrainParams, artifacts: Path) -> Iterator[TrainParams]:
    """Yield `params` with the folder of a stored dataset in place of its name.

    Until it is left, nobody deletes the dataset.

    Raises
    ------
    NotFound
        If there is no such dataset.
    """
    data = params.dataset
    key = stored_hash(data.root) if isinstance(data, FolderData) else None
    if key is None:
        yield params
        return
    with DatasetStore(artifacts).opened(key) as root:
        there = data.model_copy(update={"root": str(root)})
        yield params.model_copy(update={"dataset": there})


@contextmanager
def planned(
    params: TrainParams, scratch: Path | None = None
) -> Iterator[tuple[Sequence[Chunk], tuple[str, ...]]]:
    """Divide the dataset into chunks; yield them with the class names while they can be computed.

    A zip of scans is unpacked below `scratch` for that long.
    """
    data = params.dataset
    if isinstance(data, FolderData):
        with unpacked(Path(data.root), scratch) as root:
            yield folder_chunks(root, data.on_error, params.split, params.seed)
    else:
        yield synthetic_chunks(data, params.split, params.seed), data.classes
