#!/usr/bin/env python3
"""Loads a network on purpose, and measures one of its hosts: what benchmark.yml runs there.

Lies beside trial.py, and reads the same facts.json.

    load.py ready      asks each question of the mix once: who answers none of them can bear no load
    load.py load       runs the load generator, one process for each question, and reads what it says
    load.py measure    counters of the host, and heights
    load.py blocks     transactions between two heights of a service
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from trial import ask, asked, call, facts, height_or_none, memory

PERCENTILES = ("50", "90", "95", "99")


def body(part):
    if "method" not in part:
        return None
    return {"jsonrpc": "2.0", "id": 1, "method": part["method"], "params": part.get("params", [])}


def place(load, part):
    return load["url"].rstrip("/") + part.get("path", "") if "path" in part else load["url"]


def ready():
    """Why the load cannot be borne, each as a sentence."""
    load, found = facts()["load"], []
    if not shutil.which(load["program"]):
        found.append(f"there is no {load['program']}, the load generator (-e netgen_install=yes installs it)")
    for part in load["mix"]:
        name = part.get("method", part.get("path"))
        try:
            answer = json.loads(ask(place(load, part), body(part)))
            if "error" in answer:
                found.append(f"{name}: {answer['error']}")
        # Whatever goes wrong on the way to an answer, there is none.
        except Exception as error:  # noqa: BLE001 pylint: disable=broad-except
            found.append(f"{name}: {error}")
    return {"obstacles": found}


def words(load, part):
    """The command: hey counts its rate by connection."""
    total = sum(one["weight"] for one in load["mix"])
    connections = max(1, round(load["connections"] * part["weight"] / total))
    rate = load["rate"] * part["weight"] / total / connections
    command = [load["program"], "-z", f"{load['seconds']}s", "-c", str(connections), "-q", f"{rate:.4f}", "-t", "10"]
    if "method" in part:
        command += ["-m", "POST", "-T", "application/json", "-d", json.dumps(body(part))]
    return [*command, place(load, part)]


def read(text):
    """What hey says at its end, in numbers."""
    number = r"([0-9.]+)"
    rate = re.search(rf"Requests/sec:\s+{number}", text)
    codes = {code: int(count) for code, count in re.findall(r"\[(\d{3})\]\s+(\d+) responses", text)}
    errors = text.partition("Error distribution:")[2]
    failed = {what.strip(): int(count) for count, what in re.findall(r"\[(\d+)\]\s+(.+)", errors)}
    latency = {mark: float(value) for mark, value in re.findall(rf"(\d+)% in {number} secs", text)}
    bounds = {name: re.search(rf"{name}:\s+{number} secs", text) for name in ("Slowest", "Fastest", "Average")}
    return {
        "requests": sum(codes.values()) + sum(failed.values()),
        "answered": codes.get("200", 0),
        "rate": float(rate.group(1)) if rate else 0.0,
        "codes": codes,
        "errors": failed,
        "seconds": {
            **{f"p{mark}": latency[mark] for mark in PERCENTILES if mark in latency},
            **{name.lower(): float(found.group(1)) for name, found in bounds.items() if found},
        },
    }


def load():
    """All questions at once, each at its share of the rate."""
    wanted = facts()["load"]
    start = time.time()
    begun = [
        (part, subprocess.Popen(words(wanted, part), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        for part in wanted["mix"]
    ]
    found = {}
    for part, process in begun:
        text, _ = process.communicate(timeout=wanted["seconds"] + 60)
        if process.returncode != 0:
            sys.exit(f"{wanted['program']}: {text.strip()}")
        found[part.get("method", part.get("path"))] = read(text)
    return {"from": start, "seconds": round(time.time() - start, 1), "parts": found}


def traffic():
    """Bytes received and sent. Only what leaves the host: the ends of bridges would count twice."""
    received = sent = 0
    for line in pathlib.Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]:
        name, _, numbers = line.partition(":")
        name, counts = name.strip(), numbers.split()
        if pathlib.Path("/sys/class/net", name, "device").exists() or name.startswith(("eth", "en")):
            received, sent = received + int(counts[0]), sent + int(counts[8])
    return received, sent


def measure():
    first = pathlib.Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    # user, nice, system, idle, iowait, irq, softirq, steal
    cpu = [int(word) for word in first.split()[1:9]]
    known, (received, sent) = memory(), traffic()
    heights = {name: height_or_none(one) for name, one in asked(facts()["services"], "height").items()}
    return {
        "time": time.time(), "cpus": os.cpu_count(), "cpu_total": sum(cpu), "cpu_idle": cpu[3] + cpu[4],
        "memory_total": known["MemTotal"], "memory_used": known["MemTotal"] - known["MemAvailable"],
        "received": received, "sent": sent, "heights": heights,
    }


def transactions(question, number):
    """How many transactions a block has; None where that cannot be asked."""
    if question["answers"] == "ethereum":
        count = call(question["url"], "eth_getBlockTransactionCountByNumber", [hex(number)])
        return None if count is None else int(count, 16)
    if question["answers"] == "cometbft":
        block = json.loads(ask(f"{question['url'].rstrip('/')}/block?height={number}"))
        return len(block["result"]["block"]["data"]["txs"] or [])
    return None


def blocks(name, first, last):
    """Transactions of the blocks after one height up to another, of the last 500 where there are more."""
    question = facts()["services"][name]["height"]
    numbers = range(max(int(first), int(last) - 500) + 1, int(last) + 1)
    counts = []
    for number in numbers:
        try:
            counts.append(transactions(question, number))
        # A block that cannot be had is as good as one that does not tell.
        except Exception:  # noqa: BLE001 pylint: disable=broad-except
            counts.append(None)
    known = [count for count in counts if count is not None]
    return {"service": name, "blocks": len(known), "transactions": sum(known) if known else None}


VERBS = {verb.__name__: verb for verb in (ready, load, measure, blocks)}

if __name__ == "__main__":
    print(json.dumps(VERBS[sys.argv[1]](*sys.argv[2:])))
