#!/usr/bin/env python3
"""Independent verifier of Courtseal receipts.

Written from specs/formats.md, specs/kinds.json and specs/vectors/README.md alone, never from the Rust code. Where the two
disagree, one of them or the specification is wrong. Rule numbers (F1 to F47) are those of specs/formats.md, L13 is of
specs/ledger.md.

In: a receipt, a policy, and, where there are any, the file and the opening of a confidential statement. All bytes are hostile.
The forms of acts come from specs/kinds.json, found beside this script's place in the project or given by --kinds FILE: no other
file is needed.
Out: one verdict, VALID, INVALID (with the check that failed) or CANNOT TELL (with what is missing). Never valid by default.

    verify.py FILE --policy POLICY [--receipt R] [--opening O] [--json]    one file; without FILE, --receipt R alone is checked
    verify.py --vectors DIR                                                the vectors of specs/vectors
    verify.py --batch LISTFILE|-                                           a JSON line per receipt in, a JSON line per verdict out;
                                                                           see run_batch
    verify.py --flip-bits RECEIPT --policy POLICY [--file F] [--opening O] every single-bit change of a receipt

Exit codes: 0 valid (vectors: all passed; batch: all lines answered; flip-bits: none accepted), 1 invalid, 2 usage, 4 cannot tell.

Not for: votes (but for two that contradict each other, F42), messages between nodes, blocks beyond their header, the rules by
which a network accepts or rejects statements, or secrets (nothing here runs in constant time). It keeps no trusted policies
(F44): it shows the whole digest of the policy given, to be compared with a published one.

Needs Python 3.11 and `cryptography`, which does the plain Ed25519 check; the strict part (F2, F12) is below, in plain arithmetic.
"""

import argparse
import base64
import hashlib
import hmac
import io
import json
import os
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# ---------------------------------------------------------------------------------------------------------------- bounds

RECEIPT_BYTES_MAX = 256 * 1024
POLICY_BYTES_MAX = 256 * 1024
POLICY_LINES_MAX = 128  # of each of: logs, witnesses, groups
GENESIS_BYTES_MAX = 8 * 1024 * 1024
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
STATEMENT_BYTES_MAX = 4096  # of any kind; kinds.json has each kind's own bound
PAYLOAD_BYTES_MAX = 2048
OPENING_BYTES_MAX = 16 * 1024
ENTRY_BYTES_MAX = 8192  # of statement and rejection entries, unless their kind needs more
ENTRY_BEYOND_STATEMENT_BYTES_MAX = 4096
SYSTEM_ENTRY_BYTES_MAX = 65535
STATEMENTS_MAX = 4096
ACTS_MAX = 64  # statements of a transaction that holds one of another than a bulk kind (L13)
COURTS_MAX = 64
MEMBERS_MAX = 10_000
INTEGER_MAX = 2**53 - 1
NESTING_MAX = 256  # of objects and arrays, the outermost counted
PATH_HASHES_MAX = 64
COSIGNED_AT_S_MAX = 2**63 - 1
COSIGNED_BEFORE_RECORDED_S_MAX = 10
HEADER_BYTES = 250
FILE_PIECE_BYTES = 1024 * 1024

TYPE_LOG, TYPE_COSIGNER = 0x01, 0x04
STEPS = ("proposal", "prevote", "precommit")
PAYLOAD_TYPE = "application/vnd.courtseal.transaction.v1+json"
ROLES = ("court", "clerk", "notary", "lawyer", "auditor")
ENTRY_VERSION, RECEIPT_VERSION, PROTOCOL = 2, 2, 2


class Refused(Exception):
    """The bytes are not a document of the kind that was asked for."""


class UnknownVersion(Refused):
    """The document names a version, or a word for something, that this reader does not know (F28)."""


class Stop(Exception):
    """A check of F38 ends the verification."""

    def __init__(self, verdict: str, reason: str, message: str):
        super().__init__(message)
        self.verdict, self.reason, self.message = verdict, reason, message


def invalid(check: str, message: str) -> Stop:
    return Stop("invalid", check, message)


def cannot_tell(cause: str, message: str) -> Stop:
    return Stop("cannot tell", cause, message)


def require(condition: bool, message: str) -> None:
    if not condition:
        raise Refused(message)


# -------------------------------------------------------------------------------------------------- hashes and trees (F1)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2 (RFC 6962, section 2.1)."""
    return 1 << ((size - 1).bit_length() - 1)


def tree_root(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes, level by level; a node without a sibling moves up unchanged."""
    if not leaves:
        return sha256(b"")
    level = leaves
    while len(level) > 1:
        pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def root_of_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion path leads to. Raises Refused if its length is wrong for this index and size."""
    require(index < size, f"index {index} lies outside a tree of {size} entries")
    if size == 1:
        require(not path, "the path is too long")
        return leaf
    require(bool(path), "the path is too short")
    k = split(size)
    if index < k:
        return node_hash(root_of_path(leaf, index, k, path[:-1]), path[-1])
    return node_hash(path[-1], root_of_path(leaf, index - k, size - k, path[:-1]))


def roots_of_consistency(old: int, new: int, path: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """The (old, new) roots that a consistency path leads to; `known` is the old root while the subtree is the old tree itself."""
    if old == new:
        if known is not None:
            require(not path, "the path is too long")
            return known, known
        require(len(path) == 1, "the path has the wrong length")
        return path[0], path[0]
    require(bool(path), "the path is too short")
    k = split(new)
    if old <= k:
        old_root, new_root = roots_of_consistency(old, k, path[:-1], known)
        return old_root, node_hash(new_root, path[-1])
    old_root, new_root = roots_of_consistency(old - k, new - k, path[:-1], None)
    return node_hash(path[-1], old_root), node_hash(path[-1], new_root)


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    if old > new:
        return False
    if old == 0:  # RFC 6962 defines no proof here: every tree extends the empty one, with nothing to show.
        return not path and old_root == sha256(b"") and (new > 0 or new_root == old_root)
    try:
        return roots_of_consistency(old, new, path, old_root) == (old_root, new_root)
    except Refused:
        return False


# ------------------------------------------------------------------------------------------------------------- SM3 (F5, F14)


def rotate(word: int, bits: int) -> int:
    bits %= 32
    return (word << bits | word >> (32 - bits)) & 0xFFFFFFFF


class PlainSm3:
    """SM3 as GB/T 32905-2016 writes it: slow, for an OpenSSL that was built without it. It has the methods of hashlib."""

    name, block_size = "sm3", 64
    START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)

    def __init__(self, data: bytes = b""):
        self.state, self.rest, self.length_bytes = self.START, b"", 0
        self.update(data)

    def update(self, data: bytes) -> None:
        self.length_bytes += len(data)
        data = self.rest + data
        whole = len(data) - len(data) % self.block_size
        for start in range(0, whole, self.block_size):
            self.state = self.compress(self.state, data[start : start + self.block_size])
        self.rest = data[whole:]

    def hexdigest(self) -> str:
        zeros = -(self.length_bytes + 9) % self.block_size
        end = self.rest + b"\x80" + bytes(zeros) + (self.length_bytes * 8).to_bytes(8, "big")
        state = self.state
        for start in range(0, len(end), self.block_size):
            state = self.compress(state, end[start : start + self.block_size])
        return "".join(f"{word:08x}" for word in state)

    @staticmethod
    def compress(state: tuple, block: bytes) -> tuple:
        """One round over a block; names are those of the standard, section 5.3."""
        w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)
            w.append(x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            constant = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = rotate((rotate(a, 12) + e + rotate(constant, j)) & 0xFFFFFFFF, 7)
            ss2 = ss1 ^ rotate(a, 12)
            ff = a ^ b ^ c if j < 16 else a & b | a & c | b & c
            gg = e ^ f ^ g if j < 16 else e & f | ~e & g & 0xFFFFFFFF
            tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
            tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
            a, b, c, d = tt1, a, rotate(b, 9), c
            e, f, g, h = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17), e, rotate(f, 19), g
        return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h)))


def new_digest(algorithm: str):
    """A running digest by its name in F5."""
    if algorithm == "sm3" and "sm3" not in hashlib.algorithms_available:
        return PlainSm3()
    return hashlib.new(algorithm)


# ------------------------------------------------------------------------------------------------- strict Ed25519 (F2, F12)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z
IDENTITY: Point = (0, 1, 1, 0)


def point_add(a: Point, b: Point) -> Point:
    """The complete addition law for twisted Edwards curves with a = -1; it doubles as well."""
    minus = (a[1] - a[0]) * (b[1] - b[0]) % P
    plus = (a[1] + a[0]) * (b[1] + b[0]) % P
    t = 2 * D * a[3] * b[3] % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = plus - minus, z - t, z + t, plus + minus
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(scalar: int, point: Point) -> Point:
    total = IDENTITY
    for bit in bin(scalar)[2:]:
        total = point_add(total, total)
        if bit == "1":
            total = point_add(total, point)
    return total


