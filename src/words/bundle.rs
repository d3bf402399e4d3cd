//! The texts of each language, and how one is found.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use super::Language;

/// The text of a language's file.
pub(super) fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("en.ftl"),
        Language::German => include_str!("de.ftl"),
    }
}

/// Read once. A test rules out that one can't be.
static BUNDLES: LazyLock<[FluentBundle<FluentResource>; Language::ALL.len()]> =
    LazyLock::new(|| Language::ALL.map(bundle));

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let code = language.code();
    let id: LanguageIdentifier = code.parse().unwrap_or_else(|error| panic!("{code}: {error}"));
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Both languages run from left to right: marks around every name would only be seen as odd characters.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source(language).to_owned())
        .unwrap_or_else(|(_, errors)| panic!("{code}.ftl: {errors:?}"));
    bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{code}.ftl: {errors:?}"));
    bundle
}

/// The text of a key. A key that no language has is its own text; the tests rule that out.
pub(super) fn find(language: Language, key: &str, args: &FluentArgs<'_>) -> String {
    let found = [language, Language::English].into_iter().find_map(|language| {
        let bundle = &BUNDLES[language as usize];
        let pattern = bundle.get_message(key)?.value()?;
        let text: Cow<'_, str> = bundle.format_pattern(pattern, Some(args), &mut Vec::new());
        Some(text.into_owned())
    });
    found.unwrap_or_else(|| key.to_owned())
}
