"""pcdash: classify 3D point clouds per object.

The layers, top to bottom; a module imports only from layers below its own
(``import-linter`` holds this, see pyproject.toml)::

    cli                        commands
    app                        the composition root: settings -> workbench -> Flask + Dash
    ui | api                   the page; the JSON routes
    figures                    pure functions from clouds and metrics to plotly dicts
    workbench                  the use cases, one method each
    jobs | registry | files    background jobs; versions on disk; readers and writers
    standalone                 what travels with an exported model
    core                       the domain: shapes, descriptor, models, training, inference
    settings                   command line > environment > YAML > default
    yamlconfig                 YAML -> validated parameters, errors with file and line
    errors | resources         the exception tree; packaged assets and configs
"""

__version__ = "0.1.0"
