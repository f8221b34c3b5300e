//! Finds abbreviations in a text, and says whether it explains them.

use crate::root;

/// Abbreviations without capitals or inner full stops, as whole words; a full stop after them makes no difference.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "sv",
        &[
            "ang", "avd", "bil", "bvc", "ca", "dnr", "dvs", "el", "enl", "etc", "exkl", "f", "fr", "ggr", "inkl",
            "jfr", "kap", "kkr", "kr", "mdr", "mfl", "mkr", "mm", "mnkr", "mvc", "mån", "nr", "obs", "osv", "pga",
            "pnr", "prel", "prop", "resp", "sek", "ssk", "tel", "tex", "tkr", "tom", "tr", "ung", "vg",
        ],
    ),
    (
        "en",
        &[
            "approx", "asap", "cf", "dept", "eg", "esp", "est", "etc", "excl", "ie", "incl", "kr", "misc", "nr",
            "para", "pers", "tel", "tkr", "viz", "vs", "wrt",
        ],
    ),
];

/// Ordinary words that are abbreviations only with a full stop after them in the middle of a sentence.
const ORDINARY: &[&str] = &["bil", "el", "tom", "est"];

/// Every abbreviation in a text, in its order.
///
/// Those are: words of two to five letters with two capitals or more (IVO, SoL, AB); a letter with a hyphen before a word
/// (F-skatt); letters with full stops between them (t.ex., e.g.); a paragraph sign; and the known ones of the language.
pub(crate) fn abbreviations_in(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut tokens = text.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        if token.contains('§') {
            found.push("§".to_owned());
        }
        let is_mid_sentence = tokens.peek().is_some_and(|next| next.starts_with(char::is_lowercase));
        let stem = token.trim_matches(|character: char| !character.is_alphanumeric());
        if is_dotted(stem) {
            found.push(stem.to_owned());
            continue;
        }
        for part in stem.split(['/', '–']).filter(|part| !part.is_empty()) {
            if let Some(short) = short_form(part) {
                found.push(short);
            } else if is_known(part, language)
                && (!ORDINARY.contains(&part.to_lowercase().as_str()) || (token.ends_with('.') && is_mid_sentence))
            {
                found.push(part.to_owned());
            }
        }
    }
    found
}

/// `t.ex`, `bl.a`, `e.g`: full stops between a few letters each. An address of the web has a longer part.
fn is_dotted(stem: &str) -> bool {
    let parts: Vec<&str> = stem.split('.').collect();
    parts.len() > 1
        && parts.iter().all(|part| (1..=3).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic))
}

/// The abbreviation that a word is or begins with: `IVO` of `IVO:s` and `IVO-anmälan`, `F-skatt` of itself.
fn short_form(word: &str) -> Option<String> {
    let head = word.split([':', '’', '\'']).next().unwrap_or(word);
    let parts: Vec<&str> = head.split('-').collect();
    if let [letter, rest, ..] = parts[..]
        && letter.chars().count() == 1
        && letter.chars().all(char::is_uppercase)
        && !rest.is_empty()
    {
        return Some(head.to_owned());
    }
    let short = parts.into_iter().find(|part| is_short(part) || part.strip_suffix('s').is_some_and(is_all_capitals))?;
    Some(if is_all_capitals(short) { short.to_owned() } else { genitive_off(short).to_owned() })
}

fn is_short(part: &str) -> bool {
    let capitals = part.chars().filter(|character| character.is_uppercase()).count();
    (2..=5).contains(&part.chars().count()) && capitals >= 2 && part.chars().all(char::is_alphabetic)
}

fn is_all_capitals(part: &str) -> bool {
    (2..=5).contains(&part.chars().count()) && part.chars().all(char::is_uppercase)
}

fn genitive_off(part: &str) -> &str {
    part.strip_suffix('s').filter(|stem| is_all_capitals(stem)).unwrap_or(part)
}

fn is_known(word: &str, language: &str) -> bool {
    let lower = word.to_lowercase();
    KNOWN.iter().any(|(known, words)| *known == language && words.contains(&lower.as_str()))
}

/// Where an abbreviation must be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Explained {
    /// Nowhere: it is a name, better known than what it stands for.
    Never,
    /// In one text of the file at least, beside the word itself: it is the thing's official name.
    InFile,
    /// In the very text.
    InText,
}

/// The abbreviations that may be used.
pub(crate) struct Glossary {
    rows: Vec<Row>,
}

struct Row {
    word: String,
    language: String,
    explained: Explained,
    in_full: String,
}

