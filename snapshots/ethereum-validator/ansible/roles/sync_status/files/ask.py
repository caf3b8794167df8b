"""Asks the programs of this host how far they are along their chain.

Takes a list of questions as JSON (`netgen_sync` of the host) and prints a list of answers, one for each:
{"label", "answers", "height", "target", "peers", "syncing"}, or {"label", "error"}. Changes nothing.
"""

import concurrent.futures
import json
import re
import subprocess
import sys
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


SAMPLE = re.compile(r"^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{.*\})?\s+(\S+)")


def metrics(question):
    names = question["answers"]
    values = {}
    for line in fetch(question["url"]).decode(errors="replace").splitlines():
        found = SAMPLE.match(line)
        if found:
            values.setdefault(found[1], float(found[2]))

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


def answer(question, engine):
    told = {"label": question["label"], "answers": question["answers"]}
    try:
        if "container" in question:
            at = question["container"]
            question["url"] = f"{at['scheme']}://{address(engine, question['service'])}:{at['port']}{at['path']}"
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