def is_identity(point: Point) -> bool:
    return point[0] == 0 and (point[1] - point[2]) % P == 0


def point_decode(data: bytes) -> Point | None:
    """The point of a canonical encoding of 32 bytes, or None."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * SQRT_MINUS_1 % P
        if (v * x * x - u) % P:
            return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def is_strict_point(data: bytes) -> bool:
    """Canonical and not of small order."""
    point = point_decode(data)
    return point is not None and not is_identity(point_multiply(8, point))


is_strict_key = lru_cache(maxsize=65536)(is_strict_point)


@lru_cache(maxsize=65536)
def is_registrable(key: bytes) -> bool:
    """Canonical and of prime order (F12)."""
    point = point_decode(key)
    return point is not None and not is_identity(point) and is_identity(point_multiply(L, point))


@lru_cache(maxsize=8192)
def signature_verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    """Strict Ed25519. The plain check comes first because it is the fast one; all must hold."""
    if len(signature) != 64 or not is_strict_key(key) or int.from_bytes(signature[32:], "little") >= L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return is_strict_point(signature[:32])


# ------------------------------------------------------------------------------------------- texts (F3 to F8), field checks

JSON_STRING = json.JSONEncoder(ensure_ascii=False).encode


def canonical_text(value, depth: int = 0) -> str:
    """RFC 8785, restricted by F3, of a value inside of `depth` objects and arrays. Escapes are those of RFC 8785: Python writes
    the same with ensure_ascii off."""
    if type(value) is str:
        return JSON_STRING(value)
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int and 0 <= value <= INTEGER_MAX:
        return str(value)
    require(type(value) in (list, dict), f"{value!r:.40} is not allowed in canonical JSON")
    require(depth < NESTING_MAX, f"it is nested more than {NESTING_MAX} deep")
    if type(value) is list:
        return "[" + ",".join([canonical_text(item, depth + 1) for item in value]) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join([JSON_STRING(name) + ":" + canonical_text(value[name], depth + 1) for name in names]) + "}"


def canonical_bytes(value) -> bytes:
    return canonical_text(value).encode()


def refuse_number(text: str):
    raise Refused(f"the number {text[:40]} is not allowed")


def read_integer(text: str) -> int:
    require(len(text) <= 16 and text.isascii() and text.isdigit(), f"the number {text[:40]} is not allowed")
    return int(text)


def read_object(pairs: list) -> dict:
    value = dict(pairs)
    require(len(value) == len(pairs), "a name stands twice in an object")
    return value


def read_canonical(data: bytes, bytes_max: int):
    """The value of a canonical text (F3): accepted only if writing the value gives the same bytes."""
    require(len(data) <= bytes_max, f"it is longer than {bytes_max} bytes")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=read_object, parse_int=read_integer,
                           parse_float=refuse_number, parse_constant=refuse_number)
        written = canonical_bytes(value)
    except (ValueError, RecursionError) as error:  # JSON and Unicode errors are ValueErrors
        raise Refused(f"it is not JSON: {str(error)[:80]}") from None
    require(written == data, "it is not canonical JSON")
    return value


def read_base64(text: str, size: int | None = None) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("bad base64") from None
    require(base64.b64encode(data).decode() == text, "base64 that is not canonical")
    require(size is None or len(data) == size, f"{len(data)} bytes of base64 instead of {size}")
    return data


def read_decimal(text: str) -> int:
    require(re.fullmatch("0|[1-9][0-9]{0,15}", text) is not None, "a number is not plain decimal, or too large")
    require(int(text) <= INTEGER_MAX, "a number is above 2^53 - 1")
    return int(text)


def matching(pattern: str, what: str):
    """A check: the value is a text and the whole of it matches."""
    compiled = re.compile(pattern)

    def check(value):
        require(type(value) is str and compiled.fullmatch(value) is not None, f"{value!r:.60} is not {what}")
    return check


def integer(least: int, most: int):
    def check(value):
        require(type(value) is int and least <= value <= most, f"{value!r:.40} is not an integer from {least} to {most}")
    return check


def one_of(*values):
    def check(value):  # the type too, because True == 1
        require(any(type(value) is type(v) and value == v for v in values), f"{value!r:.40} is not one of {values}")
    return check


def read_fields(value, required: dict, optional: dict | None = None) -> None:
    """Exactly the required names, possibly the optional ones, nothing else; each value passes its check."""
    optional = optional or {}
    require(type(value) is dict, "an object is missing")
    for name in required:
        require(name in value, f"the field {name} is missing")
    for name, item in value.items():
        check = required.get(name) or optional.get(name)
        require(check is not None, f"the field {name!r:.40} is unknown")
        try:
            check(item)
        except Refused as error:
            raise Refused(f"{name}: {error}") from None


def sorted_by_name(items: list, what: str) -> None:
    names = [item["name"] for item in items]
    require(all(a < b for a, b in zip(names, names[1:])), f"the {what} are not sorted by name, each once")


any_text = matching("(?s:.*)", "a text")
any_bool = one_of(True, False)
any_integer = integer(0, INTEGER_MAX)
is_hex32 = matching("[0-9a-f]{64}", "32 bytes in hex")
is_signature = matching("[0-9a-f]{128}", "a signature in hex")
is_sha256 = matching("sha256:[0-9a-f]{64}", "a SHA-256 digest")
is_sha512 = matching("sha512:[0-9a-f]{128}", "a SHA-512 digest")
is_sm3 = matching("sm3:[0-9a-f]{64}", "an SM3 digest")
is_hmac = matching("hmac-sha256:[0-9a-f]{64}", "an HMAC")
is_media_type = matching("[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}", "a media type")
NAME = "(?=.{1,40}(?:/|$))(?!none(?:/|$))[a-z0-9]+(?:[-._][a-z0-9]+)*"
is_name = matching(NAME, "a name (F7)")
is_origin = matching(NAME + "/[0-9a-f]{64}", "an origin (F8)")
RULES = ("role", "asserted-in-future")


def read_time(value) -> datetime:
    matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", "a time (F6)")(value)
    try:
        moment = datetime(*(int(part) for part in re.split("[-T:.]", value[:-5])), tzinfo=timezone.utc)
    except ValueError:
        raise Refused(f"{value} does not exist") from None
    require(moment.year >= 1970, f"{value} is before 1970")
    return moment


def is_time(value) -> None:
    read_time(value)


def whole_seconds(value: str) -> int:
    """The POSIX seconds of a time (F6), its milliseconds cut off."""
    return (read_time(value) - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)


# ------------------------------------------------------------------------------------ statements (F14 to F17, F42, F45, F46)


def algorithm_of(digest: str) -> str:
    return digest.partition(":")[0]


def is_digests(value) -> None:
    """SHA-256, then optionally SHA-512, then optionally SM3 (F14)."""
    require(type(value) is list and all(type(digest) is str for digest in value), "a list of digests is expected")
    algorithms = [algorithm_of(digest) for digest in value]
    expected = ["sha256"] + [algorithm for algorithm in ("sha512", "sm3") if algorithm in algorithms]
    require(algorithms == expected, "the digests are not SHA-256, SHA-512, SM3 in this order, each at most once")
    for digest in value:
        {"sha256": is_sha256, "sha512": is_sha512, "sm3": is_sm3}[algorithm_of(digest)](digest)


def is_equivocation(value) -> None:
    """The form of F42; whether the signatures hold depends on the chain: see equivocation_holds."""
    read_fields(value, {"court": is_name, "first": lambda _: None, "height": integer(1, INTEGER_MAX), "key": is_hex32,
                        "round": integer(0, 2**32 - 1), "second": lambda _: None, "step": one_of(*STEPS)})
    contents = []
    for name in ("first", "second"):
        side = value[name]
        if value["step"] == "proposal":
            read_fields(side, {"signature": is_signature, "value": is_sha256}, {"earlier_round": integer(0, 2**32 - 1)})
        else:
            read_fields(side, {"signature": is_signature}, {"value": is_sha256})
        contents.append(signed_bytes(value, side, bytes(32)))
    require(contents[0] < contents[1], "the two sides are the same, or not in the order of their preimages")


def signed_bytes(value: dict, side: dict, chain: bytes) -> bytes:
    """The preimage of one side: C3 for a vote, C4 for a proposal."""
    place = value["height"].to_bytes(8, "big") + value["round"].to_bytes(4, "big")
    digest, key = bytes.fromhex(side.get("value", "sha256:" + "00" * 32)[7:]), bytes.fromhex(value["key"])
    if value["step"] == "proposal":
        earlier = bytes(["earlier_round" in side]) + side.get("earlier_round", 0).to_bytes(4, "big")
        return b"COURTSEALPROP/v1" + chain + place + earlier + digest + key
    kind = STEPS.index(value["step"])  # 1 is a prevote, 2 a precommit
    return b"COURTSEALVOTE/v1" + chain + bytes([kind]) + place + bytes(["value" in side]) + digest + key


def equivocation_holds(statement: dict, origin: str) -> bool:
    """Whether both signatures within an equivocation verify on this network."""
    value = statement["equivocation"]
    chain = bytes.fromhex(origin[-64:])
    return all(
        signature_verifies(bytes.fromhex(value["key"]), bytes.fromhex(value[name]["signature"]),
                           signed_bytes(value, value[name], chain)) for name in ("first", "second"))


def is_side_of_cosigner(value) -> None:
    read_fields(value, {"root": is_sha256, "signature": is_signature, "size": integer(1, INTEGER_MAX), "time": any_integer})


def is_path(value) -> None:
    require(type(value) is list and 1 <= len(value) <= PATH_HASHES_MAX, f"1 to {PATH_HASHES_MAX} hashes are expected")
    for item in value:
        require(type(item) is str, "a hash is no text")
        read_base64(item, 32)


def is_evidence(value: dict) -> None:
    required = {"kind": one_of("evidence"), "mode": one_of("public", "confidential")}
    if value.get("mode") == "confidential":
        read_fields(value, required | {"commitment": is_hmac}, {"case": is_hmac})
    else:
        read_fields(value, required | {"digests": is_digests, "size": any_integer},
                    {"asserted_at": is_time, "case": is_hmac, "media_type": is_media_type})


def is_stated_equivocation(value: dict) -> None:
    read_fields(value, {"equivocation": is_equivocation, "kind": one_of("equivocation")})


def is_cosigner_equivocation(value: dict) -> None:
    """The form of F45; whether it holds depends on the network: see statement_holds."""
    read_fields(value, {"court": is_name, "epoch": any_integer, "first": is_side_of_cosigner, "key": is_hex32,
                        "kind": one_of("cosigner-equivocation"), "second": is_side_of_cosigner}, {"path": is_path})
    first, second = ((side["size"], side["root"]) for side in (value["first"], value["second"]))
    require(first < second, "the two checkpoints are the same, or not in the order of size and root")
    require(("path" in value) is (first[0] != second[0]), "two sizes need a path, and one size has none")


def contradict(value: dict) -> bool:
    """Whether no log has both roots (F45). The path's first node is always written, so no root is known beforehand."""
    first, second = value["first"], value["second"]
    if first["size"] == second["size"]:
        return True
    try:
        roots = roots_of_consistency(first["size"], second["size"], [read_base64(item) for item in value["path"]], None)
    except Refused:
        return False
    first_root, second_root = (bytes.fromhex(side["root"][7:]) for side in (first, second))
    return roots[1] == second_root and roots[0] != first_root


