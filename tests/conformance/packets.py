"""Real packets through the firewalls of a bundle: packets.py PLAN.json BUNDLE

Every host of the plan becomes a network namespace with its addresses and its firewall, plus one for a
stranger. The firewall is its nftables ruleset, or the real ufw with files of its own. Ports that are forwarded into a container get a namespace of their own behind a bridge, with
the address translation that a container engine would make. Then everybody knocks at every published
port of everybody else. Who gets through must be exactly who the plan lets in.

Runs in namespaces of its own (unshare --map-root-user --net --mount), and leaves nothing behind.
"""

import asyncio
import json
import socket
import shutil
import subprocess
import sys
from pathlib import Path

STRANGER = {"name": "stranger", "addresses": ["198.18.0.9"]}
# On every host somebody listens whom the manifest does not know: nobody may get through to him.
FORGOTTEN = {
    "service": "forgotten", "interface": "debug", "port": 6666, "inside": 6666, "transport": "tcp",
    "address": "0.0.0.0", "forwarded": False, "anyone": False, "from": [],
}
# Before netgen came, ufw had a rule of somebody else, and two of a deploy long ago.
THEIRS = "allow 6667/tcp comment 'theirs'"
STALE = ["allow 6666/tcp comment 'netgen in: old'", "route allow out on br-+ comment 'netgen route: old'"]
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
        if address != host.get("mesh", {}).get("address"):
            inside(name, "ip", "address", "add", f"{address}/32", "dev", "eth0")
    inside(name, "ip", "route", "add", "default", "dev", "eth0")
    if "mesh" in host:
        join_mesh(name, host["mesh"], f"m{host['wire']}")


def join_mesh(name, mesh, wire):
    """The interface of the mesh: what comes from there has been decrypted, which another wire is as good for."""
    run("ip", "link", "add", wire, "type", "veth", "peer", "name", mesh["interface"], "netns", name)
    run("ip", "link", "set", wire, "master", "mesh", "up")
    inside(name, "ip", "link", "set", mesh["interface"], "up")
    inside(name, "ip", "address", "add", f"{mesh['address']}/32", "dev", mesh["interface"])
    inside(name, "ip", "route", "add", mesh["subnet"], "dev", mesh["interface"])


def contain(host):
    """A container behind a bridge, with the ports that the engine would translate."""
    name, container, bridge = host["name"], f"{host['name']}.c", host["bridge"]
    run("ip", "netns", "add", container)
    inside(name, "ip", "link", "add", bridge, "type", "bridge")
    inside(name, "ip", "address", "add", "172.31.255.1/24", "dev", bridge)
    inside(name, "ip", "link", "set", bridge, "up")
    inside(name, "ip", "link", "add", "c0", "type", "veth", "peer", "name", "eth0", "netns", container)
    inside(name, "ip", "link", "set", "c0", "master", bridge, "up")
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
            to = f"dnat ip to {INSIDE}:{door['inside']}"
            lines.append(f"iifname != \"{bridge}\" {only}{door['transport']} dport {port} {to}")
    head = ["table ip engine {", "chain in {", "type nat hook prerouting priority dstnat", *lines, "}", "}", ""]
    words = ["ip", "netns", "exec", name, "nft", "-f", "-"]
    subprocess.run(words, input="\n".join(head), text=True, check=True)


def listen(host):
    """Programs that answer on every port, on every address that the plan publishes it on."""
    here, contained = [], []
    for door in host["doors"]:
        # An answer by UDP must come from the address that was asked, so each has its own socket.
        every = host["addresses"] if door["transport"] == "udp" and door["address"] == "0.0.0.0" else None
        if door["forwarded"] and door["address"] != "127.0.0.1":
            contained.append([door["transport"], "0.0.0.0", door["inside"]])
        else:
            here += [[door["transport"], at, door["port"]] for at in every or [door["address"]]]
    started = []
    for name, ports in ((host["name"], here), (f"{host['name']}.c", contained)):
        if ports:
            distinct = sorted({tuple(port) for port in ports})
            words = ["ip", "netns", "exec", name, sys.executable, __file__, "--answer", json.dumps(distinct)]
            started.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
    return started


