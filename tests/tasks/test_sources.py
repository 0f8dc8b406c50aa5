"""Sources: a file comes from the web, from S3 or out of a package, once, and only if it is the pinned one."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest
import requests
from servers.seaweedfs import BUCKET, S3Server
from servers.web import Answer, Request, make_certificate, running_web_server

from roadworthy.errors import ParamsError, RoadworthyError, SourceError, Unavailable
from roadworthy.params.data import Source
from tasks.sources.cache import SourceCache
from tasks.sources.fetch import fetch_sources
from tasks.sources.package import parse_package_url
from tasks.sources.pip_configuration import parse_configuration, parse_listing
from tasks.sources.pip_session import IndexCredentials

CONTENT = b"id,name\n1,one\n"
OTHER = b"id,name\n2,two\n"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A certificate that this test's clients trust, and its key."""
    made = make_certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made[0]))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A pip without any configuration but the variables that a test sets, and without the public index."""
    import os

    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    return monkeypatch


def fetch(folder: Path, uris: Mapping[str, bytes], said: list[str] | None = None) -> dict[str, bytes]:
    """Fetch each address, pinned to the digest of the given content; return what came, by address."""
    home = folder / "home"
    cache = SourceCache(home, (said if said is not None else []).append)
    sources = {
        f"table_{number}": Source(uri=uri, sha256=hashlib.sha256(content).hexdigest(), format="csv")
        for number, (uri, content) in enumerate(uris.items())
    }
    with cache.scratch() as scratch:
        files = fetch_sources(sources, folder, cache, scratch, lambda _: None)
        return {source.uri: files[table].path.read_bytes() for table, source in sources.items()}


def refused(folder: Path, uri: str, content: bytes = CONTENT) -> RoadworthyError:
    """Fetch one address that must not work; return the error, after checking that nothing is left behind."""
    with pytest.raises(RoadworthyError) as caught:
        fetch(folder, {uri: content})
    assert not [path for path in (folder / "home").rglob("*") if path.is_file()]
    return caught.value


def wheel(**members: bytes) -> bytes:
    """A wheel's bytes, with the members' paths written with two underscores for a slash."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name.replace("__", "/") + ".csv", member)
    return content.getvalue()


def source_archive(top: str, **members: bytes) -> bytes:
    """A source archive's bytes, whose setup.py would fail loudly if anybody ran it."""
    content = io.BytesIO()
    files = {"setup.py": b"raise SystemExit('never run me')"}
    files |= {name.replace("__", "/") + ".csv": member for name, member in members.items()}
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, member in files.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = len(member)
            archive.addfile(entry, io.BytesIO(member))
    return content.getvalue()


