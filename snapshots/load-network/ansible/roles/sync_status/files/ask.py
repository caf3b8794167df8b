"""Asks the programs of this host how far they are along their chain.

Takes a list of questions as JSON (`netgen_sync` of the host) and prints a list of answers, one for each:
{"label", "answers", "height", "target", "peers", "syncing"}, or {"label", "error"}. Changes nothing.

Validators (`netgen_duties`) are asked in the same way: {"label", "answers", "done", "next"}, the count of
their duties and the seconds until they propose next; either is null where it is not known.
"""

import concurrent.futures
import fnmatch
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 5  # seconds for one question


class Silent(Exception):
    """Why there is no answer, in a few words."""


def fetch(url, body=None):
    headers = {"Content-Type": "application/json"} if body is not None else {}
    data = None if body is None else json.dumps(body).encode()
    # What is asked is near; a proxy of the environment knows nothing of it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data, headers), timeout=PATIENCE) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        # Some answer an error of their protocol with a status of its own.
        text = error.read()
        if text.lstrip()[:1] == b"{":
            return text
        raise Silent(f"HTTP status {error.code}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Silent(getattr(reason, "strerror", None) or str(reason) or "no answer") from error


def data(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise Silent("what it answers is not JSON") from error


def call(url, method, params=None):
    """The result of a call of JSON-RPC."""
    answer = data(fetch(url, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or []}))
    if isinstance(answer, dict) and answer.get("error"):
        error = answer["error"]
        raise Silent(f"{method}: {error.get('message', error) if isinstance(error, dict) else error}")
    return answer.get("result")


def optional(work):
    """What not every program offers: a namespace may be switched off."""
    try:
        return work()
    except (Silent, KeyError, TypeError, ValueError):
        return None


def ethereum(question):
    url = question["url"]
    syncing = call(url, "eth_syncing")
    height = int(call(url, "eth_blockNumber"), 16)
    target = None
    if syncing:
        target = int(syncing["highestBlock"], 16) if "highestBlock" in syncing else None
        height = max(height, int(syncing.get("currentBlock", "0x0"), 16))
    peers = optional(lambda: int(call(url, "net_peerCount"), 16))
    return height, target, peers, bool(syncing)


def beacon(question):
    url = question["url"].rstrip("/")
    state = data(fetch(f"{url}/eth/v1/node/syncing"))["data"]
    height, distance = int(state["head_slot"]), int(state["sync_distance"])
    peers = optional(lambda: int(data(fetch(f"{url}/eth/v1/node/peer_count"))["data"]["connected"]))
    syncing = state["is_syncing"] or state.get("is_optimistic", False) or state.get("el_offline", False)
    return height, height + distance, peers, syncing


def cometbft(question):
    url = question["url"].rstrip("/")
    state = data(fetch(f"{url}/status"))["result"]["sync_info"]
    peers = optional(lambda: int(data(fetch(f"{url}/net_info"))["result"]["n_peers"]))
    return int(state["latest_block_height"]), None, peers, state["catching_up"]


def bitcoin(question):
    def run(method):
        words = [*question["command"], method]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE * 2, check=False)
        except OSError as error:
            raise Silent(f"{words[0]}: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise Silent("no answer in time") from error
        if done.returncode != 0:
            raise Silent((done.stderr.strip().splitlines() or ["it failed"])[-1])
        return data(done.stdout)

    state = run("getblockchaininfo")
    peers = optional(lambda: run("getnetworkinfo")["connections"])
    height, target = state["blocks"], state["headers"]
    # A block that has just been found is no reason to say that the node catches up.
    return height, target, peers, state["initialblockdownload"] or target - height > 2


def solana(question):
    url = question["url"]
    height = call(url, "getSlot", [{"commitment": "processed"}])
    answer = data(fetch(url, {"jsonrpc": "2.0", "id": 1, "method": "getHealth"}))
    behind = ((answer.get("error") or {}).get("data") or {}).get("numSlotsBehind")
    peers = optional(lambda: len(call(url, "getClusterNodes")) - 1)
    target = height + behind if behind else None
    return height, target, peers, answer.get("result") != "ok"


def substrate(question):
    url = question["url"]
    health = call(url, "system_health")
    state = optional(lambda: call(url, "system_syncState")) or {}
    height = state.get("currentBlock")
    if height is None:
        height = int(call(url, "chain_getHeader")["number"], 16)
    return height, state.get("highestBlock"), health["peers"], health["isSyncing"]


SAMPLE = re.compile(r"^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})?\s+(\S+)")
LABEL = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"')
KEY = re.compile(r"^(?:0x)?([0-9a-fA-F]{96})$")


def samples(url):
    """(name, labels, value) of all that is exported."""
    for line in fetch(url).decode(errors="replace").splitlines():
        found = SAMPLE.match(line)
        if found:
            yield found[1], dict(LABEL.findall(found[2] or "")), float(found[3])


def metrics(question):
    names = question["answers"]
    values = {}
    for name, _, sample in samples(question["url"]):
        values.setdefault(name, sample)

    def value(what):
        name = names.get(what)
        if name is not None and name not in values:
            raise Silent(f"it exports no {name}")
        return None if name is None else int(values[name])

    height, target, peers, syncing = (value(what) for what in ("height", "target", "peers", "syncing"))
    if height is None:
        raise Silent("no height")
    behind = target is not None and target > height
    return height, target, peers, behind if syncing is None else syncing > 0


def own_keys(asked):
    """The public keys that a validator client signs with, in lower case and without 0x."""
    found = {key[1].lower() for key in map(KEY.match, asked["keys"]) if key}
    for place in asked["folders"]:
        for folder, _, files in os.walk(place["path"]):
            for name in fnmatch.filter(files, place["files"]):
                try:
                    with open(os.path.join(folder, name), encoding="utf-8") as opened:
                        value = str(json.load(opened).get(place["field"]))
                except (OSError, ValueError, AttributeError):
                    continue
                key = KEY.match(value)
                found.update({key[1].lower()} if key else ())
    return found


def next_beacon(url, asked):
    """Proposers are known for this epoch and the next one."""
    keys = own_keys(asked)
    if not keys:
        return None
    genesis = int(data(fetch(f"{url}/eth/v1/beacon/genesis"))["data"]["genesis_time"])
    spec = data(fetch(f"{url}/eth/v1/config/spec"))["data"]
    length, per_epoch = int(spec["SECONDS_PER_SLOT"]), int(spec["SLOTS_PER_EPOCH"])
    slot = int((time.time() - genesis) // length)
    ahead = []
    for epoch in (slot // per_epoch, slot // per_epoch + 1):
        told = optional(lambda: data(fetch(f"{url}/eth/v1/validator/duties/proposer/{epoch}"))["data"])
        ahead += [int(one["slot"]) for one in told or [] if one["pubkey"].removeprefix("0x").lower() in keys]
    left = [genesis + one * length - time.time() for one in ahead if one >= slot]
    return max(0, int(min(left))) if left else None


def next_cometbft(url, _):
    """Only the block that is being agreed on is known for sure."""
    own = data(fetch(f"{url}/status"))["result"]["validator_info"]["address"]
    state = data(fetch(f"{url}/consensus_state"))["result"]["round_state"]
    return 0 if state["proposer"]["address"] == own else None


NEXT = {"beacon": next_beacon, "cometbft": next_cometbft}


def duties(question, engine):
    told = {"done": None, "next": None}
    asked = question.get("done")
    if asked:
        wanted = asked["labels"].items()
        told["done"] = optional(lambda: sum(
            value for name, labels, value in samples(url_of(asked, engine))
            if name == asked["metric"] and wanted <= labels.items()
        ))
    asked = question.get("proposals") or {"at": []}
    for place in asked["at"]:
        try:
            told["next"] = NEXT[asked["answers"]](url_of(place, engine).rstrip("/"), asked)
            break
        # One that does not answer cannot propose either; the next one may.
        except (Silent, KeyError, TypeError, ValueError):
            continue
    return told


WAYS = {
    "ethereum": ethereum,
    "beacon": beacon,
    "cometbft": cometbft,
    "bitcoin": bitcoin,
    "solana": solana,
    "substrate": substrate,
}


def address(engine, name):
    """The address of a container, which its own host reaches."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}{{.NetworkSettings.IPAddress}}"
    words = [engine, "container", "inspect", f"--format={form}", name]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE * 2, check=False)
    except OSError as error:
        raise Silent(f"{engine}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Silent(f"{engine} does not answer") from error
    found = [word for word in done.stdout.split() if word and not word.startswith("<")]
    if not found:
        raise Silent("its container does not run")
    return f"[{found[0]}]" if ":" in found[0] else found[0]


def url_of(place, engine):
    if "container" not in place:
        return place["url"]
    at = place["container"]
    return f"{at['scheme']}://{address(engine, place['service'])}:{at['port']}{at['path']}"


def answer(question, engine):
    told = {"label": question["label"], "answers": question["answers"]}
    try:
        if question["answers"] == "duties":
            return {**told, **duties(question, engine)}
        if "command" not in question:
            question["url"] = url_of(question, engine)
        way = WAYS[question["answers"]] if isinstance(question["answers"], str) else metrics
        height, target, peers, syncing = way(question)
        return {**told, "height": height, "target": target, "peers": peers, "syncing": bool(syncing)}
    except Silent as error:
        return {**told, "error": str(error)}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return {**told, "error": f"its answer has another form than expected ({type(error).__name__}: {error})"}


def main():
    questions, engine = json.loads(sys.argv[1]), sys.argv[2]
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        print(json.dumps(list(pool.map(lambda question: answer(question, engine), questions))))


main()
