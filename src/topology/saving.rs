//! What must outlive its host, and what must never live twice.

use std::collections::BTreeSet;

use super::ids::ServiceId;
use super::ir::{Backup, Host, Secret, SecretSource, Service, Topology, Volume};
use crate::catalog::component::Kind;
use crate::manifest::quantity::Duration;

impl Service {
    /// Whether it keeps something that cannot be had again.
    pub fn keeps_state(&self) -> bool {
        self.component.backup.is_some() || self.saved_volumes().next().is_some()
    }

    /// The volumes whose files are saved, wholly or in part. What a command saves is left out.
    pub fn saved_volumes(&self) -> impl Iterator<Item = &Volume> {
        let dumped = self.component.backup.is_some();
        self.volumes.iter().filter(move |volume| {
            !volume.lent
                && ((volume.backup && (!dumped || volume.keys.is_some())) || !volume.saves.is_empty())
        })
    }

    /// The volumes that hold keys which sign for validators.
    pub fn key_volumes(&self) -> impl Iterator<Item = &Volume> {
        self.volumes.iter().filter(|volume| !volume.lent && volume.keys.is_some())
    }
}

impl Host {
    /// Every address by which it is known, each once.
    pub fn addresses(&self) -> BTreeSet<&str> {
        std::iter::once(self.address.as_str()).chain(self.private_address.as_deref()).collect()
    }
}

impl Backup {
    /// How old the last backup may be when it is needed: a run may be late by the delay of its timer and
    /// by the time that it takes.
    pub fn rpo(&self) -> Duration {
        self.rpo.unwrap_or(Duration(self.schedule.period().0 / 4 * 5 + 7200))
    }
}

impl Topology {
    /// Whether a timer saves the state of a service.
    pub fn is_saved(&self, service: &Service) -> bool {
        self.backup.is_some() && service.keeps_state()
    }

    /// Whether two live copies of a service would sign twice, or forget what the other has signed.
    pub fn signs(&self, service: &Service) -> bool {
        let component = &service.component;
        let votes = |setting: &str| {
            component.identities.values().any(|identity| identity.votes && identity.setting == setting)
        };
        matches!(component.kind, Kind::Signer | Kind::ValidatorClient)
            || service.key_volumes().next().is_some()
            || service.secrets.iter().any(|used| votes(&used.setting))
            || self.signers_on(service.id).next().is_some()
    }

    /// Who keeps the signing history in a service: they must stand still while it is brought back.
    pub fn signers_on(&self, provider: ServiceId) -> impl Iterator<Item = &Service> {
        let consumers: BTreeSet<ServiceId> = self
            .consumers(provider)
            .filter(|(interface, consumer)| {
                let need = self.services[*consumer].component.needs.get(*interface);
                need.is_some_and(|need| need.signing_history)
            })
            .map(|(_, consumer)| consumer)
            .collect();
        consumers.into_iter().map(|id| &self.services[id])
    }

    /// The secrets that exist nowhere but on the host of a service.
    pub fn own_secrets<'t>(&'t self, service: &'t Service) -> impl Iterator<Item = &'t Secret> {
        let used: BTreeSet<_> = service.secrets.iter().map(|used| used.secret).collect();
        let own = used.into_iter().map(|id| &self.secrets[id]);
        own.filter(|secret| matches!(secret.source, SecretSource::Generate(_)))
    }
}
