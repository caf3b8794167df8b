//! The document as its file says it: every key in order, whatever the order of the fields is. The order of
//! keys in the manifest means nothing, and differs by its format.

use std::collections::BTreeMap;

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::Document;
use super::build::json;

/// A document whose values are in order already. Parts are sorted one by one: the whole is too large to be
/// copied for it.
pub(super) struct Sorted<'a>(pub(super) &'a Document);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document {
            version,
            values,
            origins,
            consensus,
            watch,
            hosts,
            services,
            keys,
            needs,
            alike,
            alerts,
            ports,
            survives,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("alerts", &List(alerts))?;
        map.serialize_entry("alike", alike)?;
        map.serialize_entry("consensus", consensus)?;
        map.serialize_entry("hosts", &Named(hosts))?;
        map.serialize_entry("keys", keys)?;
        map.serialize_entry("needs", &List(needs))?;
        let origins: BTreeMap<String, _> = origins
            .iter()
            .filter_map(|(origin, all)| Some((json(origin).as_str()?.to_owned(), all)))
            .collect();
        map.serialize_entry("origins", &origins)?;
        map.serialize_entry("ports", &List(ports))?;
        map.serialize_entry("services", &Named(services))?;
        map.serialize_entry("survives", &List(survives))?;
        map.serialize_entry("values", values)?;
        map.serialize_entry("version", version)?;
        if let Some(watch) = watch {
            map.serialize_entry("watch", watch)?;
        }
        map.end()
    }
}

/// One part, with its keys in order.
struct Part<'a, T>(&'a T);

impl<T: Serialize> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut value = serde_json::to_value(self.0).map_err(serde::ser::Error::custom)?;
        value.sort_all_objects();
        value.serialize(serializer)
    }
}

struct List<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        self.0.iter().try_for_each(|part| list.serialize_element(&Part(part)))?;
        list.end()
    }
}

struct Named<'a, T>(&'a BTreeMap<String, T>);

impl<T: Serialize> Serialize for Named<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, part)| (name, Part(part))))
    }
}
