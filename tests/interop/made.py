"""A network of test keys, its log and its receipts, for the tests of verify.py.

Made from specs/formats.md alone, with functions of its own: what the verifier reads is not written by the verifier's code.
In: the number of courts, statements, a file. Out: texts of entries, envelopes, policies, genesis files and receipts, all really
signed. Always: the same bytes for the same arguments. Not for the rules of a ledger: whatever is asked for is written.
"""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAYLOAD_TYPE = "application/vnd.courtseal.transaction.v1+json"
TIME, TIME_S = "2026-11-30T09:12:44.000Z", 1_796_029_964
NO_MARKS = "sha256:" + "00" * 32


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def canonical(value) -> bytes:
    """Enough for texts of ASCII names: Python sorts them as RFC 8785 does."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf(data: bytes) -> bytes:
    return sha256(b"\0" + data)


def root_and_path(leaves: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """The root over leaf hashes, and the path of one of them, leaf to root (RFC 6962, section 2.1)."""
    if len(leaves) == 1:
        return leaves[0], []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        root, path = root_and_path(leaves[:half], index)
        other, _ = root_and_path(leaves[half:], 0)
        return sha256(b"\1" + root + other), path + [other]
    root, path = root_and_path(leaves[half:], index - half)
    other, _ = root_and_path(leaves[:half], 0)
    return sha256(b"\1" + other + root), path + [other]


class Key:
    def __init__(self, seed: str):
        self.secret = Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()))
        self.public = self.secret.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.secret.sign(message)


def key_id(name: str, data: bytes) -> bytes:
    """`data` is the type's byte and the key."""
    return sha256(name.encode() + b"\n" + data)[:4]


def verifier_key(name: str, data: bytes) -> str:
    return f"{name}+{key_id(name, data).hex()}+{b64(data)}"


