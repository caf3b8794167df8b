//! What the units of netgen may do. Each begins with nothing and gets what it needs; what a program of
//! the catalog needs, and why, its data say.

use super::raw;
use crate::catalog::component::Native;
use crate::emit::format::systemd::{Section, Value};

/// What a unit that netgen brings itself has to reach. All of them run as root, without what makes
/// root mighty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The socket of the container engine, or of systemd; no network at all.
    Engine,
    /// The socket of the container engine, and what pulling an image takes: credentials of registries
    /// in the home of root, and helpers of them that speak to the network.
    Registry,
    /// The storage of podman, which has no engine that could be asked: it deletes files of any owner.
    ImageStore,
    /// The packet filter of the kernel.
    PacketFilter,
    /// A script: files of any owner, and the network.
    Script,
}

/// Takes everything from a unit of netgen itself but what it has to reach.
pub(super) fn own(section: Section, reach: Reach) -> Section {
    let home = if reach == Reach::Registry { "read-only" } else { "yes" };
    // What a script writes stands in its unit, or is below `/var`, `/opt` or `/srv`.
    let system = if reach == Reach::Script { "full" } else { "strict" };
    let mut section = section
        .with("NoNewPrivileges", raw("yes"))
        .with("ProtectSystem", raw(system))
        .with("ProtectHome", raw(home))
        .with("MemoryDenyWriteExecute", raw("yes"));
    // A `/tmp` of its own waits for that of the host, and the packet filter must not wait.
    let early = reach == Reach::PacketFilter;
    let private = IN_PRIVATE.iter().filter(|(name, _)| !(early && *name == "PrivateTmp"));
    for (name, value) in EVERYWHERE.iter().chain(private) {
        section = section.with(*name, raw(*value));
    }
    let (capabilities, families, calls): (&str, &str, &[&str]) = match reach {
        Reach::Engine => ("", "AF_UNIX", &["~@privileged @resources"]),
        Reach::Registry => ("", "AF_UNIX AF_INET AF_INET6", &["~@privileged @resources"]),
        Reach::PacketFilter => ("CAP_NET_ADMIN", "AF_NETLINK", &["~@privileged @resources"]),
        Reach::ImageStore => ("CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_SYS_ADMIN", "AF_UNIX", &["@mount"]),
        Reach::Script => ("CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER", "AF_UNIX AF_INET AF_INET6", &[]),
    };
    section = section
        .with("CapabilityBoundingSet", raw(capabilities))
        .with("RestrictAddressFamilies", raw(families))
        .with("SystemCallFilter", raw("@system-service"));
    for calls in calls {
        section = section.with("SystemCallFilter", raw(*calls));
    }
    section = section.with("SystemCallErrorNumber", raw("EPERM"));
    match reach {
        Reach::Engine => section
            .with("PrivateNetwork", raw("yes"))
            .with("IPAddressDeny", raw("any"))
            .with("ProcSubset", raw("pid")),
        Reach::ImageStore => section.with("PrivateNetwork", raw("yes")).with("IPAddressDeny", raw("any")),
        Reach::PacketFilter => section.with("ProcSubset", raw("pid")),
        Reach::Registry | Reach::Script => section,
    }
    .with("UMask", raw("0077"))
}

/// Takes everything from a program of the catalog but what its data say that it needs.
pub(super) fn native(
    section: Section,
    capabilities: &[String],
    native: Option<&Native>,
    shares_files: bool,
) -> Section {
    let capabilities: Vec<String> = capabilities.iter().map(|c| format!("CAP_{c}")).collect();
    // In a user namespace of its own a capability counts for nothing on the host.
    let private_users = capabilities.is_empty();
    let set = if private_users { raw("") } else { Value::Words(capabilities) };
    let left_out = |name: &str| {
        (name == "PrivateUsers" && !private_users)
            || native.is_some_and(|n| n.without.iter().any(|given| given.name.directive() == name))
    };
    let mut section = section.with("CapabilityBoundingSet", set.clone()).with("AmbientCapabilities", set);
    let all = STRICT.iter().chain(EVERYWHERE).chain(IN_PRIVATE);
    for (name, value) in all.filter(|(name, _)| !left_out(name)) {
        section = section.with(*name, raw(*value));
    }
    let more = native.map_or(&[][..], |native| &native.address_families);
    let families: Vec<&str> = ["AF_UNIX", "AF_INET", "AF_INET6"]
        .into_iter()
        .chain(more.iter().map(|given| given.name.word()))
        .collect();
    section = section
        .with("RestrictAddressFamilies", raw(families.join(" ")))
        .with("SystemCallFilter", raw("@system-service"))
        .with("SystemCallFilter", raw("~@privileged @resources"));
    let calls: Vec<&str> = native
        .map_or(&[][..], |native| &native.system_calls)
        .iter()
        .map(|given| given.name.0.as_str())
        .collect();
    if !calls.is_empty() {
        section = section.with("SystemCallFilter", raw(calls.join(" ")));
    }
    section
        // A program that asks for what it may not have is told so, and need not die of it.
        .with("SystemCallErrorNumber", raw("EPERM"))
        // What others may read, such as a socket, others must be able to open.
        .with("UMask", raw(if shares_files { "0027" } else { "0077" }))
}

/// What only some programs can bear.
const STRICT: &[(&str, &str)] = &[
    ("NoNewPrivileges", "yes"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateUsers", "yes"),
    ("ProcSubset", "pid"),
    ("MemoryDenyWriteExecute", "yes"),
    ("RemoveIPC", "yes"),
];

/// What nobody misses.
const EVERYWHERE: &[(&str, &str)] = &[
    ("PrivateMounts", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectHostname", "yes"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("SystemCallArchitectures", "native"),
];

/// What keeps a unit among its own.
const IN_PRIVATE: &[(&str, &str)] = &[
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("ProtectProc", "invisible"),
    ("ProtectClock", "yes"),
];
