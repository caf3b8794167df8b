"""Real packets through the firewalls of a bundle: packets.py PLAN.json BUNDLE

Every host of the plan becomes a network namespace with its addresses and its ruleset, plus one for a
stranger. Ports that are forwarded into a container get a namespace of their own behind a bridge, with
the address translation that a container engine would make. Then everybody knocks at every published
port of everybody else. Who gets through must be exactly who the plan lets in.

Runs in namespaces of its own (unshare --map-root-user --net --mount), and leaves nothing behind.
"""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

STRANGER = {"name": "stranger", "addresses": ["198.18.0.9"]}
# On every host somebody listens whom the manifest does not know: nobody may get through to him.
FORGOTTEN = {
    "service": "forgotten", "interface": "debug", "port": 6666, "transport": "tcp",
    "address": "0.0.0.0", "forwarded": False, "anyone": False, "from": [],
}
INSIDE = "172.31.255.2"
WAIT = 0.7


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")


def inside(name, *words):
    run("ip", "netns", "exec", name, *words)


def connect(host):
    """A namespace on the one wire that joins all hosts."""
    name = host["name"]
    run("ip", "netns", "add", name)
    run("ip", "link", "add", host["wire"], "type", "veth", "peer", "name", "eth0", "netns", name)
    run("ip", "link", "set", host["wire"], "master", "wire", "up")
    inside(name, "ip", "link", "set", "lo", "up")
    inside(name, "ip", "link", "set", "eth0", "up")
    for address in host["addresses"]:
        inside(name, "ip", "address", "add", f"{address}/32", "dev", "eth0")
    inside(name, "ip", "route", "add", "default", "dev", "eth0")


def contain(host):
    """A container behind a bridge, with the ports that the engine would translate."""
    name, container = host["name"], f"{host['name']}.c"
    run("ip", "netns", "add", container)
    inside(name, "ip", "link", "add", "br-c", "type", "bridge")
    inside(name, "ip", "address", "add", "172.31.255.1/24", "dev", "br-c")
    inside(name, "ip", "link", "set", "br-c", "up")
    inside(name, "ip", "link", "add", "c0", "type", "veth", "peer", "name", "eth0", "netns", container)
    inside(name, "ip", "link", "set", "c0", "master", "br-c", "up")
    for words in (
        ("address", "add", f"{INSIDE}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
        ("route", "add", "default", "via", "172.31.255.1"),
    ):
        inside(container, "ip", *words)
    inside(name, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    lines = []
    for door in host["doors"]:
        if door["forwarded"] and door["address"] != "127.0.0.1":
            only = "" if door["address"] == "0.0.0.0" else f"ip daddr {door['address']} "
            port = door["port"]
            lines.append(f"iifname != \"br-c\" {only}{door['transport']} dport {port} dnat ip to {INSIDE}:{port}")
    head = ["table ip engine {", "chain in {", "type nat hook prerouting priority dstnat", *lines, "}", "}", ""]
    words = ["ip", "netns", "exec", name, "nft", "-f", "-"]
    subprocess.run(words, input="\n".join(head), text=True, check=True)


def listen(host):
    """Programs that answer on every port, on every address that the plan publishes it on."""
    here, contained = [], []
    for door in host["doors"]:
        entry = [door["transport"], door["address"], door["port"]]
        if door["forwarded"] and door["address"] != "127.0.0.1":
            contained.append([door["transport"], "0.0.0.0", door["port"]])
        else:
            here.append(entry)
    started = []
    for name, ports in ((host["name"], here), (f"{host['name']}.c", contained)):
        if ports:
            distinct = sorted({tuple(port) for port in ports})
            words = ["ip", "netns", "exec", name, sys.executable, __file__, "--answer", json.dumps(distinct)]
            started.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
    return started


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(data, peer)


async def answer(ports):
    loop = asyncio.get_running_loop()
    for transport, address, port in ports:
        if transport == "tcp":
            await asyncio.start_server(lambda _, writer: writer.close(), address, port)
        else:
            # All addresses by one socket would answer from the wrong one.
            await loop.create_datagram_endpoint(Echo, local_addr=(address, port))
    print("ready", flush=True)
    await asyncio.Event().wait()


async def knock(transport, address, port, limit):
    async with limit:
        try:
            if transport == "tcp":
                _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), WAIT)
                writer.close()
                return True
            loop = asyncio.get_running_loop()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plug:
                plug.setblocking(False)
                plug.connect((address, port))
                await loop.sock_sendall(plug, b"?")
                return await asyncio.wait_for(loop.sock_recv(plug, 9), WAIT) == b"?"
        except (OSError, asyncio.TimeoutError):
            return False


async def knock_all(targets):
    limit = asyncio.Semaphore(200)
    print(json.dumps(await asyncio.gather(*(knock(*target, limit) for target in targets))))


def main(plan, bundle):
    hosts = plan["hosts"]
    run("mount", "-t", "tmpfs", "none", "/run")
    run("ip", "link", "add", "wire", "type", "bridge")
    run("ip", "link", "set", "wire", "up")
    answering = []
    everybody = hosts + [STRANGER | {"doors": []}]
    for host in hosts:
        host["doors"].append(FORGOTTEN)
    for at, host in enumerate(everybody):
        host["wire"] = f"w{at}"
        connect(host)
        if host["doors"]:
            contain(host)
            inside(host["name"], "nft", "-f", str(bundle / "firewall" / host["name"] / "nftables.conf"))
            answering += listen(host)
    try:
        for program in answering:
            program.stdout.readline()
        return judge(everybody)
    finally:
        for program in answering:
            program.kill()


def judge(everybody):
    wrong, asked, through = [], 0, 0
    for source in everybody:
        targets = [
            (host, door, address)
            for host in everybody
            if host is not source
            for door in host["doors"]
            for address in host["addresses"]
        ]
        words = [[door["transport"], address, door["port"]] for _, door, address in targets]
        done = subprocess.run(
            ["ip", "netns", "exec", source["name"], sys.executable, __file__, "--knock"],
            input=json.dumps(words), capture_output=True, text=True, check=True,
        )
        for (host, door, address), open_ in zip(targets, json.loads(done.stdout)):
            asked += 1
            through += open_
            published = door["address"] in ("0.0.0.0", address)
            allowed = published and (door["anyone"] or source["name"] in door["from"])
            if allowed != open_:
                verb = "gets" if open_ else "does not get"
                wrong.append(
                    f"{source['name']} {verb} through to {host['name']} {address} "
                    f"{door['port']}/{door['transport']} ({door['service']} {door['interface']})"
                )
    print(f"{asked} knocks, {through} let in")
    if not through or through == asked:
        wrong.append("where all doors are alike, knocking says nothing")
    return wrong


if __name__ == "__main__":
    if sys.argv[1] == "--answer":
        asyncio.run(answer(json.loads(sys.argv[2])))
    elif sys.argv[1] == "--knock":
        asyncio.run(knock_all(json.load(sys.stdin)))
    else:
        faults = main(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
        if faults:
            sys.exit("\n".join(faults))
