"""What is said of a version: the facts that page and file share, and the file to hand on."""

from pcdash.report.facts import conditions_of, facts_of
from pcdash.report.offline import offline_report

__all__ = ["conditions_of", "facts_of", "offline_report"]
