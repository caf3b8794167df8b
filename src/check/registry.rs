//! The table of all rules. Adding one is a file under `rules/`, with a line there and one here.

use super::{Check, rules};
use crate::diag::{Rule, codes};

macro_rules! checks {
    ($($name:ident)*) => {
        /// Every rule of `check`, by code.
        pub static CHECKS: &[Check] =
            &[$(Check { rule: &rules::$name::RULE, run: rules::$name::check }),*];
    };
}

checks! {
    port_collision
    duplicate_address
    overlapping_subnets
    no_shared_network
    unused_definition
    idle_host
    unusable_address
    mapped_address
    documentation_address
    region_local_address
    name_needs_ip
    name_in_firewall
    privileged_port
    ephemeral_port
    ssh_port_taken
    port_taken_inside
    subnet_hides_host
    subnet_of_runtime
    subnet_too_small
    public_subnet
    host_bits
    host_without_price
    published_from_internal
    no_way_out
    repeated_provider
    far_primary
    two_spellings
    reserved_name
    address_family
    public_private_address
    setting_without_effect
    binding_blocked
    mutable_tag
    vague_tag
    local_image
    digest_disagrees
    digest_repeated
    image_of_another
    untested_version
    image_architecture
    platform_missing
    private_exposed
    inline_secret
    placeholder
    auth_mismatch
    backup_missing
    cleartext_across_hosts
    dangerous_namespace
    misplaced_namespace
    wildcard_origin
    admin_from_anywhere
    unfiltered_ports
    open_by_default
    no_rate_limit
    mesh_overlaps
    mesh_without_hosts
    public_without_tls
    no_certificate
    secret_in_url
    secret_too_wide
    plain_secret_file
    sops_not_encrypted
    shared_secret_source
    reused_secret
    generated_foreign_key
    generated_backup_password
    backup_beside_data
    backup_not_kept
    managed_variable
    address_checksum
    burnt_fees
    bad_relay
    duplicate_relay
    other_chain
    secret_in_component
    graffiti_too_long
    public_rpc_on_validator
    unknown_to_client
    duplicate_validator_key
    split_signing_history
    write_to_copy
    doppelganger_off
    new_signing_history
    slashing_protection_off
    signing_history_lost
    ephemeral_data
    bad_validator_key
    no_validator_keys
    unsafe_data_dir
    heavy_canary
    canary_beyond_margin
    blind_canary
    short_watch
    unawaited_job
    root_login
    bad_environment
    quorum_at_risk
    too_few_validators
    role_and_power
    fallback_shares_fate
    client_monoculture
    region_can_halt
    exclusive_shared
    self_as_peer
    shared_dependency
    peers_in_parts
    not_a_sentry
    exposed_validator
    cannot_be_closed
    cluster_threshold
    repeated_member
    cluster_without_spare
    cluster_on_one_host
    cluster_in_one_place
    memory_overcommit
    memory_below_settings
    memory_far_below_default
    disk_too_small
    log_volume
    unknown_capacity
    short_stop
    unlimited_memory
    setting_order
    disk_fills_soon
    no_receiver
    unreached_receiver
    unrouted_severity
    failure_untold
    incomplete_receiver
    heartbeat_to_people
    no_heartbeat
    no_monitoring
    unknown_metric
    rate_of_gauge
    never_true
    unknown_job
    scrape_too_slow
    bad_query
    unknown_label
    quantile_without_buckets
    routed_label_dropped
    always_fires
    threshold_of_another
    unwatched_service
    slo_without_budget
    slo_beyond_retention
    bad_tuning
    tuning_without_effect
    expired_tuning
    tunings_disagree
    two_teams
    timed_last_route
    bad_time
    respond_order
    slo_unmeasured
    slo_between_buckets
    slo_blind
    slo_too_loose
    covers_unknown
    metrics_outgrow_server
    region_without_shard
    panel_of_unknown_alert
    panel_without_threshold
    logs_without_room
    logs_without_keys
    logs_in_the_clear
    lines_without_fields
    not_for_a_pod
    name_in_cluster
    node_port
    secret_on_worker
    claim_without_size
    networks_of_pods
    backup_of_pods
    keys_not_saved
    rpo_not_met
    backup_not_restorable
}

/// Whether `--allow`, `--warn` and waivers may touch a rule: those over the text, the shape and the
/// references of a manifest stand, for without them there is nothing to build from.
pub fn can_be_waived(rule: &Rule) -> bool {
    CHECKS.iter().any(|check| check.rule == rule) || *rule == codes::SECRET_IN_BUNDLE
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
