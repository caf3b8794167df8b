//! The table of all rules. Adding one is a file under `rules/` and a line here.

use super::Check;
use super::rules::{
    address_checksum, admin_from_anywhere, auth_mismatch, backup_beside_data, backup_missing,
    backup_not_kept, bad_relay, bad_validator_key, burnt_fees, cleartext_across_hosts, client_monoculture,
    count_never_zero, dangerous_namespace, disk_too_small, doppelganger_off, duplicate_address,
    duplicate_relay, duplicate_validator_key, ephemeral_data, exclusive_shared, fallback_shares_fate,
    generated_backup_password, generated_foreign_key, graffiti_too_long, heartbeat_to_people,
    incomplete_receiver, inline_secret, log_volume, managed_variable, memory_below_settings,
    memory_far_below_default, memory_overcommit, misplaced_namespace, mutable_tag, new_signing_history,
    no_heartbeat, no_monitoring, no_rate_limit, no_receiver, no_shared_network, no_validator_keys,
    open_by_default, other_chain, overlapping_subnets, placeholder, plain_secret_file, port_collision,
    private_exposed, public_rpc_on_validator, quorum_at_risk, rate_of_gauge, region_can_halt, reused_secret,
    role_and_power, scrape_too_slow, secret_in_component, secret_in_url, secret_too_wide, self_as_peer,
    setting_order, setting_without_effect, shared_dependency, shared_secret_source, short_stop,
    signing_history_lost, slashing_protection_off, slo_beyond_retention, slo_without_budget,
    sops_not_encrypted, split_signing_history, threshold_of_another, too_few_validators, unfiltered_ports,
    unknown_capacity, unknown_job, unknown_metric, unlimited_memory, unreached_receiver, unrouted_severity,
    unused_definition, unwatched_service, wildcard_origin,
};
use crate::diag::{Rule, codes};

