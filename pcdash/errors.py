"""Everything that can go wrong in words a user understands.

One tree; each error carries a stable ``code``, and a ``field`` where one value is to blame::

    PcdashError
    |- InvalidInput            a value is not what was asked for
    |  |- InvalidCloud         points that hold no shape to classify
    |  |- UnreadableFile       a file that is not what its name says, or is damaged
    |  `- ConfigError          a YAML file or --set value; knows file, line and key
    |- TooLarge                more bytes, points or members than the limits allow
    |- NotFound                no such version, job, upload or cloud
    |- Refused                 understood, but not allowed here (pinned model, no data_root ...)
    |  `- GateRefused          a version that is worse than the one in service
    |- ModelUnavailable        nothing to predict with yet
    |- QueueFull               as many jobs wait as may wait
    |- Busy                    as many predictions run as may run
    |- Stopping                the server ends; what it has begun it finishes
    |- CorruptArtifact         a stored model or its metadata fails its checks
    `- Cancelled               somebody asked the job to stop

HTTP status codes live in ``pcdash.api`` alone, exit codes in ``pcdash.cli``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class PcdashError(Exception):
    """Base of every error whose message is meant for the user.

    Parameters
    ----------
    message : str
        One sentence without file paths of the server, safe to show to strangers.
    field : str, optional
        The parameter to blame: a dotted path such as ``dataset.n_points`` or ``points.3.0``.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive the way back from a worker process, whatever a subclass's signature is."""
        return _restore, (type(self), dict(self.__dict__))


def _restore(kind: type[PcdashError], state: dict[str, Any]) -> PcdashError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = (state["message"],)
    return error


class InvalidInput(PcdashError):
    """A value is not what was asked for."""

    code = "invalid_input"


class InvalidCloud(InvalidInput):
    """The points hold no shape to classify."""

    code = "invalid_cloud"


class UnreadableFile(InvalidInput):
    """A file is damaged or not what its name says.

    Parameters
    ----------
    name : str
        The file's display name (never a path of the server).
    problem : str
        What was expected and what was found.
    line : int, optional
        1-based line of a text file.
    """

    code = "unreadable_file"

    def __init__(self, name: str, problem: str, *, line: int | None = None) -> None:
        where = f"{name}, line {line}" if line is not None else name
        super().__init__(f"{where}: {problem}", field="file")
        self.name = name
        self.problem = problem
        self.line = line


class ConfigError(InvalidInput):
    """A configuration is wrong; the message starts with ``file:line: key``."""

    code = "invalid_config"


class TooLarge(PcdashError):
    """More bytes, points or members than the limits allow."""

    code = "too_large"


class NotFound(PcdashError):
    """No such version, job, upload or cloud."""

    code = "not_found"


class Refused(PcdashError):
    """Understood, but not allowed here; the message says why and what would help."""

    code = "refused"


class GateRefused(Refused):
    """A version is significantly worse than the one in service; a reason overrides that.

    Parameters
    ----------
    version, served : str
    conditions : sequence of str
        Where it is worse, in words.
    """

    code = "gate_refused"

    def __init__(self, version: str, served: str, conditions: Sequence[str]) -> None:
        self.conditions = tuple(conditions)
        super().__init__(
            f"version {version} is significantly worse than {served}, which is in service: "
            f"{'; '.join(conditions)}. Promoting it all the same takes a reason (override)."
        )


class ModelUnavailable(PcdashError):
    """Nothing to predict with yet."""

    code = "model_not_available"

    def __init__(self, message: str = "Model not available") -> None:
        super().__init__(message)


class QueueFull(PcdashError):
    """As many jobs wait as may wait."""

    code = "queue_full"


class Busy(PcdashError):
    """As many predictions run as may run; trying again shortly helps."""

    code = "busy"


class Stopping(PcdashError):
    """The server ends; what it has begun it finishes, but it begins nothing more."""

    code = "stopping"

    def __init__(self, message: str = "the server is stopping: try again shortly") -> None:
        super().__init__(message)


class CorruptArtifact(PcdashError):
    """A stored model or its metadata fails its checks."""

    code = "corrupt_artifact"


class Cancelled(PcdashError):
    """Somebody asked the running job to stop."""

    code = "cancelled"
