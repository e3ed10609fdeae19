FROM python:3.12-slim

# Two malloc arenas instead of one per thread: large bodies leave less memory behind.
ENV MALLOC_ARENA_MAX=2
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# The pinned dependencies first: they change seldom, so their layer is reused.
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY pcdash pcdash
COPY assets assets
COPY configs configs
RUN pip install --no-deps . \
    && useradd --create-home --uid 1000 pcdash \
    && mkdir artifacts && chown pcdash artifacts

USER pcdash
ENV PCDASH_ARTIFACTS=/app/artifacts
EXPOSE 8000
VOLUME /app/artifacts

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]

# Refuses to start unless PCDASH_TOKEN is set or --insecure is said.
ENTRYPOINT ["python", "-m", "pcdash"]
CMD ["serve", "--host", "0.0.0.0"]