def cosigner_equivocation_holds(value: dict, origin: str) -> bool:
    key = bytes.fromhex(value["key"])
    for side in (value["first"], value["second"]):
        root = base64.b64encode(bytes.fromhex(side["root"][7:])).decode()
        checkpoint = f"{origin}\n{side['size']}\n{root}\n".encode()
        if not signature_verifies(key, bytes.fromhex(side["signature"]), b"cosignature/v1\ntime %d\n" % side["time"] + checkpoint):
            return False
    return contradict(value)


def is_document(value) -> None:
    """A document within an act (F46)."""
    if type(value) is dict and "commitment" in value:
        read_fields(value, {"commitment": is_hmac})
    else:
        read_fields(value, {"digests": is_digests, "size": any_integer}, {"media_type": is_media_type})


# Readers of kinds that kinds.json says have a form of their own, by their words.
OWN_FORMS = {"evidence": is_evidence, "equivocation": is_stated_equivocation, "cosigner-equivocation": is_cosigner_equivocation}
# Whether what others signed within a statement holds on a network; of all other kinds there is nothing to check.
HOLDS = {"equivocation": equivocation_holds, "cosigner-equivocation": cosigner_equivocation_holds}
FIELD_TYPES = {"tag": lambda _: is_hmac, "document": lambda _: is_document, "time": lambda _: is_time,
               "word": lambda field: one_of(*field["words"])}


@dataclass
class Kinds:
    """The table of kinds. It is read when it is first needed."""

    path: str = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../specs/kinds.json")
    rows: dict | None = None

    def find(self, word: str) -> dict | None:
        if self.rows is None:
            self.rows = self.read()
        return self.rows.get(word)

    def read(self) -> dict:
        """Raises OSError if the file is not there, or is not a table that this verifier understands."""
        with open(self.path, encoding="utf-8") as stream:
            try:
                rows = {kind["word"]: kind for kind in json.load(stream)["kinds"]}
                fields = [field for kind in rows.values() for act in kind["acts"] for field in act["fields"]]
                is_known = all(field["type"] in FIELD_TYPES for field in fields)
                is_known = is_known and all(kind["own_form"] is None or kind["word"] in OWN_FORMS for kind in rows.values())
                is_known = is_known and all(type(kind[name]) is bool for kind in rows.values() for name in ("alone", "bulk"))
            except (ValueError, KeyError, TypeError):
                is_known = False
        if not is_known:
            raise OSError(f"{self.path} is no table of kinds that this verifier understands")
        return rows


KINDS = Kinds()


def find_act(kind: dict, word: str) -> dict | None:
    return next((act for act in kind["acts"] if act["word"] == word), None)


def is_act(kind: dict, value: dict) -> None:
    """An act by the form of its kind (F46)."""
    fields, word = {"kind": one_of(kind["word"])}, ""
    if any(act["word"] for act in kind["acts"]):
        fields["act"], word = any_text, value.get("act")
    act = find_act(kind, word)
    require(act is not None, f"the kind {kind['word']} has no such act")
    checks = {field["name"]: FIELD_TYPES[field["type"]](field) for field in act["fields"]}
    required = [field["name"] for field in act["fields"] if field["required"]]
    read_fields(value, fields | {name: checks[name] for name in required},
                {name: check for name, check in checks.items() if name not in required})


def is_statement(value) -> None:
    require(type(value) is dict, "an object is missing")
    kind = KINDS.find(value["kind"]) if type(value.get("kind")) is str else None
    require(kind is not None, "the kind is unknown")
    if kind["own_form"] is None:
        is_act(kind, value)
    else:
        OWN_FORMS[kind["word"]](value)
    require(len(canonical_bytes(value)) <= kind["bytes_max"], f"the statement is longer than {kind['bytes_max']} bytes")


def statement_holds(statement: dict, origin: str) -> bool:
    """Whether what others signed within the statement holds on this network."""
    holds = HOLDS.get(statement["kind"])
    return holds is None or holds(statement, origin)


def document_of(statement: dict) -> dict | None:
    """The document that the statement names (F38, check 8): evidence's own fields, or an act's field `document`."""
    if statement["kind"] == "evidence":
        return statement
    kind = KINDS.find(statement["kind"])
    act = find_act(kind, statement.get("act", ""))
    has_document = any(field["name"] == "document" and field["type"] == "document" for field in act["fields"])
    return statement.get("document") if has_document else None


def read_statement(data: bytes) -> dict:
    value = read_canonical(data, STATEMENT_BYTES_MAX)
    is_statement(value)
    return value


def read_opening(data: bytes) -> dict:
    value = read_canonical(data, OPENING_BYTES_MAX)
    version = value.get("v") if type(value) is dict else None
    if type(version) is int and version != 1:
        raise UnknownVersion(f"openings of version {version} are unknown")
    read_fields(value, {"salt": is_hex32, "size": any_integer, "v": one_of(1)},
                {"asserted_at": is_time, "file_name": any_text, "media_type": is_media_type})
    return value


# ------------------------------------------------------------------------------------------------ transactions (F18 to F21)


@dataclass(frozen=True)
class Envelope:
    """A DSSE envelope whose one signature has been verified strictly under the key of its payload."""

    payload: dict
    id: bytes  # SHA-256 of the pre-authentication encoding (F21)


def pre_authentication_encoding(payload: bytes) -> bytes:
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def read_envelope(value) -> Envelope:
    read_fields(value, {"payload": any_text, "payloadType": one_of(PAYLOAD_TYPE), "signatures": lambda _: None})
    signatures = value["signatures"]
    require(type(signatures) is list and len(signatures) == 1, "an envelope has exactly one signature")
    read_fields(signatures[0], {"sig": any_text})
    payload_bytes, signature = read_base64(value["payload"]), read_base64(signatures[0]["sig"], 64)
    payload = read_canonical(payload_bytes, PAYLOAD_BYTES_MAX)
    read_fields(payload, {
        "chain": is_origin, "count": integer(1, STATEMENTS_MAX), "key": is_hex32, "member": is_name,
        "nonce": matching("[0-9a-f]{32}", "16 bytes in hex"), "not_after": is_time, "statements": is_sha256, "v": one_of(1)})
    encoding = pre_authentication_encoding(payload_bytes)
    require(signature_verifies(bytes.fromhex(payload["key"]), signature, encoding), "the member's signature does not verify")
    return Envelope(payload, sha256(encoding))


