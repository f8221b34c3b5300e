//! LIX, the readability index of Carl-Hugo Björnsson (Läsbarhet, 1968): words in a sentence plus the share of long words.

/// What is counted in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Count {
    pub(crate) words: u32,
    /// Sentences; a text that ends without a mark ends its last one.
    pub(crate) sentences: u32,
    /// Words of more than six letters.
    pub(crate) long_words: u32,
}

impl Count {
    /// Counts a text. Numbers are words; a word with a hyphen is one word, and its letters are counted together.
    pub(crate) fn of(text: &str) -> Count {
        let mut count = Count::default();
        let mut is_open = false;
        for token in text.split_whitespace() {
            let letters = token.chars().filter(|character| character.is_alphanumeric()).count();
            if letters > 0 {
                count.words += 1;
                count.long_words += u32::from(letters > 6);
                is_open = true;
            }
            if is_open && ends_sentence(token) {
                count.sentences += 1;
                is_open = false;
            }
        }
        count.sentences += u32::from(is_open);
        count
    }

    /// Words per sentence plus long words in a hundred words; zero for an empty text.
    pub(crate) fn lix(self) -> f64 {
        if self.words == 0 {
            return 0.0;
        }
        let words = f64::from(self.words);
        words / f64::from(self.sentences) + 100.0 * f64::from(self.long_words) / words
    }
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, more: Count) {
        self.words += more.words;
        self.sentences += more.sentences;
        self.long_words += more.long_words;
    }
}

/// Björnsson counts a full stop, a colon, a question mark and an exclamation mark as the end of a sentence.
fn ends_sentence(token: &str) -> bool {
    token.trim_end_matches(['"', '”', '’', '\'', ')', '»']).ends_with(['.', ':', '?', '!'])
}

#[test]
fn lix_is_words_in_a_sentence_plus_long_words_in_a_hundred() {
    // Ten words, two sentences, three of more than six letters (ansöker, barnbidrag, arbetsgivare): 5 + 30.
    let count = Count::of("Du ansöker om ett barnbidrag i dag. Din arbetsgivare vet.");
    assert_eq!(count, Count { words: 10, sentences: 2, long_words: 3 });
    assert!((count.lix() - 35.0).abs() < 1e-9);
}

#[test]
fn a_text_without_an_end_mark_is_one_sentence_and_brackets_hide_no_end() {
    assert_eq!(Count::of("Ansök nu").sentences, 1);
    assert_eq!(Count::of("Ansök (om du vill.) Vänta – sedan.").sentences, 2);
    assert_eq!(Count::of("Ansök nu …").words, 2);
    assert_eq!(Count::of("Telefon 0771-524 524: ring.").sentences, 2);
    assert_eq!(Count::of("").lix().to_bits(), 0);
}

#[test]
fn a_sentence_of_an_old_statute_is_far_above_the_limit() {
    // From lag (1930:173) 1 §: what nobody should be met with.
    let statute = "Då enligt lag eller särskild författning tid skall räknas efter vecka, månad eller år, varde den dag för \
                   slutdag ansedd som genom sitt namn i veckan eller sitt tal i månaden motsvarar den, från vilken \
                   tidräkningen börjas.";
    assert!(Count::of(statute).lix() > 50.0, "{}", Count::of(statute).lix());
}
