"""Looks at a host and prints what it finds, as JSON; changes nothing.

Takes the facts of the host as JSON and prints {"now", "deployed", "findings": [{"check", "state", "text",
"cure"}, ...]}. The state is `ok`, `note` (not right, but no harm) or `wrong`.
"""

import concurrent.futures
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import time

FACTS = json.loads(sys.argv[1])
FINDINGS = []
DEPLOYED = os.path.exists(FACTS["install_dir"] + "/deployed.json")
# What a deploy would have made need not be there before it.
AFTER = FACTS["stage"] == "post" or (FACTS["stage"] == "" and DEPLOYED)


def say(check, state, text, cure=""):
    FINDINGS.append({"check": check, "state": state, "text": text, "cure": cure})


def run(*words):
    """(whether it ended well, what it said)"""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, str(error)
    return done.returncode == 0, (done.stdout or done.stderr).strip()


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def size(amount):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def in_container():
    return run("systemd-detect-virt", "--quiet", "--container")[0]


def system():
    pairs = re.findall(r"^(\w+)=\"?([^\"\n]*)", read("/etc/os-release"), re.MULTILINE)
    release = dict(pairs)
    version = tuple(int(part) for part in re.findall(r"\d+", release.get("VERSION_ID", "")))
    known = {"debian": (12,), "ubuntu": (22, 4)}.get(release.get("ID"))
    name = release.get("PRETTY_NAME", "an unknown system")
    if not os.path.isdir("/run/systemd/system"):
        say("system", "wrong", f"{name} without systemd", "netgen needs a host that systemd started")
    elif known is None or version < known:
        say("system", "wrong", name, "install Debian 12, Ubuntu 22.04 or later")
    else:
        say("system", "ok", name)


def machine():
    wanted = {"amd64": "x86_64", "arm64": "aarch64"}[FACTS["architecture"]]
    if platform.machine() != wanted:
        cure = "correct `architecture` of the host in the manifest"
        say("machine", "wrong", f"{platform.machine()}, the manifest says {FACTS['architecture']}", cure)
    threads = os.cpu_count() or 0
    found = re.search(r"^MemTotal:\s+(\d+)", read("/proc/meminfo"), re.MULTILINE)
    memory = int(found[1]) * 1024 if found else 0
    asked = FACTS["resources"]
    less = []
    if asked:
        # A tenth less is let pass: the kernel takes its share.
        if threads < asked["cpus"]:
            less.append(f"{threads} threads of {asked['cpus']}")
        if memory < asked["memory"] * 0.9:
            less.append(f"{size(memory)} memory of {size(asked['memory'])}")
    if less:
        cure = "a larger machine, or the true `resources` of the host in the manifest"
        say("machine", "wrong", "has " + " and ".join(less), cure)
    else:
        say("machine", "ok", f"{threads} threads, {size(memory)} memory")


def existing(path):
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def mount_of(path):
    path = os.path.realpath(path)
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def disks():
    data, seen = FACTS["data_dir"], set()
    for path in (data, "/", "/var/lib"):
        mount = mount_of(existing(path))
        if mount in seen:
            continue
        seen.add(mount)
        room = os.statvfs(mount)
        total, free = room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
        if room.f_flag & os.ST_RDONLY:
            say("disk", "wrong", f"{mount} is read-only", f"look for errors of the disk: journalctl -k | tail, then mount -o remount,rw {mount}")
        elif free < total * 0.05:
            say("disk", "wrong", f"{mount} is full: {size(free)} of {size(total)} left", f"see what fills it: du -xh {mount} | sort -h | tail")
        elif room.f_files and room.f_favail < room.f_files * 0.01:
            say("disk", "wrong", f"{mount} has no inodes left", f"see where the small files are: du --inodes -x {mount} | sort -n | tail")
        elif path == data and FACTS["resources"] and total < FACTS["resources"]["disk"] * 0.9:
            say("disk", "wrong", f"{mount} has {size(total)} of {size(FACTS['resources']['disk'])}", f"mount a disk at {data} (make storage), or correct `resources.disk` in the manifest")
        else:
            say("disk", "ok", f"{mount}: {size(free)} of {size(total)} free")


