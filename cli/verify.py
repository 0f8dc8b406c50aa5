"""`roadworthy verify`: the signature, every digest, and the ledger's chain."""

from __future__ import annotations

from cli.output import print_json
from cli.releases import find
from roadworthy.digest import SHORT
from roadworthy.errors import IntegrityError
from roadworthy.release.ledger import Ledger
from roadworthy.release.signing import public_key_path
from roadworthy.release.verification import Verdict, Verification, verify_release
from roadworthy.settings import Settings


def verify_release_and_ledger(text: str, as_json: bool) -> int:
    """Check everything that was recorded of a release; return 4 when something is not what was released."""
    named = find(text)
    head = Ledger(named.store, named.capability).verify()
    public_key = public_key_path(Settings().signing_key_path)
    verification = verify_release(named.store, named.record.digest, public_key)
    if as_json:
        print_json({"release": str(named), "intact": verification.intact, "ledger": head, "verification": verification})
    else:
        _show(str(named), verification)
        print(f"{'ledger':<40} ok  {head.sequence} entries")
    return 0 if verification.intact else IntegrityError.exit_code


def _show(name: str, verification: Verification) -> None:
    for file in verification.files:
        detail = "" if file.verdict is Verdict.OK else f"  expected {file.expected[:SHORT]}, found {file.actual}"
        print(f"{file.name:<40} {file.verdict}{detail}")
    print(f"{'manifest.json':<40} {verification.manifest}")
    print(f"{'signature':<40} {verification.signature}")
    if verification.intact:
        print(f"{name} is what was released ({verification.digest[:SHORT]})")
    else:
        print(f"{name} is NOT what was released: {', '.join(verification.faults)}")
        if verification.explanation:
            print(f"  {verification.explanation}")
