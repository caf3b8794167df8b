//! Where things lie on a host. Every artifact takes its paths from here.

use super::ir::{Host, Service, Topology};
use super::services::DEFAULT_NETWORK;

/// The folder inside a container where secret files stand by default.
pub const CONTAINER_SECRETS: &str = "/run/secrets";

/// The folder in which systemd shows a unit its credentials, and nobody else.
pub const CREDENTIALS: &str = "/run/credentials";

/// The folder of the secrets of a network on its hosts.
pub(super) fn secrets_dir(network: &str) -> String {
    format!("/etc/netgen/{network}/secrets")
}

/// What everything of a network on its hosts is called, or begins with.
fn stack_name(network: &str) -> String {
    format!("netgen-{network}")
}

/// The systemd unit that runs a service of a network, without its suffix.
pub fn unit_name(network: &str, service: &str) -> String {
    format!("{}-{service}", stack_name(network))
}

/// The name of a container network on its hosts.
pub fn network_name(network: &str, name: &str) -> String {
    match name {
        DEFAULT_NETWORK => stack_name(network),
        other => format!("{}-{other}", stack_name(network)),
    }
}

/// The systemd unit that makes a container network, without its suffix. Podman's generator names it so
/// too, after the file of the network.
pub fn network_unit_name(network: &str, name: &str) -> String {
    format!("{}-network", network_name(network, name))
}

/// Where a program that systemd runs without a container reads a secret.
pub(super) fn credential(network: &str, service: &str, name: &str) -> String {
    format!("{CREDENTIALS}/{}.service/{name}", unit_name(network, service))
}

/// The group that may read secret files on the hosts. Containers join it; nobody else does.
pub const SECRETS_GROUP_ID: u32 = 10_900;

impl Topology {
    /// `/opt/netgen/<network>`: what the deploy installs; owned by root, never written by services.
    pub fn install_dir(&self) -> String {
        format!("/opt/netgen/{}", self.name)
    }

    /// `/etc/netgen/<network>/secrets`: made on the host, never part of the bundle.
    pub fn secrets_dir(&self) -> String {
        secrets_dir(&self.name)
    }

    /// The folder of the rendered configuration files of a service on its host.
    pub fn config_dir(&self, service: &Service) -> String {
        format!("{}/config/{}", self.install_dir(), service.name)
    }

    /// The folder on a host of an artifact tree of the bundle (`prometheus`, `grafana`, ...).
    pub fn artifact_dir(&self, tree: &str) -> String {
        format!("{}/artifacts/{tree}", self.install_dir())
    }

    /// The folder of the state of a service on its host.
    pub fn state_dir(&self, host: &Host, service_name: &str) -> String {
        format!("{}/{}/{service_name}", host.data_dir, self.name)
    }

    /// The folder on a host to which programs of the host write metrics (`*.prom`); `None` where no
    /// service of the host reads them.
    pub fn textfile_dir(&self, host: &Host) -> Option<String> {
        let reads = |service: &Service| service.component.host_access.textfiles.is_some();
        self.services_on(host.id).any(reads).then(|| format!("{}/metrics", self.install_dir()))
    }

    /// The namespace of the network in a cluster.
    pub fn namespace(&self) -> String {
        stack_name(&self.name)
    }

    /// The name of a container network on its hosts.
    pub fn network_name(&self, name: &str) -> String {
        network_name(&self.name, name)
    }

    /// The systemd unit that makes a container network, without its suffix.
    pub fn network_unit_name(&self, name: &str) -> String {
        network_unit_name(&self.name, name)
    }

    /// The name of the systemd unit of a service, without its suffix.
    pub fn unit_name(&self, service: &Service) -> String {
        unit_name(&self.name, &service.name)
    }

    /// The systemd unit that saves the state of a service, without its suffix.
    pub fn backup_unit_name(&self, service: &Service) -> String {
        format!("{}-backup-{}", self.stack_unit_name(), service.name)
    }

    /// The systemd unit that tells the state of a host, without its suffix.
    pub fn state_unit_name(&self) -> String {
        format!("{}-state", self.stack_unit_name())
    }

    /// The systemd unit that loads the ruleset of a host, without its suffix.
    pub fn firewall_unit_name(&self) -> String {
        format!("{}-firewall", self.stack_unit_name())
    }

    /// The systemd unit that removes images which no bundle names, without its suffix.
    pub fn prune_unit_name(&self) -> String {
        format!("{}-prune", self.stack_unit_name())
    }

    /// The systemd unit that runs a whole host, without its suffix.
    pub fn stack_unit_name(&self) -> String {
        stack_name(&self.name)
    }
}
