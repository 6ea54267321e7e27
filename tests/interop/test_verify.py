"""Tests of verify.py by itself: forms of entries and receipts of version 2, digests, policies with keys of later types, bounds.

In: texts that made.py makes, and the examples of specs/formats.md. Out: failures. Vectors are read by `verify.py --vectors`.
The names of rules are those of specs/formats.md and specs/ledger.md.
"""

import base64
import hashlib
import json
import re
import unittest
from pathlib import Path

import made
import verify
from made import Network, canonical, confidential, judgment, public

SPECS = Path(__file__).parent / "../../specs"
NETWORK = Network()
FILE = b"the contract\n"


def entry_verdict(entry: dict | bytes) -> str:
    """`valid`, `cannot tell` or `invalid`."""
    try:
        verify.read_entry(entry if type(entry) is bytes else canonical(entry))
    except verify.UnknownVersion:
        return "cannot tell"
    except verify.Refused:
        return "invalid"
    return "valid"


def receipt_verdict(receipt: bytes, file: bytes | None = None, policy: str | None = None) -> tuple:
    found = verify.verify(receipt, (policy or NETWORK.policy).encode(), file, None)
    return (found.verdict, found.reason)


def stated_receipt(statement: dict, outcome: dict, index: int = 3) -> bytes:
    envelope = NETWORK.envelope([statement])
    return NETWORK.receipt(NETWORK.stated(index, statement, outcome, envelope), envelope)


