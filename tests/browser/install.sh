#!/usr/bin/env bash
# Chromium and its driver for the browser tests: installed where missing and permitted.
set -euo pipefail
if command -v chromedriver >/dev/null && { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null; then
    exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing chromium and chromium-driver for the browser tests"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver; } >/dev/null
    exit 0
fi
echo "The browser tests need Chromium and its driver: sudo apt-get install chromium chromium-driver" >&2
exit 1
