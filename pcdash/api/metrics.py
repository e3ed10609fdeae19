"""What `GET /metrics` counts, in the words of Prometheus.

Every label takes its values from a closed set: what a stranger sends never makes a new series.
Each server process counts for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from pcdash.jobs import JobState
from pcdash.workbench import Workbench

CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""The label of a method or a path that nobody serves."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds of the latency histogram, seconds."""


class Metrics:
    """The counters of one server.

    Parameters
    ----------
    workbench : Workbench
        Asked about model and jobs whenever the metrics are read.
    in_flight : callable
        How many requests are being answered.
    """

    def __init__(self, workbench: Workbench, in_flight: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pcdash_requests_total",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "pcdash_request_seconds",
            "Time from a request's arrival in the application to its answer.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._rejected = Counter(
            "pcdash_rejected_total",
            "Requests refused, by the kind of problem.",
            ("status", "reason"),
            registry=self._registry,
        )
        Gauge(
            "pcdash_requests_in_flight",
            "Requests being answered, those to /health not counted.",
            registry=self._registry,
        ).set_function(in_flight)
        self._registry.register(_State(workbench))
        ProcessCollector(registry=self._registry)

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is a rule of the url map, or `OTHER`."""
        known = method if method in METHODS else OTHER
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_rejected(self, status: int, reason: str) -> None:
        """Count one refusal; `reason` is a problem's code or the status's own name."""
        self._rejected.labels(str(status), reason).inc()

    def text(self) -> bytes:
        """Everything, as scrapers read it."""
        return generate_latest(self._registry)


class _State(Collector):
    """Model and jobs as they are at the moment of asking."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: so that registering asks the workbench nothing."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Ask the workbench."""
        version = self._workbench.served_version
        model = GaugeMetricFamily(
            "pcdash_model_info",
            "The version in service; no sample without one.",
            labels=["version"],
        )
        if version is not None:
            model.add_metric([version], 1)
        yield model
        reloads = CounterMetricFamily(
            "pcdash_model_reloads", "Attempts to take another version.", labels=["result"]
        )
        for result, count in self._workbench.reloads.items():
            reloads.add_metric([result], count)
        yield reloads
        counts = self._workbench.job_counts()
        jobs = GaugeMetricFamily("pcdash_jobs", "Jobs remembered, by state.", labels=["state"])
        for state in JobState:
            jobs.add_metric([state], counts.get(state, 0))
        yield jobs
        yield GaugeMetricFamily(
            "pcdash_job_queue_length", "Jobs that wait.", value=counts.get(JobState.QUEUED, 0)
        )
        yield GaugeMetricFamily(
            "pcdash_job_queue_capacity",
            "Jobs that may wait.",
            value=self._workbench.settings.limits.queued_jobs,
        )
