//! Policies: what must be survived, logs, backups, roll-out, access.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::monitoring::SecretRef;
use super::network::Subnet;
use super::quantity::{ByteSize, Duration, Percent};
use crate::text::Spanned;

/// What the network must be proved to survive. Each line is proved, or is an error.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Require {
    /// How many failures at a time the voting power must survive.
    #[serde(default)]
    pub survives: Survives,
    /// The largest share of voting power that one client implementation may hold. Without it, one
    /// implementation may hold all of it.
    #[serde(default)]
    pub max_client_share: Option<Spanned<Percent>>,
}

/// How many failure domains may be lost at once.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Survives {
    /// So many single services at once: a signer, a database, a client. Without it, the loss of one need not
    /// be survived.
    #[serde(default)]
    pub service: Option<Spanned<u32>>,
    /// So many nodes at once, each with all its services. Without it, the loss of one need not be survived.
    #[serde(default)]
    pub node: Option<Spanned<u32>>,
    /// So many hosts at once. Without it, one on a BFT chain with four voters or more, else none.
    #[serde(default)]
    pub host: Option<Spanned<u32>>,
    /// So many racks at once. Without it, the loss of a rack need not be survived.
    #[serde(default)]
    pub rack: Option<Spanned<u32>>,
    /// So many regions at once. Without it, the loss of a region need not be survived.
    #[serde(default)]
    pub region: Option<Spanned<u32>>,
    /// So many providers at once. Without it, the loss of a provider need not be survived.
    #[serde(default)]
    pub provider: Option<Spanned<u32>>,
    /// So many operators at once, each with all hosts. Without it, the loss of one need not be survived.
    #[serde(default)]
    pub operator: Option<Spanned<u32>>,
    /// So many client implementations at once: every instance of each, at any version. Without it, the loss
    /// of one need not be survived.
    #[serde(default)]
    pub client: Option<Spanned<u32>>,
    /// So many images at once: every service that runs one. Without it, the loss of one need not be survived.
    #[serde(default)]
    pub image: Option<Spanned<u32>>,
    /// So many remote signers at once. Without it, the loss of a signer need not be survived.
    #[serde(default)]
    pub signer: Option<Spanned<u32>>,
    /// So many databases at once. Without it, the loss of a database need not be survived.
    #[serde(default)]
    pub database: Option<Spanned<u32>>,
}

impl Survives {
    /// What is asked for, in the order of [`DomainKind`].
    pub fn asked(&self) -> impl Iterator<Item = (DomainKind, &Spanned<u32>)> {
        let Self { service, node, host, rack, region, provider, operator, client, image, signer, database } =
            self;
        [
            (DomainKind::Region, region),
            (DomainKind::Provider, provider),
            (DomainKind::Operator, operator),
            (DomainKind::Rack, rack),
            (DomainKind::Host, host),
            (DomainKind::Client, client),
            (DomainKind::Image, image),
            (DomainKind::Signer, signer),
            (DomainKind::Database, database),
            (DomainKind::Node, node),
            (DomainKind::Service, service),
        ]
        .into_iter()
        .filter_map(|(kind, count)| Some((kind, count.as_ref()?)))
    }
}

/// A kind of failure domain: things of it fail as a whole. Widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DomainKind {
    /// A region.
    Region,
    /// A provider of machines.
    Provider,
    /// The people who operate hosts.
    Operator,
    /// A rack, inside its region.
    Rack,
    /// A host.
    Host,
    /// An implementation of the chain: all instances of one component, at any version.
    Client,
    /// An image: all services that run it. The lock pins one digest for each.
    Image,
    /// A remote signer.
    Signer,
    /// A database.
    Database,
    /// A node, with all its services.
    Node,
    /// One service.
    Service,
}

impl DomainKind {
    /// Every kind, widest first.
    pub const ALL: [Self; 11] = [
        Self::Region,
        Self::Provider,
        Self::Operator,
        Self::Rack,
        Self::Host,
        Self::Client,
        Self::Image,
        Self::Signer,
        Self::Database,
        Self::Node,
        Self::Service,
    ];

    /// The word of `require: { survives: ... }`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Provider => "provider",
            Self::Operator => "operator",
            Self::Rack => "rack",
            Self::Host => "host",
            Self::Client => "client",
            Self::Image => "image",
            Self::Signer => "signer",
            Self::Database => "database",
            Self::Node => "node",
            Self::Service => "service",
        }
    }
}

/// Logs of the containers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Logging {
    /// The log driver of the containers.
    #[serde(default)]
    #[schemars(extend("default" = LogDriver::default().word()))]
    pub driver: Option<LogDriver>,
    /// A log file is rotated at this size.
    #[serde(default)]
    #[schemars(extend("default" = "100MiB"))]
    pub max_size: Option<Spanned<ByteSize>>,
    /// How many rotated files are kept.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100), extend("default" = 5))]
    pub max_files: Option<Spanned<u32>>,
}