class Network:
    """Courts court-1 onwards, and the member notary-1 of court-1."""

    def __init__(self, courts: int = 4, name: str = "test-courts", protocol: int = 2):
        self.courts = [f"court-{i}" for i in range(1, courts + 1)]
        self.keys = {court: {purpose: Key(f"{court} {purpose}") for purpose in ("cosigner", "log", "network", "vote")}
                     for court in self.courts}
        self.notary = Key("notary-1")
        self.genesis = canonical({
            "courts": [self.genesis_court(name, court) for court in self.courts],
            "members": [{"court": "court-1", "key": self.notary.public.hex(), "name": "notary-1", "role": "notary",
                         "proof": self.proof(name, "notary-1", "member", self.notary)}],
            "name": name, "parameters": {"heartbeat_ms": 60000}, "protocol": protocol, "time": TIME, "v": 1})
        self.origin = f"{name}/{sha256(self.genesis).hex()}"
        self.policy = "".join(line + "\n" for line in self.policy_lines())

    @staticmethod
    def proof(network: str, holder: str, purpose: str, key: Key) -> str:
        return key.sign(b"COURTSEALPOSS/v1" + b"\0".join([purpose.encode(), network.encode(), holder.encode(), key.public])).hex()

    def genesis_court(self, network: str, court: str) -> dict:
        keys = self.keys[court]
        proofs = {purpose: self.proof(network, court, purpose, key) for purpose, key in keys.items()}
        address = f"/ip4/127.0.0.1/tcp/{8610 + self.courts.index(court)}"
        return {"address": address, "name": court, "proof": proofs} | self.public_keys(court)

    def public_keys(self, court: str) -> dict:
        return {purpose: key.public.hex() for purpose, key in self.keys[court].items()}

    def policy_lines(self) -> list[str]:
        lines = [f"log {verifier_key(self.origin, bytes([1]) + self.keys[court]['log'].public)}" for court in self.courts]
        lines += [f"witness {court} {verifier_key(court, bytes([4]) + self.keys[court]['cosigner'].public)}"
                  for court in self.courts]
        return [*lines, f"group courts {2 * len(self.courts) // 3 + 1} {' '.join(self.courts)}", "quorum courts"]

    # Entries

    def system(self, height: int, index: int, kind: str, **fields) -> dict:
        return {"chain": self.origin, "height": height, "index": index, "kind": kind, "recorded_at": TIME, "v": 2} | fields

    def state(self, height: int, index: int, **fields) -> dict:
        return self.system(height, index, "state", **({"epoch": 0, "map": NO_MARKS} | fields))

    def first_entries(self) -> list[dict]:
        courts = [{"name": court} | self.public_keys(court) for court in self.courts]
        epoch = self.system(0, 1, "epoch", courts=courts, epoch=0, policy=self.policy, start_height=1)
        return [self.system(0, 0, "genesis"), epoch, self.state(0, 2)]

    def envelope(self, statements: list[dict], key: Key | None = None, member: str = "notary-1", **changes) -> dict:
        """The envelope of a transaction of these statements; its id is that of `transaction_id`."""
        key = key or self.notary
        root, _ = root_and_path([leaf(canonical(statement)) for statement in statements], 0)
        payload = {"chain": self.origin, "count": len(statements), "key": key.public.hex(), "member": member, "nonce": "07" * 16,
                   "not_after": "2026-11-30T10:12:44.000Z", "statements": "sha256:" + root.hex(), "v": 1}
        text = canonical(payload | changes)
        signature = key.sign(self.encoding(text))
        return {"payload": b64(text), "payloadType": PAYLOAD_TYPE, "signatures": [{"sig": b64(signature)}]}

    @staticmethod
    def encoding(payload: bytes) -> bytes:
        return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)

    def transaction(self, statements: list[dict], **options) -> bytes:
        return canonical({"envelope": self.envelope(statements, **options), "statements": statements})

    def stated(self, index: int, statement: dict, outcome: dict, envelope: dict | None = None, **changes) -> dict:
        """The entry of the only statement of its transaction."""
        envelope = envelope or self.envelope([statement])
        key = "sha256:" + sha256(self.notary.public).hex()
        member = {"court": "court-1", "key": key, "name": "notary-1", "role": "notary", "since": 0}
        transaction = sha256(self.encoding(base64.b64decode(envelope["payload"]))).hex()
        return self.system(1, index, "rejection" if "rule" in outcome else "statement", member=member, outcome=outcome, position=0,
                           statement=statement, transaction="sha256:" + transaction) | changes

    # Receipts

    def receipt(self, entry: dict, envelope: dict | None = None, *, extra: list[bytes] | None = None,
                signers: list[str] | None = None, surplus: list[str] | None = None, time_s: int = TIME_S) -> bytes:
        """The receipt of an entry, in a log that ends two entries after it; `extra` replaces the extra lines."""
        text, index = canonical(entry), entry["index"]
        leaves = [leaf(b"entry %d" % i) for i in range(index)] + [leaf(text), leaf(b"next"), leaf(b"last")]
        root, path = root_and_path(leaves, index)
        checkpoint = f"{self.origin}\n{len(leaves)}\n{b64(root)}\n"
        if extra is None:
            extra = [b"courtseal-receipt/v2", text]
            extra += [canonical(envelope), b'{"path":[]}'] if envelope is not None else []
        log_key = bytes([1]) + self.keys["court-1"]["log"].public
        signature = self.keys["court-1"]["log"].sign(checkpoint.encode())
        lines = [f"\u2014 {self.origin} {b64(key_id(self.origin, log_key) + signature)}"]
        quorum = self.courts[: 2 * len(self.courts) // 3 + 1]
        lines += [self.cosignature(court, checkpoint, time_s) for court in signers or quorum] + (surplus or [])
        head = ["c2sp.org/tlog-proof@v1", "extra " + b64(b"".join(line + b"\n" for line in extra)), f"index {index}"]
        return "".join(line + "\n" for line in [*head, *map(b64, path), "", *checkpoint.splitlines(), "", *lines]).encode()

    def cosignature(self, court: str, checkpoint: str, time_s: int) -> str:
        key = self.keys[court]["cosigner"]
        signature = key.sign(f"cosignature/v1\ntime {time_s}\n{checkpoint}".encode())
        return f"\u2014 {court} {b64(key_id(court, bytes([4]) + key.public) + time_s.to_bytes(8, 'big') + signature)}"


def public(file: bytes, *algorithms: str, **fields) -> dict:
    """Public evidence with the SHA-256 and the other digests named."""
    digests = [f"{name}:{hashlib.new(name, file).hexdigest()}" for name in ("sha256", *algorithms)]
    return {"digests": digests, "kind": "evidence", "mode": "public", "size": len(file)} | fields


def confidential(**fields) -> dict:
    return {"commitment": "hmac-sha256:" + "11" * 32, "kind": "evidence", "mode": "confidential"} | fields


def judgment(file: bytes, *algorithms: str) -> dict:
    evidence = public(file, *algorithms)
    return {"act": "render", "document": {"digests": evidence["digests"], "size": evidence["size"]}, "instance": "first",
            "kind": "judgment", "type": "ruling"}
