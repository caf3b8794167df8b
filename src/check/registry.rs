//! The table of all rules. Adding one is a file under `rules/` and a line here.

use super::Check;
use super::rules::{
    auth_mismatch, backup_missing, binding_blocked, duplicate_address, inline_secret, memory_overcommit,
    mutable_tag, no_receiver, no_shared_network, overlapping_subnets, placeholder, port_collision,
    private_exposed, quorum_at_risk, unreached_receiver, unused_definition,
};
use crate::diag::{Rule, codes};

/// Every rule of `check`, by code.
pub static CHECKS: &[Check] = &[
    Check { rule: &port_collision::RULE, run: port_collision::check },
    Check { rule: &duplicate_address::RULE, run: duplicate_address::check },
    Check { rule: &overlapping_subnets::RULE, run: overlapping_subnets::check },
    Check { rule: &no_shared_network::RULE, run: no_shared_network::check },
    Check { rule: &unused_definition::RULE, run: unused_definition::check },
    Check { rule: &binding_blocked::RULE, run: binding_blocked::check },
    Check { rule: &mutable_tag::RULE, run: mutable_tag::check },
    Check { rule: &private_exposed::RULE, run: private_exposed::check },
    Check { rule: &inline_secret::RULE, run: inline_secret::check },
    Check { rule: &placeholder::RULE, run: placeholder::check },
    Check { rule: &auth_mismatch::RULE, run: auth_mismatch::check },
    Check { rule: &backup_missing::RULE, run: backup_missing::check },
    Check { rule: &quorum_at_risk::RULE, run: quorum_at_risk::check },
    Check { rule: &memory_overcommit::RULE, run: memory_overcommit::check },
    Check { rule: &no_receiver::RULE, run: no_receiver::check },
    Check { rule: &unreached_receiver::RULE, run: unreached_receiver::check },
];

/// Whether `--allow`, `--warn` and waivers may touch a rule: those over the text, the shape and the
/// references of a manifest stand, for without them there is nothing to build from.
pub fn can_be_waived(rule: &Rule) -> bool {
    CHECKS.iter().any(|check| check.rule == rule)
}

/// Whether a rule can be given another level.
pub fn has_levels(rule: &Rule) -> bool {
    can_be_waived(rule) || *rule == codes::UNUSED_WAIVER
}

/// Every rule of netgen, those of earlier stages included, by code.
pub fn all_rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> =
        codes::ALL.iter().copied().chain(CHECKS.iter().map(|check| check.rule)).collect();
    rules.sort_by_key(|rule| rule.code);
    rules
}
