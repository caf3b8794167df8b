//! How a component runs as a plain program on the host, and what it needs of what systemd takes away.
//!
//! A unit begins with nothing. Each thing that it is given says why, so that nobody has to guess
//! later whether it can be taken away again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::quantity::Duration;

/// How a component runs as a plain program on the host.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Native {
    /// The absolute path of the program.
    pub program: String,
    /// Arguments that come before those of `command`.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The Debian package that has it. Without it, the program must be on the host.
    #[serde(default)]
    pub package: Option<String>,
    /// The absolute path of the program that `validate` begins with. Without it, what `validate` says.
    #[serde(default)]
    pub checker: Option<String>,
    /// It tells systemd when it is ready (`READY=1`): its unit counts as started from then on.
    #[serde(default)]
    pub notifies: bool,
    /// It tells systemd that it lives (`WATCHDOG=1`) at least twice in this time; when it does not, it
    /// is killed and started anew. Without it, only its end is noticed.
    #[serde(default)]
    pub watchdog: Option<Duration>,
    /// Directives that its unit must not have.
    #[serde(default)]
    pub without: Vec<Given<Hardening>>,
    /// System calls and groups of them (`@clock`) that it needs beyond those of every service.
    #[serde(default)]
    pub system_calls: Vec<Given<SystemCall>>,
    /// Sockets that it needs beyond those of the internet and of programs of the host.
    #[serde(default)]
    pub address_families: Vec<Given<AddressFamily>>,
}

/// Something that a program is given, and why.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given<T> {
    /// What.
    pub name: T,
    /// What fails without it.
    pub why: String,
}

/// A system call or a group of them, by its name at systemd.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(extend("examples" = ["@mount"]))]
pub struct SystemCall(#[schemars(regex(pattern = r"^@?[a-z0-9_-]+$"))] pub String);

/// A directive of systemd that takes something from a program, by its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Hardening {
    /// The file system of the host is read-only.
    ProtectSystem,
    /// The home folders are empty.
    ProtectHome,
    /// `/tmp` is its own.
    PrivateTmp,
    /// Only devices that every program has.
    PrivateDevices,
    /// Other users than its own and root are nobody to it.
    PrivateUsers,
    /// Processes of others are hidden.
    ProtectProc,
    /// `/proc` tells of processes alone: nothing of memory, processors and the kernel.
    ProcSubset,
    /// The clock cannot be set, nor asked how it is kept.
    ProtectClock,
    /// Memory cannot be written and run: no just-in-time compiler.
    MemoryDenyWriteExecute,
}

impl Hardening {
    /// The directive.
    pub fn directive(self) -> &'static str {
        match self {
            Self::ProtectSystem => "ProtectSystem",
            Self::ProtectHome => "ProtectHome",
            Self::PrivateTmp => "PrivateTmp",
            Self::PrivateDevices => "PrivateDevices",
            Self::PrivateUsers => "PrivateUsers",
            Self::ProtectProc => "ProtectProc",
            Self::ProcSubset => "ProcSubset",
            Self::ProtectClock => "ProtectClock",
            Self::MemoryDenyWriteExecute => "MemoryDenyWriteExecute",
        }
    }
}

/// A family of sockets, by its name at systemd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum AddressFamily {
    /// The kernel, asked about network interfaces, routes and packet filters.
    #[serde(rename = "AF_NETLINK")]
    Netlink,
    /// Raw frames.
    #[serde(rename = "AF_PACKET")]
    Packet,
    /// Virtual machines and their host.
    #[serde(rename = "AF_VSOCK")]
    Vsock,
}

impl AddressFamily {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Netlink => "AF_NETLINK",
            Self::Packet => "AF_PACKET",
            Self::Vsock => "AF_VSOCK",
        }
    }
}
