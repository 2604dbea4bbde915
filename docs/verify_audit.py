"""Verifies an audit log without supervise's code: python3 verify_audit.py DIRECTORY, or FILE..."""
import hashlib, json, os, re, sys

FIRST = ("seq at who step bottle_slug proposal_id tool basis file before after diff status "
         "notes justification detail").split()
FORMER = [{"bottle_slug": "slug", "basis": "shown"}.get(name, name) for name in FIRST]
LAST = "cut previous hash".split()
HEAD = re.compile('{"seq":"([1-9][0-9]{0,14})","hash":"([0-9a-f]{64})"}\\n?')
SEQ = re.compile("[1-9][0-9]{0,14}")
CLOSED = re.compile("audit[.]([1-9][0-9]*)-[1-9][0-9]*[.]jsonl")

def hash_of(entry):
    data = b"supervise-audit-v1\n"
    for name in sorted(entry.keys() - {"hash"}):
        for text in (name.encode(), entry[name].encode()):
            data += b"%d:" % len(text) + text
    return hashlib.sha256(data).hexdigest()

def is_intact(line):
    try:
        entry = json.loads(line.decode())
        first = FORMER if "slug" in entry else FIRST
        others = sorted(entry.keys() - {*first, *LAST})
        in_order = {name: entry[name] for name in first + others + LAST if name in entry}
        as_written = json.dumps(in_order, ensure_ascii=False, separators=(",", ":")).encode()
        return (len(line) <= 4 << 20 and {*first[:7], *LAST[1:]} <= entry.keys() and
                all(re.fullmatch("[a-z][a-z0-9_]{0,63}", name) for name in others) and
                as_written == line and entry["hash"] == hash_of(entry))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False

def verify(paths, is_all):
    if not paths: sys.exit("no audit log there")
    number, last, before, unfinished, start = 0, "0" * 64, None, 0, 1
    for path in paths:
        for line in open(path, "rb"):
            whole = line.endswith(b"\n")
            if not whole and len(line) <= 4 << 20 and path == paths[-1]:
                unfinished = len(line); break
            number += 1
            if not whole or not is_intact(line[:-1]): sys.exit(f"broken at entry {number}: changed")
            entry = json.loads(line)
            if before is None and entry["step"] == "continued" and SEQ.fullmatch(entry["seq"]):
                start = number = int(entry["seq"]); last = entry["previous"]
            if (entry["seq"], entry["previous"]) != (str(number), last):
                sys.exit(f"broken at entry {number}: missing, replaced or out of order")
            before, last = last, entry["hash"]
    beside = os.path.join(os.path.dirname(paths[-1]), "audit.head")
    said = ("0", "0" * 64) if is_all else (str(number), last)
    if is_all and os.path.lexists(beside):
        head = HEAD.fullmatch(open(beside, encoding="latin-1", newline="").read(1024))
        if not head: sys.exit("broken: audit.head was changed")
        said = head.groups()
    if said not in ((str(number), last), (str(number - 1), before)):
        sys.exit(f"broken: the log ends at {number}, audit.head says {said[0]} or another hash")
    print(f"ok: entries {start} to {number}, {unfinished} bytes unfinished, head {last}")

def order(path):
    closed = CLOSED.fullmatch(os.path.basename(path))
    return (0, int(closed[1])) if closed else (1, 0)

given = sys.argv[1:]
if len(given) == 1 and os.path.isdir(given[0]):
    names = [n for n in os.listdir(given[0]) if n == "audit.jsonl" or CLOSED.fullmatch(n)]
    verify(sorted((os.path.join(given[0], name) for name in names), key=order), True)
else:
    given = sorted(given, key=order)
    verify(given, given and order(given[-1]) == (1, 0))