def read_transaction(data: bytes) -> Envelope:
    value = read_canonical(data, TRANSACTION_BYTES_MAX)
    read_fields(value, {"envelope": lambda _: None, "statements": lambda _: None})
    envelope, statements = read_envelope(value["envelope"]), value["statements"]
    require(type(statements) is list and len(statements) == envelope.payload["count"], "`count` is not the number of statements")
    for statement in statements:
        is_statement(statement)
        is_alone = len(statements) == 1 or not KINDS.find(statement["kind"])["alone"]
        require(is_alone, f"a statement of the kind {statement['kind']} stands among other statements")
        is_few = len(statements) <= ACTS_MAX or KINDS.find(statement["kind"])["bulk"]  # L13
        require(is_few, f"a statement of the kind {statement['kind']} stands among more than {ACTS_MAX}")
        require(statement_holds(statement, envelope.payload["chain"]), f"the {statement['kind']} does not hold")
    root = tree_root([leaf_hash(canonical_bytes(statement)) for statement in statements])
    require(envelope.payload["statements"] == "sha256:" + root.hex(), "the statements are not those that were signed")
    return envelope


# -------------------------------------------------------------------------------------------------- entries (F25 to F28, F47)

SYSTEM_KINDS = ("genesis", "epoch", "state")
OUTCOME_FIELDS = ("earlier", "first", "rule")
ENTRY_FIELDS = {"chain": is_origin, "height": any_integer, "index": any_integer, "kind": any_text, "recorded_at": is_time,
                "v": one_of(ENTRY_VERSION)}
MEMBER_FIELDS = {"court": is_name, "key": is_sha256, "name": is_name, "role": one_of(*ROLES), "since": any_integer}
MEMBER_ENTRY_FIELDS = ENTRY_FIELDS | {
    "member": lambda value: read_fields(value, MEMBER_FIELDS), "outcome": lambda _: None,
    "position": integer(0, STATEMENTS_MAX - 1), "statement": is_statement, "transaction": is_sha256}
COURT_KEYS = {"cosigner": is_hex32, "log": is_hex32, "network": is_hex32, "vote": is_hex32}


def is_epoch_courts(value) -> None:
    require(type(value) is list and 1 <= len(value) <= COURTS_MAX, f"1 to {COURTS_MAX} courts are expected")
    for court in value:
        read_fields(court, COURT_KEYS | {"name": is_name})
    sorted_by_name(value, "courts")


def look_for_unknown(value: dict) -> None:
    """Raises UnknownVersion for a version, or a word, that a later network may have brought; any one is enough (F28)."""

    def text_at(*names):
        found = value
        for name in names:
            found = found.get(name) if type(found) is dict else None
        return found if type(found) is str else None

    version, kind, rule, role = value.get("v"), text_at("kind"), text_at("outcome", "rule"), text_at("member", "role")
    if type(version) is int and version != ENTRY_VERSION:
        raise UnknownVersion(f"entries of version {version} are unknown")
    if kind is not None and kind not in (*SYSTEM_KINDS, "statement", "rejection"):
        raise UnknownVersion(f"entries of kind {kind!r:.40} are unknown")
    stated, act = text_at("statement", "kind"), text_at("statement", "act")
    if stated is not None:
        known_kind = KINDS.find(stated)
        if known_kind is None:
            raise UnknownVersion(f"statements of kind {stated!r:.40} are unknown")
        if act is not None and find_act(known_kind, act) is None:
            raise UnknownVersion(f"acts {act!r:.40} of kind {stated} are unknown")
    if role is not None and role not in ROLES:
        raise UnknownVersion(f"members of role {role!r:.40} are unknown")
    if rule is not None and rule not in RULES:
        raise UnknownVersion(f"rejections by rule {rule!r:.40} are unknown")
    outcome = value.get("outcome")
    for name in outcome if type(outcome) is dict else ():
        if name not in OUTCOME_FIELDS:
            raise UnknownVersion(f"outcomes with a field {name!r:.40} are unknown")


def read_system_entry(value: dict) -> None:
    """The form and the place of a system entry (F25, F27, F47)."""
    place = (value.get("height"), value.get("index"))
    if value["kind"] == "genesis":
        read_fields(value, ENTRY_FIELDS)
        require(place == (0, 0), "a genesis entry is entry 0 at height 0")
    elif value["kind"] == "epoch":
        read_fields(value, ENTRY_FIELDS | {"courts": is_epoch_courts, "epoch": any_integer, "policy": any_text,
                                           "start_height": any_integer})
        is_first = (*place, value["start_height"]) == (0, 1, 1)
        require(value["epoch"] != 0 or is_first, "epoch 0 is entry 1 at height 0 and starts at height 1")
    else:
        read_fields(value, ENTRY_FIELDS | {"epoch": any_integer, "map": is_sha256})
        is_first = (*place, value["epoch"]) == (0, 2, 0)
        is_at_place = is_first if value["height"] == 0 else value["index"] > 2
        require(is_at_place, "the first state entry is entry 2, of epoch 0 and height 0")


def read_outcome(value: dict) -> None:
    """What the courts computed (F26)."""
    outcome, statement = value["outcome"], value["statement"]
    if value["kind"] == "rejection":
        read_fields(outcome, {"rule": one_of(*RULES)})
    elif (statement["kind"], statement.get("mode")) != ("evidence", "public"):
        read_fields(outcome, {})
    elif type(outcome) is dict and outcome.get("first") is True:
        read_fields(outcome, {"first": one_of(True)})
    else:
        read_fields(outcome, {"earlier": any_integer, "first": one_of(False)})
        require(outcome["earlier"] < value["index"], "the earlier entry is not earlier")


def read_entry(data: bytes) -> dict:
    """An entry. What is unknown is told apart before any other field is looked at (F28)."""
    value = read_canonical(data, SYSTEM_ENTRY_BYTES_MAX)
    require(type(value) is dict, "it is no object")
    look_for_unknown(value)
    if value.get("kind") in SYSTEM_KINDS:
        read_system_entry(value)
        return value
    read_fields(value, MEMBER_ENTRY_FIELDS)  # a kind that is missing or no text is refused here
    bytes_max = max(ENTRY_BYTES_MAX, KINDS.find(value["statement"]["kind"])["bytes_max"] + ENTRY_BEYOND_STATEMENT_BYTES_MAX)
    require(len(data) <= bytes_max, f"it is longer than {bytes_max} bytes")
    require(value["member"]["since"] < value["index"], "the entry that gave the member's key is not earlier")
    read_outcome(value)
    return value


# ------------------------------------------------------------------------------------------------------- genesis (F10 to F13)


def key_id(name: str, kind: int, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + key)[:4]


def verifier_key(name: str, kind: int, key: bytes) -> str:
    return f"{name}+{key_id(name, kind, key).hex()}+{base64.b64encode(bytes([kind]) + key).decode()}"


def require_possession(network: str, holder: str, purpose: str, key_hex: str, proof: str) -> None:
    key = bytes.fromhex(key_hex)
    require(is_registrable(key), f"the {purpose} key of {holder} is not a point of prime order")
    message = b"COURTSEALPOSS/v1" + b"\0".join([purpose.encode(), network.encode(), holder.encode(), key])
    require(signature_verifies(key, bytes.fromhex(proof), message), f"the proof of the {purpose} key of {holder} does not verify")


def read_genesis(data: bytes) -> tuple[str, str]:
    """The origin and the policy text (F33) of a genesis."""
    value = read_canonical(data, GENESIS_BYTES_MAX)
    address = matching("[!-~]{1,200}", "an address")
    read_fields(value, {
        "courts": lambda v: require(type(v) is list and 1 <= len(v) <= COURTS_MAX, f"1 to {COURTS_MAX} courts are expected"),
        "members": lambda v: require(type(v) is list and len(v) <= MEMBERS_MAX, f"at most {MEMBERS_MAX} members are allowed"),
        "name": is_name, "parameters": lambda v: read_fields(v, {"heartbeat_ms": integer(1000, 86_400_000)}),
        "protocol": one_of(PROTOCOL), "time": is_time, "v": one_of(1)})
    courts, members, network = value["courts"], value["members"], value["name"]
    for court in courts:
        read_fields(court, COURT_KEYS | {"address": address, "name": is_name,
                                         "proof": lambda v: read_fields(v, dict.fromkeys(COURT_KEYS, is_signature))})
    for member in members:
        read_fields(member, {"court": is_name, "key": is_hex32, "name": is_name, "proof": is_signature, "role": one_of(*ROLES)})
    sorted_by_name(courts, "courts")
    sorted_by_name(members, "members")
    court_names = {court["name"] for court in courts}
    require(all(member["court"] in court_names for member in members), "a member belongs to no listed court")
    keys = [court[purpose] for court in courts for purpose in COURT_KEYS] + [member["key"] for member in members]
    require(len(set(keys)) == len(keys), "a key stands twice")
    origin = f"{network}/{sha256(data).hex()}"
    ids = {key_id(origin, TYPE_LOG, bytes.fromhex(court["log"])) for court in courts}
    require(len(ids) == len(courts), "two log keys have one key id")
    for court in courts:
        for purpose in COURT_KEYS:
            require_possession(network, court["name"], purpose, court[purpose], court["proof"][purpose])
    for member in members:
        require_possession(network, member["name"], "member", member["key"], member["proof"])
    return origin, policy_text(origin, courts)


