//! A mail server on this machine: takes every letter, and remembers it.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long a letter may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A letter as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub text: String,
}

impl Letter {
    /// What a receiver knows a repeat by. A long one stands on the line after its name.
    pub fn id(&self) -> &str {
        let at = self.text.to_ascii_lowercase().find("message-id:").expect("every letter has a Message-ID");
        let from = at + self.text[at..].find('<').expect("an id begins");
        let to = from + self.text[from..].find('>').expect("an id ends");
        &self.text[from..=to]
    }
}

/// The server; it ends with the test's runtime.
pub struct SmtpServer {
    pub port: u16,
    letters: Arc<Mutex<Vec<Letter>>>,
    came: watch::Receiver<usize>,
}

impl SmtpServer {
    pub async fn start() -> SmtpServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
        let (tell, came) = watch::channel(0);
        let (kept, tell) = (letters.clone(), Arc::new(tell));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, tell) = (kept.clone(), tell.clone());
                tokio::spawn(async move {
                    // A client may go at any moment: that is what these tests are about.
                    let _gone = talk(stream, &kept, &tell).await;
                });
            }
        });
        SmtpServer { port, letters, came }
    }

    /// Waits until so many letters have come, and returns all there are.
    pub async fn letters(&self, count: usize) -> Vec<Letter> {
        let mut came = self.came.clone();
        let waited = tokio::time::timeout(PATIENCE, came.wait_for(|came| *came >= count)).await;
        waited.expect("the letter does not come").unwrap();
        self.letters.lock().unwrap().clone()
    }

    /// Letters so far.
    pub fn count(&self) -> usize {
        self.letters.lock().unwrap().len()
    }
}

/// One conversation (RFC 5321), as far as a client that sends one letter after the other needs it.
async fn talk(stream: TcpStream, kept: &Mutex<Vec<Letter>>, tell: &watch::Sender<usize>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here ESMTP\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-here\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                "250 2.1.5 good\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                let count = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(Letter { to: to.clone(), text });
                    kept.len()
                };
                tell.send_replace(count);
                "250 2.0.0 taken\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 2.0.0 good\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