class Digests(unittest.TestCase):
    STANDARD = {b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
                b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"}

    def test_f5_sm3_gives_the_examples_of_the_standard(self):
        for data, expected in self.STANDARD.items():
            self.assertEqual(verify.PlainSm3(data).hexdigest(), expected)

    def test_f5_sm3_in_pieces_is_sm3_at_once_and_that_of_openssl(self):
        data = bytes(i * 7 % 256 for i in range(300))
        for length in [*range(0, 140), 300]:
            pieces = verify.PlainSm3()
            for start in range(0, length, 37):
                pieces.update(data[start : min(start + 37, length)])
            self.assertEqual(pieces.hexdigest(), verify.PlainSm3(data[:length]).hexdigest())
            if "sm3" in hashlib.algorithms_available:
                self.assertEqual(pieces.hexdigest(), hashlib.new("sm3", data[:length]).hexdigest())

    def test_f14_digests_stand_in_one_order_each_at_most_once(self):
        whole = public(FILE, "sha512", "sm3")["digests"]
        for places in ([0], [0, 1], [0, 2], [0, 1, 2]):
            verify.is_digests([whole[i] for i in places])
        for places in ([], [1], [2], [1, 0], [0, 2, 1], [0, 0], [0, 1, 1], [0, 2, 2], [0, 1, 2, 2]):
            self.assertRaises(verify.Refused, verify.is_digests, [whole[i] for i in places])
        for bad in (whole[2].upper(), whole[2][:-1], whole[2] + "0", "sm3:", "SM3:" + whole[2][4:], 7, None):
            self.assertRaises(verify.Refused, verify.is_digests, [whole[0], bad])
        self.assertRaises(verify.Refused, verify.is_digests, whole[0])

    def test_f38_every_stated_digest_is_compared(self):
        statement = public(FILE, "sha512", "sm3")
        self.assertEqual(receipt_verdict(stated_receipt(statement, {"first": True}), FILE), ("valid", None))
        for place in range(3):
            digests = list(statement["digests"])
            digests[place] = digests[place][:-1] + ("0" if digests[place][-1] != "0" else "1")
            receipt = stated_receipt(statement | {"digests": digests}, {"first": True})
            self.assertEqual(receipt_verdict(receipt, FILE), ("invalid", "file"), place)
        act = judgment(FILE, "sm3")
        self.assertEqual(receipt_verdict(stated_receipt(act, {}), FILE), ("valid", None))
        self.assertEqual(receipt_verdict(stated_receipt(act, {}), FILE + b"\n"), ("invalid", "file"))

    def test_f24_the_digest_of_a_court_set_covers_the_epoch(self):
        courts = [("court-1", b"\1" * 32), ("court-22", b"\2" * 32)]
        text = (b"COURTSEALSETS/v2" + b"\7" * 32 + bytes(7) + b"\5" + b"\2" + bytes(7) + b"\7" + bytes(7) + b"court-1" + b"\1" * 32
                + b"\x08" + bytes(7) + b"court-22" + b"\2" * 32)
        self.assertEqual(verify.court_set_digest(b"\7" * 32, 5, courts), made.sha256(text))
        self.assertNotEqual(verify.court_set_digest(b"\7" * 32, 4, courts), made.sha256(text))


class Entries(unittest.TestCase):
    PUBLIC = NETWORK.stated(345, public(FILE), {"first": True})

    def test_f25_every_kind_of_entry(self):
        for entry in [*NETWORK.first_entries(), NETWORK.state(1, 4), self.PUBLIC, NETWORK.stated(3, confidential(), {}),
                      NETWORK.stated(3, judgment(FILE), {}), NETWORK.stated(3, public(FILE), {"rule": "role"}),
                      NETWORK.stated(9, public(FILE), {"earlier": 3, "first": False})]:
            self.assertEqual(entry_verdict(entry), "valid", entry["kind"])

    def test_f26_the_outcome_is_that_of_its_kind(self):
        evidence, other = public(FILE), confidential()
        for statement, outcome in [
            (evidence, {}), (evidence, {"first": False}), (evidence, {"earlier": 3}), (evidence, {"earlier": 3, "first": True}),
            (evidence, {"earlier": 345, "first": False}), (evidence, {"earlier": "3", "first": False}),
            (evidence, {"earlier": None, "first": False}), (evidence, {"first": 1}), (evidence, {"first": None}),
            (evidence, {"first": True, "rule": "role"}), (evidence, {"earlier": 3, "first": False, "rule": "role"}),
            (other, {"first": True}), (other, {"earlier": 3, "first": False}), (judgment(FILE), {"first": True}),
        ]:
            self.assertEqual(entry_verdict(NETWORK.stated(345, statement, outcome)), "invalid", outcome)
        as_statement = NETWORK.stated(345, evidence, {"rule": "role"}, kind="statement")
        self.assertEqual(entry_verdict(as_statement), "invalid")
        self.assertEqual(entry_verdict(self.PUBLIC | {"kind": "rejection"}), "invalid")
        for outcome in ([], "first", None, True):
            self.assertEqual(entry_verdict(self.PUBLIC | {"outcome": outcome}), "invalid", outcome)
        self.assertEqual(entry_verdict(NETWORK.stated(345, evidence, {"earlier": 344, "first": False})), "valid")

    def test_f26_since_names_an_entry_before(self):
        def with_since(since):
            return self.PUBLIC | {"member": self.PUBLIC["member"] | {"since": since}}

        for since, verdict in [(0, "valid"), (1, "valid"), (344, "valid"), (345, "invalid"), (346, "invalid"), ("0", "invalid"),
                               (None, "invalid"), (True, "invalid")]:
            self.assertEqual(entry_verdict(with_since(since)), verdict, since)
        member = {name: value for name, value in self.PUBLIC["member"].items() if name != "since"}
        self.assertEqual(entry_verdict(self.PUBLIC | {"member": member}), "invalid")

    def test_f27_genesis_entries_have_their_places(self):
        genesis, epoch, state = NETWORK.first_entries()
        for changed in (genesis | {"index": 1}, genesis | {"height": 1}, epoch | {"index": 2}, epoch | {"height": 1},
                        epoch | {"start_height": 2}, genesis | {"epoch": 0}, state | {"courts": epoch["courts"]}):
            self.assertEqual(entry_verdict(changed), "invalid")

    def test_f47_a_state_entry_stands_at_its_place(self):
        for height, index, epoch, verdict in [
            (0, 2, 0, "valid"), (0, 3, 0, "invalid"), (0, 1, 0, "invalid"), (0, 2, 1, "invalid"), (1, 2, 0, "invalid"),
            (1, 3, 0, "valid"), (1, 0, 0, "invalid"), (9, 5016, 1, "valid"), (9, 5016, "1", "invalid"),
        ]:
            self.assertEqual(entry_verdict(NETWORK.state(height, index, epoch=epoch)), verdict, (height, index, epoch))
        self.assertEqual(entry_verdict(NETWORK.state(1, 3, map="sha256:" + "ab" * 32)), "valid")
        for root in ("00" * 32, "sha256:" + "00" * 31, "sha256:" + "AB" * 32, None, 0):
            self.assertEqual(entry_verdict(NETWORK.state(1, 3, map=root)), "invalid", root)
        for missing in ("epoch", "map"):
            entry = NETWORK.state(1, 3)
            del entry[missing]
            self.assertEqual(entry_verdict(entry), "invalid", missing)

    def test_f47_the_longest_state_entry_has_335_bytes(self):
        largest = verify.INTEGER_MAX
        entry = NETWORK.state(largest, largest, epoch=largest) | {"chain": "a" * 40 + "/" + "0" * 64}
        self.assertEqual(len(canonical(entry)), 335)
        self.assertEqual(entry_verdict(entry), "valid")

    def test_f28_unknown_words_are_no_damage(self):
        statement, member = self.PUBLIC["statement"], self.PUBLIC["member"]
        unknown = [
            {"v": 1}, {"v": 3}, {"v": 0}, {"kind": "cell"}, {"statement": statement | {"kind": "custody"}},
            {"statement": judgment(FILE) | {"act": "effect"}}, {"member": member | {"role": "judge"}},
            {"outcome": {"rule": "not-yours"}, "kind": "rejection"}, {"outcome": {"answer": {"found": True}}},
            {"outcome": {"case": {"number": 1}, "first": True}}, {"outcome": {"first": True, "proceeding": {"number": 1, "of": 3}}},
            {"outcome": {"new": []}},
        ]
        for change in unknown:
            self.assertEqual(entry_verdict(self.PUBLIC | change), "cannot tell", change)
            damaged = self.PUBLIC | change | {"position": "x", "surplus": [1]}
            self.assertEqual(entry_verdict(damaged), "cannot tell", change)
            not_canonical = json.dumps(self.PUBLIC | change).encode()
            self.assertEqual(entry_verdict(not_canonical), "invalid", change)
        known = [{"v": "3"}, {"v": True}, {"kind": 7}, {"member": member | {"role": 7}}, {"statement": statement | {"kind": 7}},
                 {"outcome": {"rule": 7}}, {"outcome": ["answer"]}, {"outcome": {"rule": "role"}}, {"outcome": {"new": None}}]
        for change in known:
            self.assertEqual(entry_verdict(self.PUBLIC | change), "invalid", change)
        self.assertEqual(entry_verdict(NETWORK.state(1, 3) | {"outcome": {"answer": 1}}), "cannot tell")
        self.assertEqual(entry_verdict(NETWORK.state(1, 3) | {"outcome": {"first": True}}), "invalid")

    def test_f25_a_statement_is_within_the_bound_of_its_kind(self):
        rows = json.loads((SPECS / "kinds.json").read_text())["kinds"]
        bounds = {row["word"]: row["bytes_max"] for row in rows}
        self.assertEqual(bounds.pop("evidence"), 2048)
        self.assertEqual(set(bounds.values()), {4096})
        largest = public(FILE, "sha512", "sm3", asserted_at=made.TIME, case="hmac-sha256:" + "0" * 64,
                         media_type="a" * 63 + "/" + "b" * 63, size=verify.INTEGER_MAX)
        self.assertLess(len(canonical(largest)), 2048)
        self.assertEqual(entry_verdict(NETWORK.stated(3, largest, {"first": True})), "valid")


class Examples(unittest.TestCase):
    """The entries that specs/formats.md shows, whole."""

    def test_f25_the_examples_are_entries_of_one_log(self):
        page = (SPECS / "formats.md").read_text()
        block = page.split("* **F25**")[1].split("```")[1]
        texts = [line.strip() for line in block.splitlines() if line.strip()]
        entries = [verify.read_entry(text.encode()) for text in texts]
        kinds = ["genesis", "epoch", "state", "statement", "statement", "rejection", "state"]
        self.assertEqual([entry["kind"] for entry in entries], kinds)
        self.assertEqual([entry["index"] for entry in entries], list(range(len(kinds))))
        self.assertEqual(texts, [canonical(entry).decode() for entry in example_entries()])
        self.assertIn(f"`{made.leaf(texts[-1].encode()).hex()}`", page)


def example_entries() -> list[dict]:
    """A log of one court: height 0, and a block of a file, the same file again, and a statement that is refused."""
    network = Network(1, "cn-courts")
    file = public(FILE, "sha512")
    block = [network.stated(3, file, {"first": True}), network.stated(4, public(FILE), {"earlier": 3, "first": False}),
             network.stated(5, judgment(FILE), {"rule": "role"}), network.state(1, 6)]
    return [*network.first_entries(), *(entry | {"recorded_at": "2026-11-30T09:12:45.120Z"} for entry in block)]


class Receipts(unittest.TestCase):
    def test_f36_system_entries_have_two_extra_lines(self):
        for entry in [*NETWORK.first_entries(), NETWORK.state(1, 4)]:
            self.assertEqual(receipt_verdict(NETWORK.receipt(entry)), ("valid", None), entry["kind"])
            envelope = NETWORK.envelope([public(FILE)])
            self.assertEqual(receipt_verdict(NETWORK.receipt(entry, envelope)), ("invalid", "member"), entry["kind"])
        self.assertEqual(receipt_verdict(NETWORK.receipt(NETWORK.state(1, 4)), FILE), ("invalid", "file"))

    def test_f36_the_version_line_is_read_first(self):
        statement = public(FILE)
        envelope = NETWORK.envelope([statement])
        entry = NETWORK.stated(3, statement, {"first": True}, envelope)
        rest = [canonical(entry), canonical(envelope), b'{"path":[]}']

        def with_extra(*extra):
            return receipt_verdict(NETWORK.receipt(entry, extra=list(extra)))

        self.assertEqual(with_extra(b"courtseal-receipt/v2", *rest), ("valid", None))
        for version in (b"v1", b"v3", b"v12", b"v" + b"9" * 400):
            self.assertEqual(with_extra(b"courtseal-receipt/" + version, *rest), ("cannot tell", "version"), version)
        for version in (b"v0", b"v02", b"v", b"v2 ", b"v-2", b"V2"):
            self.assertEqual(with_extra(b"courtseal-receipt/" + version, *rest), ("invalid", "form"), version)
        self.assertEqual(with_extra(b"courtseal-receipt/v2", *rest[:2]), ("cannot tell", "version"))
        self.assertEqual(with_extra(b"courtseal-receipt/v2", b"\xff", b""), ("cannot tell", "version"))
        self.assertEqual(with_extra(b"courtseal-receipt/v2", *rest, b"{}"), ("invalid", "form"))
        self.assertEqual(with_extra(b"courtseal-receipt/v2"), ("invalid", "form"))
        self.assertEqual(with_extra(b"courtseal-receipt/v2", rest[0]), ("invalid", "member"))
        status = NETWORK.receipt(entry, extra=[b"courtseal-receipt/v2", *rest[:2]])
        self.assertEqual(receipt_verdict(status.split(b"\nindex")[0] + b"\nand no more"), ("cannot tell", "version"))
        for lines in (rest[:2], rest):
            unended = ended(b"courtseal-receipt/v2", *lines)[:-1]
            self.assertEqual(receipt_verdict(replace_extra(status, unended)), ("invalid", "form"))

    def test_f40_the_earlier_entry_is_named_and_no_file(self):
        statement = public(FILE)
        envelope = NETWORK.envelope([statement])
        entry = NETWORK.stated(9, statement, {"earlier": 4, "first": False}, envelope)
        found = verify.verify(NETWORK.receipt(entry, envelope), NETWORK.policy.encode(), FILE, None)
        self.assertEqual((found.verdict, found.outcome), ("valid", {"earlier": 4, "first": False}))
        self.assertIn("Entry 4 names the same SHA-256 and length.", found.message)

    def test_f38_unknown_words_of_an_entry_cannot_be_told(self):
        statement = public(FILE)
        envelope = NETWORK.envelope([statement])
        entry = NETWORK.stated(9, statement, {"first": True}, envelope)
        for change in ({"v": 1}, {"outcome": {"answer": {}}}, {"member": entry["member"] | {"role": "registrar"}}):
            self.assertEqual(receipt_verdict(NETWORK.receipt(entry | change, envelope)), ("cannot tell", "version"), change)

    def test_f37_every_bit_of_a_receipt_counts(self):
        network = Network(1)
        receipt = network.receipt(network.state(1, 3))
        for position in range(len(receipt) * 8):
            changed = bytearray(receipt)
            changed[position // 8] ^= 1 << position % 8
            found = verify.verify(bytes(changed), network.policy.encode(), None, None)
            self.assertNotEqual(found.verdict, "valid", position)


def ended(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def replace_extra(receipt: bytes, extra: bytes) -> bytes:
    return re.sub(rb"\nextra [^\n]*", lambda _: b"\nextra " + base64.b64encode(extra), receipt)


class Policies(unittest.TestCase):
    """F34: keys of types that come later."""

    ML_DSA = bytes([6]) + b"\x5a" * 1312

    def setUp(self):
        statement = public(FILE)
        envelope = NETWORK.envelope([statement])
        self.entry, self.envelope = NETWORK.stated(3, statement, {"first": True}, envelope), envelope

    def verdict(self, lines: list[str], **options) -> tuple:
        receipt = NETWORK.receipt(self.entry, self.envelope, **options)
        return receipt_verdict(receipt, FILE, "".join(line + "\n" for line in lines))

    def with_later_key(self, threshold: int = 3, courts: int = 4) -> list[str]:
        """The last court has a key of a later type."""
        lines = NETWORK.policy_lines()
        witnesses = [line for line in lines if line.startswith("witness")][: courts - 1]
        later = f"witness court-{courts} {made.verifier_key(f'court-{courts}', self.ML_DSA)}"
        names = " ".join(NETWORK.courts[:courts])
        return [*lines[:4], *witnesses, later, f"group courts {threshold} {names}", "quorum courts"]

    def test_f34_a_witness_that_never_signs(self):
        self.assertEqual(self.verdict(self.with_later_key()), ("valid", None))
        self.assertEqual(self.verdict(self.with_later_key(threshold=4)), ("cannot tell", "policy-unreadable"))
        self.assertEqual(self.verdict(self.with_later_key(threshold=2)), ("cannot tell", "policy-too-weak"))
        signers = ["court-1", "court-2", "court-4"]
        self.assertEqual(self.verdict(self.with_later_key(), signers=signers), ("cannot tell", "unknown-key"))

    def test_f34_outside_of_the_quorum_it_counts_among_the_witnesses(self):
        later = f"witness late {made.verifier_key('late', self.ML_DSA)}"
        lines = NETWORK.policy_lines()
        self.assertEqual(self.verdict([*lines[:8], later, *lines[8:]]), ("cannot tell", "policy-too-weak"))
        seven = Network(7)
        lines = seven.policy_lines()
        policy = verify.read_policy("".join(line + "\n" for line in [*lines[:14], later, *lines[14:]]).encode())
        self.assertEqual((policy.least, policy.listed, len(policy.witnesses)), (5, 8, 7))

    def test_f34_only_groups_that_the_quorum_needs_count(self):
        lines = NETWORK.policy_lines()[:8]
        later = [f"witness late {made.verifier_key('late', self.ML_DSA)}"]
        groups = ["group a 2 court-1 court-2", "group b all court-3 late", "group all any b a"]
        policy = verify.read_policy("".join(line + "\n" for line in [*lines, *later, *groups, "quorum all"]).encode())
        self.assertEqual(policy.least, 2)
        both = ["group a 2 court-1 court-2", "group b all court-3 late", "group all all b a", "quorum all"]
        self.assertEqual(self.verdict([*lines, *later, *both]), ("cannot tell", "policy-unreadable"))
        self.assertEqual(self.verdict([*lines, *later, "quorum late"]), ("cannot tell", "policy-unreadable"))

    def test_f34_a_log_of_a_later_type_never_signs(self):
        later = f"log {made.verifier_key(NETWORK.origin, self.ML_DSA)}"
        lines = NETWORK.policy_lines()
        self.assertEqual(self.verdict([later, *lines]), ("valid", None))
        self.assertEqual(self.verdict([later, *lines[4:]]), ("cannot tell", "unknown-key"))
        foreign = f"log {made.verifier_key('other/' + '0' * 64, self.ML_DSA)}"
        for bad in (foreign, "log " + made.verifier_key("no-origin", self.ML_DSA)):
            self.assertEqual(self.verdict([bad, *lines]), ("cannot tell", "policy-unreadable"), bad[:40])

    def test_f34_forms_of_later_keys(self):
        lines = NETWORK.policy_lines()
        name, whole = "court-4", made.verifier_key("court-4", self.ML_DSA)

        def with_last(key: str, *more: str) -> tuple:
            return self.verdict([*lines[:7], f"witness court-4 {key}", *more, *lines[8:]])

        other_id = f"{name}+00000000+{whole.split('+', 2)[2]}"
        short = made.verifier_key(name, bytes([255, 1]))
        others = [made.verifier_key(name, data) for data in (bytes([0]) + b"k", bytes([5]) + b"k" * 32)]
        for good in (whole, other_id, short, *others):
            self.assertEqual(with_last(good), ("valid", None), good[:40])
        known = NETWORK.keys["court-4"]["cosigner"].public
        wrong_data = [made.verifier_key(name, data) for data in (bytes([6]), bytes([1]) + known, bytes([4]) + known + b"k")]
        wrong_ids = [f"{name}+{number}+{whole.split('+', 2)[2]}" for number in ("0000000", "000000000", "0000000A", "")]
        of_known_type = f"{name}+00000000+{made.b64(bytes([4]) + known)}"
        no_name = made.verifier_key("court\u00a04", self.ML_DSA)
        for bad in (*wrong_data, *wrong_ids, of_known_type, no_name, f"{name}+00000000+", whole + "=", whole[:-1]):
            self.assertEqual(with_last(bad), ("cannot tell", "policy-unreadable"), bad[:40])
        self.assertEqual(with_last(whole, f"witness twice {whole}"), ("cannot tell", "policy-unreadable"))

    def test_f34_lines_of_later_types_are_counted(self):
        def lines(count: int) -> bytes:
            later = [f"witness late-{i} {made.verifier_key(f'late-{i}', bytes([6, i]))}" for i in range(count)]
            return "".join(line + "\n" for line in [*NETWORK.policy_lines(), *later]).encode()

        self.assertEqual(verify.read_policy(lines(124)).listed, 128)
        self.assertRaises(verify.Refused, verify.read_policy, lines(125))

    def test_f38_the_length_of_a_signature_is_judged_for_known_keys_only(self):
        origin_line = f"\u2014 {NETWORK.origin} {made.b64(b'late' + b's' * 2420)}"
        for line in (f"\u2014 court-4 {made.b64(b'late' + b's' * 2428)}", f"\u2014 court-4 {made.b64(b'lates')}", origin_line):
            self.assertEqual(self.verdict(NETWORK.policy_lines(), surplus=[line]), ("cannot tell", "unknown-key"), line[:20])


class Transactions(unittest.TestCase):
    def is_transaction(self, statements: list[dict]) -> bool:
        try:
            verify.read_transaction(NETWORK.transaction(statements))
        except verify.Refused:
            return False
        return True

    def test_l13_64_statements_unless_all_are_evidence(self):
        acts = [judgment(b"%d" % i) for i in range(65)]
        evidence = [public(b"%d" % i) for i in range(65)]
        self.assertTrue(self.is_transaction(acts[:64]))
        self.assertFalse(self.is_transaction(acts))
        self.assertTrue(self.is_transaction(evidence))
        self.assertTrue(self.is_transaction([*evidence[:63], acts[0]]))
        self.assertFalse(self.is_transaction([*evidence[:64], acts[0]]))
        self.assertFalse(self.is_transaction([acts[0], *evidence[:64]]))


class Genesis(unittest.TestCase):
    def test_f11_protocol_2_and_nothing_before(self):
        self.assertEqual(verify.read_genesis(NETWORK.genesis), (NETWORK.origin, NETWORK.policy))
        for protocol in (1, 3):
            self.assertRaises(verify.Refused, verify.read_genesis, Network(1, protocol=protocol).genesis)


if __name__ == "__main__":
    unittest.main()
