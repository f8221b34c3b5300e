//! A real mail server: it speaks SMTP over TCP, keeps what it gets, and can be told to have a bad day.

use base64::Engine;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Where in a conversation something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    Ehlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    Text,
}

impl At {
    pub(crate) const ALL: [At; 6] = [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::Text];
}

/// What the server does instead of what it should.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    /// Answers this.
    Answers(&'static str),
    /// Closes the connection without a word.
    Drops,
    /// Never answers.
    Hangs,
    /// Answers as it should, a byte at a time.
    Trickles,
    /// Talks without end.
    Babbles,
}

/// How a connection is protected.
#[derive(Clone)]
pub(crate) enum Door {
    Plain,
    StartTls(TlsAcceptor),
    Implicit(TlsAcceptor),
}

/// A letter as it came.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

struct Inside {
    door: Door,
    login: Option<(&'static str, &'static str)>,
    extensions: Vec<&'static str>,
    behind_starttls: &'static str,
    letters_per_connection_max: usize,
    bad_days: Mutex<VecDeque<(At, Does)>>,
    letters: Mutex<Vec<Letter>>,
    said: Mutex<Vec<String>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    open_max: AtomicUsize,
}

/// A server that listens until it is dropped.
pub(crate) struct SmtpServer {
    pub(crate) port: u16,
    inside: Arc<Inside>,
    listening: tokio::task::JoinHandle<()>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// How a server is set up.
pub(crate) struct Setup {
    pub(crate) door: Door,
    pub(crate) login: Option<(&'static str, &'static str)>,
    pub(crate) extensions: Vec<&'static str>,
    /// Slipped in behind the answer to STARTTLS, unencrypted.
    pub(crate) behind_starttls: &'static str,
    /// Letters after which it closes the connection.
    pub(crate) letters_per_connection_max: usize,
}

impl Setup {
    pub(crate) fn with(door: Door) -> Setup {
        Setup { door, login: None, extensions: Vec::new(), behind_starttls: "", letters_per_connection_max: usize::MAX }
    }
}

impl SmtpServer {
    pub(crate) async fn plain() -> SmtpServer {
        SmtpServer::start(Setup::with(Door::Plain)).await
    }

    pub(crate) async fn start(setup: Setup) -> SmtpServer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Arc::new(Inside {
            door: setup.door,
            login: setup.login,
            extensions: setup.extensions,
            behind_starttls: setup.behind_starttls,
            letters_per_connection_max: setup.letters_per_connection_max,
            bad_days: Mutex::default(),
            letters: Mutex::default(),
            said: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            open_max: AtomicUsize::new(0),
        });
        let shared = inside.clone();
        let listening = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let inside = shared.clone();
                open.spawn(async move {
                    inside.connections.fetch_add(1, Ordering::SeqCst);
                    let now = inside.open.fetch_add(1, Ordering::SeqCst) + 1;
                    inside.open_max.fetch_max(now, Ordering::SeqCst);
                    let _how_it_ended = inside.receive(stream).await;
                    inside.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        SmtpServer { port, inside, listening }
    }

    /// The next time somebody comes to `at`, the server does this instead.
    pub(crate) fn next_time(&self, at: At, does: Does) {
        self.inside.bad_days.lock().unwrap().push_back((at, does));
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.inside.letters.lock().unwrap().clone()
    }

    /// What clients said, line by line, without texts.
    pub(crate) fn said(&self) -> Vec<String> {
        self.inside.said.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.inside.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn open_max(&self) -> usize {
        self.inside.open_max.load(Ordering::SeqCst)
    }
}

/// The conversation is over.
struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Over {
        Over
    }
}

impl Inside {
    async fn receive(&self, mut stream: TcpStream) -> Result<(), Over> {
        match self.door.clone() {
            Door::Plain => self.converse(BufReader::new(stream), false, true).await,
            Door::Implicit(acceptor) => self.converse(BufReader::new(acceptor.accept(stream).await?), true, true).await,
            Door::StartTls(acceptor) => {
                {
                    let mut reader = BufReader::new(&mut stream);
                    self.answer(&mut reader, At::Greeting, "220 mail.example ready\r\n").await?;
                    loop {
                        let line = self.line(&mut reader).await?;
                        match line.split_whitespace().next().unwrap_or_default() {
                            "EHLO" => {
                                self.answer(&mut reader, At::Ehlo, "250-mail.example\r\n250 STARTTLS\r\n").await?;
                            }
                            "STARTTLS" => break,
                            _ => reader.write_all(b"530 5.7.0 STARTTLS first\r\n").await?,
                        }
                    }
                    let answer = format!("220 go ahead\r\n{}", self.behind_starttls);
                    reader.write_all(answer.as_bytes()).await?;
                }
                self.converse(BufReader::new(acceptor.accept(stream).await?), true, false).await
            }
        }
    }

