//! Every shell script of a bundle, whatever its name: bash parses it, and
//! shellcheck finds what is legal and wrong.

use std::path::Path;

use super::{Reader, Root};
use crate::files::{all, read};

pub const READER: Reader = Reader {
    name: "shell",
    root: Root::Bundle,
    files: |root| {
        let mut files = all(root);
        files.retain(|file| is_shell_script(&root.join(file)));
        files
    },
    read: |bench, input| {
        input.each(|file| bench.tool("bash")?.at(input.root).args(["-n"]).args([file]).run()?.silent())?;
        let shellcheck = bench.tool("shellcheck")?.at(input.root);
        shellcheck.args(["-o", "all", "-S", "style"]).args(input.files).run()?.accepted()
    },
};

fn is_shell_script(path: &Path) -> bool {
    // What is not text is no script.
    let Ok(text) = read(path) else { return false };
    let Some(interpreter) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else {
        return false;
    };
    interpreter.split(['/', ' ']).any(|word| matches!(word, "sh" | "bash" | "dash"))
}
