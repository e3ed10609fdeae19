"""Ids that more than one part of the page needs; a tab's own ids stand in its file."""

from __future__ import annotations

BASE = "/demo/"
"""Where the page is; its tabs are in the address's hash, other pages are paths below."""

LOCATION = "shell-page-location"
"""The address: its search is Explore's state, its hash the tab."""

POLL = "shell-status-interval"
"""Ticks for everything that follows the server's status."""

TOAST = "shell-message-toast"
"""Where messages that belong to no field appear."""

UPLOAD = "explore-upload-store"
"""``{"id", "name", "at"}`` of a finished upload; written by assets/upload.js."""