def policy_text(origin: str, courts: list[dict]) -> str:
    names = [court["name"] for court in courts]
    lines = [f"log {verifier_key(origin, TYPE_LOG, bytes.fromhex(court['log']))}" for court in courts]
    lines += [f"witness {court['name']} {verifier_key(court['name'], TYPE_COSIGNER, bytes.fromhex(court['cosigner']))}"
              for court in courts]
    lines += [f"group courts {2 * len(names) // 3 + 1} {' '.join(names)}", "quorum courts"]
    return "".join(line + "\n" for line in lines)


# ------------------------------------------------------------------------------------------------------- policies (F33, F34)


@dataclass(frozen=True)
class Policy:
    origin: str
    logs: dict  # key id -> key; all are named by the origin
    witnesses: dict  # (key name, key id) -> (name in the policy, key)
    listed: int  # how many witnesses there are, those with keys of unknown types included
    groups: dict  # name -> (threshold, names of its members)
    quorum: bytes
    least: int  # the smallest number of witnesses that satisfies the quorum

    def log_key(self, line: "SignatureLine") -> bytes | None:
        return self.logs.get(line.key_id) if line.name == self.origin else None

    def satisfied_by(self, signed: set[bytes], name: bytes | None = None) -> bool:
        name = self.quorum if name is None else name
        if name not in self.groups:
            return name in signed
        threshold, members = self.groups[name]
        return sum(self.satisfied_by(signed, member) for member in members) >= threshold


def is_key_name(name: str) -> bool:
    """Not empty, no white space, no plus sign, no control characters (F30)."""
    return name != "" and not any(c.isspace() or c == "+" or c < " " or "\x7f" <= c <= "\x9f" for c in name)


def read_verifier_key(item: bytes, kind: int) -> tuple[str, bytes, bytes | None]:
    """The key name, key id and key of a verifier key of the given type (F31). Base64 may hold more plus signs.

    A key of an unknown type is None, and its key id is taken as it stands (F34)."""
    parts = item.decode("utf-8").split("+", 2)
    require(len(parts) == 3 and is_key_name(parts[0]), "a verifier key is damaged")
    data = read_base64(parts[2])
    require(len(data) > 1, "a verifier key holds no key")
    if data[0] not in (TYPE_LOG, TYPE_COSIGNER):
        matching("[0-9a-f]{8}", "a key id")(parts[1])
        return parts[0], bytes.fromhex(parts[1]), None
    require(data[0] == kind, f"a key of type {data[0]:#04x} stands where one of type {kind:#04x} is expected")
    require(len(data) == 33, "a key has not 32 bytes")
    expected = key_id(parts[0], kind, data[1:])
    require(parts[1] == expected.hex(), "a key id is not that of its key")
    require(is_registrable(data[1:]), "a key is not a point of prime order")
    return parts[0], expected, data[1:]


@lru_cache(maxsize=64)
def read_policy(data: bytes) -> Policy:
    """A C2SP tlog-policy within the bounds of F34. Names are opaque octets. Whether it asks enough is not judged here."""
    require(len(data) <= POLICY_BYTES_MAX, f"it is longer than {POLICY_BYTES_MAX} bytes")
    require(not re.search(rb"[^\t\n -~\x80-\xff]", data), "it holds control characters")
    require(data.endswith(b"\n"), "its last line is not ended")
    try:
        data.decode()
    except UnicodeDecodeError:
        require(False, "it is not UTF-8")
    logs, witnesses, groups, origins = {}, {}, {}, set()
    least: dict[bytes, int | None] = {}  # for each defined name; none if it takes a witness that never signs
    used: set[bytes] = set()  # names that are members of a group
    unknown: set[tuple[bytes, bytes]] = set()  # the word of the line and the verifier key, of unknown types
    quorum = None

    def add_unknown(word: bytes, item: bytes) -> None:
        require((word, item) not in unknown, "a key of an unknown type stands twice")
        unknown.add((word, item))

    def lines_of_unknown(word: bytes) -> int:
        return sum(other == word for other, _ in unknown)

    def define(name: bytes, count: int | None) -> None:
        require(name != b"none" and name not in least, f"the name {name!r:.60} is defined twice or reserved")
        least[name] = count

    for line in data.split(b"\n"):
        items = [item for item in re.split(rb"[ \t]+", line) if item]
        if not items or items[0].startswith(b"#"):
            continue
        word = items[0]
        if word == b"log" and len(items) in (2, 3):
            name, identity, key = read_verifier_key(items[1], TYPE_LOG)
            is_origin(name)
            origins.add(name)
            if key is None:
                add_unknown(word, items[1])
            else:
                require(identity not in logs and key not in logs.values(), "a log stands twice")
                logs[identity] = key
        elif word == b"witness" and len(items) in (3, 4):
            name, identity, key = read_verifier_key(items[2], TYPE_COSIGNER)
            define(items[1], None if key is None else 1)
            if key is None:
                add_unknown(word, items[2])
            else:
                known = (name, identity) in witnesses or any(key == other for _, other in witnesses.values())
                require(not known, "a witness stands twice")
                witnesses[name, identity] = (items[1], key)
        elif word == b"group" and len(items) >= 4:
            members = items[3:]
            require(all(member in least and member not in used for member in members) and len(set(members)) == len(members),
                    "a group's member is not defined before it, or is used twice")
            used.update(members)
            threshold = {b"any": 1, b"all": len(members)}.get(items[2])
            if threshold is None:
                require(re.fullmatch(rb"[1-9][0-9]{0,5}", items[2]) is not None, "a group's threshold is not a number")
                threshold = int(items[2])
            require(threshold <= len(members), "a group's threshold is above its number of members")
            counts = sorted(least[member] for member in members if least[member] is not None)
            define(items[1], sum(counts[:threshold]) if len(counts) >= threshold else None)
            groups[items[1]] = (threshold, members)
        elif word == b"quorum" and len(items) == 2:
            require(quorum is None, "there are two quorum lines")
            require(items[1] == b"none" or items[1] in least, "the quorum's name is not defined before it")
            quorum = items[1]
        else:
            raise Refused(f"the line {line!r:.60} is not understood")
        counts = [len(logs) + lines_of_unknown(b"log"), len(witnesses) + lines_of_unknown(b"witness"), len(groups)]
        require(max(counts) <= POLICY_LINES_MAX, "it is too large")
    require(quorum is not None, "it has no quorum line")
    require(len(origins) == 1, "its logs do not have one origin")
    needed = least.get(quorum, 0)
    require(needed is not None, "its quorum needs a witness whose key is of a type that this verifier does not know")
    return Policy(origins.pop(), logs, witnesses, len(witnesses) + lines_of_unknown(b"witness"), groups, quorum, needed)


# ------------------------------------------------------------------------------------------------ receipts, form (F29, F35, F36)


@dataclass(frozen=True)
class SignatureLine:
    """Whose key it is, and so how long the rest must be, only a policy says."""

    name: str
    key_id: bytes
    rest: bytes  # what follows the key id, at least one byte


@dataclass(frozen=True)
class Receipt:
    index: int
    path: list[bytes]
    checkpoint: bytes  # the text that the log signs
    origin: str
    size: int
    root: bytes
    log_line: SignatureLine  # the first one
    cosignature_lines: list[SignatureLine]  # all others
    entry: bytes
    envelope: bytes | None
    statement_path: bytes | None


def lines_of(text: str) -> list[str]:
    require(text.endswith("\n"), "its last line is not ended")
    return text[:-1].split("\n")


def after(prefix: str, line: str) -> str:
    require(line.startswith(prefix), f"a line does not start with {prefix!r}")
    return line[len(prefix) :]


def look_for_version(data: bytes) -> None:
    """Tells other forms apart, versions and proofs of statuses, before anything else of the text is looked at (F36)."""
    first, _, rest = data[:RECEIPT_BYTES_MAX].partition(b"\n")
    extra_line, end, _ = rest.partition(b"\n")
    if first != b"c2sp.org/tlog-proof@v1" or not extra_line.startswith(b"extra ") or not end:
        return
    try:
        extra = read_base64(extra_line[len("extra ") :].decode("ascii"))
    except (Refused, UnicodeDecodeError):
        return
    named = re.match(rb"courtseal-receipt/v([1-9][0-9]*)\n", extra)
    if named is None:
        return
    if named[1] != b"%d" % RECEIPT_VERSION:
        raise UnknownVersion(f"receipts of version {named[1][:20].decode()} are unknown")
    if extra.count(b"\n") == 3 and extra.endswith(b"\n"):
        raise UnknownVersion("it is the proof of a status")


