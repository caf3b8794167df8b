#!/usr/bin/python3
"""A stand-in for the node of a chain: it makes blocks, answers JSON-RPC and exports metrics.

Its state is one file in its data folder, so that a restart goes on at the same height.
"""

import argparse
import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path, required=True)
parser.add_argument("--rpc", required=True)
parser.add_argument("--metrics", required=True)
parser.add_argument("--block-time", type=float, default=1.0)
parser.add_argument("--key", type=pathlib.Path, required=True)
options = parser.parse_args()

# What a bad release does.
if os.environ.get("BROKEN"):
    sys.exit("this release does not run")

# A key that cannot be read is an error at the start, as with any client.
if len(options.key.read_text(encoding="ascii").strip()) != 64:
    sys.exit("the key is not 64 hex digits")

state = options.data / "height"
height = int(state.read_text(encoding="ascii")) if state.exists() else 0
signed = 0


def make_blocks():
    global height, signed
    while True:
        time.sleep(options.block_time)
        height += 1
        # What a release does that follows the chain and takes no part in it.
        signed += 0 if os.environ.get("IDLE") else 1
        part = state.with_suffix(".part")
        part.write_text(str(height), encoding="ascii")
        part.replace(state)


class Rpc(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answers = {
            "eth_blockNumber": hex(height),
            "eth_syncing": False,
            "net_peerCount": "0x2",
            "eth_getBlockTransactionCountByNumber": "0x3",
        }
        answer = {"jsonrpc": "2.0", "id": request.get("id"), "result": answers.get(request["method"])}
        self.reply("application/json", json.dumps(answer))

    def do_GET(self):
        # Whose turn it is, the test decides.
        proposer = "OWN" if (options.data / "proposing").exists() else "ANOTHER"
        paths = {
            "/status": {"result": {"validator_info": {"address": "OWN"}}},
            "/consensus_state": {"result": {"round_state": {"proposer": {"address": proposer}}}},
        }
        if self.path in paths:
            self.reply("application/json", json.dumps(paths[self.path]))
            return
        votes = f'standin_signed_total{{vote="yes"}} {signed}\nstandin_signed_total{{vote="no"}} 7\n'
        self.reply("text/plain", f"# TYPE standin_height gauge\nstandin_height {height}\n{votes}")

    def reply(self, kind, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(address):
    host, port = address.rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Rpc)
    threading.Thread(target=server.serve_forever, daemon=True).start()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
serve(options.rpc)
serve(options.metrics)
make_blocks()
