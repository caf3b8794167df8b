#!/usr/bin/env python3
"""Writes the report of a trial, as JSON and as Markdown: what chaos.yml and benchmark.yml run at their end.

    report.py chaos FOLDER < results
    report.py benchmark FOLDER < results

Says {"passed": ..., "lines": [...]} on standard output.
"""

import json
import pathlib
import re
import sys
import time


def said(part):
    """What a verb said; an empty object where it said nothing."""
    try:
        return json.loads(part["said"])
    except (ValueError, TypeError):
        return {}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join("" if cell is None else str(cell) for cell in row) + " |" for row in rows]


def write(folder, name, report, lines):
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = folder / f"{re.sub('[^a-z0-9]+', '-', name)}-{stamp}"
    path.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path.with_suffix(".md"))


# ---- chaos --------------------------------------------------------------------------


def unheld(results, judged):
    """What had to hold and did not."""
    case, stall, found = results["case"], results["stall"], []
    heights = {name: one for part in judged.values() for name, one in part.get("heights", {}).items()}
    doors = {name: one for part in judged.values() for name, one in part.get("doors", {}).items()}
    for name in case["heights"]:
        one = heights.get(name)
        if one is None:
            found.append(f"nobody looked at the height of {name}")
        elif one["first"] is None or one["last"] <= one["first"]:
            found.append(f"the height of {name} did not grow")
        elif one["longest_stall"] > stall:
            found.append(f"the height of {name} stood still for {one['longest_stall']} s, longer than {stall} s")
    for name in case["doors"]:
        one = doors.get(name)
        if one is None:
            found.append(f"nobody asked {name}")
        elif one["longest_silence"] > stall:
            found.append(f"{name} did not answer for {one['longest_silence']} s, longer than {stall} s")
    return found


def broken(results):
    """What went wrong with the trial itself."""
    found = []
    for part in results["hosts"]:
        for verb in ("inject", "heal", "recover", "judge"):
            if not part[verb]["good"]:
                found.append(f"{part['host']}: {verb} failed: {part[verb]['wrong'].strip() or 'no reason given'}")
    lost = sorted(set(results["wanted"]) - {part["host"] for part in results["hosts"]})
    found += [f"{host}: could not be reached; its own timer heals it" for host in lost]
    for part in results["hosts"]:
        seen = said(part["judge"])
        if seen and seen["until"] - seen["from"] < results["hold"] - 1 and part["inject"]["good"]:
            found.append(f"{part['host']}: it was healed before its time")
    return found


def chaos(results, folder):
    case, limit = results["case"], results["recovery"]
    judged = {part["host"]: said(part["judge"]) for part in results["hosts"]}
    recovered = {part["host"]: said(part["recover"]) for part in results["hosts"]}
    demanded = results["survives"] and not results["forced"]
    problems = broken(results)
    not_held = unheld(results, judged)
    if demanded:
        problems += not_held
    times = [one.get("seconds") for one in recovered.values() if one]
    for host, one in recovered.items():
        if one and not one["well"]:
            problems.append(f"{host} was not well {2 * limit} s after it was healed: {', '.join(one['waiting_for'])}")
        elif one and one["seconds"] > limit:
            problems.append(f"{host} took {one['seconds']} s to be well again, longer than {limit} s")
    seconds = max(times) if times and None not in times else None
    report = {
        "kind": "chaos", "network": results["network"], "case": case["id"], "what": case["what"],
        "survives": results["survives"], "why": results["why"], "forced": results["forced"],
        "passed": not problems, "problems": problems,
        "recovery": {"seconds": seconds, "limit": limit, "hosts": recovered},
        "meanwhile": {"seconds": results["hold"], "must_hold": demanded, "did_not_hold": not_held, "hosts": judged},
        "before": {part["host"]: json.loads(part["look"]) for part in results["hosts"]},
    }
    if case["fault"] == "latency":
        report["delay_ms"] = results["delay"]
    heights = [
        (host, name, one["first"], one["last"], one["longest_stall"])
        for host, part in judged.items() for name, one in part.get("heights", {}).items()
    ]
    doors = [
        (host, name, one["asked"], one["answered"], one["longest_silence"])
        for host, part in judged.items() for name, one in part.get("doors", {}).items()
    ]
    took = "not at all" if seconds is None else f"after {seconds} s"
    lines = [
        f"# {case['id']} on {results['network']}: {'passed' if not problems else 'FAILED'}", "",
        f"{case['what']}, for {results['hold']} seconds.", "",
        f"By analysis the network {'survives' if results['survives'] else 'does not survive'} it: {results['why']}.",
        f"All was well again {took}; the limit is {limit} s.", "",
        *[f"- {problem}" for problem in problems], *([""] if problems else []),
        "## Meanwhile", "",
        *table(["host", "service", "first height", "last height", "longest stall (s)"], heights), "",
        *(table(["host", "door", "asked", "answered", "longest silence (s)"], doors) + [""] if doors else []),
        "## Recovery", "",
        *table(["host", "well again after (s)", "last of all"], [
            (host, one.get("seconds"), ", ".join(one.get("waiting_for") or last(one.get("since", {}))))
            for host, one in recovered.items()
        ]), "",
        "## Evidence", "",
        *[f"- {host}: {json.dumps(part.get('evidence', {}), sort_keys=True)}" for host, part in judged.items()],
    ]
    path = write(folder, f"{results['network']}-chaos-{case['id']}", report, lines)
    outcome = f"{case['id']}: {'passed' if not problems else 'FAILED'}, all well again {took} (limit {limit} s)"
    return {"passed": not problems, "lines": [outcome, *problems, f"report: {path}"]}