def read_extra(line: str) -> list[str]:
    """The extra lines after the first (F36)."""
    try:
        extra = lines_of(read_base64(after("extra ", line)).decode("utf-8"))
    except UnicodeDecodeError:
        raise Refused("the extra lines are not UTF-8") from None
    require(extra[0] == f"courtseal-receipt/v{RECEIPT_VERSION}", "the first extra line names no version")
    require(len(extra) in (2, 4), "there are neither two nor four extra lines")
    return extra[1:]


def read_signature_line(line: str) -> SignatureLine:
    parts = after("\u2014 ", line).split(" ")
    require(len(parts) == 2 and is_key_name(parts[0]), "a signature line is damaged")
    data = read_base64(parts[1])
    require(len(data) >= 5, "a signature line holds no signature")
    return SignatureLine(parts[0], data[:4], data[4:])


def read_receipt(data: bytes) -> Receipt:
    look_for_version(data)
    require(len(data) <= RECEIPT_BYTES_MAX, f"it is longer than {RECEIPT_BYTES_MAX} bytes")
    try:
        lines = lines_of(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refused("it is not UTF-8") from None
    require(lines[0] == "c2sp.org/tlog-proof@v1", "it does not start as a tlog-proof")
    require(len(lines) >= 3, "lines are missing")
    extra = read_extra(lines[1])
    index = read_decimal(after("index ", lines[2]))
    require("" in lines, "the checkpoint is missing")
    end = lines.index("")
    path = [read_base64(line, 32) for line in lines[3:end]]
    require(len(path) <= PATH_HASHES_MAX, f"the path has more than {PATH_HASHES_MAX} hashes")
    note = lines[end + 1 :]
    require(len(note) >= 5 and note[3] == "", "the checkpoint is damaged or not signed")
    is_origin(note[0])
    size, root = read_decimal(note[1]), read_base64(note[2], 32)
    signatures = [read_signature_line(line) for line in note[4:]]
    require(any(line.name == note[0] for line in signatures), "no signature line is under the origin")
    log_line, *cosignature_lines = signatures
    entry, envelope, statement_path = ([line.encode() for line in extra] + [None, None])[:3]
    checkpoint = "".join(line + "\n" for line in note[:3]).encode()
    return Receipt(index, path, checkpoint, note[0], size, root, log_line, cosignature_lines, entry, envelope, statement_path)


# ---------------------------------------------------------------------------------------------------- verification (F38 to F40)


@dataclass(frozen=True)
class Verdict:
    """`reason` is the check that failed (F38), the cause of *cannot tell* (F39), or None. The rest is set when valid."""

    verdict: str
    reason: str | None
    message: str
    index: int | None = None
    recorded_at: str | None = None
    kind: str | None = None
    member: dict | None = None
    courts: list[str] | None = None
    outcome: dict | None = None
    file_checked: bool | None = None
    policy: str | None = None

    def as_json(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items()
                           if value is not None or name in ("verdict", "reason", "message")
                           or (self.verdict == "valid" and name in ("member", "outcome"))})


def verify(receipt: bytes | None, policy: bytes | None, file, opening: bytes | None) -> Verdict:
    """The one verdict. `file` is bytes, a path or None; without a file, check 8 is left out and the message says so."""
    try:
        return run_checks(receipt, policy, file, opening)
    except Stop as stop:
        return Verdict(stop.verdict, stop.reason, stop.message)


def run_checks(receipt_bytes, policy_bytes, file, opening) -> Verdict:
    if receipt_bytes is None:
        raise cannot_tell("no-receipt", "There is no receipt to check.")
    receipt = check_form(receipt_bytes)
    policy = check_policy(policy_bytes, receipt)
    check_log_signature(policy, receipt)
    courts = check_cosignatures(policy, receipt)
    check_inclusion(receipt)
    entry = check_entry(receipt)
    check_times(courts, entry)
    check_member(receipt, entry)
    if file is not None:
        check_file(entry, file, opening)
    message = f"Entry {entry['index']} of {receipt.origin} was recorded at {entry['recorded_at']}."
    message += " The file is the one recorded." if file is not None else " No file was given, so none was compared."
    if entry["kind"] == "rejection":
        message += " The entry is a rejection: it proves that the network refused the statement."
    if entry.get("outcome", {}).get("first") is False:
        message += f" Entry {entry['outcome']['earlier']} names the same SHA-256 and length."
    message += accusation_message(entry.get("statement", {"kind": None}))
    return Verdict("valid", None, message, entry["index"], entry["recorded_at"], entry["kind"], entry.get("member"), list(courts),
                   entry.get("outcome"), file is not None, "sha256:" + sha256(policy_bytes).hex())


def accusation_message(statement: dict) -> str:
    """What a statement that holds proves of a court (F40); empty if it accuses nobody."""
    if statement["kind"] == "equivocation":
        accused = statement["equivocation"]
        what, name = f"{accused['step']} of height {accused['height']}, round {accused['round']}", "voting"
    elif statement["kind"] == "cosigner-equivocation":
        accused = statement
        what, name = f"roots of the log at the sizes {accused['first']['size']} and {accused['second']['size']}", "cosigner"
    else:
        return ""
    return (f" It proves that {accused['court']} signed two contradicting statements, {what}: both signatures verify under "
            f"{accused['key']}, which the courts recorded as its {name} key.")


def check_form(data: bytes) -> Receipt:
    try:
        return read_receipt(data)
    except UnknownVersion as error:
        raise cannot_tell("version", f"This verifier does not know the form of the receipt: {error}.") from None
    except Refused as error:
        raise invalid("form", f"The receipt is damaged: {error}.") from None


def check_policy(data: bytes | None, receipt: Receipt) -> Policy:
    try:
        require(data is not None, "there is none")
        policy = read_policy(data)
    except (Refused, UnicodeDecodeError) as error:
        raise cannot_tell("policy-unreadable", f"The policy cannot be read: {error}.") from None
    if 3 * policy.least <= 2 * policy.listed:
        raise cannot_tell("policy-too-weak", f"The policy is content with {policy.least} of {policy.listed} witnesses, "
                          "which is not more than two thirds.")
    if receipt.origin != policy.origin:
        raise cannot_tell("other-network", f"The receipt is of {receipt.origin}; the policy given is of {policy.origin}.")
    for line in [receipt.log_line, *receipt.cosignature_lines]:
        if policy.log_key(line) is None and (line.name, line.key_id) not in policy.witnesses:
            raise cannot_tell("unknown-key", f"The policy does not know the key {line.key_id.hex()} of {line.name!r}: a later epoch "
                              "signed, or the line is damaged.")
    return policy


def check_log_signature(policy: Policy, receipt: Receipt) -> None:
    key = policy.log_key(receipt.log_line)
    if key is None or not signature_verifies(key, receipt.log_line.rest, receipt.checkpoint):
        raise invalid("log-signature", "The first signature line is no log signature that verifies over the checkpoint.")


def check_cosignatures(policy: Policy, receipt: Receipt) -> dict[str, int]:
    """The key names of the courts that signed, and their times in POSIX seconds."""
    signed = set()
    for line in receipt.cosignature_lines:
        witness, key = policy.witnesses.get((line.name, line.key_id), (None, None))
        if key is None or len(line.rest) != 8 + 64:
            raise invalid("cosignatures", f"The signature line of {line.name!r} is no cosignature of a witness.")
        time = int.from_bytes(line.rest[:8], "big")
        if time > COSIGNED_AT_S_MAX:
            raise invalid("cosignatures", f"The cosignature of {line.name} has a time that cannot be.")
        if not signature_verifies(key, line.rest[8:], b"cosignature/v1\ntime %d\n" % time + receipt.checkpoint):
            raise invalid("cosignatures", f"The cosignature of {line.name} does not verify.")
        signed.add(witness)
    names = [line.name for line in receipt.cosignature_lines]
    if any(a.encode() >= b.encode() for a, b in zip(names, names[1:])):
        raise invalid("cosignatures", "The cosignatures are not sorted by name, each name once.")
    if len(names) != policy.least:
        raise invalid("cosignatures", f"There are {len(names)} cosignatures; the policy asks for exactly {policy.least}.")
    if not policy.satisfied_by(signed):
        raise invalid("cosignatures", "The cosignatures do not satisfy the quorum of the policy.")
    return {line.name: int.from_bytes(line.rest[:8], "big") for line in receipt.cosignature_lines}


