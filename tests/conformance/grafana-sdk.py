"""Reads dashboards with Grafana's own library and writes them again: grafana-sdk.py FILE...

The library drops what it does not know without a word, so what it gives back is compared with what was
read. It may add the defaults of keys that are absent; it may lose or change nothing."""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def differences(read, back, place=""):
    if isinstance(read, dict) and isinstance(back, dict):
        for key, value in read.items():
            here = f"{place}/{key}"
            if key in back:
                yield from differences(value, back[key], here)
            # A key whose value is null says the same as no key.
            elif value is not None:
                yield f"{here} is not known: {json.dumps(value)[:80]}"
    elif isinstance(read, list) and isinstance(back, list) and len(read) == len(back):
        for index, (one, other) in enumerate(zip(read, back)):
            yield from differences(one, other, f"{place}/{index}")
    elif read != back:
        yield f"{place} comes back as {json.dumps(back)[:80]}, it was {json.dumps(read)[:80]}"


def faults(text):
    read = json.loads(text)
    try:
        board = Dashboard.from_json(read)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        yield f"cannot be read: {type(error).__name__} {error}"
        return
    yield from differences(read, json.loads(JSONEncoder().encode(board)))


register_default_plugins()
found = [f"{path}: {fault}" for path in sys.argv[1:] for fault in faults(open(path, encoding="utf-8").read())]
print("\n".join(found))
sys.exit(1 if found else 0)