def listeners():
    """{(transport, port): [(address, inode), ...]} of the host's own network."""
    found = {}
    for name, transport, state in (("tcp", "tcp", "0A"), ("tcp6", "tcp", "0A"), ("udp", "udp", "07"), ("udp6", "udp", "07")):
        for line in read(f"/proc/net/{name}").splitlines()[1:]:
            words = line.split()
            if len(words) < 10 or words[3] != state:
                continue
            address, port = words[1].split(":")
            packed = b"".join(int(address[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(address), 8))
            text = socket.inet_ntop(socket.AF_INET6 if len(packed) == 16 else socket.AF_INET, packed)
            text = text.removeprefix("::ffff:")
            found.setdefault((transport, int(port, 16)), []).append((text, words[9]))
    return found


def owners(inodes):
    """{inode of a socket: process id}"""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for descriptor in os.scandir(f"/proc/{pid}/fd"):
                target = os.readlink(descriptor.path)
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    found.setdefault(target[8:-1], int(pid))
        except OSError:
            continue
    return found


def describe(pid, port, transport):
    """(what people call a process, the names it goes by: its units and its container)"""
    name = read(f"/proc/{pid}/comm").strip() or "a process that is gone"
    group = read(f"/proc/{pid}/cgroup")
    words = read(f"/proc/{pid}/cmdline").split("\0")
    names = set(re.findall(r"([^/\n]+\.service)", group))
    container = re.search(r"(docker|libpod)[-/]([0-9a-f]{64})", group)
    if container:
        engine = "docker" if container[1] == "docker" else "podman"
        good, said = run(engine, "container", "inspect", "--format={{.Name}}", container[2])
        names |= {said.lstrip("/")} if good else set()
    elif name == "docker-proxy":
        good, said = run("docker", "container", "ls", f"--filter=publish={port}/{transport}", "--format={{.Names}}")
        names |= set(said.split()) if good else set()
    elif name == "conmon" and "-n" in words:
        names.add(words[words.index("-n") + 1])
    return f"{name} (process {pid}{''.join(', ' + known for known in sorted(names))})", names


def ports():
    bound = listeners()
    who = owners({inode for sockets in bound.values() for _, inode in sockets})
    taken, silent = 0, []
    for wanted in FACTS["sockets"]:
        port, transport = wanted["port"], wanted["transport"]
        anywhere = ("0.0.0.0", "::")
        meets = [
            inode
            for address, inode in bound.get((transport, port), [])
            if address == wanted["address"] or address in anywhere or wanted["address"] in anywhere
        ]
        ours, others = False, set()
        for inode in meets:
            if inode not in who:
                others.add("a process of another name space")
                continue
            text, names = describe(who[inode], port, transport)
            if names & {wanted["unit"], wanted["service"]}:
                ours = True
            else:
                others.add(text)
        for other in sorted(others):
            taken += 1
            cure = "stop it, or give the service another port in the manifest"
            say("ports", "wrong", f"{port}/{transport} of {wanted['service']} is in use by {other}", cure)
        if not ours and not others and transport == "tcp" and AFTER and FACTS["runtime"] == "native":
            silent.append(f"{wanted['service']} {port}/{transport}")
    if silent:
        say("ports", "note", "nobody listens yet: " + ", ".join(silent), "it may still start: make logs SERVICE=<service>")
    if not taken and not silent:
        say("ports", "ok", f"{len(FACTS['sockets'])} ports are free or our own")


def clock():
    if in_container():
        say("clock", "ok", "that of the machine below")
        return
    good, said = run("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if good and said == "yes":
        say("clock", "ok", "synchronized")
    elif AFTER and FACTS["require_time_sync"]:
        say("clock", "wrong", "is not synchronized", "systemctl restart chrony, then chronyc sources: UDP 123 must get out")
    else:
        say("clock", "note", "is not synchronized", "the deploy installs chrony; UDP 123 must get out")


def resolve(name):
    try:
        socket.getaddrinfo(name["name"], None)
    except OSError as error:
        return name, error.strerror or str(error)
    return name, None


def names():
    with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(pool.map(resolve, FACTS["names"]))
    for name, error in answers:
        if error:
            cure = "correct the name or its DNS record; what the host asks: resolvectl status, /etc/resolv.conf"
            say("names", "wrong", f"{name['name']} ({name['for_what']}) does not resolve: {error}", cure)
    if not any(error for _, error in answers):
        say("names", "ok", f"{len(answers)} names resolve")


def engine():
    runtime = FACTS["runtime"]
    if runtime == "native":
        programs()
        return
    program = "podman" if runtime == "quadlet" else "docker"
    if not shutil.which(program):
        if AFTER:
            say("engine", "wrong", f"there is no {program}", "make deploy installs it")
        else:
            say("engine", "ok", f"there is no {program} yet; the deploy installs it")
        return
    form = "--format={{.Version}}" if program == "podman" else "--format={{.Server.Version}}"
    good, said = run(program, "version", form)
    said = said.splitlines()[-1] if said else "no answer"
    if not good:
        cure = "journalctl --unit docker" if program == "docker" else "podman info tells why"
        say("engine", "wrong", f"{program} does not answer: {said}", cure)
    elif program == "podman" and int(re.match(r"\d*", said)[0] or 0) < 5:
        say("engine", "wrong", f"podman {said}", "quadlets need podman 5: Debian 13, Ubuntu 25.04")
    elif runtime == "compose" and not run("docker", "compose", "version")[0] and AFTER:
        say("engine", "wrong", f"docker {said} without Compose v2", "install docker-compose-v2 or docker-compose-plugin")
    else:
        say("engine", "ok", f"{program} {said}")


def programs():
    missing = 0
    for program in FACTS["programs"]:
        path = program["path"]
        if os.access(path, os.X_OK):
            continue
        if "package" in program and not AFTER:
            continue
        missing += 1
        cure = f"apt install {program['package']}" if "package" in program else "install it: no package has it"
        say("engine", "wrong", f"{path} of {program['service']} is missing", cure)
    if not missing:
        say("engine", "ok", f"{len(FACTS['programs'])} programs are there or come with their packages")


def readers(path):
    names = FACTS["secret_readers"].get(path, [])
    return f" (read by {', '.join(names)})" if names else ""


def secrets():
    missing = 0
    for secret in FACTS["secrets"]:
        name, path = secret["name"], secret["path"]
        if secret["source"] == "docker":
            if shutil.which("podman") and not run("podman", "secret", "inspect", "--", secret["docker"])[0]:
                missing += 1
                say("secrets", "wrong", f"{name}: podman has no secret {secret['docker']}{readers(path)}", f"podman secret create {secret['docker']} -")
            continue
        if secret["source"] != "host-file" and not AFTER:
            continue
        try:
            empty = os.path.getsize(path) == 0
        except OSError:
            empty = None
        if empty is not False:
            missing += 1
            what = "is empty" if empty else "is missing"
            cure = "put it there: netgen only reads it" if secret["source"] == "host-file" else "make deploy brings it"
            say("secrets", "wrong", f"{name}: {path} {what}{readers(path)}", cure)
    if not missing:
        say("secrets", "ok", f"{len(FACTS['secrets'])} secrets" if AFTER else "those that the host itself must have")


def units():
    ill = 0
    for unit in FACTS["units"]:
        _, said = run("systemctl", "show", unit, "--property=ActiveState,SubState,Result,NRestarts,LoadState")
        state = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        if state.get("LoadState") == "not-found":
            ill += 1
            say("units", "wrong", f"{unit} is not installed", "make deploy")
        elif state.get("ActiveState") != "active":
            ill += 1
            say("units", "wrong", f"{unit} is {state.get('ActiveState')} ({state.get('SubState')}, {state.get('Result')})", f"journalctl --unit {unit} --lines 50")
        elif int(state.get("NRestarts") or 0) > 5:
            say("units", "note", f"{unit} was restarted {state['NRestarts']} times", f"journalctl --unit {unit}")
    pattern = FACTS["stack"] + "*"
    _, said = run("systemctl", "list-units", "--all", "--state=failed", "--plain", "--no-legend", pattern)
    for line in said.splitlines():
        unit = (line.split() or [""])[0]
        if unit.startswith(FACTS["stack"]) and unit not in FACTS["units"]:
            ill += 1
            say("units", "wrong", f"{unit} failed", f"journalctl --unit {unit} --lines 50")
    if not ill:
        say("units", "ok", f"{len(FACTS['units'])} units run")


def containers():
    program = "podman" if FACTS["runtime"] == "quadlet" else "docker"
    if FACTS["runtime"] == "native" or not shutil.which(program):
        return
    ill = 0
    form = "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"
    for name in FACTS["containers"]:
        good, said = run(program, "container", "inspect", f"--format={form}", name)
        words = said.split() if good else ["missing"]
        if words[0] != "running" or (len(words) > 1 and words[1] not in ("healthy", "starting")):
            ill += 1
            say("containers", "wrong", f"{name} is {' and '.join(words)}", f"make logs SERVICE={name}")
    if not ill:
        say("containers", "ok", f"{len(FACTS['containers'])} containers run")


def firewall():
    kind = FACTS["firewall"]
    if kind == "external" or not FACTS["units"]:
        say("firewall", "ok", "packets are filtered elsewhere" if kind == "external" else "nothing to protect")
        return
    if kind == "nftables":
        good, said = run("/usr/sbin/nft", "list", "table", "inet", "netgen")
        if good and "hook input" in said:
            say("firewall", "ok", "the ruleset is loaded")
            return
        text = "the ruleset is not loaded"
    else:
        good, said = run("/usr/sbin/ufw", "status")
        if good and "Status: active" in said:
            say("firewall", "ok", "ufw is active")
            return
        text = "ufw is not active"
    say("firewall", "wrong", f"{text}: every port is open", "make firewall")


def main():
    checks = [system, machine, disks, ports, clock, names, engine, secrets]
    if FACTS["stage"] == "post" and not DEPLOYED:
        say("deploy", "wrong", "nothing was deployed yet", "make deploy")
    elif AFTER:
        checks += [units, containers, firewall]
    for check in checks:
        try:
            check()
        except Exception as error:  # One look that fails must not hide the others.
            say(check.__name__, "wrong", f"cannot be looked at: {type(error).__name__}: {error}", "this is a defect of netgen: report it")
    print(json.dumps({"now": time.time(), "deployed": DEPLOYED, "findings": FINDINGS}))


main()
