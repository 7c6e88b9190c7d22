//! An HTTP proxy before the S3 server that does harm: it counts requests, answers 503, cuts bodies short, changes a byte.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Harm {
    None,
    /// `503 SlowDown` instead of an answer.
    SlowDown,
    /// `404 NoSuchKey` instead of an answer.
    Missing,
    /// The first half of the body, then the end of the connection.
    CutShort,
    /// One bit of the body's last byte is another.
    Flip,
    /// The connection ends before an answer, which the server has given.
    LoseAnswer,
}

/// Decides by method and path, and by how many such requests there were.
type Rule = dyn Fn(&str, &str, usize) -> Harm + Send + Sync;

pub(crate) struct Proxy {
    pub(crate) endpoint: String,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    pub(crate) harmed: Arc<AtomicUsize>,
}

impl Proxy {
    /// A proxy to the server of `endpoint`. It ends with the process.
    pub(crate) fn start(
        endpoint: &str,
        rule: impl Fn(&str, &str, usize) -> Harm + Send + Sync + 'static,
    ) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let server = endpoint.strip_prefix("http://").unwrap().to_owned();
        let (requests, harmed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (seen, done, rule) = (Arc::clone(&requests), Arc::clone(&harmed), Arc::new(rule));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, rule) = (server.clone(), Arc::clone(&rule) as Arc<Rule>);
                let (seen, done) = (Arc::clone(&seen), Arc::clone(&done));
                std::thread::spawn(move || serve(client, &server, &*rule, &seen, &done));
            }
        });
        Proxy { endpoint: own, requests, harmed }
    }

    /// Requests whose method and path hold both words.
    pub(crate) fn count(&self, method: &str, part: &str) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|r| r.starts_with(method) && r.contains(part)).count()
    }
}

/// One request of a connection, which then ends.
fn serve(
    mut client: TcpStream,
    server: &str,
    rule: &Rule,
    seen: &Mutex<Vec<String>>,
    done: &AtomicUsize,
) {
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let Some((head, body)) = message(&mut client) else { return };
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let before = {
        let mut seen = seen.lock().unwrap();
        let line = format!("{method} {path}");
        seen.push(line.clone());
        seen.iter().filter(|other| **other == line).count() - 1
    };
    let harm = rule(method, path, before);
    done.fetch_add(usize::from(harm != Harm::None), Ordering::Relaxed);
    let instead = match harm {
        Harm::SlowDown => Some(("503 Slow Down", "SlowDown", "Please reduce your rate.")),
        Harm::Missing => Some(("404 Not Found", "NoSuchKey", "There is no such key.")),
        _ => None,
    };
    if let Some((status, code, message)) = instead {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let body = if method == "HEAD" { String::new() } else { body };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        let _ = client.write_all(answer.as_bytes());
        return;
    }
    let mut upstream = TcpStream::connect(server).unwrap();
    upstream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap();
    let _ = upstream.write_all(format!("{line}\r\nConnection: close\r\n{rest}").as_bytes());
    let _ = upstream.write_all(&body);
    let mut answer = Vec::new();
    let _ = upstream.read_to_end(&mut answer);
    let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4) else {
        return;
    };
    match harm {
        Harm::LoseAnswer => return,
        Harm::CutShort => answer.truncate(end + (answer.len() - end) / 2),
        Harm::Flip if answer.len() > end => *answer.last_mut().unwrap() ^= 1,
        _ => {}
    }
    let _ = client.write_all(&answer);
}

/// Head and body of a request.
fn message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 1 << 16]);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    if header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let mut body = bytes[end..].to_vec();
    while body.len() < length {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => body.extend_from_slice(&buffer[..read]),
        }
    }
    Some((head, body))
}
