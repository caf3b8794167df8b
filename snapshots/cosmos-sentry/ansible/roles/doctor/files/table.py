"""Makes the table of findings: reads {"bundle": [...], "hosts": {host: [...]}} as JSON, prints lines.

Hosts on which all is well take one line; of the others only what is not.
"""

import json
import sys

told = json.load(sys.stdin)
everything = [("(bundle)", told["bundle"]), *sorted(told["hosts"].items())]
rows = []
for host, findings in everything:
    bad = [finding for finding in findings if finding["state"] != "ok"]
    for finding in sorted(bad, key=lambda finding: finding["state"], reverse=True):
        rows.append((host, finding["state"], finding["check"], finding["text"], finding["cure"]))
    if not bad:
        checks = sorted({finding["check"] for finding in findings})
        rows.append((host, "ok", "", "all is well: " + ", ".join(checks), ""))

widths = [max(len(row[column]) for row in rows) for column in range(3)]
for row in rows:
    line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths)) + "  " + row[3]
    print(line.rstrip() + (f" -- {row[4]}" if row[4] else ""))
wrong = sum(row[1] == "wrong" for row in rows)
notes = sum(row[1] == "note" for row in rows)
print(f"{len(told['hosts'])} hosts, {wrong} findings, {notes} notes")
