"""What ansible-playbook says: how far it is, what changes, and what to do about a failure.

The lines of Ansible's own output stay as they are where something changes or fails; what is well is
left out (-v shows it). A failure begins with one line that says what is wrong and what helps; the
whole text follows it. The last lines say it once more.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import re

from ansible import constants as C
from ansible.playbook.block import Block
from ansible.plugins.callback.default import CallbackModule as Default

DOCUMENTATION = """
    name: netgen
    type: stdout
    short_description: progress, and failures with their cure
    description:
        - Shows how far a playbook is, what it changes, and what to do about a failure.
    extends_documentation_fragment:
      - default_callback
      - result_format_callback
    requirements:
      - set as stdout in configuration
"""

# (what a failure says, what is wrong, what helps). Braces are filled with the groups of the match and
# with what is known of the host: host, address, port, user, place (as ssh-keygen names it), readers.
CONNECTION = [
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the key of {address} has changed: it is another machine, or it was installed anew",
        "if you know why: ssh-keygen -R '{place}', then ssh -p {port} {user}@{address}",
    ),
    (
        r"Host key verification failed",
        "the key of {address} is not known here",
        "compare it and accept it: ssh -p {port} {user}@{address}",
    ),
    (
        r"Permission denied",
        "{user}@{address} takes none of the keys of this machine",
        "add one to ~{user}/.ssh/authorized_keys, or name it: ARGS='--private-key <file>'",
    ),
    (
        r"Could not resolve hostname",
        "the name {address} does not resolve here",
        "correct `address` of the host in the manifest, or the DNS record",
    ),
    (
        r"Connection refused",
        "nobody listens at {address} port {port}",
        "is sshd up, and `ssh.port` of the host right in the manifest?",
    ),
    (
        r"timed out|Connection timeout",
        "{address} port {port} does not answer",
        "is the host up, and does every firewall on the way let this machine in?",
    ),
    (
        r"No route to host|Network is unreachable",
        "there is no way to {address}",
        "is the host up, and the VPN of this machine?",
    ),
    (
        r"",
        "cannot be reached at {address} port {port}",
        "try it by hand: ssh -p {port} {user}@{address}",
    ),
]

FAILURES = [
    (
        r"[Mm]issing sudo password|sudo: a password is required|[Ii]ncorrect sudo password|Timeout \S+ waiting for privilege",
        "sudo wants a password of {user}",
        "give it with ARGS='--ask-become-pass', or let {user} do without: NOPASSWD in /etc/sudoers.d",
    ),
    (
        r"is not in the sudoers file|is not allowed to execute",
        "{user} may not become root",
        "add {user} to the group sudo, or name another `ssh.user` in the manifest",
    ),
    (
        r"No space left on device|ENOSPC|[Dd]isk quota exceeded|You don't have enough free space",
        "a disk is full",
        "see which: df -h, then du -xh <mount> | sort -h | tail; or make storage",
    ),
    (
        r"(?:\S+ )?port (?P<number>\d+)\S* .*?is in use by (?P<who>[^\n]+)",
        "port {number} is in use by {who}",
        "stop it, or give the service another port in the manifest",
    ),
    (
        r"(?P<number>\d+)/(?P<transport>tcp|udp) of (?P<service>\S+) is in use by (?P<who>[^;\n]+)",
        "port {number}/{transport} of {service} is in use by {who}",
        "stop it, or give the service another port in the manifest",
    ),
    (
        r"(?:0\.0\.0\.0|127\.0\.0\.1|\]|\s):(?P<number>\d+)\b[^\n]*?(?:address already in use|port is already allocated)",
        "port {number} is in use by another process",
        "make doctor LIMIT={host} says by which",
    ),
    (
        r"[Aa]ddress already in use|port is already allocated",
        "a port is in use by another process",
        "make doctor LIMIT={host} says which and by whom",
    ),
    (
        r"Secret (?P<secret>\S+) comes from the environment variable (?P<variable>\S+), which is not set",
        "secret {secret} is missing{readers}: {variable} is not set on this machine",
        "export {variable}=...",
    ),
    (
        r"Secret (?P<secret>\S+) comes from (?P<file>.+), which is not here",
        "secret {secret} is missing{readers}: there is no {file} on this machine",
        "put it there",
    ),
    (
        r"Secret (?P<secret>\S+) must be at (?P<file>\S+) of",
        "secret {secret} is missing{readers}: there is no {file} on the host",
        "put it there: netgen only reads it",
    ),
    (
        r"Could not get lock (?P<file>\S+)|dpkg was interrupted|Unable to acquire the dpkg frontend lock",
        "another program installs packages on the host",
        "wait until it is done: ps aux | grep -E 'apt|dpkg'; or sudo dpkg --configure -a",
    ),
    (
        r"manifest unknown|manifest for \S+ not found",
        "the registry no longer has an image",
        "netgen lock, then netgen build",
    ),
    (
        r"toomanyrequests|pull rate limit",
        "the registry lets this host pull no more images for now",
        "log in on the host (docker login), use a mirror, or wait",
    ),
    (
        r"pull access denied|unauthorized: |denied: requested access",
        "the registry does not let this host pull an image",
        "log in on the host: docker login <registry>",
    ),
    (
        r"Temporary failure (?:in name resolution|resolving '(?P<name>[^']+)')|Could not resolve host",
        "the host resolves no names",
        "look at resolvectl status and /etc/resolv.conf of the host",
    ),
    (
        r"Job for (?P<unit>\S+?) failed|Unable to (?:re)?start service (?P<other>[^\s:]+)",
        "{unit} does not start",
        "read why: journalctl --unit {unit} --lines 50 (on {host})",
    ),
    (
        r"No python interpreters found|python3?: (?:command )?not found",
        "the host has no Python",
        "apt install python3 (on {host})",
    ),
    (
        r"Read-only file system",
        "a file system of the host is read-only",
        "look for errors of its disk: journalctl -k | tail (on {host})",
    ),
]

# By the task, where the text says nothing (or must not say anything).
TASKS = [
    (
        r"secrets : Check that secrets have a value",
        "secret {secret} has no value on the host{readers}",
        "give it one where it comes from, then make deploy",
    ),
    (
        r"secrets : Install secrets",
        "a secret cannot be read where it comes from (the text is hidden)",
        "try it by hand: sops decrypt, age --decrypt, vault read; are you logged in there?",
    ),
    (
        r"common : Wait for the clock",
        "the clock is not synchronized",
        "chronyc sources (on {host}): UDP 123 must get out; make deploy ARGS='-e netgen_require_time_sync=false' goes on",
    ),
]

# What says no more than that it failed.
EMPTY = ("non-zero return code", "One or more items failed", "MODULE FAILURE", "All items completed")
HIDDEN = "the output has been hidden"


def of(result, name):
    """A field of a result: its name differs between releases of Ansible."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, "_" + name)


