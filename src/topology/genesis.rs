//! `genesis:` checked and made plain: addresses and amounts in one form, every default filled in.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{Context, Tables};
use crate::catalog::chain::Chain;
use crate::catalog::component::Kind;
use crate::catalog::genesis::GenesisKind;
use crate::diag::{Diagnostic, codes};
use crate::identity::{AddressError, address};
use crate::manifest::amount::Amount;
use crate::manifest::{self, Account, Fork, Written};
use crate::text::{Span, Spanned};

const GAS_LIMIT: u64 = 30_000_000;
const BASE_FEE: u64 = 1_000_000_000;
/// The longest chain id that CometBFT takes (types/genesis.go).
const LONGEST_CHAIN_ID: usize = 50;
/// The greatest sum of voting power that CometBFT takes (types/validator_set.go).
const MOST_POWER: u64 = (i64::MAX / 8) as u64;

/// The first block of the chain.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Where it is asked for.
    pub origin: Span,
    /// When the chain begins, as written: RFC 3339 in UTC.
    pub time: String,
    /// The same in seconds since 1970.
    pub timestamp: u64,
    /// For execution clients.
    pub execution: Option<ExecutionGenesis>,
    /// For a BFT engine: the height of the first block.
    pub initial_height: Option<u64>,
}

/// The first block of an execution client.
#[derive(Clone, Debug)]
pub struct ExecutionGenesis {
    /// The chain id.
    pub chain_id: u64,
    /// The newest fork.
    pub fork: Fork,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Base fee in wei.
    pub base_fee: u64,
    /// `0x` and hexadecimal digits.
    pub extra_data: String,
    /// Whether the contracts of the forks are part of it.
    pub system_contracts: bool,
    /// By address: 40 lower-case digits.
    pub alloc: BTreeMap<String, GenesisAccount>,
}

/// What an address has.
#[derive(Clone, Debug, Default)]
pub struct GenesisAccount {
    /// `0x` and hexadecimal digits.
    pub balance: String,
    /// The nonce.
    pub nonce: u64,
    /// `0x` and hexadecimal digits.
    pub code: Option<String>,
    /// Slots and values, each `0x` and 64 digits.
    pub storage: BTreeMap<String, String>,
}

/// Resolves `genesis:`; `None` where the manifest has none, or where it is broken.
pub(super) fn resolve(cx: &mut Context<'_>, tables: &Tables, chain: &Chain) -> Option<Genesis> {
    let manifest = cx.manifest;
    let written = manifest.genesis.as_ref()?;
    let timestamp = time(cx, &written.value.time);
    let execution = written.value.execution.as_ref().map(|e| execution(cx, chain, written.span, e));
    if written.value.execution.is_none() && written.value.consensus.is_none() {
        bad(
            cx,
            written.span,
            "a genesis of nothing",
            "neither `execution` nor `consensus`",
            "add one of the two",
        );
    }
    starters(cx, tables, &written.value, written.span);
    if let Some(consensus) = &written.value.consensus {
        validators(cx, tables, chain, written.span);
        if let Some(height) = consensus.initial_height.as_ref().filter(|height| height.value == 0) {
            bad(
                cx,
                height.span,
                "the first block has height 0",
                "at least 1",
                "leave it out to begin with 1",
            );
        }
    }
    Some(Genesis {
        origin: written.span,
        time: written.value.time.value.clone(),
        timestamp: timestamp?,
        execution: match execution {
            Some(execution) => Some(execution?),
            None => None,
        },
        initial_height: written
            .value
            .consensus
            .as_ref()
            .map(|c| c.initial_height.as_ref().map_or(1, |h| h.value)),
    })
}

