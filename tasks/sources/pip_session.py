"""HTTP as pip would speak it: its certificates, trusted hosts, proxy and credentials."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_netrc_auth

from tasks.sources.https import MOST_REDIRECTS
from tasks.sources.pip_configuration import PipConfiguration


def open_session(configuration: PipConfiguration) -> requests.Session:
    """Return a session with the configuration's certificates, trusted hosts, proxy and credentials."""
    session = _Session(configuration.certificate)
    session.cert = configuration.client_certificate
    session.auth = IndexCredentials((*configuration.index_urls, *configuration.find_links))
    session.max_redirects = MOST_REDIRECTS
    if configuration.proxy:
        session.proxies = {"http": configuration.proxy, "https": configuration.proxy}
    for host in configuration.trusted_hosts:
        for prefix in (f"https://{host}/", f"https://{host}:"):
            session.mount(prefix, _TrustingAdapter())
    return session


class IndexCredentials(AuthBase):
    """The user and password that an index's address holds, for that host alone; .netrc for all others."""

    def __init__(self, urls: tuple[str, ...]) -> None:
        parts = [urlsplit(url) for url in urls]
        self._by_host = {
            part.netloc.rpartition("@")[2]: (unquote(part.username), unquote(part.password or ""))
            for part in parts
            if part.username
        }

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the credentials to a request, where there are any for its host."""
        url = str(request.url)
        pair = self._by_host.get(urlsplit(url).netloc) or get_netrc_auth(url)
        if pair:
            HTTPBasicAuth(*pair)(request)
        return request


class _Session(requests.Session):
    """Prefers pip's certificate to the one that the environment names, as pip does."""

    def __init__(self, certificate: str | None) -> None:
        super().__init__()
        self._certificate = certificate

    def merge_environment_settings(self, *arguments: Any, **named: Any) -> Any:
        settings = super().merge_environment_settings(*arguments, **named)
        return {**settings, "verify": self._certificate} if self._certificate else settings


class _TrustingAdapter(HTTPAdapter):
    """Does not check certificates: for hosts that the user's configuration declares trusted."""

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, verify=False, cert=cert)
