//! Parts of the document as its file says them: every key in order, whatever the order of the fields is.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::document::{AlertFacts, HostFacts, NeedFacts, ServiceFacts, Survives};
use crate::analyze::reachability::OpenPort;

/// A part, with its keys in order. A field that is left out of one of these does not compile.
pub(super) struct Sorted<'a, T>(pub(super) &'a T);

/// Parts in a list.
pub(super) struct List<'a, T>(pub(super) &'a [T]);

impl<'a, T> Serialize for List<'a, T>
where
    Sorted<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Sorted))
    }
}

impl Serialize for Sorted<'_, HostFacts> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let HostFacts { places, patience } = self.0;
        let mut part = serializer.serialize_struct("HostFacts", 2)?;
        part.serialize_field("patience", patience)?;
        part.serialize_field("places", places)?;
        part.end()
    }
}

impl Serialize for Sorted<'_, ServiceFacts> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ServiceFacts { version, job, signs, grace, checked, asked, reads, secrets, state } = self.0;
        let mut part = serializer.serialize_struct("ServiceFacts", 9)?;
        if let Some(asked) = asked {
            part.serialize_field("asked", asked)?;
        }
        part.serialize_field("checked", checked)?;
        part.serialize_field("grace", grace)?;
        part.serialize_field("job", job)?;
        part.serialize_field("reads", reads)?;
        part.serialize_field("secrets", secrets)?;
        part.serialize_field("signs", signs)?;
        part.serialize_field("state", state)?;
        part.serialize_field("version", version)?;
        part.end()
    }
}

impl Serialize for Sorted<'_, NeedFacts> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let NeedFacts { consumer, providers, spare } = self.0;
        let mut part = serializer.serialize_struct("NeedFacts", 3)?;
        part.serialize_field("consumer", consumer)?;
        part.serialize_field("providers", providers)?;
        part.serialize_field("spare", spare)?;
        part.end()
    }
}

impl Serialize for Sorted<'_, AlertFacts> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AlertFacts { name, component, severity, expr, hold, receivers } = self.0;
        let mut part = serializer.serialize_struct("AlertFacts", 6)?;
        if let Some(component) = component {
            part.serialize_field("component", component)?;
        }
        part.serialize_field("expr", expr)?;
        part.serialize_field("hold", hold)?;
        part.serialize_field("name", name)?;
        part.serialize_field("receivers", receivers)?;
        part.serialize_field("severity", severity)?;
        part.end()
    }
}

impl Serialize for Sorted<'_, OpenPort> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let OpenPort { host, port, transports, service, interface, address, from, at: _ } = self.0;
        let mut part = serializer.serialize_struct("OpenPort", 7)?;
        part.serialize_field("address", address)?;
        part.serialize_field("from", from)?;
        part.serialize_field("host", host)?;
        part.serialize_field("interface", interface)?;
        part.serialize_field("port", port)?;
        part.serialize_field("service", service)?;
        part.serialize_field("transports", transports)?;
        part.end()
    }
}

impl Serialize for Sorted<'_, Survives> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Survives { kind, domains, worst, lost, margin, halts } = self.0;
        let mut part = serializer.serialize_struct("Survives", 6)?;
        part.serialize_field("domains", domains)?;
        if let Some(halts) = halts {
            part.serialize_field("halts", halts)?;
        }
        part.serialize_field("kind", kind)?;
        part.serialize_field("lost", lost)?;
        part.serialize_field("margin", margin)?;
        if let Some(worst) = worst {
            part.serialize_field("worst", worst)?;
        }
        part.end()
    }
}