class Ufw:
    """The real ufw on one host, with its own copy of the files that Debian installs."""

    def __init__(self, host, bundle):
        self.host = host
        self.script = bundle / "firewall" / host["name"] / "ufw.sh"
        self.home = Path("/run/ufw") / host["name"]
        shutil.copytree("/usr/share/ufw/iptables", self.home / "ufw")
        (self.home / "ufw" / "applications.d").mkdir()
        for file in ("after.init", "before.init", "ufw.conf"):
            shutil.copy(f"/usr/share/ufw/{file}", self.home / "ufw")
        shutil.copytree("/etc/default", self.home / "default", symlinks=True)
        (self.home / "opt").mkdir()

    def run(self, command):
        places = {"ufw": "/etc/ufw", "default": "/etc/default", "opt": "/opt"}
        mounts = "; ".join(f"mount --bind {self.home}/{own} {place}" for own, place in places.items())
        words = ["ip", "netns", "exec", self.host["name"], "sh", "-ec", f"{mounts}; {command}"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{self.host['name']}: {command}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def rules(self):
        """The rules and the comment of each, without what ufw puts before them."""
        added = [line for line in self.run("ufw show added").splitlines() if line.startswith("ufw ")]
        split = (line.removeprefix("ufw ").partition(" comment ") for line in added)
        return [(rule, comment.strip("'")) for rule, _, comment in split]

    def start(self):
        """Puts the rules in place as a deploy does, and says what is wrong with them."""
        self.run("; ".join(f"ufw {rule}" for rule in (*STALE, THEIRS)))
        self.run(f"{self.script} check; {self.script} prepare; {self.script} apply; ufw reload")
        todo = self.run(f"{self.script} check")
        wrong = [f"not done: {line}" for line in todo.splitlines()] + self.compare()
        return [f"{self.host['name']}: {fault}" for fault in wrong]

    def undo(self):
        """Takes all back, puts it in place again, and goes back: nothing of it may be left."""
        self.run("/etc/ufw/netgen remove")
        wrong = self.left()
        self.run(f"{self.script} save; {self.script} apply; {self.script} restore")
        return [f"{self.host['name']}: left behind: {rule}" for rule in wrong + self.left()]

    def left(self):
        ours = [rule for rule, comment in self.rules() if comment != "theirs"]
        return ours + [line for line in self.run("iptables -t mangle -S").splitlines() if "netgen" in line]

    def compare(self):
        found = [rule for rule, _ in self.rules()]
        expected = ufw_rules(self.host) | {"allow 6667/tcp"}
        wrong = [f"no rule `{rule}`" for rule in sorted(expected) if rule not in found]
        wrong += [f"nobody wants the rule `{rule}`" for rule in found if rule not in expected]
        return wrong + [f"twice there: `{rule}`" for rule in sorted(expected) if found.count(rule) > 1]


def ufw_rules(host):
    """What `ufw show added` must show, each once, by the plan."""
    bridge = host["bridge_pattern"]
    rules = {f"{route}allow in on {name}" for name in host["engine_bridges"] for route in ("", "route ")}
    for door in host["doors"]:
        out = f"route allow out on {bridge}" if door["forwarded"] else "allow"
        port = door["inside"] if door["forwarded"] else door["port"]
        if door["anyone"]:
            short = f"allow {port}/{door['transport']}"
            rules.add(f"{out} to any port {port} proto {door['transport']}" if door["forwarded"] else short)
        for address in door["addresses"]:
            rules.add(f"{out} from {address} to any port {port} proto {door['transport']}")
    return rules


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


def one_a_port(doors):
    """Packets know ports, not interfaces: whom one interface on a port lets in reaches all of them."""
    merged = {}
    for door in doors:
        known = merged.setdefault((door["port"], door["transport"], door["address"]), door)
        if known is not door:
            known["anyone"] = known["anyone"] or door["anyone"]
            known["interface"] = f"{known['interface']} and {door['interface']}"
            for key in ("from", "addresses"):
                known[key] = sorted({*known[key], *door[key]})
    return list(merged.values())


def main(plan, bundle):
    hosts = plan["hosts"]
    run("mount", "-t", "tmpfs", "none", "/run")
    run("ip", "link", "add", "wire", "type", "bridge")
    run("ip", "link", "set", "wire", "up")
    run("ip", "link", "add", "mesh", "type", "bridge")
    run("ip", "link", "set", "mesh", "up")
    answering, walls, wrong = [], [], []
    everybody = hosts + [STRANGER | {"doors": []}]
    for host in hosts:
        host["doors"] = one_a_port(host["doors"])
        host["doors"].append(FORGOTTEN | {"addresses": []})
    for at, host in enumerate(everybody):
        host["wire"] = f"w{at}"
        connect(host)
        if host["doors"]:
            contain(host)
            if plan["firewall"] == "ufw":
                walls.append(Ufw(host, bundle))
                wrong += walls[-1].start()
                # As an engine does: whatever is published is let through before ufw is asked.
                inside(host["name"], "iptables", "-I", "FORWARD", "-o", host["bridge"], "-j", "ACCEPT")
            else:
                inside(host["name"], "nft", "-f", str(bundle / "firewall" / host["name"] / "nftables.conf"))
            answering += listen(host)
    try:
        for program in answering:
            program.stdout.readline()
        wrong += judge(everybody)
        return wrong or [fault for wall in walls[:1] for fault in wall.undo()]
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
