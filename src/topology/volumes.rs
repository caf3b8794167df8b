//! The volumes of a service: those of its component, with what the manifest has measured.

use super::ir::Volume;
use super::resolve::Context;
use super::services::Draft;
use crate::diag::{Diagnostic, codes};

/// The volumes of a draft, whose folders lie below `state`.
pub(super) fn of(cx: &mut Context<'_>, draft: &Draft, state: &str) -> Vec<Volume> {
    let component = &draft.entry.component;
    for name in draft.spec.disk.keys() {
        if component.volumes.get(name.as_str()).is_none_or(|volume| volume.from.is_some()) {
            let own = component.volumes.iter().filter(|(_, volume)| volume.from.is_none());
            cx.sink.push(
                Diagnostic::new(
                    &codes::UNKNOWN_KEY,
                    name.span,
                    format!("component `{}` has no volume `{name}` of its own", component.component),
                )
                .here("no such volume")
                .suggest(name, own.map(|(name, _)| name.as_str())),
            );
        }
    }
    component
        .volumes
        .iter()
        .map(|(name, volume)| {
            let measured = draft.spec.disk.get(name.as_str());
            let size = measured.and_then(|measured| measured.size.as_ref());
            let growth = measured.and_then(|measured| measured.growth.as_ref());
            Volume {
                name: name.clone(),
                path: volume.path.clone(),
                host_path: format!("{state}/{name}"),
                lent: volume.from.is_some(),
                backup: volume.backup,
                saves: volume.saves.clone(),
                keys: volume.keys.clone(),
                size: size.map(|size| size.value).or(volume.size),
                measured: size.is_some(),
                growth: growth.map(|growth| growth.value).or(volume.growth),
                folders: volume.folders.clone(),
            }
        })
        .collect()
}