/// A log driver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogDriver {
    /// Docker's JSON files, rotated.
    #[default]
    JsonFile,
    /// Docker's compact files, rotated.
    Local,
    /// The journal of the host.
    Journald,
}

impl LogDriver {
    /// The name of the driver in Docker.
    pub fn word(self) -> &'static str {
        match self {
            Self::JsonFile => "json-file",
            Self::Local => "local",
            Self::Journald => "journald",
        }
    }
}

/// Saving state that cannot be had again from the chain: databases, slashing protection, keys.
/// Backups are made by restic, which encrypts them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Backup {
    /// How often a backup is made.
    #[serde(default)]
    #[schemars(extend("default" = Schedule::default().word()))]
    pub schedule: Option<Spanned<Schedule>>,
    /// How long a backup is kept.
    #[serde(default)]
    #[schemars(extend("default" = "30d"))]
    pub keep: Option<Spanned<Duration>>,
    /// How old the last backup may be at worst when it is needed (the recovery point). Without it, the time
    /// between two backups and a quarter more, plus two hours.
    #[serde(default)]
    #[schemars(extend("examples" = ["26h"]))]
    pub rpo: Option<Spanned<Duration>>,
    /// How long it may take to bring one service back (the recovery time). A drill measures it.
    #[serde(default)]
    #[schemars(extend("default" = "1h"))]
    pub rto: Option<Spanned<Duration>>,
    /// The restic repository: an absolute path, `s3:https://host/bucket`, `sftp:user@host:/path`.
    #[schemars(extend("examples" = ["s3:https://s3.eu-central-1.amazonaws.com/validator-backups", "/mnt/backup"]))]
    pub to: Spanned<String>,
    /// The password of the repository. Who loses it loses the backups.
    pub password: SecretRef,
    /// A secret file of `NAME=value` lines with the access keys of the storage.
    #[serde(default)]
    pub credentials: Option<SecretRef>,
}

/// How often a timer runs; the minute is spread over hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Every hour.
    Hourly,
    /// Every night.
    #[default]
    Daily,
    /// Every week.
    Weekly,
}

impl Schedule {
    /// The word that systemd's `OnCalendar=` takes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// The time between two runs.
    pub fn period(self) -> Duration {
        Duration(match self {
            Self::Hourly => 3600,
            Self::Daily => 86_400,
            Self::Weekly => 7 * 86_400,
        })
    }
}

/// How a change reaches the hosts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rollout {
    /// The host, or the node, that gets a change first. Without it, hosts follow each other by name.
    #[serde(default)]
    pub canary: Option<Spanned<String>>,
    /// How long the canary must stay healthy before the others follow.
    #[serde(default)]
    #[schemars(extend("default" = "10m"))]
    pub wait: Option<Spanned<Duration>>,
}

/// Firewall and access.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Security {
    /// What filters packets on the hosts.
    #[serde(default)]
    #[schemars(extend("default" = Firewall::default().word()))]
    pub firewall: Option<Firewall>,
    /// From where people may log in and open dashboards. Without it ssh is open to all, dashboards to nobody.
    #[serde(default)]
    #[schemars(with = "Vec<String>", extend("examples" = [["198.51.100.0/24"]]))]
    pub admin_networks: Vec<Spanned<Subnet>>,
    /// A network of the hosts among themselves, encrypted by WireGuard. Without it, hosts reach each other
    /// by the addresses that they have.
    #[serde(default)]
    pub mesh: Option<Mesh>,
}

/// An encrypted network of the hosts among themselves. Each gets an address of it, which takes the place
/// of its private address: private interfaces are bound there, and hosts speak to each other there only.
/// `netgen keys` makes the keys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mesh {
    /// The addresses of the mesh. A host has the address of its place in the manifest; a
    /// `private-address` inside the subnet gives it another one.
    #[schemars(with = "String", extend("examples" = ["10.99.0.0/24", "fd4e:e76e::/64"]))]
    pub subnet: Spanned<Subnet>,
    /// The UDP port of WireGuard on every host.
    #[serde(default)]
    #[schemars(range(min = 1), extend("default" = 51820))]
    pub port: Option<Spanned<u16>>,
    /// How often a host reminds what lies between it and its peers that the connection is still there.
    /// Without it never; hosts behind a NAT need about 25s.
    #[serde(default)]
    pub keepalive: Option<Spanned<Duration>>,
}

/// What filters packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Firewall {
    /// nftables; also filters ports that Docker publishes.
    #[default]
    Nftables,
    /// ufw, for those who use it already; ports that containers publish are closed with it, and rules of
    /// others stay.
    Ufw,
    /// The files are written but not applied: somebody else filters.
    External,
}

impl Firewall {
    /// The word of the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nftables => "nftables",
            Self::Ufw => "ufw",
            Self::External => "external",
        }
    }

    /// Whether netgen fills it, and not somebody else.
    pub fn is_ours(self) -> bool {
        self != Self::External
    }
}
