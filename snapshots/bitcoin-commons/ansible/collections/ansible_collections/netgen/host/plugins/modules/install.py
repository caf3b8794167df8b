#!/usr/bin/python
"""Makes folders and files as they should be, all at once.

The plugin of the same name in action_plugins is what plays call: it knows the contents. The first call
tells which contents the host lacks (`wanted`); the second brings them as an archive whose members have
the sha256 of their content as name.

folders  [{path (or paths), owner, group, mode}]: what is not given is let be, and made as root's
files    [{path, sha256, mode, validate}]: root's; `validate` is a command with %s for the new file
absent   files that are not to be there; a folder only when it is empty
archive  the contents that were wanted
contents a folder on the host with contents, named as in an archive
keep     {folder, files, record}: before anything changes, `files` are kept in the folder, named by their
         content, and `record` as `record.json`, with a list of them as `kept`
"""

import json
import os
import shlex
import shutil
import tarfile
import tempfile

from ansible.module_utils.basic import AnsibleModule

LARGEST_DIFF = 64 * 1024


class Install:
    """What is to be done, and what was."""

    def __init__(self, module):
        self.module = module
        self.asked = module.params
        self.changes = []
        self.diffs = []

    def folders(self):
        asked = [(path, folder) for folder in self.asked["folders"] for path in folder.get("paths") or [folder["path"]]]
        for path, folder in asked:
            new = [path]
            while not os.path.isdir(os.path.dirname(new[-1])):
                new.append(os.path.dirname(new[-1]))
            if os.path.isdir(path):
                new = []
            for made in reversed(new):
                if not self.module.check_mode:
                    os.mkdir(made, 0o755)
            if self.attributes(new or [path], folder) or new:
                self.changes.append(path)
                state = "absent" if new else "directory"
                self.diffs.append({"before": f"{state}\n", "after": "directory\n", "after_header": path, "before_header": path})

    def attributes(self, paths, wanted):
        """Whether owner, group or mode had to change."""
        changed = False
        for path in paths:
            if not os.path.exists(path):
                continue
            changed = self.module.set_owner_if_different(path, wanted.get("owner"), changed)
            changed = self.module.set_group_if_different(path, wanted.get("group"), changed)
            changed = self.module.set_mode_if_different(path, wanted.get("mode"), changed)
        return changed

    def wanted(self):
        """The files whose content is not as it should be."""
        def differs(file):
            return not os.path.isfile(file["path"]) or self.module.sha256(file["path"]) != file["sha256"]

        return [file for file in self.asked["files"] if differs(file)]

    def files(self, wanted, contents):
        for file in wanted:
            self.changes.append(file["path"])
            self.diffs.append(self.shown(file, contents))
            if self.module.check_mode:
                continue
            self.write(file, os.path.join(contents, file["sha256"]))
        done = {file["path"] for file in wanted}
        for file in self.asked["files"]:
            if file["path"] not in done and self.attributes([file["path"]], {"owner": "root", "group": "root", **file}):
                self.changes.append(file["path"])

    def write(self, file, content):
        path = file["path"]
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".netgen-")
        try:
            with os.fdopen(handle, "wb") as written, open(content, "rb") as read:
                shutil.copyfileobj(read, written)
            os.chmod(part, int(file["mode"], 8))
            os.chown(part, 0, 0)
            if file.get("validate"):
                argv = [word.replace("%s", part) for word in shlex.split(file["validate"])]
                code, out, err = self.module.run_command(argv)
                if code != 0:
                    self.module.fail_json(msg=f"{path} is not valid: {(err or out).strip()}", argv=argv)
            os.replace(part, path)
        finally:
            if os.path.exists(part):
                os.unlink(part)

    def shown(self, file, contents):
        """The file before and after, where both are text that a person reads."""
        def text(path):
            if not path or not os.path.isfile(path) or os.path.getsize(path) > LARGEST_DIFF:
                return ""
            with open(path, "rb") as read:
                return read.read().decode("utf-8", "replace")

        after = os.path.join(contents, file["sha256"]) if contents else None
        return {
            "before": text(file["path"]), "after": text(after),
            "before_header": file["path"], "after_header": file["path"],
        }

    def absent(self):
        for path in self.asked["absent"]:
            if os.path.isdir(path) and not os.path.islink(path):
                if os.listdir(path):
                    continue
                remove = os.rmdir
            elif os.path.lexists(path):
                remove = os.unlink
            else:
                continue
            self.changes.append(path)
            self.diffs.append({"before": "there\n", "after": "absent\n", "before_header": path, "after_header": path})
            if not self.module.check_mode:
                remove(path)

    def keep(self):
        """Keeps what is replaced. A kept file shares the room of the one that is still in use."""
        kept = self.asked["keep"]
        if not kept or self.module.check_mode:
            return
        folder, part = kept["folder"], kept["folder"] + ".part"
        shutil.rmtree(part, ignore_errors=True)
        os.makedirs(part, mode=0o755)
        record = {**kept["record"], "kept": []}
        for path in kept["files"]:
            if not os.path.isfile(path):
                continue
            digest, mode = self.module.sha256(path), f"{os.stat(path).st_mode & 0o7777:04o}"
            record["kept"].append({"path": path, "sha256": digest, "mode": mode})
            place = os.path.join(part, digest)
            if os.path.exists(place):
                continue
            try:
                os.link(path, place)
            except OSError:
                shutil.copyfile(path, place)
        with open(os.path.join(part, "record.json"), "w", encoding="utf-8", opener=private) as written:
            json.dump(record, written, indent=2)
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(part, folder)


def private(path, flags):
    return os.open(path, flags, 0o600)


def main():
    module = AnsibleModule(
        argument_spec={
            "folders": {"type": "list", "elements": "dict", "default": []},
            "files": {"type": "list", "elements": "dict", "default": []},
            "absent": {"type": "list", "elements": "str", "default": []},
            "archive": {"type": "path"},
            "contents": {"type": "path"},
            "keep": {"type": "dict"},
        },
        supports_check_mode=True,
    )
    install = Install(module)
    wanted = install.wanted()
    archive, contents = module.params["archive"], module.params["contents"]
    lacking = sorted({file["sha256"] for file in wanted})
    if lacking and not archive and not contents:
        module.exit_json(changed=False, wanted=lacking)
    with tempfile.TemporaryDirectory(dir=module.tmpdir) as folder:
        if archive:
            with tarfile.open(archive) as opened:
                # Only what was asked for: a name is a digest, so none leaves the folder.
                for name in lacking:
                    opened.extract(name, folder)
                    if module.sha256(os.path.join(folder, name)) != name:
                        module.fail_json(msg="a file was changed on its way to the host")
            contents = folder
        elif lacking:
            lost = [name for name in lacking if not os.path.isfile(os.path.join(contents, name))]
            if lost:
                module.fail_json(msg=f"{contents} does not hold all that is to be put back")
        install.keep()
        install.folders()
        install.files(wanted, contents)
        install.absent()
    module.exit_json(changed=bool(install.changes), changes=install.changes, diff=install.diffs)


if __name__ == "__main__":
    main()
