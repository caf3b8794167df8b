//! The table of all rules. Adding one is a file under `rules/` and a line here.

use super::Check;
use super::rules::{
    address_family, auth_mismatch, backup_missing, bad_environment, blind_canary, digest_disagrees,
    digest_repeated, documentation_address, duplicate_address, ephemeral_port, far_primary, heavy_canary,
    host_bits, idle_host, image_architecture, image_of_another, inline_secret, local_image, mapped_address,
    memory_overcommit, mutable_tag, name_in_firewall, name_needs_ip, no_receiver, no_shared_network,
    no_way_out, overlapping_subnets, placeholder, port_collision, port_taken_inside, private_exposed,
    privileged_port, public_private_address, public_subnet, published_from_internal, quorum_at_risk,
    region_local_address, repeated_provider, reserved_name, root_login, short_watch, ssh_port_taken,
    subnet_hides_host, subnet_of_runtime, subnet_too_small, two_spellings, unawaited_job, unreached_receiver,
    unsafe_data_dir, untested_version, unusable_address, unused_definition, vague_tag,
};
use crate::diag::{Rule, codes};

/// Every rule of `check`, by code.
pub static CHECKS: &[Check] = &[
    Check { rule: &port_collision::RULE, run: port_collision::check },
    Check { rule: &duplicate_address::RULE, run: duplicate_address::check },
    Check { rule: &overlapping_subnets::RULE, run: overlapping_subnets::check },
    Check { rule: &no_shared_network::RULE, run: no_shared_network::check },
    Check { rule: &unused_definition::RULE, run: unused_definition::check },
    Check { rule: &idle_host::RULE, run: idle_host::check },
    Check { rule: &unusable_address::RULE, run: unusable_address::check },
    Check { rule: &mapped_address::RULE, run: mapped_address::check },
    Check { rule: &documentation_address::RULE, run: documentation_address::check },
    Check { rule: &region_local_address::RULE, run: region_local_address::check },
    Check { rule: &name_needs_ip::RULE, run: name_needs_ip::check },
    Check { rule: &name_in_firewall::RULE, run: name_in_firewall::check },
    Check { rule: &privileged_port::RULE, run: privileged_port::check },
    Check { rule: &ephemeral_port::RULE, run: ephemeral_port::check },
    Check { rule: &ssh_port_taken::RULE, run: ssh_port_taken::check },
    Check { rule: &port_taken_inside::RULE, run: port_taken_inside::check },
    Check { rule: &subnet_hides_host::RULE, run: subnet_hides_host::check },
    Check { rule: &subnet_of_runtime::RULE, run: subnet_of_runtime::check },
    Check { rule: &subnet_too_small::RULE, run: subnet_too_small::check },
    Check { rule: &public_subnet::RULE, run: public_subnet::check },
    Check { rule: &host_bits::RULE, run: host_bits::check },
    Check { rule: &published_from_internal::RULE, run: published_from_internal::check },
    Check { rule: &no_way_out::RULE, run: no_way_out::check },
    Check { rule: &repeated_provider::RULE, run: repeated_provider::check },
    Check { rule: &far_primary::RULE, run: far_primary::check },
    Check { rule: &two_spellings::RULE, run: two_spellings::check },
    Check { rule: &reserved_name::RULE, run: reserved_name::check },
    Check { rule: &address_family::RULE, run: address_family::check },
    Check { rule: &public_private_address::RULE, run: public_private_address::check },
    Check { rule: &mutable_tag::RULE, run: mutable_tag::check },
    Check { rule: &vague_tag::RULE, run: vague_tag::check },
    Check { rule: &local_image::RULE, run: local_image::check },
    Check { rule: &digest_disagrees::RULE, run: digest_disagrees::check },
    Check { rule: &digest_repeated::RULE, run: digest_repeated::check },
    Check { rule: &image_of_another::RULE, run: image_of_another::check },
    Check { rule: &untested_version::RULE, run: untested_version::check },
    Check { rule: &image_architecture::RULE, run: image_architecture::check },
    Check { rule: &private_exposed::RULE, run: private_exposed::check },
    Check { rule: &inline_secret::RULE, run: inline_secret::check },
    Check { rule: &placeholder::RULE, run: placeholder::check },
    Check { rule: &auth_mismatch::RULE, run: auth_mismatch::check },
    Check { rule: &backup_missing::RULE, run: backup_missing::check },
    Check { rule: &unsafe_data_dir::RULE, run: unsafe_data_dir::check },
    Check { rule: &heavy_canary::RULE, run: heavy_canary::check },
    Check { rule: &blind_canary::RULE, run: blind_canary::check },
    Check { rule: &short_watch::RULE, run: short_watch::check },
    Check { rule: &unawaited_job::RULE, run: unawaited_job::check },
    Check { rule: &root_login::RULE, run: root_login::check },
    Check { rule: &bad_environment::RULE, run: bad_environment::check },
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
