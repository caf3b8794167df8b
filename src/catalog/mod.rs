//! The catalog.
pub mod alerts;
pub mod chain;
pub mod component;
pub mod interface;
pub mod setting;
#[cfg(test)]
mod tests {
    #[test]
    fn dump() {
        for (n, s) in [
            ("component", schemars::schema_for!(super::component::Component)),
            ("alerts", schemars::schema_for!(super::alerts::AlertPack)),
            ("dashboard", schemars::schema_for!(super::alerts::Dashboard)),
        ] {
            std::fs::write(format!("/tmp/{n}.schema.json"), serde_json::to_string_pretty(&s).unwrap())
                .unwrap();
        }
    }
}