/// Everybody who follows the chain must be able to begin with its first block.
fn starters(cx: &mut Context<'_>, tables: &Tables, written: &manifest::Genesis, origin: Span) {
    let mut told = BTreeSet::new();
    for service in &tables.services {
        let component = &service.component;
        let votes = component.identities.values().any(|identity| identity.votes);
        for (asked, reads, kind) in [
            (written.execution.is_some(), component.kind == Kind::ExecutionClient, GenesisKind::Execution),
            (written.consensus.is_some(), votes, GenesisKind::Consensus),
        ] {
            let id = component.component.value.as_str();
            if !asked || !reads || component.starts.contains(&kind) || !told.insert(id) {
                continue;
            }
            cx.sink.push(
                Diagnostic::new(
                    &codes::CANNOT_START,
                    service.origin,
                    format!("`{id}` cannot start a chain of your own"),
                )
                .here(format!("runs as `{}`", service.name))
                .label(origin, "starts a chain")
                .help("take another client, or a component of your own with `starts:` that reads `{{ genesis }}`"),
            );
        }
    }
}

fn bad(cx: &mut Context<'_>, span: Span, message: impl Into<String>, here: &str, help: &str) {
    cx.sink.push(Diagnostic::new(&codes::BAD_GENESIS, span, message).here(here).help(help));
}

fn time(cx: &mut Context<'_>, written: &Spanned<String>) -> Option<u64> {
    let moment: Option<jiff::Timestamp> = written.value.parse().ok();
    let seconds = moment.and_then(|moment| u64::try_from(moment.as_second()).ok());
    if seconds.is_none() {
        bad(
            cx,
            written.span,
            format!("`{written}` is no moment"),
            "not a day and time since 1970",
            "write it in UTC, such as `2026-12-01T12:00:00Z`",
        );
    }
    seconds
}

fn execution(
    cx: &mut Context<'_>,
    chain: &Chain,
    origin: Span,
    written: &manifest::ExecutionGenesis,
) -> Option<ExecutionGenesis> {
    let name = cx.manifest.network.chain.clone();
    let chain_id = match chain.network_id {
        Some(id) if id > 0 => {
            let known = cx.catalog.genesis_data(cx.sources, cx.sink);
            if let Some(public) = known.public_chain(id) {
                cx.sink.push(
                    Diagnostic::new(
                        &codes::PUBLIC_CHAIN,
                        name.span,
                        format!("chain id {id} of `{name}` belongs to {public}"),
                    )
                    .here("this chain is not ours to start")
                    .label(origin, "starts a chain")
                    .help("take `genesis:` out, or give a chain of your own another `network-id` in `chains/<id>.yaml`"),
                );
            }
            Some(id)
        }
        _ => {
            bad(
                cx,
                name.span,
                format!("chain `{name}` has no chain id"),
                "no `network-id`, or 0",
                "give it one in `chains/<id>.yaml`: a number that no public chain has",
            );
            None
        }
    };
    let extra_data = match &written.extra_data {
        Some(data) if hex(data, 0..=64).is_none() => {
            bad(
                cx,
                data.span,
                "extra data is no hexadecimal of at most 32 bytes",
                "not `0x` and up to 64 digits",
                "write pairs of digits after `0x`",
            );
            None
        }
        Some(data) => hex(data, 0..=64),
        None => Some("0x".to_owned()),
    };
    let alloc = alloc(cx, &written.alloc);
    Some(ExecutionGenesis {
        chain_id: chain_id?,
        fork: written.fork.unwrap_or_default(),
        gas_limit: written.gas_limit.as_ref().map_or(GAS_LIMIT, |g| g.value),
        base_fee: written.base_fee.as_ref().map_or(BASE_FEE, |f| f.value),
        extra_data: extra_data?,
        system_contracts: written.system_contracts.unwrap_or(true),
        alloc,
    })
}