def index(folder: Path, name: str, archives: dict[str, bytes], digest: str | None = None) -> str:
    """A package index on the disk, by the simple API; return its address."""
    page = folder / "simple" / name
    page.mkdir(parents=True)
    links = []
    for archive, content in archives.items():
        (page / archive).write_bytes(content)
        links.append(f'<a href="{archive}#sha256={digest or hashlib.sha256(content).hexdigest()}">{archive}</a>')
    (page / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")
    return (folder / "simple").as_uri()


# The cache


def test_a_second_fetch_needs_no_network(tmp_path: Path, tls: tuple[Path, Path]) -> None:
    """What was fetched once is there when the server is gone."""
    with running_web_server(lambda _: Answer(CONTENT), tls) as server:
        uri = f"https://{server.host}/items.csv"
        assert fetch(tmp_path, {uri: CONTENT}) == {uri: CONTENT}
        assert len(server.asked) == 1
    assert fetch(tmp_path, {uri: CONTENT}) == {uri: CONTENT}


@pytest.mark.parametrize("touched", [b"", CONTENT[:-1], CONTENT + b"3,evil\n"])
def test_a_touched_cache_is_not_used(tmp_path: Path, tls: tuple[Path, Path], touched: bytes) -> None:
    """A cached file that was changed or cut is fetched again, and that is said."""
    said: list[str] = []
    with running_web_server(lambda _: Answer(CONTENT), tls) as server:
        uri = f"https://{server.host}/items.csv"
        fetch(tmp_path, {uri: CONTENT})
        cached = tmp_path / "home" / "sha256" / hashlib.sha256(CONTENT).hexdigest()
        cached.write_bytes(touched)
        assert fetch(tmp_path, {uri: CONTENT}, said) == {uri: CONTENT}
        assert len(server.asked) == 2
    assert str(cached) in said[0]
    assert cached.read_bytes() == CONTENT


# The web


def test_a_passing_fault_is_outlasted(tmp_path: Path, tls: tuple[Path, Path]) -> None:
    """A busy server, a failing one and one that breaks off in the middle are asked again."""
    faults = iter([Answer(status=503), Answer(status=429), Answer(CONTENT[:4], headers={"Content-Length": "99"})])
    with running_web_server(lambda _: next(faults, Answer(CONTENT)), tls) as server:
        uri = f"https://{server.host}/items.csv"
        assert fetch(tmp_path, {uri: CONTENT}) == {uri: CONTENT}
        assert len(server.asked) == 4


def test_a_lasting_fault_ends_in_one_error_without_secrets(tmp_path: Path, tls: tuple[Path, Path]) -> None:
    """Patience ends; a refusal is not repeated; neither error shows what stands in a query or before an @."""
    with running_web_server(lambda _: Answer(status=503), tls) as server:
        error = refused(tmp_path, f"https://me:geheim@{server.host}/items.csv?signature=geheim")
        assert isinstance(error, Unavailable)
        assert "HTTP 503" in str(error)
        assert "geheim" not in str(error)
        assert len(server.asked) == 4
    with running_web_server(lambda _: Answer(status=404), tls) as server:
        error = refused(tmp_path, f"https://{server.host}/items.csv?signature=geheim")
        assert isinstance(error, SourceError)
        assert "HTTP 404" in str(error)
        assert "geheim" not in str(error)
        assert len(server.asked) == 1
    assert isinstance(refused(tmp_path, f"https://{server.host}/items.csv"), Unavailable)


def test_a_redirect_stays_on_tls_and_ends(tmp_path: Path, tls: tuple[Path, Path]) -> None:
    """A redirect to another https:// address is followed, one to http:// or in a circle is not."""
    with running_web_server(lambda _: Answer(CONTENT)) as plain:

        def answer(request: Request) -> Answer:
            targets = {"/moved": "/items.csv", "/circle": "/circle", "/plain": f"http://{plain.host}/items.csv"}
            target = targets.get(request.path)
            return Answer(status=302, headers={"Location": target}) if target else Answer(CONTENT)

        with running_web_server(answer, tls) as server:
            uri = f"https://{server.host}/moved"
            assert fetch(tmp_path / "a", {uri: CONTENT}) == {uri: CONTENT}
            assert "https://" in str(refused(tmp_path / "b", f"https://{server.host}/plain").remedy)
            assert "TooManyRedirects" in str(refused(tmp_path / "c", f"https://{server.host}/circle"))
        assert plain.asked == []


def test_an_unknown_authority_is_refused_at_once(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is no reason to ask again."""
    with running_web_server(lambda _: Answer(CONTENT), make_certificate(tmp_path)) as server:
        error = refused(tmp_path, f"https://{server.host}/items.csv")
    assert "SSLError" in str(error)
    assert "REQUESTS_CA_BUNDLE" in str(error.remedy)


def test_other_content_than_the_pinned_is_refused(tmp_path: Path, tls: tuple[Path, Path]) -> None:
    """It never reaches the cache."""
    with running_web_server(lambda _: Answer(OTHER), tls) as server:
        error = refused(tmp_path, f"https://{server.host}/items.csv")
    assert hashlib.sha256(OTHER).hexdigest() in str(error)
    assert hashlib.sha256(CONTENT).hexdigest() in str(error)


# S3


def test_an_object_in_s3(tmp_path: Path, s3_server: S3Server, s3_address: str) -> None:
    """An object is fetched; one that is not there, and a bucket that may not be read, are named."""
    key = s3_address.removeprefix(f"s3://{BUCKET}/") + "/my items.csv"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=CONTENT)
    uri = f"s3://{BUCKET}/{key}"
    assert fetch(tmp_path / "a", {uri: CONTENT}) == {uri: CONTENT}
    error = refused(tmp_path / "b", f"{s3_address}/missing.csv")
    assert "no such object" in str(error)
    assert "missing.csv" in str(error.where)
    assert "names no object" in str(refused(tmp_path / "c", "s3://bucket"))


def test_s3_that_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is told apart from a wrong address."""
    settings = {"ENDPOINT_URL": "http://127.0.0.1:9", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
    for name, value in {**settings, "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    assert isinstance(refused(tmp_path, "s3://bucket/items.csv"), Unavailable)


# Packages


def test_files_come_out_of_a_source_archive(tmp_path: Path, pip: pytest.MonkeyPatch) -> None:
    """Two files of one release come out of one archive of an index on the disk; nothing in it is run."""
    archive = source_archive("my-data-1.0", data__a=CONTENT, data__b=OTHER)
    pip.setenv("PIP_NO_INDEX", "0")
    pip.setenv("PIP_INDEX_URL", index(tmp_path, "my-data", {"my-data-1.0.tar.gz": archive}))
    wanted = {"pkg:pypi/My_Data@1.0#data/a.csv": CONTENT, "pkg:pypi/My_Data@1.0#data/b.csv": OTHER}
    assert fetch(tmp_path, wanted) == wanted


def test_find_links_serves_wheels_and_falls_back_to_the_source(tmp_path: Path, pip: pytest.MonkeyPatch) -> None:
    """A folder of archives is enough; what the wheel leaves out is looked for in the source archive."""
    folder = tmp_path / "archives"
    folder.mkdir()
    (folder / "my_data-1.0-py3-none-any.whl").write_bytes(wheel(my_data__a=CONTENT))
    (folder / "my_data-1.0.tar.gz").write_bytes(source_archive("my_data-1.0", my_data__b=OTHER))
    (folder / "my_data-2.0-py3-none-any.whl").write_bytes(wheel(my_data__a=OTHER))
    pip.setenv("PIP_FIND_LINKS", str(folder))
    wanted = {"pkg:pypi/my-data@1.0#my_data/a.csv": CONTENT, "pkg:pypi/my-data@1.0#my_data/b.csv": OTHER}
    assert fetch(tmp_path, wanted) == wanted


def test_an_index_on_the_web_gets_its_own_credentials(tmp_path: Path, pip: pytest.MonkeyPatch) -> None:
    """User and password in the index's address go to that host, also for the archive, and to no other."""
    archive = wheel(my_data__a=CONTENT)
    pip.setenv("PIP_NO_INDEX", "0")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        pip.delenv(name, raising=False)
    with running_web_server(lambda _: Answer(archive)) as files:
        link = f'<a href="http://{files.host}/my_data-1.0-py3-none-any.whl">my_data-1.0-py3-none-any.whl</a>'

        def answer(request: Request) -> Answer:
            if request.authorization is None:
                return Answer(status=401)
            return Answer(
                f"<!DOCTYPE html><html><body>{link}</body></html>".encode(), headers={"Content-Type": "text/html"}
            )

        with running_web_server(answer) as server:
            pip.setenv("PIP_INDEX_URL", f"http://me:geheim@{server.host}/simple")
            uri = "pkg:pypi/my-data@1.0#my_data/a.csv"
            assert fetch(tmp_path, {uri: CONTENT}) == {uri: CONTENT}
            assert [request.path for request in server.asked] == ["/simple/my-data/"]
        assert [request.authorization for request in files.asked] == [None]


def test_what_is_wrong_with_a_package_is_said(tmp_path: Path, pip: pytest.MonkeyPatch) -> None:
    """A missing release, a missing file, an archive that the index vouches differently for, and a cut one."""
    good = wheel(my_data__table=CONTENT)
    names = {"good": (good, None), "lied": (good, "1" * 64), "cut": (good[: len(good) // 2], None)}
    for name, (content, digest) in names.items():
        pip.setenv(
            "PIP_EXTRA_INDEX_URL", index(tmp_path / name, name, {f"{name}-1.0-py3-none-any.whl": content}, digest)
        )
        pip.setenv("PIP_NO_INDEX", "0")
        pip.setenv("PIP_INDEX_URL", (tmp_path / "empty").as_uri())
        if name == "good":
            error = refused(tmp_path, "pkg:pypi/good@1.0#my_data/tabel.csv")
            assert "did you mean 'my_data/table.csv'" in str(error)
            assert "has an archive of good==1.1" in str(refused(tmp_path, "pkg:pypi/good@1.1#my_data/table.csv"))
    pip.setenv("PIP_EXTRA_INDEX_URL", f"{(tmp_path / 'lied/simple').as_uri()} {(tmp_path / 'cut/simple').as_uri()}")
    assert "not what its index says" in str(refused(tmp_path, "pkg:pypi/lied@1.0#my_data/table.csv"))
    assert "truncated or damaged" in str(refused(tmp_path, "pkg:pypi/cut@1.0#my_data/table.csv"))


def test_an_archive_does_not_choose_where_files_go(tmp_path: Path, pip: pytest.MonkeyPatch) -> None:
    """Members that point outside, and links, are never followed."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        link = tarfile.TarInfo("evil-1.0/data.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        outside = tarfile.TarInfo("evil-1.0/../../outside.csv")
        outside.size = len(CONTENT)
        archive.addfile(outside, io.BytesIO(CONTENT))
    folder = tmp_path / "archives"
    folder.mkdir()
    (folder / "evil-1.0.tar.gz").write_bytes(content.getvalue())
    pip.setenv("PIP_FIND_LINKS", str(folder))
    assert "holds no file data.csv" in str(refused(tmp_path, "pkg:pypi/evil@1.0#data.csv"))
    refused(tmp_path, "pkg:pypi/evil@1.0#../../outside.csv")
    assert not list(tmp_path.rglob("outside.csv"))


@pytest.mark.parametrize("uri", ["pkg:pypi/name", "pkg:pypi/name@1", "pkg:npm/name@1#a.csv", "pkg:"])
def test_a_package_url_names_a_release_and_a_file(uri: str) -> None:
    """Anything less is a wrong parameter, with the right form as remedy."""
    with pytest.raises(ParamsError) as caught:
        parse_package_url(uri)
    assert "pkg:pypi/NAME@VERSION#FILE" in str(caught.value.remedy)


# pip's configuration


def test_the_strongest_scope_wins() -> None:
    """The environment overrides the section for installing, which overrides the global one."""
    listing = (
        "global.extra-index-url='file:///a file:///b'\n"
        "global.index-url='https://global.example/simple'\n"
        "install.index-url='https://install.example/simple'\n"
        ":env:.find-links='/wheels'\n"
        ":env:.default-timeout='180'\n"
        "freeze.timeout='10'\n"
    )
    found = parse_configuration(parse_listing(listing))
    assert found.index_urls == ("https://install.example/simple", "file:///a", "file:///b")
    assert found.find_links == ("/wheels",)
    assert found.timeout == 180


def test_without_any_configuration_the_public_index_is_used() -> None:
    """As pip does; and with no-index none is."""
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    assert parse_configuration({}).index_urls == (PYPI_SIMPLE_ENDPOINT,)
    assert parse_configuration({"no-index": "true"}).index_urls == ()


def test_credentials_are_decoded_and_stay_with_their_host() -> None:
    """An address writes an @ in a password as %40."""
    credentials = IndexCredentials(("https://me:p%40ss@index.example/simple", "https://other.example/simple"))
    own = credentials(requests.Request("GET", "https://index.example/file").prepare())
    assert own.headers["Authorization"] == requests.auth._basic_auth_str("me", "p@ss")
    other = credentials(requests.Request("GET", "https://elsewhere.example/file").prepare())
    assert "Authorization" not in other.headers


def test_a_local_file_is_kept_as_it_was_pinned(tmp_path: Path) -> None:
    """A copy stays in the cache under its digest, also when the file is written over in place afterwards."""
    (tmp_path / "table.csv").write_bytes(CONTENT)
    for _ in range(2):
        assert fetch(tmp_path, {"table.csv": CONTENT}) == {"table.csv": CONTENT}
    with (tmp_path / "table.csv").open("r+b") as file:
        file.write(OTHER)
    cache = SourceCache(tmp_path / "home", print)
    kept = cache.find(hashlib.sha256(CONTENT).hexdigest())
    assert kept is not None
    assert kept.read_bytes() == CONTENT
