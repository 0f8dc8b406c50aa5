"""The commands that run the house on this machine: `serve`, `ui`, `up`, `down`, and `render`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import guarded
from cli.parts import Json, commands

house = commands()


@house.command(epilog="Example: `roadworthy serve --port 8000`")
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on; by default loopback.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; by default 8000.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="So many processes.")] = None,
) -> None:
    """Serve what is in production: OpenAI's API for assistants, predictions for models, a page to try them."""
    from cli.serve import serve as run

    guarded(lambda: run(host, port, workers), False)


@house.command(epilog="Example: `roadworthy render --check`")
def render(
    check: Annotated[bool, typer.Option(help="Only say whether dvc.yaml is up to date.")] = False, json: Json = False
) -> None:
    """Render dvc.yaml from params.yaml and the steps."""
    from cli.render import render_pipeline

    guarded(lambda: render_pipeline(check, json), json)


@house.command(epilog="Example: `roadworthy ui`")
def ui() -> None:
    """Serve Prefect's and MLflow's pages on loopback until Ctrl-C."""
    from cli.servers import serve_pages

    guarded(serve_pages, as_json=False)


@house.command(epilog="Example: `roadworthy up --no-gateway`")
def up(gateway: Annotated[bool, typer.Option(help="Serve what is in production, too.")] = True) -> None:
    """Run the whole house on this machine until Ctrl-C: Prefect, its worker and schedules, MLflow, the gateway."""
    from cli.up import raise_house

    guarded(lambda: raise_house(gateway), as_json=False)


@house.command(epilog="Example: `roadworthy down`")
def down() -> None:
    """Stop the local servers that this project started."""
    from cli.servers import stop_servers

    guarded(stop_servers, as_json=False)