/// Every rule of `check`, by code.
pub static CHECKS: &[Check] = &[
    Check { rule: &port_collision::RULE, run: port_collision::check },
    Check { rule: &duplicate_address::RULE, run: duplicate_address::check },
    Check { rule: &overlapping_subnets::RULE, run: overlapping_subnets::check },
    Check { rule: &no_shared_network::RULE, run: no_shared_network::check },
    Check { rule: &unused_definition::RULE, run: unused_definition::check },
    Check { rule: &setting_without_effect::RULE, run: setting_without_effect::check },
    Check { rule: &mutable_tag::RULE, run: mutable_tag::check },
    Check { rule: &private_exposed::RULE, run: private_exposed::check },
    Check { rule: &inline_secret::RULE, run: inline_secret::check },
    Check { rule: &placeholder::RULE, run: placeholder::check },
    Check { rule: &auth_mismatch::RULE, run: auth_mismatch::check },
    Check { rule: &backup_missing::RULE, run: backup_missing::check },
    Check { rule: &cleartext_across_hosts::RULE, run: cleartext_across_hosts::check },
    Check { rule: &dangerous_namespace::RULE, run: dangerous_namespace::check },
    Check { rule: &misplaced_namespace::RULE, run: misplaced_namespace::check },
    Check { rule: &wildcard_origin::RULE, run: wildcard_origin::check },
    Check { rule: &admin_from_anywhere::RULE, run: admin_from_anywhere::check },
    Check { rule: &unfiltered_ports::RULE, run: unfiltered_ports::check },
    Check { rule: &open_by_default::RULE, run: open_by_default::check },
    Check { rule: &no_rate_limit::RULE, run: no_rate_limit::check },
    Check { rule: &secret_in_url::RULE, run: secret_in_url::check },
    Check { rule: &secret_too_wide::RULE, run: secret_too_wide::check },
    Check { rule: &plain_secret_file::RULE, run: plain_secret_file::check },
    Check { rule: &sops_not_encrypted::RULE, run: sops_not_encrypted::check },
    Check { rule: &shared_secret_source::RULE, run: shared_secret_source::check },
    Check { rule: &reused_secret::RULE, run: reused_secret::check },
    Check { rule: &generated_foreign_key::RULE, run: generated_foreign_key::check },
    Check { rule: &generated_backup_password::RULE, run: generated_backup_password::check },
    Check { rule: &backup_beside_data::RULE, run: backup_beside_data::check },
    Check { rule: &backup_not_kept::RULE, run: backup_not_kept::check },
    Check { rule: &managed_variable::RULE, run: managed_variable::check },
    Check { rule: &address_checksum::RULE, run: address_checksum::check },
    Check { rule: &burnt_fees::RULE, run: burnt_fees::check },
    Check { rule: &bad_relay::RULE, run: bad_relay::check },
    Check { rule: &duplicate_relay::RULE, run: duplicate_relay::check },
    Check { rule: &other_chain::RULE, run: other_chain::check },
    Check { rule: &secret_in_component::RULE, run: secret_in_component::check },
    Check { rule: &graffiti_too_long::RULE, run: graffiti_too_long::check },
    Check { rule: &public_rpc_on_validator::RULE, run: public_rpc_on_validator::check },
    Check { rule: &duplicate_validator_key::RULE, run: duplicate_validator_key::check },
    Check { rule: &split_signing_history::RULE, run: split_signing_history::check },
    Check { rule: &doppelganger_off::RULE, run: doppelganger_off::check },
    Check { rule: &new_signing_history::RULE, run: new_signing_history::check },
    Check { rule: &slashing_protection_off::RULE, run: slashing_protection_off::check },
    Check { rule: &signing_history_lost::RULE, run: signing_history_lost::check },
    Check { rule: &ephemeral_data::RULE, run: ephemeral_data::check },
    Check { rule: &bad_validator_key::RULE, run: bad_validator_key::check },
    Check { rule: &no_validator_keys::RULE, run: no_validator_keys::check },
    Check { rule: &quorum_at_risk::RULE, run: quorum_at_risk::check },
    Check { rule: &too_few_validators::RULE, run: too_few_validators::check },
    Check { rule: &role_and_power::RULE, run: role_and_power::check },
    Check { rule: &fallback_shares_fate::RULE, run: fallback_shares_fate::check },
    Check { rule: &client_monoculture::RULE, run: client_monoculture::check },
    Check { rule: &region_can_halt::RULE, run: region_can_halt::check },
    Check { rule: &exclusive_shared::RULE, run: exclusive_shared::check },
    Check { rule: &self_as_peer::RULE, run: self_as_peer::check },
    Check { rule: &shared_dependency::RULE, run: shared_dependency::check },
    Check { rule: &memory_overcommit::RULE, run: memory_overcommit::check },
    Check { rule: &memory_below_settings::RULE, run: memory_below_settings::check },
    Check { rule: &memory_far_below_default::RULE, run: memory_far_below_default::check },
    Check { rule: &disk_too_small::RULE, run: disk_too_small::check },
    Check { rule: &log_volume::RULE, run: log_volume::check },
    Check { rule: &unknown_capacity::RULE, run: unknown_capacity::check },
    Check { rule: &short_stop::RULE, run: short_stop::check },
    Check { rule: &unlimited_memory::RULE, run: unlimited_memory::check },
    Check { rule: &setting_order::RULE, run: setting_order::check },
    Check { rule: &no_receiver::RULE, run: no_receiver::check },
    Check { rule: &unreached_receiver::RULE, run: unreached_receiver::check },
    Check { rule: &unrouted_severity::RULE, run: unrouted_severity::check },
    Check { rule: &incomplete_receiver::RULE, run: incomplete_receiver::check },
    Check { rule: &heartbeat_to_people::RULE, run: heartbeat_to_people::check },
    Check { rule: &no_heartbeat::RULE, run: no_heartbeat::check },
    Check { rule: &no_monitoring::RULE, run: no_monitoring::check },
    Check { rule: &unknown_metric::RULE, run: unknown_metric::check },
    Check { rule: &rate_of_gauge::RULE, run: rate_of_gauge::check },
    Check { rule: &count_never_zero::RULE, run: count_never_zero::check },
    Check { rule: &unknown_job::RULE, run: unknown_job::check },
    Check { rule: &scrape_too_slow::RULE, run: scrape_too_slow::check },
    Check { rule: &threshold_of_another::RULE, run: threshold_of_another::check },
    Check { rule: &unwatched_service::RULE, run: unwatched_service::check },
    Check { rule: &slo_without_budget::RULE, run: slo_without_budget::check },
    Check { rule: &slo_beyond_retention::RULE, run: slo_beyond_retention::check },
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
