//! The JSON-RPC balancer: failover, limits, and what it does not let through.

use crate::http::{get, post, request, send};
use crate::standin::{Client, GONE, SYNCED, SYNCING};
use crate::{Proxy, built, ports, until};

fn manifest([rpc, proxied, health, metrics, a, b]: [u16; 6], settings: &str) -> String {
    format!(
        r"netgen: 1
network: {{ name: edge, chain: hoodi, environment: development }}
defaults: {{ runtime: native }}
hosts: {{ here: {{ address: 203.0.113.10 }} }}
services:
  el-a: {{ component: geth, host: here, ports: {{ eth-rpc: {a}, p2p: 30303, engine-api: 8551, metrics: 6060 }} }}
  el-b: {{ component: geth, host: here, ports: {{ eth-rpc: {b}, p2p: 30304, engine-api: 8552, metrics: 6061 }} }}
  rpc:
    component: haproxy
    host: here
    ports: {{ rpc: {rpc}, proxied-rpc: {proxied}, health: {health}, metrics: {metrics} }}
    needs: {{ eth-rpc: [el-a, el-b] }}
    settings: {{ check-interval: 1s, slow-start: 0s, {settings} }}
"
    )
}

const PLAIN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;

#[test]
fn backends_that_stand_by_take_over() {
    let all = ports();
    let [rpc, _, health, _, a, b] = all;
    let config = built(&manifest(all, "active: 1"), "config/here/rpc/haproxy.cfg");
    let (first, second) = (Client::start(a), Client::start(b));
    let Some(_proxy) = Proxy::start(&config, health) else { return };
    let served =
        |by: u16| post(rpc, PLAIN) == (200, format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{by}"}}"#));
    until("both are checked", || get(health, "/health/ready/el-b").0 == 200 && served(a));
    // The second one has nothing to do while the first is there.
    assert!((0..20).all(|_| served(a)));
    assert_eq!(get(health, "/health/live").0, 200);

    first.set(SYNCING);
    until("the second one takes over", || served(b));
    assert_eq!(get(health, "/health/ready/el-a").0, 503);
    assert_eq!(get(health, "/health/ready").0, 200);
    second.set(GONE);
    until("nobody is left", || get(health, "/health/ready").0 == 503);
    assert_eq!(post(rpc, PLAIN).0, 503);
    assert_eq!(get(health, "/health/live").0, 200);
    first.set(SYNCED);
    until("the first one is back", || served(a));
}

#[test]
fn what_is_dangerous_does_not_get_through() {
    let all = ports();
    let [rpc, proxied, health, _, a, b] = all;
    let config = built(&manifest(all, "max-body: 64KiB"), "config/here/rpc/haproxy.cfg");
    let _clients = (Client::start(a), Client::start(b));
    let Some(_proxy) = Proxy::start(&config, health) else { return };
    until("it serves", || post(rpc, PLAIN).0 == 200);
    let call = |method: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[]}}"#);

    for denied in [
        call("admin_peers"),
        call("debug_setHead"),
        call("personal_unlockAccount"),
        call("engine_newPayloadV4"),
        // Clients read names of fields in any case, and with any space.
        call("admin_peers").replace(r#""method":"#, "\"METHOD\" \n\t: "),
        // A batch, the bad one last and far back.
        format!("[{PLAIN},{}{}]", " ".repeat(60_000), call("debug_traceBlock")),
        // Letters that are written as numbers.
        call(r"\u0061dmin_peers"),
        call("admin_peers").replace("method", r"\u006dethod"),
    ] {
        let (status, body) = post(rpc, &denied);
        assert_eq!(status, 403, "{denied:.80}");
        assert!(body.contains("-32601"), "{body}");
    }
    for fine in
        [call("eth_call"), call("net_version"), call("eth_getBlockByNumber"), format!("[{PLAIN},{PLAIN}]")]
    {
        assert_eq!(post(rpc, &fine).0, 200, "{fine}");
    }
    // A word in a parameter is not a method.
    assert_eq!(post(rpc, &PLAIN.replace("[]", r#"["admin_peers"]"#)).0, 200);

    assert_eq!(post(rpc, &format!("{PLAIN}{}", " ".repeat(70_000))).0, 413);
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: edge\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{PLAIN}\r\n0\r\n\r\n",
        PLAIN.len()
    );
    assert_eq!(send(rpc, chunked.as_bytes()).0, 411);
    assert_eq!(send(rpc, &request("Content-Encoding: gzip\r\n", PLAIN)).0, 415);
    let socket = "GET / HTTP/1.1\r\nHost: edge\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert_eq!(send(rpc, socket.as_bytes()).0, 415);

    // The door for a proxy has the same locks.
    let through = |body: &str| {
        let mut bytes = b"PROXY TCP4 198.51.100.7 203.0.113.10 4000 443\r\n".to_vec();
        bytes.extend(request("", body));
        send(proxied, &bytes).0
    };
    assert_eq!((through(PLAIN), through(&call("admin_peers"))), (200, 403));
    assert_eq!(post(proxied, PLAIN).0, 0, "without the PROXY protocol nobody is served there");
}

#[test]
fn requests_are_counted_by_client() {
    let all = ports();
    let [rpc, proxied, health, _, a, b] = all;
    let settings = "rate-limit: 5, rate-window: 60s, concurrent-requests: 50";
    let config = built(&manifest(all, settings), "config/here/rpc/haproxy.cfg");
    let _clients = (Client::start(a), Client::start(b));
    let Some(_proxy) = Proxy::start(&config, health) else { return };
    let codes: Vec<u16> = (0..8).map(|_| post(rpc, PLAIN).0).collect();
    assert_eq!(codes, [200, 200, 200, 200, 200, 429, 429, 429]);
    let from = |address: &str| {
        let mut bytes = format!("PROXY TCP6 {address} 2001:db8::1 4000 443\r\n").into_bytes();
        bytes.extend(request("", PLAIN));
        send(proxied, &bytes).0
    };
    // Another client is not this one's fault; another address of its /64 is no other client.
    assert!((0..5).all(|n| from(&format!("2001:db8:0:1::{n}")) == 200));
    assert_eq!((from("2001:db8:0:1::9"), from("2001:db8:0:2::9")), (429, 200));
}