fn alloc(
    cx: &mut Context<'_>,
    written: &crate::hashed::IndexMap<Spanned<String>, Account>,
) -> BTreeMap<String, GenesisAccount> {
    let mut alloc = BTreeMap::new();
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    for (key, account) in written {
        let digits = match address(key) {
            Ok(digits) => digits,
            Err(AddressError::Form) => {
                bad(
                    cx,
                    key.span,
                    format!("`{key}` is no address"),
                    "not `0x` and 40 digits",
                    "copy it from the wallet, and keep it in quotes",
                );
                continue;
            }
            Err(AddressError::Checksum(right)) => {
                bad(
                    cx,
                    key.span,
                    format!("`{key}` contradicts its own checksum"),
                    "a digit is wrong, or the case",
                    &format!("copy it again from the wallet; the digits as they are would be `{right}`"),
                );
                continue;
            }
        };
        if let Some(before) = first.insert(digits.clone(), key.span) {
            cx.sink.push(
                Diagnostic::new(&codes::BAD_GENESIS, key.span, format!("address `{key}` stands twice"))
                    .here("the second time")
                    .label(before, "the first time")
                    .help("keep one of the two"),
            );
            continue;
        }
        alloc.insert(digits, self::account(cx, account));
    }
    alloc
}

fn account(cx: &mut Context<'_>, written: &Account) -> GenesisAccount {
    let full = match written {
        Account::Balance(text) => {
            return GenesisAccount { balance: balance(cx, Some(text)), ..Default::default() };
        }
        Account::Full(full) => full,
    };
    let mut account = GenesisAccount {
        balance: balance(cx, full.balance.as_ref()),
        nonce: full.nonce.as_ref().map_or(0, |n| n.value),
        ..Default::default()
    };
    if let Some(code) = &full.code {
        account.code = hex(code, 2..=usize::MAX);
        if account.code.is_none() {
            bad(
                cx,
                code.span,
                "the code is no hexadecimal",
                "not `0x` and pairs of digits",
                "write what the compiler calls the runtime or deployed bytecode",
            );
        }
    }
    for (slot, value) in &full.storage {
        for word in [slot, value] {
            if hex(word, 64..=64).is_none() {
                bad(
                    cx,
                    word.span,
                    "a slot or value of storage has 32 bytes",
                    "not `0x` and 64 digits",
                    "fill it with zeros on the left",
                );
            }
        }
        if let (Some(slot), Some(value)) = (hex(slot, 64..=64), hex(value, 64..=64)) {
            account.storage.insert(slot, value);
        }
    }
    account
}

fn balance(cx: &mut Context<'_>, written: Option<&Spanned<Written>>) -> String {
    let Some(text) = written else { return "0x0".to_owned() };
    match Amount::parse(&text.0) {
        Ok(amount) => amount.to_hex(),
        Err(why) => {
            bad(
                cx,
                text.span,
                format!("`{}` is no balance", text.0),
                why,
                "for example `1000 ether`, `5 gwei`, or wei in decimal or `0x` hexadecimal",
            );
            String::new()
        }
    }
}

/// `0x` and pairs of digits, in lower case.
fn hex(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
    let digits = text.strip_prefix("0x")?;
    let fits = length.contains(&digits.len()) && digits.len().is_multiple_of(2);
    (fits && digits.chars().all(|c| c.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

/// A validator set has members, and what CometBFT takes.
fn validators(cx: &mut Context<'_>, tables: &Tables, chain: &Chain, origin: Span) {
    let mut power: u64 = 0;
    let mut count = 0;
    for service in &tables.services {
        let votes = service.component.identities.values().any(|identity| identity.votes);
        let weight = service.node.map_or(0, |node| tables.nodes[node].voting_power);
        if votes && weight > 0 {
            count += 1;
            power = power.saturating_add(weight);
        }
    }
    if count == 0 {
        bad(
            cx,
            origin,
            "the validator set is empty",
            "nobody would make the first block",
            "give nodes a `voting-power`; their stack needs a component with an identity that votes",
        );
    }
    if power > MOST_POWER {
        bad(
            cx,
            origin,
            "the voting power is more than an engine counts",
            "too much in sum",
            "divide every `voting-power` by the same number",
        );
    }
    if chain.id.len() > LONGEST_CHAIN_ID {
        let span = cx.manifest.network.chain.span;
        bad(
            cx,
            span,
            format!("`{}` is too long for a chain id", chain.id),
            "more than 50 letters",
            "rename the file in `chains/`",
        );
    }
}
