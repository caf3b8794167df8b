#!/usr/bin/python
"""Brings units of systemd to their states, and waits until they run well; all in one go.

stop     the names of units that are to end, and not to come back at boot
first    the names of units that are to run, before the others
units    [{name, apply, step}]: what runs after these. A change takes effect when it is `restarted` or
         `reloaded`. A step begins when the units of the step before it run well
last     the names of units that are to run, after the others
changed  the names of those that have changed. All else that runs is let be
all      whether all `units` are restarted, changed or not
look     whether units are only looked at
reload   whether unit files may have changed
between  how many seconds the units of a step have until they run well
patience waits so many seconds until every unit is active
settle   each must have been active for so many seconds, and not have been started anew meanwhile
"""

import itertools
import time

from ansible.module_utils.basic import AnsibleModule

SHOWN = ["Id", "ActiveState", "SubState", "NRestarts", "UnitFileState", "ActiveEnterTimestampMonotonic", "LoadState"]
# A program that ends at once and is started anew looks well half of the time.
SETTLED = 10
VERBS = {"restarted": "restart", "reloaded": "reload"}


class Units:
    def __init__(self, module):
        self.module = module
        asked = module.params
        plain = {name: "restart" for name in asked["first"]}
        plain.update({unit["name"]: VERBS[unit.get("apply", "restarted")] for unit in asked["units"]})
        plain.update({name: "restart" for name in asked["last"]})
        self.verbs = plain
        self.steps = {unit["name"]: unit.get("step", 0) for unit in asked["units"]}
        self.names = [*asked["stop"], *plain]
        self.before_all = {*asked["stop"], *asked["first"]}

    def states(self, names=None):
        """The state of each unit, by name. One answer comes for each name, in order."""
        names = self.names if names is None else names
        if not names:
            return {}
        code, said, err = self.module.run_command(
            ["systemctl", "show", "--property=" + ",".join(SHOWN), "--", *names]
        )
        if code != 0:
            self.module.fail_json(msg=f"systemd does not answer: {err.strip()}")
        blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in said.strip().split("\n\n")]
        return dict(zip(names, blocks))

    def run(self, verb, names):
        code, _, err = self.module.run_command(["systemctl", verb, "--", *names])
        if code != 0:
            self.module.fail_json(msg=f"systemctl {verb} {' '.join(names)}: {err.strip()}", **self.told())

    def step(self, todo, others_follow):
        """One step. Units of one verb that follow each other are one transaction, ordered by systemd."""
        for verb, group in itertools.groupby(todo, key=lambda one: one[0]):
            self.run(verb, [name for _, name in group])
        names = [name for verb, name in todo if verb != "stop"]
        if others_follow and names:
            ill = self.wait(self.module.params["between"], SETTLED, names)
            if ill:
                self.module.fail_json(msg=f"does not run, so the next nodes of the host wait: {', '.join(ill)}", **{**self.told(), "ill": ill})

    def told(self):
        states = self.states()
        return {
            "units": [{"name": name, "status": states[name]} for name in self.names],
            "ill": [name for name in self.names if states[name]["ActiveState"] != "active"],
        }

    def apply(self):
        """What differs, brought to its state; what was changed."""
        before = self.states()
        todo, enable, disable = [], [], []
        for name in self.module.params["stop"]:
            if before[name]["LoadState"] == "loaded" and before[name]["ActiveState"] not in ("inactive", "failed"):
                todo.append(("stop", name))
            if before[name].get("UnitFileState") in ("enabled", "enabled-runtime"):
                disable.append(name)
        for name, verb in self.verbs.items():
            runs = before[name]["ActiveState"] in ("active", "activating", "reloading")
            if self.module.params["all"] and name in self.steps:
                todo.append(("restart", name))
            elif name in self.module.params["changed"]:
                # A reload needs somebody who hears it.
                todo.append((verb if runs else "restart", name))
            elif not runs and not self.module.params["look"]:
                todo.append(("start", name))
            # Quadlets are enabled by their own file, and are not `disabled` before.
            if before[name].get("UnitFileState") == "disabled" and not self.module.params["look"]:
                enable.append(name)
        if not self.module.check_mode:
            for verb, names in (("enable", enable), ("disable", disable)):
                if names:
                    self.run(verb, names)
            last = max(self.steps.values(), default=0)

            def step_of(one):
                return self.steps.get(one[1], 0 if one[1] in self.before_all else last)

            for step, group in itertools.groupby(sorted(todo, key=step_of), key=step_of):
                self.step(list(group), step < last)
        stopped = [name for verb, name in todo if verb == "stop"]
        if stopped and not self.module.check_mode:
            # Some programs do not end well when they are asked to end: nothing of that is to be kept.
            self.module.run_command(["systemctl", "reset-failed", "--", *stopped])
        return [f"{verb} {name}" for verb, name in todo] + [f"enable {n}" for n in enable] + [f"disable {n}" for n in disable]

    def wait(self, patience, settle, names=None):
        """The names of units that do not run well when the time is over; none if all do."""
        end = time.monotonic() + patience
        while True:
            states = self.states(names)
            ill = [name for name, state in states.items() if state["ActiveState"] != "active"]
            # systemd gave up on what is `failed`: no time makes it well.
            given_up = [name for name in ill if states[name]["ActiveState"] == "failed"]
            if not ill:
                break
            if given_up or time.monotonic() >= end:
                return given_up or ill
            time.sleep(1)
        first = {name: state.get("NRestarts") for name, state in states.items()} if settle else {}
        while settle:
            now = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
            states = self.states(names)
            ill = [
                name for name, state in states.items()
                if state["ActiveState"] != "active" or state.get("NRestarts") != first[name]
            ]
            if ill:
                return ill
            youngest = min(now - int(state.get("ActiveEnterTimestampMonotonic") or 0) for state in states.values())
            left = settle - youngest / 1e6
            if left <= 0:
                break
            time.sleep(min(left + 0.1, 2))
        return []


def main():
    module = AnsibleModule(
        argument_spec={
            "stop": {"type": "list", "elements": "str", "default": []},
            "first": {"type": "list", "elements": "str", "default": []},
            "units": {"type": "list", "elements": "dict", "default": []},
            "last": {"type": "list", "elements": "str", "default": []},
            "changed": {"type": "list", "elements": "str", "default": []},
            "all": {"type": "bool", "default": False},
            "look": {"type": "bool", "default": False},
            "between": {"type": "float", "default": 120},
            "reload": {"type": "bool", "default": False},
            "patience": {"type": "float"},
            "settle": {"type": "float", "default": 0},
        },
        supports_check_mode=True,
    )
    units = Units(module)
    if module.params["reload"] and not module.check_mode:
        code, _, err = module.run_command(["systemctl", "daemon-reload"])
        if code != 0:
            module.fail_json(msg=f"systemd cannot read its units: {err.strip()}")
    changes = units.apply()
    patience = module.params["patience"]
    if patience is not None and units.names and not module.check_mode:
        ill = units.wait(patience, module.params["settle"])
        if ill:
            module.fail_json(msg=f"does not run: {', '.join(ill)}", **{**units.told(), "ill": ill})
    module.exit_json(changed=bool(changes), changes=changes, **units.told())


if __name__ == "__main__":
    main()
