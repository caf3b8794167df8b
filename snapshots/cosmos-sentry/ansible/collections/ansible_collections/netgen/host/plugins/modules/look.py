#!/usr/bin/python
"""Looks at a host in one go, and changes nothing.

Each start of a module costs a host half a second, so what a play must know is asked for at once.

files    the sha256 of each of these that exists: `files`, by path
read     the text of each of these that exists: `texts`, by path
watch    for each of [{name, files, folders}], one digest over all that it names: `digests`, by name.
         The digests of single files, which may be secrets, never leave the host
packages which of these are not installed: `missing`
engine   `docker` or `podman`: its version, empty where there is none: `engine`
systemd  whether to tell the version of systemd: `systemd`, a number
facts    whether to tell of the system, under the names that the module `setup` gives them
"""

import grp
import hashlib
import json
import os
import pwd
import shutil
import time

from ansible.module_utils.basic import AnsibleModule


def digests(module, watched):
    """One digest for each thing that is watched, over the paths and contents of what it reads."""
    known = {}

    def summed(path):
        if path not in known:
            known[path] = module.sha256(path) if os.path.isfile(path) else None
        return known[path]

    found = {}
    for thing in watched:
        paths = set(thing.get("files") or [])
        for folder in thing.get("folders") or []:
            for root, _, names in os.walk(folder):
                paths.update(os.path.join(root, name) for name in names)
        read = [{"key": path, "value": summed(path)} for path in sorted(paths) if summed(path)]
        found[thing["name"]] = hashlib.sha256(json.dumps(read).encode()).hexdigest()
    return found


def release():
    """The words of os-release."""
    words = {}
    with open("/etc/os-release", encoding="utf-8") as lines:
        for line in lines:
            key, found, value = line.strip().partition("=")
            if found:
                words[key] = value.strip("\"'")
    return words


def mounts():
    """Every file system that has a size, and how full it is."""
    found = []
    with open("/proc/mounts", encoding="utf-8") as lines:
        points = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    for point in dict.fromkeys(points):
        try:
            room = os.statvfs(point)
        except OSError:
            continue
        if room.f_blocks:
            found.append({
                "mount": point,
                "size_total": room.f_frsize * room.f_blocks,
                "size_available": room.f_frsize * room.f_bavail,
                "inode_total": room.f_files,
                "inode_available": room.f_favail,
            })
    return found


def system(module):
    """What `setup` tells of the system, as far as the roles ask."""
    words = release()
    version = words.get("VERSION_ID", "")
    with open("/proc/meminfo", encoding="ascii") as lines:
        memory = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemTotal:"))
    _, container, _ = module.run_command(["systemd-detect-virt", "--container"])
    code, machine, _ = module.run_command(["systemd-detect-virt", "--vm"])
    kinds = [kind.strip() for kind in (container, machine) if kind.strip() not in ("", "none")]
    inside = container.strip() not in ("", "none")
    return {
        "distribution": words.get("ID", "").capitalize(),
        "distribution_version": version,
        "distribution_major_version": version.split(".")[0],
        "architecture": os.uname().machine,
        "service_mgr": "systemd" if os.path.isdir("/run/systemd/system") else "another init",
        "processor_vcpus": len(os.sched_getaffinity(0)),
        "memtotal_mb": memory,
        "mounts": mounts(),
        "virtualization_role": "guest" if inside or code == 0 else "host",
        "virtualization_tech_guest": (["container"] if inside else []) + kinds,
        "getent_group": {g.gr_name: [g.gr_passwd, str(g.gr_gid)] for g in grp.getgrall()},
        "getent_passwd": {p.pw_name: [p.pw_passwd, str(p.pw_uid), str(p.pw_gid)] for p in pwd.getpwall()},
    }


def missing(module, wanted):
    """The packages that are not installed."""
    if not wanted:
        return []
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *wanted]
    _, said, _ = module.run_command(query)
    installed = {line.split()[0] for line in said.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


def engine(module, name):
    """The version of the container engine, as far as it says one."""
    argv = {"docker": ["docker", "compose", "version", "--short"], "podman": ["podman", "--version"]}.get(name)
    if argv is None or shutil.which(argv[0]) is None:
        return ""
    code, said, _ = module.run_command(argv)
    return said.split()[-1] if code == 0 and said.split() else ""


def text(path):
    with open(path, encoding="utf-8") as opened:
        return opened.read()


def main():
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "str", "default": []},
            "read": {"type": "list", "elements": "str", "default": []},
            "watch": {"type": "list", "elements": "dict", "default": []},
            "packages": {"type": "list", "elements": "str", "default": []},
            "engine": {"type": "str", "default": ""},
            "systemd": {"type": "bool", "default": False},
            "facts": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    asked = module.params
    answer = {
        "changed": False,
        "clock": int(time.time()),
        "files": {path: module.sha256(path) for path in asked["files"] if os.path.isfile(path)},
        "texts": {path: text(path) for path in asked["read"] if os.path.isfile(path)},
        "digests": digests(module, asked["watch"]),
        "missing": missing(module, asked["packages"]),
        "engine": engine(module, asked["engine"]),
    }
    if asked["systemd"]:
        # `systemd 252 (252.39-1~deb12u1)`
        answer["systemd"] = int(module.run_command(["systemctl", "--version"], check_rc=True)[1].split()[1])
    if asked["facts"]:
        answer["ansible_facts"] = system(module)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
