"""Keys and signatures: made once, private, and worth nothing over anything but what was signed."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from release_samples import FILES, make_bundle

from roadworthy.errors import IntegrityError, UsageError
from roadworthy.release.signing import SigningKey, ensure_signing_key, sign_folder, verify_folder


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """A key, made on first use."""
    return ensure_signing_key(tmp_path_factory.mktemp("keys") / "signing.pem")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundle's folder."""
    return make_bundle(tmp_path / "bundle")


def test_the_key_is_private_and_made_once(tmp_path: Path) -> None:
    """The private key and its folder are its owner's alone; the second use finds what the first one made."""
    first = ensure_signing_key(tmp_path / "keys" / "signing.pem")
    assert stat.S_IMODE(first.private.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.private.parent.stat().st_mode) == 0o700
    content = first.private.read_bytes()
    assert ensure_signing_key(first.private) == first
    assert first.private.read_bytes() == content
    assert sorted(path.name for path in first.private.parent.iterdir()) == ["signing.pem", "signing.pub"]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Of several first uses one makes the key; each of the others works with the same."""
    private = tmp_path / "keys" / "signing.pem"
    command = (
        "import sys; from pathlib import Path; from roadworthy.release.signing import ensure_signing_key;"
        "sys.stdin.readline(); key = ensure_signing_key(Path(sys.argv[1]));"
        "print(key.private.read_bytes() + key.public.read_bytes())"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", command, str(private)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in processes}) == 1
    assert [process.returncode for process in processes] == [0] * 4


def test_a_public_key_that_was_lost_is_made_again(tmp_path: Path) -> None:
    """The public key follows from the private one."""
    key = ensure_signing_key(tmp_path / "signing.pem")
    content = key.public.read_bytes()
    key.public.unlink()
    assert ensure_signing_key(key.private).public.read_bytes() == content


def test_a_public_key_of_another_pair_is_refused(tmp_path: Path) -> None:
    """Two keys that don't belong together are noticed before anything is signed."""
    key = ensure_signing_key(tmp_path / "one.pem")
    key.public.write_bytes(ensure_signing_key(tmp_path / "other.pem").public.read_bytes())
    with pytest.raises(IntegrityError) as caught:
        ensure_signing_key(key.private)
    assert caught.value.where == str(key.public)


def private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    """Return a private key as a PEM file's content."""
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        private_pem(ec.generate_private_key(ec.SECP256K1())),
        private_pem(rsa.generate_private_key(65537, 2048)),
        private_pem(ec.generate_private_key(ec.SECP256R1()), b"secret"),
    ],
    ids=["empty", "garbage", "other curve", "rsa", "with a password"],
)
def test_a_file_that_is_no_such_key_is_named(content: bytes, tmp_path: Path) -> None:
    """A key that can't be used is reported with its path, is left alone, and is not quoted."""
    private = tmp_path / "signing.pem"
    private.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        ensure_signing_key(private)
    assert caught.value.where == str(private)
    assert private.read_bytes() == content
    assert "PRIVATE" not in str(caught.value)


def test_what_was_signed_verifies(folder: Path, key: SigningKey) -> None:
    """A signature holds over what it was made over, wherever that lies, and leaves the folder alone."""
    before = sorted(folder.rglob("*"))
    signature = sign_folder(folder, key)
    verify_folder(folder, signature, key.public)
    verify_folder(folder.rename(folder.parent / "elsewhere"), signature, key.public)
    assert len(sorted((folder.parent / "elsewhere").rglob("*"))) == len(before)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", ["changed", "removed"])
def test_a_file_that_changed_is_named(name: str, change: str, folder: Path, key: SigningKey) -> None:
    """Each file counts, the empty one and the one that Git knows too."""
    signature = sign_folder(folder, key)
    if change == "removed":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(FILES[name] + b"x")
    with pytest.raises(IntegrityError) as caught:
        verify_folder(folder, signature, key.public)
    named = f"Missing files: {name}" if change == "removed" else f"Hash mismatch for '{name}'"
    assert caught.value.problem == f"The signature does not hold: {named}."


def test_a_file_that_was_added_is_named(folder: Path, key: SigningKey) -> None:
    """Nothing can be slipped in."""
    signature = sign_folder(folder, key)
    (folder / "model" / "extra").write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"Extra files found: model/extra\.\n"):
        verify_folder(folder, signature, key.public)


def test_another_key_is_refused(folder: Path, key: SigningKey, tmp_path: Path) -> None:
    """Only the key that is trusted counts."""
    other = ensure_signing_key(tmp_path / "other.pem")
    with pytest.raises(IntegrityError, match="key"):
        verify_folder(folder, sign_folder(folder, other), key.public)


def test_a_key_that_only_claims_to_be_ours_is_refused(folder: Path, key: SigningKey, tmp_path: Path) -> None:
    """A signature of another key that carries the trusted key's name does not pass."""
    other = ensure_signing_key(tmp_path / "other.pem")
    ours, forged = (json.loads(sign_folder(folder, pair)) for pair in (key, other))
    forged["verificationMaterial"] = ours["verificationMaterial"]
    with pytest.raises(IntegrityError, match="not made with this key"):
        verify_folder(folder, json.dumps(forged).encode(), key.public)


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b"[1]"])
def test_what_is_no_signature_is_refused(damage: bytes, folder: Path, key: SigningKey) -> None:
    """Whatever lies where the signature should, it is an integrity error."""
    with pytest.raises(IntegrityError, match="does not hold"):
        verify_folder(folder, damage, key.public)


def test_a_changed_signature_is_refused(folder: Path, key: SigningKey) -> None:
    """The signed content can't be exchanged below the signature."""
    content = json.loads(sign_folder(folder, key))
    (folder / "empty").write_bytes(b"x")
    content["dsseEnvelope"]["payload"] = json.loads(sign_folder(folder, key))["dsseEnvelope"]["payload"]
    with pytest.raises(IntegrityError, match="not made with this key"):
        verify_folder(folder, json.dumps(content).encode(), key.public)


def test_without_a_public_key_nothing_is_verified(folder: Path, key: SigningKey, tmp_path: Path) -> None:
    """A missing key is a mistake in the request, not a fault of the release."""
    with pytest.raises(UsageError) as caught:
        verify_folder(folder, sign_folder(folder, key), tmp_path / "absent.pub")
    assert caught.value.where == str(tmp_path / "absent.pub")
