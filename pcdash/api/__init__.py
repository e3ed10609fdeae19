"""The JSON routes, and the checks that stand before them and before the page.

    server = create_server(workbench, settings)
    dash_app = ...                        # mounted at /demo/, with all its callbacks
    install_dash_guards(server, dash_app)

HTTP status codes live here alone.
"""

from pcdash.api.callbacks import install_dash_guards
from pcdash.api.server import PAGE, create_server
from pcdash.api.traffic import Traffic

__all__ = ["PAGE", "Traffic", "create_server", "install_dash_guards"]
