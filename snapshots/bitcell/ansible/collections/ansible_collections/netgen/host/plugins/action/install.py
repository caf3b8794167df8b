"""Brings files of the bundle to a host: those that it lacks, in one archive.

Takes what the module of the same name takes, and in place of `files`:

bundle  the folder of the bundle on this machine
placed  [[[place on the host, file as bundle.json has it], tree as the inventory has it]]
"""

import hashlib
import os
import tarfile
import tempfile

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    TRANSFERS_FILES = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        bundle = arguments.pop("bundle", "")
        sources, files = {}, []
        for (path, file), tree in arguments.pop("placed", None) or []:
            sources[file["sha256"]] = os.path.join(bundle, file["path"])
            files.append({"path": path, "sha256": file["sha256"], "mode": tree["mode"], "validate": tree.get("validate")})
        arguments.setdefault("files", files)
        answer = self._ask(arguments, task_vars)
        if not answer.get("wanted"):
            return answer
        with tempfile.TemporaryDirectory() as folder:
            archive = os.path.join(folder, "contents.tar.gz")
            self._pack(archive, answer["wanted"], sources)
            self._make_tmp_path()
            there = self._connection._shell.join_path(self._connection._shell.tmpdir, "contents.tar.gz")
            self._transfer_file(archive, there)
        self._fixup_perms2((self._connection._shell.tmpdir, there))
        arguments["archive"] = there
        try:
            return self._ask(arguments, task_vars)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _ask(self, arguments, task_vars):
        return self._execute_module("netgen.host.install", module_args=arguments, task_vars=task_vars)

    @staticmethod
    def _pack(archive, wanted, sources):
        with tarfile.open(archive, "w:gz", compresslevel=6) as packed:
            for digest in wanted:
                source = sources[digest]
                with open(source, "rb") as read:
                    found = hashlib.file_digest(read, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
                        else hashlib.sha256(read.read()).hexdigest()
                if found != digest:
                    raise AnsibleActionFail(f"{source} is not what bundle.json says: build the bundle again")
                packed.add(source, arcname=digest, recursive=False)
