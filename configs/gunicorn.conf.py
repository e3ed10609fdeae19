# Several server processes on one machine: gunicorn -c configs/gunicorn.conf.py
# Put a buffering proxy in front: a slow client occupies a thread here. See docs/operation.md.
wsgi_app = "pcdash.wsgi:create()"
bind = "127.0.0.1:8000"
workers = 2

# As many as serve.yaml has: most wait for their turn, and health checks find one that is free.
worker_class = "gthread"
threads = 80

# Never in the master: threads do not survive the fork.
preload_app = False

# One BLAS thread, as python -m pcdash has it: more only wait for one another.
raw_env = ["OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1"]

# A batch may take a minute; a worker that is told to stop has ten seconds for what it has begun.
timeout = 90
graceful_timeout = 10

# What the guards of pcdash allow, so that an oversized head ends in a 4xx either way.
limit_request_line = 8190
limit_request_field_size = 32768

# Each request leaves its line in pcdash's own log.
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "pcdash.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
