"""Verifies an audit log without supervise's code: python3 verify_audit.py audit.jsonl"""
import hashlib, json, os, re, sys

FIELDS = ("seq at who step slug proposal_id tool shown file before after diff status notes "
          "justification detail cut previous hash").split()
HEAD = re.compile('{"seq":"([1-9][0-9]{0,14})","hash":"([0-9a-f]{64})"}\\n?')

def hash_of(entry):
    data = b"supervise-audit-v1\n"
    for name in sorted(entry.keys() - {"hash"}):
        for text in (name.encode(), entry[name].encode()):
            data += b"%d:" % len(text) + text
    return hashlib.sha256(data).hexdigest()

def is_intact(line):
    try:
        entry = json.loads(line.decode())
        in_order = {name: entry[name] for name in FIELDS if name in entry}
        as_written = json.dumps(in_order, ensure_ascii=False, separators=(",", ":")).encode()
        return (len(line) <= 4 << 20 and {*FIELDS[:7], *FIELDS[-2:]} <= entry.keys() and
                as_written == line and entry["hash"] == hash_of(entry))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False

def verify(path):
    number, last, before, unfinished = 0, "0" * 64, None, 0
    for line in open(path, "rb"):
        whole = line.endswith(b"\n")
        if not whole and len(line) <= 4 << 20: unfinished = len(line); break
        number += 1
        if not whole or not is_intact(line[:-1]): sys.exit(f"broken at entry {number}: changed")
        entry = json.loads(line)
        if (entry["seq"], entry["previous"]) != (str(number), last):
            sys.exit(f"broken at entry {number}: missing, replaced or out of order")
        before, last = last, entry["hash"]
    beside = os.path.join(os.path.dirname(path), "audit.head")
    said = ("0", "0" * 64)
    if os.path.lexists(beside):
        head = HEAD.fullmatch(open(beside, encoding="latin-1", newline="").read(1024))
        if not head: sys.exit("broken: audit.head was changed")
        said = head.groups()
    if said not in ((str(number), last), (str(number - 1), before)):
        sys.exit(f"broken: the log ends at {number}, audit.head says {said[0]} or another hash")
    print(f"ok: {number} entries, {unfinished} bytes unfinished, head {last}")

verify(sys.argv[1])