def last(since):
    """What was well last."""
    return [name for name, seconds in since.items() if seconds == max(since.values())][:1]


# ---- benchmark ------------------------------------------------------------------------


def use(before, after):
    """What a host used between two measurements."""
    seconds = max(after["time"] - before["time"], 0.001)
    busy = after["cpu_total"] - before["cpu_total"] or 1
    return {
        "seconds": round(seconds, 1), "cpus": after["cpus"],
        "cpu_percent": round(100 * (1 - (after["cpu_idle"] - before["cpu_idle"]) / busy), 1),
        "memory_bytes": {"total": after["memory_total"], "before": before["memory_used"], "after": after["memory_used"]},
        "received_bytes_per_second": round((after["received"] - before["received"]) / seconds),
        "sent_bytes_per_second": round((after["sent"] - before["sent"]) / seconds),
    }


def growth(before, after):
    """Blocks a second of each service that told its height both times."""
    seconds = max(after["time"] - before["time"], 0.001)
    found = {}
    for name, tall in after["heights"].items():
        low = before["heights"].get(name)
        if tall is not None and low is not None:
            found[name] = {"first": low, "last": tall, "blocks_per_second": round((tall - low) / seconds, 3)}
    return found


def benchmark(results, folder):
    load, problems = results["load"], []
    hosts = {part["host"]: use(part["before"], part["after"]) for part in results["hosts"]}
    rates = {}
    for part in results["hosts"]:
        rates.update(growth(part["before"], part["after"]))
    parts = load["parts"]
    requests, answered = (sum(one[key] for one in parts.values()) for key in ("requests", "answered"))
    rate = round(sum(one["rate"] for one in parts.values()), 1)
    if not requests:
        problems.append("no request was sent")
    elif 100 * (requests - answered) > results["most_errors"] * requests:
        problems.append(f"{requests - answered} of {requests} requests failed, more than {results['most_errors']} %")
    problems += [f"the height of {name} did not grow" for name, one in rates.items() if one["last"] <= one["first"]]
    counted = results["blocks"]
    tps = None
    if counted and counted["transactions"] is not None and rates.get(counted["service"]):
        one = rates[counted["service"]]
        per_block = counted["transactions"] / counted["blocks"]
        tps = round(per_block * one["blocks_per_second"], 3)
    report = {
        "kind": "benchmark", "network": results["network"], "passed": not problems, "problems": problems,
        "target": results["target"], "from": results["from"], "wanted": results["wanted"],
        "requests": requests, "answered": answered, "rate": rate, "parts": parts,
        "heights": rates, "transactions": counted, "transactions_per_second": tps, "hosts": hosts,
    }
    marks = ("p50", "p90", "p95", "p99", "slowest")
    lines = [
        f"# Benchmark of {results['network']}: {'passed' if not problems else 'FAILED'}", "",
        f"{results['wanted']['rate']} requests a second by {results['wanted']['connections']} connections for "
        f"{results['wanted']['seconds']} s were asked for, from {results['from']} to {results['target']}.",
        f"{answered} of {requests} requests were answered, {rate} a second.", "",
        *[f"- {problem}" for problem in problems], *([""] if problems else []),
        "## Latency (ms)", "",
        *table(["question", "requests", "a second", *marks], [
            (name, one["requests"], one["rate"], *(milliseconds(one["seconds"].get(mark)) for mark in marks))
            for name, one in parts.items()
        ]), "",
        "## Chain", "",
        *table(["service", "first height", "last height", "blocks a second"],
               [(name, one["first"], one["last"], one["blocks_per_second"]) for name, one in rates.items()]), "",
        f"Transactions a second: {'not told by this chain' if tps is None else tps}", "",
        "## Hosts", "",
        *table(["host", "CPU (%)", "memory before (MiB)", "memory after (MiB)", "received (kB/s)", "sent (kB/s)"], [
            (host, one["cpu_percent"], one["memory_bytes"]["before"] >> 20, one["memory_bytes"]["after"] >> 20,
             round(one["received_bytes_per_second"] / 1000, 1), round(one["sent_bytes_per_second"] / 1000, 1))
            for host, one in hosts.items()
        ]),
    ]
    path = write(folder, f"{results['network']}-benchmark", report, lines)
    outcome = f"{answered} of {requests} requests answered, {rate} a second"
    return {"passed": not problems, "lines": [outcome, *problems, f"report: {path}"]}


def milliseconds(seconds):
    return None if seconds is None else round(1000 * seconds, 1)


if __name__ == "__main__":
    print(json.dumps({"chaos": chaos, "benchmark": benchmark}[sys.argv[1]](json.load(sys.stdin), pathlib.Path(sys.argv[2]))))
