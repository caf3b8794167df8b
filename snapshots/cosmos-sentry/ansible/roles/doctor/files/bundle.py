"""Looks at the bundle on the machine that deploys, and prints its findings as JSON; changes nothing.

Takes the folder of the bundle and that of the manifest.
"""

import hashlib
import json
import pathlib
import sys

bundle, manifest = map(pathlib.Path, sys.argv[1:3])
# A checkout writes its files one after the other.
LATER = 60
findings = []


def say(state, text, cure=""):
    findings.append({"check": "bundle", "state": state, "text": text, "cure": cure})


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


edited, missing = [], []
for line in (bundle / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
    known, name = line.split("  ", 1)
    path = bundle / name
    if not path.is_file():
        missing.append(name)
    elif digest(path) != known:
        edited.append(name)
for names, what in ((edited, "edited by hand"), (missing, "missing")):
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        say("wrong", f"{what}: {', '.join(names[:3])}{more}", "make it anew: netgen build")

facts = bundle / "bundle.json"
made = json.loads(facts.read_text(encoding="utf-8"))
for given in made["inputs"]:
    path = manifest / given["path"]
    if given["path"] == "manifest" or given["path"].startswith("netgen/") or not path.is_file():
        continue
    if digest(path) != given["sha256"]:
        say("wrong", f"{given['path']} changed since the bundle was built", "make it anew: netgen build")
if not made["pinned"]:
    say("wrong", "images are not pinned: hosts may run different ones", "netgen lock, then netgen build")
newer = [
    path.name
    for ending in ("*.yaml", "*.yml", "*.json")
    for path in manifest.glob(ending)
    if path.stat().st_mtime > facts.stat().st_mtime + LATER
]
if newer:
    say("note", f"{', '.join(sorted(newer))} was written after the bundle was built", "netgen build --check says whether that matters")
if not findings:
    say("ok", "is what netgen built")
print(json.dumps(findings))