def check_times(courts: dict[str, int], entry: dict) -> None:
    """Nobody can have cosigned an entry before it was recorded (F43)."""
    for name, time in courts.items():
        if time + COSIGNED_BEFORE_RECORDED_S_MAX < whole_seconds(entry["recorded_at"]):
            raise invalid("cosignatures", f"{name} claims to have signed {time} s after 1970, before the entry was recorded at "
                          f"{entry['recorded_at']}.")


def check_inclusion(receipt: Receipt) -> None:
    try:
        root = root_of_path(leaf_hash(receipt.entry), receipt.index, receipt.size, receipt.path)
        require(root == receipt.root, "the path does not lead from the entry to the root")
    except Refused as error:
        raise invalid("inclusion", f"The entry is not proven to be in the log: {error}.") from None


def check_entry(receipt: Receipt) -> dict:
    try:
        entry = read_entry(receipt.entry)
        require(entry["index"] == receipt.index, "its index is not that of the receipt")
        require(entry["chain"] == receipt.origin, "its chain is not that of the receipt")
        require("statement" not in entry or statement_holds(entry["statement"], receipt.origin),
                "the statement does not hold: a signature does not verify under the key that it names, or nothing contradicts")
    except UnknownVersion as error:
        raise cannot_tell("version", f"This verifier does not know the form of the entry: {error}.") from None
    except Refused as error:
        raise invalid("entry", f"The entry is not well-formed: {error}.") from None
    return entry


def check_member(receipt: Receipt, entry: dict) -> None:
    try:
        if entry["kind"] in SYSTEM_KINDS:
            require(receipt.envelope is None, "a system entry has neither envelope nor path")
            return
        require(receipt.envelope is not None, "the envelope and the statement's path are missing")
        envelope = read_envelope(read_canonical(receipt.envelope, RECEIPT_BYTES_MAX))
        payload, member = envelope.payload, entry["member"]
        require(payload["chain"] == entry["chain"], "the payload is of another chain")
        require(payload["member"] == member["name"], "the payload is of another member")
        require("sha256:" + sha256(bytes.fromhex(payload["key"])).hex() == member["key"], "the key is not the entry's")
        require("sha256:" + envelope.id.hex() == entry["transaction"], "the envelope is of another transaction")
        path = read_canonical(receipt.statement_path, RECEIPT_BYTES_MAX)
        read_fields(path, {"path": lambda v: require(type(v) is list and all(type(item) is str for item in v), "not texts")})
        hashes = [read_base64(item, 32) for item in path["path"]]
        root = root_of_path(leaf_hash(canonical_bytes(entry["statement"])), entry["position"], payload["count"], hashes)
        require(payload["statements"] == "sha256:" + root.hex(), "the statement is not one of those that the member signed")
    except Refused as error:
        raise invalid("member", f"The entry is not proven to be the member's: {error}.") from None


def feed_file(file, size: int, digests: list) -> None:
    """Streams the file into the digests. Refused unless its length is `size`; stops reading as soon as it is longer."""
    length = 0
    with io.BytesIO(file) if isinstance(file, bytes) else open(file, "rb") as stream:
        while piece := stream.read(FILE_PIECE_BYTES):
            length += len(piece)
            require(length <= size, f"it is longer than the {size} bytes recorded")
            for digest in digests:
                digest.update(piece)
    require(length == size, f"it has {length} bytes, {size} are recorded")


def check_file(entry: dict, file, opening_bytes: bytes | None) -> None:
    if entry["kind"] == "rejection":
        raise invalid("file", f"The network refused this statement (rule {entry['outcome']['rule']}); the file was not recorded.")
    if entry["kind"] != "statement":
        raise invalid("file", f"The entry is of kind {entry['kind']}; it records no file.")
    document = document_of(entry["statement"])
    if document is None:
        raise invalid("file", f"The entry is of a statement of the kind {entry['statement']['kind']}; it records no file.")
    is_confidential = "commitment" in document
    if is_confidential and opening_bytes is None:
        raise cannot_tell("no-opening", "The statement is confidential, and its opening is missing.")
    try:
        if is_confidential:
            opening = read_opening(opening_bytes)
            digests = [hmac.new(bytes.fromhex(opening["salt"]), digestmod="sha256")]
            size, recorded = opening["size"], [document["commitment"]]
        else:
            digests = [new_digest(algorithm_of(digest)) for digest in document["digests"]]
            size, recorded = document["size"], document["digests"]
        feed_file(file, size, digests)
        for digest, expected in zip(digests, recorded, strict=True):
            found = f"{digest.name}:{digest.hexdigest()}"
            require(found == expected, f"it gives {found}, recorded is {expected}")
    except UnknownVersion as error:
        raise cannot_tell("version", f"This verifier is too old for the opening: {error}.") from None
    except Refused as error:
        opened = " under the opening given" if is_confidential else ""
        raise invalid("file", f"The file is not the one recorded in entry {entry['index']} at {entry['recorded_at']}{opened}: "
                      f"{error}.") from None


# ------------------------------------------------------------------------------------------- block header, court set (F22, F24)


def court_set_digest(chain: bytes, epoch: int, courts: list[tuple[str, bytes]]) -> bytes:
    """The digest of an epoch's courts, (name, voting key), in the order of names."""
    listed = b"".join(len(name).to_bytes(8, "little") + name.encode() + key for name, key in courts)
    return sha256(b"COURTSEALSETS/v2" + chain + epoch.to_bytes(8, "big") + len(courts).to_bytes(8, "little") + listed)


def read_header(data: bytes) -> dict:
    """The fields as the vectors name them."""
    require(len(data) == HEADER_BYTES, f"a header has {HEADER_BYTES} bytes, not {len(data)}")
    stream, fields = io.BytesIO(data), {}
    for name, size in (("chain", 32), ("protocol", 2), ("height", 8), ("time", 8), ("previous", 32), ("body", 32),
                       ("log_root", 32), ("log_size", 8), ("courts", 32), ("next_courts", 32), ("proposer", 32)):
        raw = stream.read(size)
        fields[name] = raw.hex() if size == 32 else int.from_bytes(raw, "little")
    require(fields["protocol"] == PROTOCOL, "an unknown protocol")
    require(fields["height"] != 1 or fields["previous"] == fields["chain"], "at height 1, previous is the chain digest")
    require(fields["time"] <= 253402300799999, "a time after the year 9999")
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=fields["time"])
    fields["time"] = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{fields['time'] % 1000:03d}Z"
    return fields


# ------------------------------------------------------------------------------------------------------------------- vectors


def derive(kind: str, data: bytes) -> dict:
    """What follows from a valid document of the kind, as vectors/README.md names it; Refused if it is not one."""
    derived = {"digest": sha256(data).hex()}
    if kind == "transaction":
        derived["id"] = read_transaction(data).id.hex()
    elif kind == "genesis":
        derived["origin"], derived["policy"] = read_genesis(data)
    elif kind == "entry":
        read_entry(data)
        derived["leaf"] = leaf_hash(data).hex()
    elif kind == "header":
        derived = {"fields": read_header(data), "digest": sha256(b"COURTSEALHEAD/v1" + data).hex()}
    else:
        {"statement": read_statement, "opening": read_opening}[kind](data)
    return derived


def text_bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogatepass")


def plain_hex(value):
    return value.removeprefix("sha256:") if type(value) is str else value


def document_problems(kind: str, case: dict) -> list[str]:
    try:
        data = bytes.fromhex(case["header"]) if kind == "header" else text_bytes(case["text"])
        derived = derive(kind, data)
    except Refused as error:
        return [f"refused: {error}"] if case["valid"] else []
    if not case["valid"]:
        return ["accepted, but must be refused"]
    return [f"{name}: {value!r} is expected, {derived[name]!r} found" for name in derived
            if (value := case.get(name)) is not None and plain_hex(value) != derived[name]]


def receipt_problems(case: dict, policies: dict) -> list[str]:
    file = None if case["file"] is None else base64.b64decode(case["file"])
    found = verify(text_bytes(case["receipt"]), text_bytes(policies[case["policy"]]), file, text_bytes(case.get("opening")))
    problems = [] if (found.verdict, found.reason) == (case["verdict"], case["reason"]) else \
        [f"{case['verdict']} {case['reason']} is expected, {found.verdict} {found.reason} found: {found.message}"]
    return problems + [f"{name}: {case[name]!r} is expected, {getattr(found, name)!r} found" for name in
                       ("index", "recorded_at", "courts") if found.verdict == "valid" and case.get(name) != getattr(found, name)]


