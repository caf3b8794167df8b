//! Maps by hash.
//!
//! Keys are names of a manifest or of the catalog: short, and asked for hundreds of times a node. The hash of the
//! standard library is made for texts that an enemy sends over a network, and takes four times as long. This one is
//! seeded anew in each run; no order that anybody sees comes from it.

use foldhash::fast::RandomState;

/// A map in the order of insertion.
pub type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;

/// A map that is asked and never iterated.
pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// A set that is asked and never iterated.
pub type HashSet<K> = std::collections::HashSet<K, RandomState>;
