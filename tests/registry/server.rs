//! A server that answers as a test says, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::images::{digest, hello};

/// What a client asked.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// `GET /v2/...`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What it is told.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub manner: Manner,
}

/// How the answer is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Well,
    /// Half of the body, and the connection is closed.
    BrokenOff,
    /// Nothing, ever.
    Silent,
    /// A byte now and then, without an end.
    Drip,
    /// Zeros without an end.
    Flood,
    /// Something that is not HTTP.
    Noise,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    #[must_use]
    pub fn manner(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }

    /// A manifest with its true digest.
    pub fn manifest(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let digest = digest(&body);
        Self::body(body).header("Docker-Content-Digest", digest)
    }
}

/// A server on a port of its own. It lives as long as the process.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts one that answers each request with what `answer` makes of it.
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(None, answer)
    }

    /// The same behind TLS, with a certificate of `tls/`.
    pub fn with_tls(name: &str, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let folder = tls_folder();
        let certificate = CertificateDer::from_pem_file(folder.join(format!("{name}.pem"))).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::listen(Some(Arc::new(config)), answer)
    }

    /// One that serves `hello` as it should be.
    pub fn good() -> Self {
        Self::start(good)
    }

    fn listen(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer, tls) = (Arc::clone(&log), Arc::clone(&answer), tls.clone());
                thread::spawn(move || match tls {
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        serve(&mut StreamOwned::new(connection, stream), &log, &*answer);
                    }
                    None if !speaks_tls(&stream) => serve(&mut { stream }, &log, &*answer),
                    // What servers say that expect HTTP and get the beginning of TLS.
                    None => drop({ stream }.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n")),
                });
            }
        });
        Self { address, seen }
    }

    /// Host and port.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// An image there.
    pub fn image(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Every request so far, as method and path.
    pub fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }
}

/// The folder of the certificates.
pub fn tls_folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/registry/tls")
}

/// Serves the image `hello`, whatever the repository and tag.
pub fn good(seen: &Seen) -> Reply {
    let hello = hello();
    if seen.path.ends_with(&digest(&hello.configuration)) {
        Reply::body(hello.configuration)
    } else if seen.path.contains("/manifests/") {
        Reply::manifest(hello.manifest)
    } else {
        Reply::status(404)
    }
}

fn speaks_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first), Ok(1)) && first[0] == 0x16
}

fn serve(stream: &mut (impl Read + Write), log: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> Reply) {
    let Some(seen) = read(stream) else { return };
    log.lock().unwrap().push(seen.clone());
    // The client may have hung up; that is for it to say.
    let _ = send(stream, &seen, &answer(&seen));
}

fn read(stream: &mut impl Read) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut first = lines.first()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, path, headers, body: String::from_utf8(body).unwrap() })
}

fn send(stream: &mut impl Write, seen: &Seen, reply: &Reply) -> std::io::Result<()> {
    let tick = Duration::from_millis(50);
    if reply.manner == Manner::Silent {
        thread::sleep(Duration::from_secs(60));
        return Ok(());
    }
    if reply.manner == Manner::Noise {
        return stream.write_all(b"220 mail.example.net ESMTP\r\n\r\n");
    }
    let endless = matches!(reply.manner, Manner::Drip | Manner::Flood);
    write!(stream, "HTTP/1.1 {} Test\r\nConnection: close\r\n", reply.status)?;
    for (name, value) in &reply.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    if !endless {
        write!(stream, "Content-Length: {}\r\n", reply.body.len())?;
    }
    write!(stream, "\r\n")?;
    if seen.method == "HEAD" {
        return stream.flush();
    }
    // Both end when the client has had enough and hangs up.
    if reply.manner == Manner::Drip {
        loop {
            stream.write_all(b" ")?;
            stream.flush()?;
            thread::sleep(tick);
        }
    }
    if reply.manner == Manner::Flood {
        loop {
            stream.write_all(&[b' '; 65536])?;
        }
    }
    let end = if reply.manner == Manner::BrokenOff { reply.body.len() / 2 } else { reply.body.len() };
    stream.write_all(&reply.body[..end])?;
    stream.flush()
}
