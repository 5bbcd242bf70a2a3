//! The languages that there are, and which of them a person reads.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// Its tag (BCP 47), which is also the name of its file.
    pub tag: &'static str,
    /// What its speakers call it.
    pub name: &'static str,
    /// Whether it is written from the right to the left.
    pub right_to_left: bool,
}

const fn language(tag: &'static str, name: &'static str) -> Language {
    Language { tag, name, right_to_left: false }
}

/// All of them; the first is the one that others fall back to.
pub const LANGUAGES: [Language; 7] = [
    language("en", "English"),
    language("de", "Deutsch"),
    language("es", "Español"),
    language("fr", "Français"),
    Language { tag: "ar", name: "العربية", right_to_left: true },
    language("ja", "日本語"),
    language("zh-Hans", "简体中文"),
];

/// What is in the tags of those who read Chinese in traditional characters.
const TRADITIONAL: [&str; 4] = ["hant", "hk", "mo", "tw"];

impl Language {
    /// The first of the `wanted` tags that there is a language for: the very one, else one of the same name, as `de-AT` is
    /// read by those who read `de`, and `zh-CN` by those who read `zh-Hans`.
    pub fn of(wanted: impl IntoIterator<Item = impl AsRef<str>>) -> Option<Self> {
        wanted.into_iter().find_map(|tag| {
            let tag = tag.as_ref().to_ascii_lowercase();
            let mut parts = tag.split('-');
            let main = parts.next();
            // Not what these people write. Most of their browsers name another language next.
            let other_script = main == Some("zh") && parts.any(|part| TRADITIONAL.contains(&part));
            let named = |language: &Self| !other_script && language.tag.split('-').next() == main;
            let very = LANGUAGES.into_iter().find(|language| language.tag.eq_ignore_ascii_case(&tag));
            very.or_else(|| LANGUAGES.into_iter().find(named))
        })
    }
}

#[cfg(target_arch = "wasm32")]
mod loading {
    use js_sys::Reflect;
    use wasm_bindgen::JsValue;

    use super::{LANGUAGES, Language};
    use crate::text::{ENGLISH, NAMES, SPOKEN};
    use crate::{browser, fetch};

    /// The name under which the browser keeps what the person chose.
    const CHOICE: &str = "fieldflash.language";

    /// The language of this person: the one in the page's address, the one chosen before, else the browser's.
    fn preferred() -> Language {
        let chosen = browser::parameter(&browser::query(), "language")
            .or_else(|| browser::local_storage()?.get_item(CHOICE).ok()?);
        let browsers = web_sys::window().map(|window| window.navigator().languages()).unwrap_or_default();
        let browsers = browsers.iter().filter_map(|tag| tag.as_string());
        Language::of(chosen.into_iter().chain(browsers)).unwrap_or(LANGUAGES[0])
    }

    /// Has the page speak the person's language, or English where its file cannot be read.
    pub async fn load() -> Language {
        let language = preferred();
        if speak(language).await.is_some() { language } else { LANGUAGES[0] }
    }

    /// Has the page speak the language of this tag, now and at the next visit. `None` where its file cannot be read: nothing
    /// has changed then.
    pub async fn choose(tag: &str) -> Option<Language> {
        let language = Language::of([tag])?;
        speak(language).await?;
        if let Some(storage) = browser::local_storage() {
            let _ = storage.set_item(CHOICE, language.tag);
        }
        // It goes before what was chosen: what the person has said last counts.
        browser::change_query_parameter("language", language.tag);
        Some(language)
    }

    /// What the file of this language lacks stays English.
    async fn speak(language: Language) -> Option<()> {
        SPOKEN.set(spoken(language, &NAMES, &ENGLISH).await?);
        if let Some(root) = web_sys::window().and_then(|window| window.document()?.document_element()) {
            let _ = root.set_attribute("lang", language.tag);
            let _ = root.set_attribute("dir", if language.right_to_left { "rtl" } else { "ltr" });
        }
        Some(())
    }

    /// The texts with these names in a language, for as long as the page is there; what its file lacks as in `english`.
    /// `None` where that cannot be read.
    pub async fn spoken(
        language: Language,
        names: &[&str],
        english: &'static [&'static str],
    ) -> Option<&'static [&'static str]> {
        let file = fetch::language(language.tag).await.ok()?;
        let in_file = |name: &str| Reflect::get(&file, &JsValue::from(name)).ok()?.as_string();
        let texts = names.iter().zip(english).map(|(name, english)| match in_file(name) {
            Some(theirs) => &*theirs.leak(),
            None => *english,
        });
        Some(Vec::leak(texts.collect()))
    }
}
#[cfg(target_arch = "wasm32")]
pub use loading::{choose, load, spoken};

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const N: usize>(wanted: [&str; N]) -> Option<&'static str> {
        Language::of(wanted).map(|language| language.tag)
    }

    #[test]
    fn the_first_language_that_there_is_is_the_one() {
        assert_eq!(of(["xx", "de-AT", "en"]), Some("de"));
        assert_eq!(of(["FR-ca"]), Some("fr"));
        assert_eq!(of(["xx"]), None);
    }

    #[test]
    fn who_reads_simplified_chinese_gets_it_however_the_browser_calls_it() {
        for tag in ["zh-Hans", "zh-hans-CN", "zh-CN", "zh-SG", "zh"] {
            assert_eq!(of([tag, "en"]), Some("zh-Hans"), "{tag}");
        }
    }

    #[test]
    fn who_reads_traditional_chinese_gets_what_their_browser_names_next() {
        for tag in ["zh-TW", "zh-HK", "zh-Hant", "zh-Hant-MO"] {
            assert_eq!(of([tag, "ja", "en"]), Some("ja"), "{tag}");
        }
    }

    #[test]
    fn a_language_is_found_by_its_own_tag() {
        for language in LANGUAGES {
            assert_eq!(Language::of([language.tag]), Some(language));
        }
    }
}
