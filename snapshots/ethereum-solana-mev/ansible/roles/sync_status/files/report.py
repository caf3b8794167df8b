"""Makes the lines of sync-status: reads {host: [answer, ...] or null} as JSON, prints a line for each node.

host-0 (node-0): SYNCED height=12345 peers=5
host-1 (node-1): SYNCING height=12340 target=12345 peers=3
host-2 (node-2): DOWN Connection refused
"""

import json
import sys

# A node that says it is done but is this far behind another one of its kind is not.
BEHIND = 32


def kind(answer):
    return json.dumps(answer["answers"], sort_keys=True)


hosts = json.load(sys.stdin)
best = {}
for answers in hosts.values():
    for answer in answers or []:
        if "height" in answer:
            best[kind(answer)] = max(best.get(kind(answer), 0), answer["height"])

lines = []
for host, answers in hosts.items():
    if answers is None:
        lines.append(f"{host}: DOWN the host cannot be reached")
    for answer in answers or []:
        begin = f"{host} ({answer['label']}):"
        if "error" in answer:
            lines.append(f"{begin} DOWN {answer['error']}")
            continue
        height, target = answer["height"], answer["target"]
        syncing = answer["syncing"]
        if not syncing and best[kind(answer)] - height > BEHIND:
            syncing, target = True, best[kind(answer)]
        words = ["SYNCING" if syncing else "SYNCED", f"height={height}"]
        if syncing and target is None and best[kind(answer)] > height:
            target = best[kind(answer)]
        if syncing and target is not None:
            words.append(f"target={target}")
        if answer["peers"] is not None:
            words.append(f"peers={answer['peers']}")
        lines.append(f"{begin} {' '.join(words)}")

print("\n".join(sorted(lines) or ["no service of these hosts can be asked how far it is"]))
