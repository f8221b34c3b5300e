//! What may come in, and under which name.

use super::content::{Flaw, MediaType, Sieve};
use super::*;
use livshandelse_core::id::DocumentId;

fn sift(media_type: MediaType, content: &[u8], piece: usize) -> Result<(), Flaw> {
    let mut sieve = Sieve::new(media_type);
    content.chunks(piece).try_for_each(|piece| sieve.push(piece))?;
    sieve.finish()
}

fn pdf(inner: &str) -> Vec<u8> {
    let filling = "0 0 m 10 10 l S\n".repeat(40);
    format!("%PDF-1.7\n1 0 obj << /Type /Catalog {inner} >> endobj\n{filling}trailer\n%%EOF\n").into_bytes()
}

fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
    bytes.extend([7; 500]);
    bytes.extend(b"\0\0\0\0IEND\xaeB`\x82");
    bytes
}

#[test]
fn each_type_is_told_from_its_content_in_pieces_of_any_size() {
    let jpeg = [b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), &[3; 300], b"\xff\xd9"].concat();
    let contents = [
        (MediaType::Pdf, pdf("/Pages 2 0 R")),
        (MediaType::Png, png()),
        (MediaType::Jpeg, jpeg),
        (MediaType::Text, "Till nämnden:\r\n\tjag överklagar – å, ä och ö. 👶".as_bytes().to_vec()),
    ];
    for (of, content) in &contents {
        for piece in [1, 3, 64, 100_000] {
            for said in MediaType::ALL {
                // Any text that can be seen is plain text, a PDF without a picture too.
                let fits = said == *of || (said == MediaType::Text && *of == MediaType::Pdf);
                assert_eq!(sift(said, content, piece).is_ok(), fits, "{of:?} as {said:?} in pieces of {piece}");
            }
        }
    }
}

#[test]
fn programs_and_archives_are_none_of_the_types() {
    for content in [
        b"MZ\x90\0\x03\0\0\0".as_slice(),
        b"\x7fELF\x02\x01\x01\0",
        b"PK\x03\x04\x14\0\x06\0 word/document.xml",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"#!/bin/sh\nrm -r .",
        b"  <HTML><script>alert(1)</script>",
        b"\xef\xbb\xbf<svg onload=x>",
    ] {
        for said in MediaType::ALL {
            assert!(sift(said, content, 5).is_err(), "{:?} as {said:?}", String::from_utf8_lossy(content));
        }
    }
}

#[test]
fn a_pdf_that_does_something_is_refused_however_its_names_are_written() {
    for inner in [
        "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
        "/OpenAction << /S /J#61vaScript >>",
        "/OpenAction << /S /#4a#61#76#61#53#63#72#69#70#74 >>",
        "/A << /S /Launch /F (x.exe) >>",
        "/Names << /EmbeddedFiles 3 0 R >>",
        "/Encrypt 4 0 R",
    ] {
        for piece in [1, 7, 100_000] {
            let flaw = sift(MediaType::Pdf, &pdf(inner), piece).unwrap_err();
            assert!(flaw.problem.contains("scripts"), "{inner} in pieces of {piece}: {flaw:?}");
        }
    }
    let cut = pdf("");
    assert!(sift(MediaType::Pdf, &cut[..cut.len() - 6], 100).is_err(), "a PDF without its end");
}

#[test]
fn a_picture_with_something_behind_it_and_a_text_with_half_a_character_are_refused() {
    assert!(sift(MediaType::Png, &[png(), b"PK\x03\x04".to_vec()].concat(), 64).is_err());
    assert!(sift(MediaType::Text, &"å".as_bytes()[..1], 1).is_err());
    assert!(sift(MediaType::Text, b"\x1b[2J", 1).is_err());
}

#[test]
fn a_file_name_is_a_name_alone_with_the_ending_of_its_type() {
    let flaw = |name: &str| file_name::flaw(name, MediaType::Jpeg.endings());
    for good in ["ritning.jpg", "Köpekontrakt, sida 2 (Anna).JPEG", "a.b.jpg", &format!("{}.jpg", "å".repeat(116))] {
        assert_eq!(flaw(good), None, "{good}");
    }
    for bad in [
        "",
        " ",
        ".jpg",
        "ritning",
        "ritning.pdf",
        "ritning.jpg.exe",
        "../ritning.jpg",
        "mapp\\ritning.jpg",
        "rit\nning.jpg",
        "ritning.jpg ",
        "gpj.\u{202e}exe.jpg",
        &format!("{}.jpg", "å".repeat(117)),
    ] {
        assert!(flaw(bad).is_some(), "{bad:?}");
    }
}

#[test]
fn an_attachments_name_is_read_as_it_is_written() {
    let (case, document) = (CaseId([5; 16]), DocumentId([0xab; 16]));
    let name = name::attachment(case, document);
    assert_eq!(name::read_attachment(&name).unwrap(), (case, document));
    for wrong in ["", "cases/x/attachments/1", &name[..name.len() - 1], &name.replace("/ab", "/+b")] {
        assert!(matches!(name::read_attachment(wrong), Err(Refused::NotFound { .. })), "{wrong}");
    }
}

#[test]
fn a_form_may_ask_for_every_type_that_is_taken_and_for_no_other() {
    assert_eq!(MediaType::ALL.map(MediaType::as_str), livshandelse_core::form::MEDIA_TYPES);
}
