//! Components of other chains, as a user would write them: keys and peers of each are data alone.

/// CometBFT 0.38: `config/config.go` (p2p section), `p2p/key.go`, `privval/file.go`.
pub const COMETBFT: &str = r#"component: cometbft
summary: CometBFT
kind: consensus-client
version: { tested: v0.38.25 }
image: registry.example.net/cometbft
user: "10050:10050"
provides:
  p2p: { port: 26656, exposure: public }
settings:
  node-key: { type: secret, doc: Key of the node, path: /cometbft/config/node_key.json }
  validator-key: { type: secret, doc: Key that votes, path: /cometbft/config/priv_validator_key.json }
identities:
  node: { key: ed25519, format: cometbft-node, setting: node-key }
  validator: { key: ed25519, format: cometbft-validator, setting: validator-key, votes: true }
starts: [consensus]
peering:
  protocol: cometbft
  interface: p2p
  identity: node
  closes: true
  forms: { address: "{{ peer.cometbft_id }}@{{ peer.authority }}" }
command: [start]
files:
  /cometbft/config/config.toml:
    content: |
      [p2p]
      laddr = "tcp://0.0.0.0:{{ provides.p2p.port }}"
      persistent_peers = "{{ peers | map(attribute='address') | join(',') }}"
      private_peer_ids = "{{ peers | selectattr('hidden') | map(attribute='cometbft_id') | join(',') }}"
      unconditional_peer_ids = "{{ peers | selectattr('hidden') | map(attribute='cometbft_id') | join(',') }}"
      pex = {{ not peering.closed }}
  /cometbft/config/genesis.json:
    when: genesis
    content: "{{ genesis.consensus | raw }}"
volumes: { data: { path: /cometbft/data } }
sources: [ "cometbft v0.38.25" ]
"#;

/// An application on Malachite: one key that votes and names the node, two libp2p ports.
pub const MALACHITE: &str = r#"component: malachite-app
summary: An application on Malachite
kind: consensus-client
version: { tested: v0.6.0 }
image: registry.example.net/malachite-app
user: "10002:10002"
provides:
  p2p: { port: 27000, exposure: public }
  mempool: { port: 28000, exposure: public }
settings:
  key: { type: secret, doc: Key of the validator, path: /home/app/config/priv_validator_key.json }
identities:
  validator: { key: ed25519, format: malachite, setting: key, votes: true }
starts: [consensus]
peering:
  protocol: malachite
  interface: p2p
  also: [mempool]
  identity: validator
  forms:
    consensus: "{{ peer.multiaddr }}/tcp/{{ peer.port }}/p2p/{{ peer.peer_id }}"
    mempool: "{{ peer.multiaddr }}/tcp/{{ peer.ports.mempool }}/p2p/{{ peer.peer_id }}"
command: [start]
files:
  /home/app/config/config.toml:
    content: |
      [consensus.p2p]
      persistent_peers = {{ peers | map(attribute="consensus") | list | json }}
      [mempool.p2p]
      persistent_peers = {{ peers | map(attribute="mempool") | list | json }}
  /home/app/config/genesis.json:
    when: genesis
    content: |
      {"validator_set":{"validators":[
      {% for v in genesis.validators %}
      {"address":{{ v.address }},"public_key":{"type":"tendermint/PubKeyEd25519","value":{{ v.base64 }}},"voting_power":{{ v.voting_power }}}{{ "" | raw if loop.last else "," | raw }}
      {% endfor %}
      ]}}
volumes: { data: { path: /data } }
sources: [ "malachite: code/crates/signing-ed25519/src/serializers" ]
"#;

/// Agave: `validator/src/commands/run/args.rs` (entrypoint, identity, known-validator).
pub const SOLANA: &str = r#"component: agave
summary: A validator of Solana
kind: chain-node
version: { tested: v3.1.0 }
image: registry.example.net/agave
user: "10060:10060"
provides:
  gossip: { port: 8001, transport: [tcp, udp], exposure: public }
settings:
  identity: { type: secret, doc: Keypair of the node, path: /run/secrets/identity.json }
identities:
  node: { key: ed25519, format: solana, setting: identity }
peering:
  protocol: solana-gossip
  interface: gossip
  identity: node
command:
  - "--identity={{ settings.identity }}"
  - { each: peers, args: ["--entrypoint={{ item.authority }}", "--known-validator={{ item.base58 }}"] }
volumes: { ledger: { path: /ledger } }
sources: [ "anza-xyz/agave v3.1" ]
"#;
