//! The machines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quantity::ByteSize;
use crate::hashed::IndexMap;
use crate::text::Spanned;

/// A machine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Host {
    /// The address by which the world reaches it: IPv4, IPv6 or a DNS name.
    #[schemars(extend("examples" = ["203.0.113.10", "val-1.example.net"]))]
    pub address: Spanned<String>,
    /// The address by which other hosts of the network reach it, where there is a private network
    /// or VPN. Private interfaces are bound to it. Without it, other hosts use `address`.
    #[serde(default)]
    #[schemars(extend("examples" = ["10.20.0.10"]))]
    pub private_address: Option<Spanned<String>>,
    /// The region it stands in. Without it, the host stands in none.
    #[serde(default)]
    pub region: Option<Spanned<String>>,
    /// Who runs the machine. Without it, the provider of the region.
    #[serde(default)]
    pub provider: Option<Spanned<String>>,
    /// The people who run the machine, where several share a network: who loses their keys, or makes a
    /// mistake, takes all their hosts along. Without it, no operator is known.
    #[serde(default)]
    #[schemars(extend("examples" = ["acme-staking"]))]
    pub operator: Option<Spanned<String>>,
    /// The rack or zone, a failure domain inside the region. Without it, none is known.
    #[serde(default)]
    pub rack: Option<Spanned<String>>,
    /// How it is reached.
    #[serde(default)]
    pub ssh: Option<Ssh>,
    /// What runs its services. Without it, the runtime of `defaults`.
    #[serde(default)]
    pub runtime: Option<Runtime>,
    /// What it has. Sums of service limits are checked against it.
    #[serde(default)]
    pub resources: Option<HostResources>,
    /// Which machine it is, by its name in `prices.machines`. Without it, its price is not known.
    #[serde(default)]
    #[schemars(extend("examples" = ["t3.xlarge"]))]
    pub machine: Option<Spanned<String>>,
    /// Its processor architecture.
    #[serde(default)]
    #[schemars(extend("default" = Architecture::default().word()))]
    pub architecture: Option<Architecture>,
    /// The folder under which services keep their state. Without it, the one of `defaults`.
    #[serde(default)]
    #[schemars(extend("pattern" = "^/[A-Za-z0-9._/-]+$", "examples" = ["/srv/netgen"]))]
    pub data_dir: Option<Spanned<String>>,
    /// The disk that a new machine mounts at the data folder: a file system that is there already, for
    /// nothing is ever formatted. Without it, the data folder is on the disk of the system.
    #[serde(default)]
    #[schemars(extend("pattern" = "^(LABEL=[A-Za-z0-9._-]{1,16}|UUID=[A-Fa-f0-9-]{4,36}|/dev/[A-Za-z0-9/._-]+)$", "examples" = ["LABEL=netgen-data"]))]
    pub data_disk: Option<Spanned<String>>,
    /// Labels of your own; they become inventory variables.
    #[serde(default)]
    pub labels: IndexMap<String, String>,
}

/// How a host is reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ssh {
    /// The user that logs in; it must be able to become root.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[a-z_][a-z0-9_-]{0,31}$", "default" = "root"))]
    pub user: Option<Spanned<String>>,
    /// The TCP port of the SSH server.
    #[serde(default)]
    #[schemars(range(min = 1), extend("default" = 22))]
    pub port: Option<Spanned<u16>>,
    /// Whose public keys a new machine lets in, by the account that publishes them: `gh:alice` at GitHub,
    /// `lp:alice` at Launchpad. They are fetched at the first boot. Without it, only the key pair that the
    /// provider was told.
    #[serde(default)]
    #[schemars(extend("examples" = [["gh:alice"]]), inner(regex(pattern = r"^(gh|lp):[A-Za-z0-9][A-Za-z0-9-]{0,38}$")))]
    pub import_keys: Vec<String>,
}

/// What runs the services of a host.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// One Docker Compose project, started by one systemd unit.
    #[default]
    Compose,
    /// One systemd unit a service, each running `docker run`.
    SystemdDocker,
    /// Podman containers as systemd units (quadlet).
    Quadlet,
    /// Programs installed on the host, as systemd units.
    Native,
    /// Pods of the cluster of the region. The host is its worker, or a pool of workers: those with the
    /// label `netgen.dev/host=<name>`, and no other runs what stands on this host.
    Kubernetes,
}

impl Runtime {
    /// The word of the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::SystemdDocker => "systemd-docker",
            Self::Quadlet => "quadlet",
            Self::Native => "native",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// Whether services run in containers.
    pub fn is_container(self) -> bool {
        self != Self::Native
    }

    /// Whether the deploy logs in to the machine. A worker of a cluster belongs to the cluster.
    pub fn is_logged_in_to(self) -> bool {
        self != Self::Kubernetes
    }
}

/// What a machine has.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HostResources {
    /// Processor threads.
    #[schemars(range(min = 1))]
    pub cpus: Spanned<u32>,
    /// Memory.
    pub memory: Spanned<ByteSize>,
    /// The disk that holds the data folder.
    pub disk: Spanned<ByteSize>,
}

/// A processor architecture, by the name that image platforms use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// 64-bit x86.
    #[default]
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

impl Architecture {
    /// `amd64` or `arm64`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}