def texts(value):
    """All that a result says, in the order of weight."""
    found = []
    for key in ("msg", "stderr", "module_stderr", "stdout", "module_stdout", "reason"):
        said = value.get(key)
        if isinstance(said, (list, tuple)):
            said = "\n".join(map(str, said))
        if said:
            found.append(str(said))
    for item in value.get("results") or []:
        if isinstance(item, dict) and (item.get("failed") or item.get("unreachable")):
            found.extend(texts(item))
    return found


def stale(bundle):
    """What changed since the bundle was built, of what can be told by its digest."""
    try:
        made = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
        for given in made["inputs"]:
            path = bundle.parent / given["path"]
            if given["path"] == "manifest" or given["path"].startswith("netgen/") or not path.is_file():
                continue
            if hashlib.sha256(path.read_bytes()).hexdigest() != given["sha256"]:
                yield given["path"]
    except (OSError, ValueError, KeyError, TypeError):
        return


class Filled(dict):
    """Names of which nothing is known stay empty."""

    def __missing__(self, key):
        return ""


class CallbackModule(Default):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "netgen"

    def __init__(self):
        super().__init__()
        self._weights = {}  # tasks of a play, by the id of the play, in order
        self._positions = {}  # the place of a task in the play that runs, by its id
        self._batch = {}  # how many batches of a play have begun
        self._batches = 1
        self._hosts = []
        self._percent = 0
        self._cures = {}  # (what is wrong, what helps) by host

    # -- progress --

    def v2_playbook_on_start(self, playbook):
        for play in playbook.get_plays():
            self._weights[play._uuid] = max(len(self._tasks(play)), 1)
        folder = pathlib.Path(playbook._basedir).resolve()
        for name in stale(folder.parent):
            self._display.display(
                f"NOTE: {name} changed since this bundle was built -- make it anew: netgen build",
                color=C.COLOR_WARN,
            )

    def _tasks(self, play):
        def flat(block):
            for entry in [*block.block, *block.rescue, *block.always]:
                if isinstance(entry, Block):
                    yield from flat(entry)
                else:
                    yield entry._uuid

        try:
            return [task for block in play.compile() for task in flat(block)]
        except Exception:  # A play that cannot be read says so itself, and better.
            return []

    def v2_playbook_on_play_start(self, play):
        self._play = play
        self._positions = {task: at for at, task in enumerate(self._tasks(play))}
        self._batch[play._uuid] = self._batch.get(play._uuid, -1) + 1
        everyone = []
        try:
            known = play.get_variable_manager().get_vars(play=play)
            self._hosts = list(known.get("ansible_play_batch", []))
            everyone = known.get("ansible_play_hosts_all", [])
        except Exception:  # Only what is shown depends on it.
            self._hosts = []
        self._batches = self._count(play.serial, len(everyone))
        self._go(play, 0)
        name = play.get_name().strip()
        self._display.display("")
        self._display.display(f"PLAY [{name}]  {self._where()}", color=C.COLOR_HIGHLIGHT)

    @staticmethod
    def _count(serial, hosts):
        """How many batches a play has."""
        sizes = serial if isinstance(serial, list) else [serial]
        batches = left = 0
        left = hosts
        while left > 0:
            size = str(sizes[min(batches, len(sizes) - 1)]) if sizes else "0"
            if size.endswith("%"):
                size = max(int(float(size[:-1]) / 100 * hosts), 1)
            size = int(size) if str(size).lstrip("-").isdigit() else 0
            left -= size if size > 0 else left
            batches += 1
        return max(batches, 1)

    def _go(self, play, position):
        """Sets how far the playbook is, in percent of its tasks."""
        total = sum(self._weights.values()) or 1
        before = 0
        for other, weight in self._weights.items():
            if other == play._uuid:
                share = (self._batch[other] + position / weight) / max(self._batches, self._batch[other] + 1)
                before += weight * min(share, 1)
                break
            before += weight
        self._percent = max(self._percent, min(int(100 * before / total), 99))

    def _where(self):
        shown = self._hosts[:4]
        more = len(self._hosts) - len(shown)
        return f"{self._percent}%  {' '.join(shown)}{f' and {more} more' if more > 0 else ''}".rstrip()

    def _task_start(self, task, prefix=None):
        self._task_type_cache[task._uuid] = prefix or "TASK"
        self._last_task_name = task.get_name().strip()
        if task._uuid in self._positions and self._play is not None:
            self._go(self._play, self._positions[task._uuid])
        self._print_task_banner(task)

    def _print_task_banner(self, task):
        prefix = self._task_type_cache.get(task._uuid, "TASK")
        name = self._last_task_name or task.get_name().strip()
        self._display.display(f"{prefix} [{name}]  {self._where()}")
        if self._display.verbosity >= 2:
            self._print_task_path(task)
        self._last_task_banner = task._uuid

    # -- what is well --

    def _quiet(self, result):
        return self._display.verbosity == 0 and not of(result, "result").get("changed", False)

    def _report(self, result):
        """What a playbook has to say, line by line; whether it was that."""
        said = of(result, "result").get("msg")
        task = of(result, "task")
        if task.action.rsplit(".", 1)[-1] != "debug" or said is None or "results" in of(result, "result"):
            return False
        for line in said if isinstance(said, (list, tuple)) else [said]:
            self._display.display(line if isinstance(line, str) else str(line))
        return True

    def v2_runner_on_ok(self, result):
        if self._report(result):
            return
        if not self._quiet(result):
            super().v2_runner_on_ok(result)
        else:
            self._handle_warnings(of(result, "result"))

    def v2_runner_item_on_ok(self, result):
        if not self._report(result) and not self._quiet(result):
            super().v2_runner_item_on_ok(result)

    def v2_runner_on_skipped(self, result):
        if self._display.verbosity > 0:
            super().v2_runner_on_skipped(result)

    def v2_runner_item_on_skipped(self, result):
        if self._display.verbosity > 0:
            super().v2_runner_item_on_skipped(result)

    def v2_playbook_on_include(self, included_file):
        if self._display.verbosity > 0:
            super().v2_playbook_on_include(included_file)

    # -- what is not --

    def v2_runner_item_on_failed(self, result):
        self._explain(result, FAILURES)
        super().v2_runner_item_on_failed(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self._explain(result, FAILURES)
        else:
            self._cures.pop(of(result, "host").get_name(), None)
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_on_unreachable(self, result):
        if not of(result, "task").ignore_unreachable:
            self._explain(result, CONNECTION)
        super().v2_runner_on_unreachable(result)

    def _explain(self, result, known):
        host, task = of(result, "host").get_name(), of(result, "task")
        found = self._cure(result, known)
        if self._cures.get(host) == found:
            return
        self._cures[host] = found
        what, helps = found
        name = task.get_name().strip()
        line = f"FAILED {host}: {name}: {what}" + (f" -- {helps}" if helps else "")
        self._display.display(line, color=C.COLOR_ERROR)

    def _cure(self, result, known):
        """(what is wrong, what helps), each in one line."""
        value, task = of(result, "result"), of(result, "task")
        about = self._about(of(result, "host"))
        said = texts(value)
        whole = "\n".join(said)
        name = task.get_name().strip()
        if known is not CONNECTION:
            for pattern, what, helps in TASKS:
                if name.startswith(pattern):
                    item = next((item for item in value.get("results") or [] if item.get("failed")), value)
                    inner = item.get("item")
                    if isinstance(inner, dict):
                        about["secret"] = inner.get("name", "")
                        about["readers"] = self._readers(about["facts"], about["secret"])
                    return self._line(what, about), self._line(helps, about)
        for pattern, what, helps in known:
            match = re.search(pattern, whole)
            if match:
                about.update({key: text for key, text in match.groupdict().items() if text})
                about.setdefault("unit", about.get("other", "it"))
                about["readers"] = self._readers(about["facts"], about.get("secret", ""))
                return self._line(what, about), self._line(helps, about)
        # Assertions of the bundle say in their own words what helps.
        own = [text for text in said if HIDDEN not in text and text not in EMPTY]
        if own:
            # What a program says last is why it ended.
            text = own[0] if value.get("msg") == own[0] else own[0].strip().splitlines()[-1]
            return " ".join(text.split())[:400], ""
        if "censored" in value:
            return f"`{name}` failed, and its text is hidden since it may hold a secret", ""
        return f"`{name}` failed", ""

    @staticmethod
    def _line(form, about):
        return " ".join(form.format_map(Filled(about)).split())

    def _about(self, host):
        facts = {}
        try:
            facts = self._play.get_variable_manager().get_vars(play=self._play, host=host)
        except Exception:  # Then the line says less.
            facts = {}
        address = str(facts.get("ansible_host") or host.get_name())
        port = str(facts.get("ansible_port") or 22)
        return {
            "facts": facts,
            "host": host.get_name(),
            "address": address,
            "port": port,
            "user": str(facts.get("ansible_user") or "root"),
            "place": address if port == "22" else f"[{address}]:{port}",
        }

    @staticmethod
    def _readers(facts, secret):
        """The services that read a secret, as an addition to a sentence."""
        readers = facts.get("netgen_secret_readers") or {}
        places = [entry["path"] for entry in facts.get("netgen_secrets") or [] if entry.get("name") == secret]
        names = sorted({name for place in places for name in readers.get(place, [])})
        return f" (read by {', '.join(names)})" if names else ""

    # -- the end --

    def v2_playbook_on_stats(self, stats):
        super().v2_playbook_on_stats(stats)
        bad = {}
        for host, found in sorted(self._cures.items()):
            # What was made good by a rescue is over.
            if host in stats.failures or host in stats.dark:
                bad.setdefault(found, []).append(host)
        for (what, helps), hosts in bad.items():
            line = f"{', '.join(hosts)}: {what}" + (f" -- {helps}" if helps else "")
            self._display.display(line, color=C.COLOR_ERROR)