def hash_checks(document: dict):
    """Name and outcome of every check of hash.json, one after the other."""
    decode = bytes.fromhex
    for i, case in enumerate(document["roots"]):
        yield f"roots {i}", tree_root([leaf_hash(decode(leaf)) for leaf in case["leaves"]]).hex() == case["root"]
    for i, case in enumerate(document["inclusion"]):
        try:
            root = root_of_path(leaf_hash(decode(case["leaf"])), case["index"], case["size"], [decode(h) for h in case["path"]])
        except Refused:
            root = None
        yield f"inclusion {i}", (root == decode(case["root"])) is case["valid"]
    for i, case in enumerate(document["consistency"]):
        found = consistent(case["old"], case["new"], decode(case["old_root"]), decode(case["new_root"]),
                           [decode(h) for h in case["path"]])
        yield f"consistency {i}", found is case["valid"]
    for i, case in enumerate(document["commitments"]):
        found = hmac.new(decode(case["salt"]), base64.b64decode(case["file"]), "sha256").hexdigest()
        yield f"commitments {i}", "hmac-sha256:" + found == case["commitment"]
    for i, case in enumerate(document["case_tags"]):
        message = b"COURTSEALCASE/v1" + decode(case["chain"]) + case["number"].encode()
        found = hmac.new(decode(case["key"]), message, "sha256").hexdigest()
        yield f"case_tags {i}", "hmac-sha256:" + found == case["tag"]
    for i, case in enumerate(document["key_ids"]):
        arguments = case["name"], case["type"], decode(case["key"])
        yield f"key_ids {i}", (key_id(*arguments).hex(), verifier_key(*arguments)) == (case["id"], case["vkey"])
    for i, case in enumerate(document["sm3"]):
        data = base64.b64decode(case["data"])
        both = new_digest("sm3"), PlainSm3()
        for digest in both:
            digest.update(data)
        yield f"sm3 {i}", all(digest.hexdigest() == case["digest"] for digest in both)
    for i, case in enumerate(document["court_sets"]):
        courts = [(court["name"], decode(court["vote"])) for court in case["courts"]]
        yield f"court_sets {i}", court_set_digest(decode(case["chain"]), case["epoch"], courts).hex() == case["digest"]


def vector_results(kind: str, document: dict):
    """(case name, problems) of every case of a vector file."""
    if kind == "hash":
        for name, holds in hash_checks(document):
            yield name, [] if holds else ["the answer is another"]
        return
    for number, case in enumerate(document["cases"]):
        name = case.get("name", f"case {number}")
        try:
            yield name, receipt_problems(case, document["policies"]) if kind == "receipt" else document_problems(kind, case)
        except (KeyError, TypeError, ValueError) as error:
            yield name, [f"the vector has not the shape that vectors/README.md says: {error!r}"]


def run_vectors(folder: str) -> int:
    passed = failed = 0
    for kind in ("hash", "statement", "transaction", "entry", "genesis", "opening", "header", "receipt", "vote", "hello"):
        path = os.path.join(folder, kind + ".json")
        if not os.path.exists(path) or kind in ("vote", "hello"):
            print(f"{kind + '.json':18}{'not there' if not os.path.exists(path) else 'left out: not a matter of this verifier'}")
            continue
        good, problems = 0, []
        try:
            with open(path, encoding="utf-8") as stream:
                document = json.load(stream)
            for name, found in vector_results(kind, document):
                good += not found
                problems += [f"  FAILED {name}: {'; '.join(found)}"] if found else []
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"  FAILED {kind}.json: it has not the shape that vectors/README.md says: {error!r}")
        if good + len(problems) == 0:
            problems.append("  FAILED: the file holds no case")
        print(f"{kind + '.json':18}{good} passed, {len(problems)} failed", *problems, sep="\n")
        passed, failed = passed + good, failed + len(problems)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


# ------------------------------------------------------------------------------------------------------------- command line


def read_bounded(path: str | None, bytes_max: int) -> bytes | None:
    """The file's bytes, at most one more than the bound so that the reader of the format refuses it; None if there is none."""
    try:
        with open(path, "rb") as stream:
            return stream.read(bytes_max + 1)
    except (FileNotFoundError, TypeError):
        return None


def verify_paths(file: str | None, receipt: str | None, policy: str | None, opening: str | None) -> Verdict:
    return verify(read_bounded(receipt, RECEIPT_BYTES_MAX), read_bounded(policy, POLICY_BYTES_MAX), file,
                  read_bounded(opening, OPENING_BYTES_MAX))


def judge_item(item: dict) -> str:
    """The answer to one line of a batch."""
    if "inline" in item:
        found = {name: None if value is None else base64.b64decode(value) for name, value in item["inline"].items()}
        return verify(found["receipt"], found["policy"], found["file"], found["opening"]).as_json()
    if "document" in item:
        try:
            derive(item["document"], base64.b64decode(item["text"]))
            verdict = "valid"
        except UnknownVersion:
            verdict = "cannot tell"
        except Refused:
            verdict = "invalid"
        return json.dumps({"verdict": verdict})
    return verify_paths(item["file"], item["receipt"], item["policy"], item.get("opening")).as_json()


def run_batch(source: str) -> int:
    """Lines in: {"file", "receipt", "policy", "opening"} with paths; {"inline": the same four with bytes in base64, or null}; or
    {"document": kind, "text": base64}, a kind of `derive`. Lines out: verdicts."""
    code = 0
    with sys.stdin.buffer if source == "-" else open(source, "rb") as stream:
        for line in stream:
            try:
                answer = judge_item(json.loads(line))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                answer, code = json.dumps({"verdict": "error", "reason": None, "message": repr(error)}), 2
            print(answer, flush=source == "-")
    return code


def run_flip_bits(options) -> int:
    receipt = read_bounded(options.flip_bits, RECEIPT_BYTES_MAX)
    policy, opening = read_bounded(options.policy, POLICY_BYTES_MAX), read_bounded(options.opening, OPENING_BYTES_MAX)
    original = verify(receipt, policy, options.file, opening)
    if original.verdict != "valid":
        print(f"the receipt itself is not valid: {original.message}")
        return 2
    counts, accepted = Counter(), []
    for position in range(len(receipt) * 8):
        changed = bytearray(receipt)
        changed[position // 8] ^= 1 << position % 8
        found = verify(bytes(changed), policy, options.file, opening)
        counts[found.verdict, found.reason] += 1
        if found.verdict == "valid":
            accepted.append(position)
    for (verdict, reason), count in sorted(counts.items(), key=str):
        print(f"{verdict:12}{reason or '':18}{count:8}")
    print(f"{len(receipt) * 8} bits changed, {len(accepted)} accepted as valid")
    if accepted:
        print(f"accepted: bits {accepted[:20]}")
    return 1 if accepted else 0


def run_one(options) -> int:
    receipt = options.receipt or options.target + ".tlog-proof"
    opening = options.opening or (options.target + ".opening" if options.target else None)
    found = verify_paths(options.target, receipt, options.policy, opening)
    if options.json:
        print(found.as_json())
    else:
        print(f"{found.verdict.upper():12}{options.target or receipt}")
        if found.reason:
            print(f"{'failed' if found.verdict == 'invalid' else 'missing':12}{found.reason}")
        if found.verdict == "valid":
            print(f"{'refused' if found.kind == 'rejection' else 'recorded':12}{found.recorded_at}, entry {found.index}")
            if found.member:
                member = found.member
                print(f"{'by':12}{member['name']}, {member['role']} of {member['court']}, under the registration of entry "
                      f"{member['since']}; own signature checked")
                print(f"{'outcome':12}{found.kind} {canonical_text(found.outcome)}")
            print(f"{'courts':12}{len(found.courts)} signed: {', '.join(found.courts)}")
            print(f"{'policy':12}{found.policy}")
            print(f"{'':12}compare this digest with one that the courts publish")
        print(f"{'meaning':12}{found.message}")
        if found.verdict == "valid":
            print(f"{'':12}Whether the contents are true is not proven.")
    return {"valid": 0, "invalid": 1, "cannot tell": 4}[found.verdict]


def main() -> int:
    parser = argparse.ArgumentParser(description="Independent verifier of Courtseal receipts.")
    parser.add_argument("target", metavar="FILE", nargs="?", help="the file that the receipt is about")
    parser.add_argument("--policy", help="a C2SP tlog-policy")
    parser.add_argument("--receipt", help="default: FILE.tlog-proof")
    parser.add_argument("--opening", help="of a confidential statement; default: FILE.opening")
    parser.add_argument("--kinds", metavar="FILE", help="the table of kinds; default: specs/kinds.json of the project")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--vectors", metavar="DIR", help="run the vectors of a folder")
    parser.add_argument("--batch", metavar="LISTFILE", nargs="?", const="-", help="a JSON line per receipt; - or nothing: stdin")
    parser.add_argument("--flip-bits", metavar="RECEIPT", help="try every single-bit change of a receipt")
    parser.add_argument("--file", help="the file, for --flip-bits")
    options = parser.parse_args()
    KINDS.path = options.kinds or KINDS.path
    try:
        if options.vectors:
            return run_vectors(options.vectors)
        if options.batch:
            return run_batch(options.batch)
        if not options.policy or not (options.target or options.receipt or options.flip_bits):
            parser.error("give FILE --policy POLICY, or --vectors, --batch or --flip-bits")
        return run_flip_bits(options) if options.flip_bits else run_one(options)
    except OSError as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
