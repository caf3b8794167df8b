//! Keys that are encrypted before they touch the disk, by age or by sops.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::cli::Failure;
use crate::cli::args::{Encrypt, Keys as Args};
use crate::cli::exit::Exit;

/// What new keys are encrypted with, and the file of the key that opens them.
pub(super) enum Crypt {
    /// Nothing.
    None { open_with: Option<String> },
    /// age.
    Age { recipients: Vec<String>, open_with: Option<String> },
    /// sops; without recipients its own rules say who.
    Sops { recipients: Vec<String>, open_with: Option<String> },
}

impl Crypt {
    pub(super) fn new(args: &Args) -> Result<Self, Failure> {
        let recipients = args.recipient.clone();
        let open_with = args.age_key_file.clone();
        let usage = |why: &str| Failure::new(Exit::Usage, why);
        for recipient in &recipients {
            // Also keeps a recipient from being taken for an option.
            if !recipient.starts_with("age1") && !recipient.starts_with("ssh-") {
                return Err(usage("a recipient of `--recipient` begins with `age1` or `ssh-`"));
            }
        }
        Ok(match args.encrypt {
            None if !recipients.is_empty() => return Err(usage("`--recipient` needs `--encrypt`")),
            None => Self::None { open_with },
            Some(Encrypt::Age) if recipients.is_empty() => {
                return Err(usage("`--encrypt age` needs `--recipient age1...`"));
            }
            Some(Encrypt::Age) => Self::Age { recipients, open_with },
            Some(Encrypt::Sops) => Self::Sops { recipients, open_with },
        })
    }

    /// Encrypts a text; `name` is the path by which sops chooses its rules.
    pub(super) fn seal(&self, text: &str, name: &str) -> Result<Vec<u8>, String> {
        let sealed = match self {
            Self::None { .. } => return Err("nothing was asked to encrypt with".to_owned()),
            Self::Age { recipients, .. } => {
                let mut command = Command::new("age");
                command.args(["--encrypt", "--armor"]);
                for recipient in recipients {
                    command.args(["--recipient", recipient]);
                }
                run("age", &mut command, text)?
            }
            Self::Sops { recipients, .. } => {
                let mut command = Command::new("sops");
                command.args(["encrypt", "--input-type", "binary", "--output-type", "json"]);
                command.args(["--filename-override", name]);
                if !recipients.is_empty() {
                    command.args(["--age", &recipients.join(",")]);
                }
                command.arg("/dev/stdin");
                run("sops", &mut command, text)?
            }
        };
        if sealed.is_empty() || sealed.windows(text.len()).any(|part| part == text.as_bytes()) {
            return Err("what came back is not encrypted".to_owned());
        }
        Ok(sealed.to_vec())
    }

    /// The text of a file that age encrypted.
    pub(super) fn open_age(&self, path: &Path) -> Result<Zeroizing<String>, String> {
        let (Self::None { open_with } | Self::Age { open_with, .. } | Self::Sops { open_with, .. }) = self;
        let Some(key) = open_with else {
            return Err(format!(
                "`{}` is encrypted and its identity is not in the lock: name the file of the age key with `--age-key-file`",
                path.display()
            ));
        };
        let mut command = Command::new("age");
        command.args(["--decrypt", "--identity", key, "--"]).arg(path);
        text_of(&run("age", &mut command, "")?)
    }

    /// The text of a file that sops encrypted.
    pub(super) fn open_sops(&self, path: &Path) -> Result<Zeroizing<String>, String> {
        let (Self::None { open_with } | Self::Age { open_with, .. } | Self::Sops { open_with, .. }) = self;
        let mut command = Command::new("sops");
        command.args(["decrypt", "--extract", r#"["data"]"#]).arg(path);
        if let Some(key) = open_with {
            command.env("SOPS_AGE_KEY_FILE", key);
        }
        text_of(&run("sops", &mut command, "")?)
    }
}

fn text_of(bytes: &[u8]) -> Result<Zeroizing<String>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "what was decrypted is no text".to_owned())?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Runs a program with a text on its standard input; gives its standard output.
///
/// Its standard error goes to the terminal and not through us: it may ask for a passphrase.
fn run(name: &str, command: &mut Command, text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("`{name}` is not installed here"),
        _ => format!("`{name}`: {error}"),
    };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    // A key is far smaller than a pipe: writing all before reading cannot block.
    let written = match child.stdin.take() {
        Some(mut stdin) => stdin.write_all(text.as_bytes()),
        None => Ok(()),
    };
    let mut out = Zeroizing::new(Vec::with_capacity(16 << 10));
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut out).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        return Err(format!("`{name}` failed: {status}"));
    }
    // A program that ends well without reading all of its input did not want it.
    written.map_err(failed)?;
    Ok(out)
}
