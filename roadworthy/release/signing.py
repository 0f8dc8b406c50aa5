"""Signatures over a sealed bundle, made and checked by the library model-signing with a local key."""

# Late imports: start-up time.
from __future__ import annotations

import ast
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from roadworthy.create_once import creating
from roadworthy.errors import IntegrityError, UsageError

_MISMATCH = "Signature mismatch: "


@dataclass(frozen=True)
class SigningKey:
    """A pair of keys on the curve P-256, as PEM files."""

    private: Path
    public: Path


def public_key_path(private: Path) -> Path:
    """Return where the public key of the private key at `private` lies: beside it, with the ending .pub."""
    return private.with_suffix(".pub")


def ensure_signing_key(private: Path) -> SigningKey:
    """Return the key at `private`; on first use it is made, readable by its owner alone.

    Of several processes that do so at once, one makes it and all use it. Raises `UsageError` when the file
    holds no such key, and `IntegrityError` when the public key beside it belongs to another one.
    """
    key = SigningKey(private=private, public=public_key_path(private))
    if not private.exists():
        _make_folder(private.parent)
        _create(private, _new_private_key(), mode=0o600)
    expected = _public_half(private)
    if not key.public.exists():
        _create(key.public, expected, mode=0o644)
    if key.public.read_bytes() != expected:
        raise IntegrityError(
            "The public key does not belong to the private key beside it.",
            where=str(key.public),
            remedy="Put the right one back, or remove the public key: it is made again from the private one.",
        )
    return key


def sign_folder(folder: Path, key: SigningKey) -> bytes:
    """Return a signature (a Sigstore bundle as JSON) over the names and contents of all files in `folder`."""
    from model_signing import signing

    with TemporaryDirectory() as scratch:
        path = Path(scratch, "signature.json")
        signer = signing.Config().use_elliptic_key_signer(private_key=key.private)
        signer.set_hashing_config(_hashing()).sign(folder, path)
        return path.read_bytes()


def verify_folder(folder: Path, signature: bytes, public_key: Path) -> None:
    """Raise `IntegrityError` unless `public_key`'s owner signed exactly the files in `folder`.

    The error names the files that differ. Raises `UsageError` when there is no such public key.
    """
    verifier = _verifier(public_key)
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "signature.json")
        path.write_bytes(signature)
        try:
            verifier.set_hashing_config(_hashing()).verify(folder, path)
        # A signature may be anything; whatever it makes the library raise means that it does not hold.
        except Exception as error:
            raise IntegrityError(
                f"The signature does not hold: {_explained(error)}.",
                where=str(folder),
                remedy="Don't use this release; `roadworthy verify` checks it file by file.",
            ) from error


def _verifier(public_key: Path) -> Any:
    from model_signing import verifying

    try:
        return verifying.Config().use_elliptic_key_verifier(public_key=public_key)
    except (OSError, ValueError) as error:
        raise _unusable(public_key, error) from error


def _hashing() -> Any:
    from model_signing import hashing

    # By default files that Git knows are left out: a bundle has no such exceptions.
    return hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=False)


def _explained(error: Exception) -> str:
    from cryptography.exceptions import InvalidSignature

    if isinstance(error, InvalidSignature):
        return "it was not made with this key, or was changed"
    text = str(error).strip().rstrip(".")
    if text.startswith(_MISMATCH):
        return "; ".join(_mismatches(text.removeprefix(_MISMATCH)))
    return text or type(error).__name__


def _mismatches(listed: str) -> list[str]:
    """Keep the names out of the library's list of mismatches; it prints digests as Python's bytes."""
    try:
        mismatches = [str(item) for item in ast.literal_eval(listed)]
    except (ValueError, SyntaxError):
        return [listed]
    return [re.sub(r" in model '[^']*'|: Expected .*", "", item, flags=re.DOTALL) for item in mismatches]


def _new_private_key() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_half(private: Path) -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(private, error) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _unusable(private, ValueError("it is not on the curve P-256"))
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def _create(path: Path, content: bytes, mode: int) -> None:
    # Somebody else was faster: then theirs counts.
    with suppress(FileExistsError), creating(path) as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)


def _unusable(path: Path, error: Exception) -> UsageError:
    return UsageError(
        f"This is no key that can be used: {error}",
        where=str(path),
        remedy="Name a PEM file with a key on the curve P-256, without a password.",
    )
