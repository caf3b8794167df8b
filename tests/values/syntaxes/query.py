"""Starts a Prometheus and asks it queries: query.py PROMETHEUS QUERIES.

QUERIES is a file with a list of texts in JSON. Prints a list of answers: the data of each, or what is
wrong with it as a text.
"""

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.parse

program, queries = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
with open("prometheus.yml", "w", encoding="utf-8") as config:
    config.write("{}\n")
server = subprocess.Popen(
    [program, "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{port}"],
    stdout=subprocess.DEVNULL,
    stderr=open("log", "w", encoding="utf-8"),
)


def connected():
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/-/ready")
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                return connection
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("Prometheus does not start: " + open("log", encoding="utf-8").read()[-2000:])


def ask(connection, query):
    form = urllib.parse.urlencode({"query": query, "time": 1})
    connection.request("POST", "/api/v1/query", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = json.loads(connection.getresponse().read())
    return answer.get("data", answer.get("error"))


try:
    link = connected()
    json.dump([ask(link, query) for query in queries], sys.stdout)
finally:
    server.kill()
    server.wait()
