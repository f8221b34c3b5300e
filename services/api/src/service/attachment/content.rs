//! What a document may be, told from its content and not from what is said of it.
//!
//! Four types: PDF, since PDF/A is what archives take; JPEG and PNG, since people photograph papers; plain text. Office documents are refused: they
//! are archives that may hold macros, look different elsewhere, and every program that makes one saves PDF too.
//!
//! This is a sieve, not a search for viruses: it refuses what says openly that it is something else, or that it does something.

/// What may stand in plain text beside what can be seen.
const TEXT_CONTROLS: &[char] = &['\t', '\n', '\r', '\u{c}'];

/// How a text begins that is a program, or a page that a browser would run.
const TEXT_PROGRAMS: &[&str] = &["#!", "<!doctype", "<html", "<script", "<svg", "<?xml", "<?php"];

/// Names in a PDF that make it do something, hide something in it, or keep people out; none may be in PDF/A-1 or -2.
const PDF_ACTIVE: &[&[u8]] = &[b"/JavaScript", b"/Launch", b"/RichMedia", b"/EmbeddedFile", b"/Encrypt"];

/// Bytes of the longest of these, less one.
const PDF_OVERLAP: usize = 12;

/// Bytes that are kept of the beginning and of the end.
const HEAD_BYTES: usize = 64;
const TAIL_BYTES: usize = 1_024;

const PNG_HEAD: &[u8] = b"\x89PNG\r\n\x1a\n";
const PNG_TAIL: &[u8] = b"\0\0\0\0IEND\xaeB`\x82";

/// A media type that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    Pdf,
    Jpeg,
    Png,
    Text,
}

impl MediaType {
    pub(super) const ALL: [MediaType; 4] = [MediaType::Pdf, MediaType::Jpeg, MediaType::Png, MediaType::Text];

    /// As the contract has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            MediaType::Pdf => "application/pdf",
            MediaType::Jpeg => "image/jpeg",
            MediaType::Png => "image/png",
            MediaType::Text => "text/plain",
        }
    }

    pub(super) fn read(text: &str) -> Option<MediaType> {
        MediaType::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// How its files end, in lower case.
    pub(super) fn endings(self) -> &'static [&'static str] {
        match self {
            MediaType::Pdf => &["pdf"],
            MediaType::Jpeg => &["jpg", "jpeg"],
            MediaType::Png => &["png"],
            MediaType::Text => &["txt"],
        }
    }
}

/// Why a content is not taken. Says nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) problem: &'static str,
    pub(super) remedy: &'static str,
}

const OTHER_TYPE: Flaw = Flaw {
    problem: "the content is not of this type, or not whole",
    remedy: "give the type that it is, or save it anew as PDF",
};
const ACTIVE: Flaw = Flaw {
    problem: "the content has scripts, programs or embedded files, or needs a password",
    remedy: "print it to a new PDF, best as PDF/A",
};
const NO_TEXT: Flaw =
    Flaw { problem: "the content is no plain text in UTF-8", remedy: "save it as text in UTF-8, or as PDF" };

/// Looks through a content while it comes.
#[derive(Debug)]
pub(super) struct Sieve {
    media_type: MediaType,
    head: Vec<u8>,
    is_head_checked: bool,
    tail: Vec<u8>,
    /// A character cut in two, or what a name in a PDF may go on from.
    carry: Vec<u8>,
}

impl Sieve {
    pub(super) fn new(media_type: MediaType) -> Sieve {
        Sieve { media_type, head: Vec::new(), is_head_checked: false, tail: Vec::new(), carry: Vec::new() }
    }

    /// Looks at what follows.
    pub(super) fn push(&mut self, content: &[u8]) -> Result<(), Flaw> {
        let missing = HEAD_BYTES.saturating_sub(self.head.len()).min(content.len());
        self.head.extend_from_slice(&content[..missing]);
        if self.head.len() == HEAD_BYTES && !self.is_head_checked {
            self.check_head()?;
        }
        self.tail.extend_from_slice(&content[content.len().saturating_sub(TAIL_BYTES)..]);
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus);
        match self.media_type {
            MediaType::Pdf => self.pdf(content),
            MediaType::Text => self.text(content),
            MediaType::Jpeg | MediaType::Png => Ok(()),
        }
    }

    /// Looks at the whole once more.
    pub(super) fn finish(&mut self) -> Result<(), Flaw> {
        if !self.is_head_checked {
            self.check_head()?;
        }
        let is_whole = match self.media_type {
            MediaType::Pdf => self.tail.windows(5).any(|window| window == b"%%EOF"),
            // Whatever hangs behind the picture's end is no part of it.
            MediaType::Png => self.tail.ends_with(PNG_TAIL),
            // Cameras put things of their own behind the end.
            MediaType::Jpeg => true,
            MediaType::Text if self.carry.is_empty() => true,
            MediaType::Text => return Err(NO_TEXT),
        };
        if is_whole { Ok(()) } else { Err(OTHER_TYPE) }
    }

    fn check_head(&mut self) -> Result<(), Flaw> {
        self.is_head_checked = true;
        let head = &self.head;
        let fits = match self.media_type {
            MediaType::Pdf => head.starts_with(b"%PDF-1.") || head.starts_with(b"%PDF-2."),
            MediaType::Jpeg => head.starts_with(b"\xff\xd8\xff"),
            MediaType::Png => head.starts_with(PNG_HEAD) && head.get(12..16) == Some(b"IHDR"),
            MediaType::Text => {
                let text = String::from_utf8_lossy(head).to_lowercase();
                let text = text.trim_start_matches('\u{feff}').trim_start();
                if TEXT_PROGRAMS.iter().any(|program| text.starts_with(program)) {
                    return Err(ACTIVE);
                }
                true
            }
        };
        if fits { Ok(()) } else { Err(OTHER_TYPE) }
    }

    /// Looks for active names. In a name `#4a` stands for `J`, so that a name can be written in many ways.
    fn pdf(&mut self, content: &[u8]) -> Result<(), Flaw> {
        let mut bytes = std::mem::take(&mut self.carry);
        bytes.extend_from_slice(content);
        let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
        let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        while let Some(byte) = bytes.get(at) {
            let escaped = (*byte == b'#').then(|| Some(digit(at + 1)? * 16 + digit(at + 2)?)).flatten();
            match escaped.and_then(|escaped| u8::try_from(escaped).ok()) {
                Some(escaped) => {
                    plain.push(escaped);
                    at += 3;
                }
                None => {
                    plain.push(*byte);
                    at += 1;
                }
            }
        }
        let slashes = plain.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for at in slashes {
            if PDF_ACTIVE.iter().any(|name| plain[at..].starts_with(name)) {
                return Err(ACTIVE);
            }
        }
        // A name in which every character is escaped takes three times its length.
        let keep = bytes.len().min(3 * PDF_OVERLAP + 3);
        self.carry = bytes.split_off(bytes.len() - keep);
        Ok(())
    }

    fn text(&mut self, content: &[u8]) -> Result<(), Flaw> {
        let mut bytes = std::mem::take(&mut self.carry);
        bytes.extend_from_slice(content);
        let valid = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            // A character goes on in the next piece.
            Err(error) if error.error_len().is_none() => {
                self.carry = bytes[error.valid_up_to()..].to_vec();
                std::str::from_utf8(&bytes[..error.valid_up_to()]).map_err(|_| NO_TEXT)?
            }
            Err(_) => return Err(NO_TEXT),
        };
        if valid.chars().any(|character| character.is_control() && !TEXT_CONTROLS.contains(&character)) {
            return Err(NO_TEXT);
        }
        Ok(())
    }
}
