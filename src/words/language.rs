//! The languages that answers come in.

/// A language that answers come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    /// English: the team's own, and for everybody whose language is not here.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Every language. A language's place here is its number.
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// The language of a locale such as `de` or `en-US` (discord-api-docs, `reference.mdx`, "Locales"); English if we
    /// don't have it.
    pub fn of_locale(locale: &str) -> Language {
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        let named = |it: &Language| it.code().eq_ignore_ascii_case(language);
        Language::ALL.into_iter().find(named).unwrap_or_default()
    }

    /// Its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_its_language_and_an_unknown_one_is_english() {
        assert_eq!(Language::of_locale("de"), Language::German);
        assert_eq!(Language::of_locale("de-AT"), Language::German);
        for other in ["en-US", "en-GB", "fr", "pt-BR", "zh-CN", "den", ""] {
            assert_eq!(Language::of_locale(other), Language::English, "{other}");
        }
        for (number, language) in Language::ALL.into_iter().enumerate() {
            assert_eq!(language as usize, number);
        }
    }
}
