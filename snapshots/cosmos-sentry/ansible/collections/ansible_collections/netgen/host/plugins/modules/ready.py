#!/usr/bin/python
"""Looks whether what is to be restarted will start: a restart must not end what ran well.

units    as the inventory has them: [{name, ready: [{service, check, image, sockets, secrets}]}]
names    the names of those that are to be restarted; all of them if absent
paths    folders whose disks must have room
clock    whether the clock must be synchronized
engine   `docker` or `podman`, where images are needed; those that are missing are pulled

Each problem is one line with its cure. Nothing is stopped, and but for images nothing is changed.
"""

import os
import re
import shutil
import socket
import struct

from ansible.module_utils.basic import AnsibleModule

TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6")}
LISTENS = {"tcp": "0A", "udp": "07"}
ANY = ("0.0.0.0", "::")


def address(digits):
    """An address of /proc/net: words of 32 bits in the order of the machine."""
    words = [struct.pack("=I", int(digits[at:at + 8], 16)) for at in range(0, len(digits), 8)]
    raw = b"".join(words)
    if len(raw) == 4:
        return socket.inet_ntop(socket.AF_INET, raw)
    text = socket.inet_ntop(socket.AF_INET6, raw)
    return text.replace("::ffff:", "", 1) if text.startswith("::ffff:") and "." in text else text


def listening():
    """What listens: (transport, address, port, inode)."""
    for transport, tables in TABLES.items():
        for table in tables:
            try:
                with open(f"/proc/net/{table}", encoding="ascii") as lines:
                    rows = [line.split() for line in lines][1:]
            except OSError:
                continue
            for row in rows:
                if row[3] == LISTENS[transport]:
                    at, port = row[1].split(":")
                    yield transport, address(at), int(port, 16), row[9]


def owners():
    """The process of each socket: inode -> (pid, name, control group)."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            sockets = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            inodes = [link[8:-1] for link in sockets if link.startswith("socket:[")]
            if not inodes:
                continue
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as comm:
                name = comm.read().strip()
            with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as group:
                groups = group.read()
        except OSError:
            continue
        found.update((inode, (pid, name, groups)) for inode in inodes)
    return found


class Ready:
    def __init__(self, module):
        self.module = module
        self.problems = []
        self.pulled = []
        names = module.params["names"]
        self.units = [unit for unit in module.params["units"] if names is None or unit["name"] in names]

    def services(self):
        return [(unit, service) for unit in self.units for service in unit.get("ready") or []]

    def configurations(self):
        for _, service in self.services():
            argv = service.get("check")
            if not argv:
                continue
            if shutil.which(argv[0]) is None:
                self.problems.append(f"{service['service']}: {argv[0]}, which checks its configuration, is not on the host: install it")
                continue
            code, out, err = self.module.run_command(argv)
            if code != 0:
                said = [line.strip() for line in (err + "\n" + out).splitlines() if line.strip()]
                self.problems.append(
                    f"{service['service']} does not accept its configuration ({' / '.join(said[:3])}): correct the manifest, "
                    "build and deploy again"
                )

    def ports(self):
        wanted = [(unit, service, at) for unit, service in self.services() for at in service.get("sockets") or []]
        if not wanted:
            return
        known = None
        for transport, at, port, inode in listening():
            for unit, service, own in wanted:
                meets = own["address"] == at or at in ANY or own["address"] in ANY
                if (own["transport"], own["port"]) != (transport, port) or not meets:
                    continue
                known = owners() if known is None else known
                pid, name, groups = known.get(inode, ("", "", ""))
                # A container's port is held by its engine.
                if f"/{unit['name']}" in groups or (service.get("image") and (not pid or "docker" in name + groups or "libpod" in groups)):
                    continue
                who = f"{name} (process {pid})" if pid else "the kernel"
                self.problems.append(
                    f"{service['service']}: {transport} port {port} is in use by {who}: stop that, or give another port in the manifest"
                )

    def images(self):
        engine = self.module.params["engine"]
        for image in dict.fromkeys(service["image"] for _, service in self.services() if service.get("image")):
            code, _, _ = self.module.run_command([engine, "image", "inspect", "--", image])
            if code == 0 or self.module.check_mode:
                continue
            # What is pulled now is not waited for while the service is down.
            code, _, err = self.module.run_command([engine, "pull", "--quiet", image])
            if code == 0:
                self.pulled.append(image)
            else:
                last = (err.strip().splitlines() or ["no reason was given"])[-1]
                self.problems.append(f"{image} is not on the host and cannot be pulled ({last}): check its registry and the network")

    def secrets(self):
        for _, service in self.services():
            for secret in service.get("secrets") or []:
                path, digits = secret["path"], secret.get("hex")
                try:
                    with open(path, encoding="utf-8", errors="replace") as opened:
                        text = opened.read().strip()
                except OSError as error:
                    self.problems.append(f"{service['service']}: secret {path} cannot be read ({error.strerror}): deploy with `--tags secrets`")
                    continue
                if not text:
                    self.problems.append(f"{service['service']}: secret {path} is empty: check where the manifest says it comes from")
                elif digits and not re.fullmatch(rf"(0x)?[0-9a-fA-F]{{{digits}}}", text):
                    self.problems.append(f"{service['service']}: secret {path} is not {digits} hexadecimal digits: restore it, or rotate it")

    def disks(self):
        told = set()
        for path in self.module.params["paths"]:
            while not os.path.isdir(path):
                path = os.path.dirname(path)
            room = os.statvfs(path)
            if os.stat(path).st_dev in told:
                continue
            told.add(os.stat(path).st_dev)
            if room.f_blocks and room.f_bavail < room.f_blocks * 0.05:
                left = room.f_bavail * room.f_frsize // 2**20
                self.problems.append(f"the disk of {path} is full ({left} MiB left): make room, or give the host a larger one")

    def clock(self):
        if not self.module.params["clock"]:
            return
        code, said, _ = self.module.run_command(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
        if code == 0 and said.strip() == "no":
            self.problems.append("the clock is not synchronized: see `chronyc tracking`, and whether UDP 123 is let out")


def main():
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "dict", "required": True},
            "names": {"type": "list", "elements": "str"},
            "paths": {"type": "list", "elements": "str", "default": []},
            "clock": {"type": "bool", "default": False},
            "engine": {"type": "str", "default": "docker"},
        },
        supports_check_mode=True,
    )
    ready = Ready(module)
    if ready.units:
        for look in (ready.images, ready.configurations, ready.ports, ready.secrets, ready.disks, ready.clock):
            look()
    if ready.problems:
        module.fail_json(
            msg=f"nothing was restarted. {'; '.join(ready.problems)}", problems=ready.problems, pulled=ready.pulled
        )
    module.exit_json(changed=bool(ready.pulled), pulled=ready.pulled)


if __name__ == "__main__":
    main()
