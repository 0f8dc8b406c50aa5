"""Opens the channels that the settings name."""

from __future__ import annotations

from pydantic import SecretStr

from roadworthy.alerts.channels.addressed import Addressed
from roadworthy.alerts.channels.interface import Channel
from roadworthy.alerts.channels.log_file import LogFile
from roadworthy.errors import ParamsError
from roadworthy.settings import Settings


def open_channels(settings: Settings) -> tuple[Channel, ...]:
    """Return the log file, then a channel for each address, in the settings' order.

    Raises `ParamsError` when the file with addresses can't be read.
    """
    addresses = _addresses(settings)
    return (
        open_log(settings),
        *(Addressed(address, place) for place, address in enumerate(addresses, 1)),
    )


def open_log(settings: Settings) -> LogFile:
    """Return the log file, which needs nothing but a disk."""
    return LogFile(settings.home_path / "alerts" / "alerts.log")


def _addresses(settings: Settings) -> list[SecretStr]:
    """Return the addresses of the variable, then those of the file: one a line, `#` begins a remark."""
    given = settings.alerts_urls.get_secret_value().split() if settings.alerts_urls else []
    if settings.alerts_file:
        try:
            lines = (settings.root / settings.alerts_file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ParamsError(
                "the file with the addresses for alerts can't be read",
                where=f"ROADWORTHY_ALERTS_FILE: {settings.alerts_file} ({type(error).__name__})",
                remedy="name a file with one address a line, or unset it",
            ) from None
        given += [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [SecretStr(address) for address in given]