impl Glossary {
    /// Reads `workflows/texts/glossary.csv`: `word,language,explained,in_full`, where `explained` is `never`, `in-file` or
    /// `in-text`. Its own faults fail the test.
    pub(crate) fn read() -> Glossary {
        let place = "workflows/texts/glossary.csv";
        let source = std::fs::read_to_string(root().join(place)).expect("the glossary is text");
        let mut lines = source.lines();
        assert_eq!(lines.next(), Some("word,language,explained,in_full"), "{place}:1: the header");
        let rows: Vec<Row> =
            lines.enumerate().map(|(index, line)| row(line, &format!("{place}:{}", index + 2))).collect();
        let keys: Vec<_> = rows.iter().map(|row| (&row.word, &row.language)).collect();
        assert!(keys.is_sorted_by(|one, other| one < other), "{place}: sort the rows by word and language, each once");
        Glossary { rows }
    }

    /// What to do about an abbreviation in a text of a file, if anything.
    pub(crate) fn complaint(&self, word: &str, language: &str, text: &str, file: &[&str]) -> Option<String> {
        let Some(row) = self.rows.iter().find(|row| row.word == word && row.language == language) else {
            return Some(
                "write the words out; or, if people meet it anyway, add a row to workflows/texts/glossary.csv and explain it \
                 in the text"
                    .to_owned(),
            );
        };
        let explains = |text: &str| text.to_lowercase().contains(&row.in_full.to_lowercase());
        match row.explained {
            Explained::Never => None,
            Explained::InText if explains(text) => None,
            Explained::InText => Some(format!("write `{}` in the same text, or leave `{word}` out", row.in_full)),
            Explained::InFile if file.iter().any(|text| text.contains(word) && explains(text)) => None,
            Explained::InFile => {
                Some(format!("explain it where it is first met: write `{}` beside it in that text", row.in_full))
            }
        }
    }
}

fn row(line: &str, place: &str) -> Row {
    let [word, language, explained, in_full] = line.splitn(4, ',').collect::<Vec<_>>()[..] else {
        panic!("{place}: four columns are asked for")
    };
    assert!(["sv", "en"].contains(&language), "{place}: `{language}` is no language of the texts; write sv or en");
    assert!(!in_full.is_empty(), "{place}: say what `{word}` stands for");
    let explained = match explained {
        "never" => Explained::Never,
        "in-file" => Explained::InFile,
        "in-text" => Explained::InText,
        other => panic!("{place}: `{other}` is not a word here; write never, in-file or in-text"),
    };
    let own = |text: &str| text.trim_matches('"').to_owned();
    Row { word: word.to_owned(), language: language.to_owned(), explained, in_full: own(in_full) }
}

#[test]
fn abbreviations_are_found_and_ordinary_words_are_not() {
    let found = |text: &str| abbreviations_in(text, "sv");
    assert_eq!(found("Enligt SoL 34 kap. 1 § gör IVO:s tillsyn"), ["SoL", "kap", "§", "IVO"]);
    assert_eq!(found("Ta med t.ex. pass, bl.a. id, osv."), ["t.ex", "bl.a", "osv"]);
    assert_eq!(found("Ansök om F-skatt för ditt AB."), ["F-skatt", "AB"]);
    assert_eq!(found("IVOs brev och en IVO-anmälan"), ["IVO", "IVO"]);
    assert_eq!(found("Det kostar 500 kr/år, ca 40 tkr."), ["kr", "ca", "tkr"]);
    assert_eq!(
        found("Legitimera dig med BankID eller e-legitimation på verksamt.se. Ring 1177."),
        Vec::<String>::new()
    );
    assert_eq!(found("El och A och O. I dag kör du bil. Huset är tom el och vatten."), Vec::<String>::new());
    assert_eq!(found("Se bil. a och Karlstad – Örebro."), ["bil"]);
    assert_eq!(abbreviations_in("Bring id, e.g. a passport, etc.", "en"), ["e.g", "etc"]);
    assert_eq!(abbreviations_in("The DVD and NASA’s files of I and X", "en"), ["DVD", "NASA"]);
}

#[test]
fn a_glossary_word_is_explained_where_its_row_says() {
    let row = |explained| Row {
        word: "IVO".to_owned(),
        language: "sv".to_owned(),
        explained,
        in_full: "Inspektionen för vård och omsorg".to_owned(),
    };
    let (bare, full) = ("Vi skriver till IVO.", "Inspektionen för vård och omsorg (IVO) ser över det.");
    let is_wrong = |explained, text: &str, file: &[&str]| {
        Glossary { rows: vec![row(explained)] }.complaint("IVO", "sv", text, file).is_some()
    };
    assert!(!is_wrong(Explained::InText, full, &[full]));
    assert!(is_wrong(Explained::InText, bare, &[bare, full]));
    assert!(!is_wrong(Explained::InFile, bare, &[bare, full]));
    assert!(is_wrong(Explained::InFile, bare, &[bare]));
    assert!(!is_wrong(Explained::Never, bare, &[bare]));
    assert!(Glossary { rows: Vec::new() }.complaint("IVO", "sv", full, &[full]).is_some());
}