    async fn converse<S>(&self, mut io: BufReader<S>, is_encrypted: bool, greets: bool) -> Result<(), Over>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if greets {
            self.answer(&mut io, At::Greeting, "220 mail.example ready\r\n").await?;
        }
        let (mut is_greeted, mut is_logged_in) = (false, self.login.is_none());
        let (mut from, mut to): (Option<String>, Option<String>) = (None, None);
        let mut taken = 0;
        loop {
            let line = self.line(&mut io).await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    is_greeted = true;
                    let mut answer = "250-mail.example\r\n".to_owned();
                    for extension in &self.extensions {
                        answer.push_str(&format!("250-{extension}\r\n"));
                    }
                    if self.login.is_some() && is_encrypted {
                        answer.push_str("250-AUTH PLAIN\r\n");
                    }
                    answer.push_str("250 OK\r\n");
                    self.answer(&mut io, At::Ehlo, &answer).await?;
                }
                "AUTH" => {
                    let given = line.strip_prefix("AUTH PLAIN ").unwrap_or_default();
                    let given = base64::engine::general_purpose::STANDARD.decode(given).unwrap_or_default();
                    let (user, password) = self.login.unwrap_or_default();
                    is_logged_in = given == format!("\0{user}\0{password}").into_bytes();
                    let answer = if is_logged_in { "235 2.7.0 welcome\r\n" } else { "535 5.7.8 who are you\r\n" };
                    self.answer(&mut io, At::Auth, answer).await?;
                }
                "MAIL" if !is_greeted => io.write_all(b"503 EHLO first\r\n").await?,
                "MAIL" if !is_logged_in => io.write_all(b"530 5.7.0 log in first\r\n").await?,
                "MAIL" => {
                    from = Some(between(&line));
                    to = None;
                    self.answer(&mut io, At::Mail, "250 2.1.0 OK\r\n").await?;
                }
                "RCPT" if from.is_none() => io.write_all(b"503 MAIL first\r\n").await?,
                "RCPT" => {
                    to = Some(between(&line));
                    self.answer(&mut io, At::Rcpt, "250 2.1.5 OK\r\n").await?;
                }
                "DATA" => {
                    let (Some(sender), Some(receiver)) = (from.take(), to.take()) else {
                        io.write_all(b"503 RCPT first\r\n").await?;
                        continue;
                    };
                    if !self.answer(&mut io, At::Data, "354 end with a dot\r\n").await? {
                        continue;
                    }
                    let text = text(&mut io).await?;
                    if self.is_next(At::Text, "Answers") {
                        self.answer(&mut io, At::Text, "").await?;
                        continue;
                    }
                    self.letters.lock().unwrap().push(Letter { from: sender, to: receiver, text });
                    self.answer(&mut io, At::Text, "250 2.0.0 taken\r\n").await?;
                    taken += 1;
                    if taken == self.letters_per_connection_max {
                        return Err(Over);
                    }
                }
                "NOOP" | "RSET" => io.write_all(b"250 OK\r\n").await?,
                "QUIT" => {
                    io.write_all(b"221 bye\r\n").await?;
                    return Err(Over);
                }
                _ => io.write_all(b"500 5.5.2 what?\r\n").await?,
            }
            io.flush().await?;
        }
    }

    fn is_next(&self, at: At, name: &str) -> bool {
        let bad_days = self.bad_days.lock().unwrap();
        bad_days.front().is_some_and(|(when, does)| *when == at && format!("{does:?}").starts_with(name))
    }

    /// Says what it should, or what the bad day has; true if it said what it should.
    async fn answer<S>(&self, io: &mut BufReader<S>, at: At, usual: &str) -> Result<bool, Over>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let does = {
            let mut bad_days = self.bad_days.lock().unwrap();
            let is_now = bad_days.front().is_some_and(|(when, _)| *when == at);
            if is_now { bad_days.pop_front().map(|(_, does)| does) } else { None }
        };
        match does {
            None => io.write_all(usual.as_bytes()).await?,
            Some(Does::Answers(answer)) => io.write_all(format!("{answer}\r\n").as_bytes()).await?,
            Some(Does::Drops) => return Err(Over),
            Some(Does::Hangs) => std::future::pending().await,
            Some(Does::Trickles) => {
                for byte in usual.as_bytes() {
                    io.write_all(&[*byte]).await?;
                    io.flush().await?;
                    tokio::task::yield_now().await;
                }
            }
            Some(Does::Babbles) => loop {
                io.write_all(&[b'x'; 4096]).await?;
            },
        }
        io.flush().await?;
        Ok(matches!(does, None | Some(Does::Trickles)))
    }

    async fn line<S: AsyncRead + AsyncWrite + Unpin>(&self, io: &mut BufReader<S>) -> Result<String, Over> {
        let mut line = String::new();
        if io.read_line(&mut line).await? == 0 {
            return Err(Over);
        }
        let line = line.trim_end().to_owned();
        self.said.lock().unwrap().push(line.clone());
        Ok(line)
    }
}

fn between(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(inner, _)| inner.to_owned())
        .unwrap_or_default()
}

/// Everything up to the lone dot, dots at the beginning of lines taken away (RFC 5321 4.5.2).
async fn text<S: AsyncRead + AsyncWrite + Unpin>(io: &mut BufReader<S>) -> Result<String, Over> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if io.take(64 * 1024).read_line(&mut line).await? == 0 {
            return Err(Over);
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
