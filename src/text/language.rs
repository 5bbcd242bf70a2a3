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
pub const LANGUAGES: [Language; 1] = [language("en", "English")];

impl Language {
    /// The first of the `wanted` tags that there is a language for: `de-AT` is read by those who read `de`.
    pub fn of(wanted: impl IntoIterator<Item = impl AsRef<str>>) -> Option<Self> {
        wanted.into_iter().find_map(|tag| {
            let tag = tag.as_ref().to_ascii_lowercase();
            let main = tag.split('-').next();
            LANGUAGES.into_iter().find(|language| language.tag.split('-').next() == main)
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
        let chosen =
            browser::query_parameter("language").or_else(|| browser::local_storage()?.get_item(CHOICE).ok()?);
        let browsers = web_sys::window().map(|window| window.navigator().languages()).unwrap_or_default();
        let browsers = browsers.iter().filter_map(|tag| tag.as_string());
        Language::of(chosen.into_iter().chain(browsers)).unwrap_or(LANGUAGES[0])
    }

    /// Has the page speak the person's language. What its file lacks, or all where it cannot be read, is English.
    pub async fn load() -> Language {
        let language = preferred();
        SPOKEN.set(spoken(language, &NAMES, &ENGLISH).await);
        if let Some(root) = web_sys::window().and_then(|window| window.document()?.document_element()) {
            let _ = root.set_attribute("lang", language.tag);
            let _ = root.set_attribute("dir", if language.right_to_left { "rtl" } else { "ltr" });
        }
        language
    }

    /// The texts with these names in a language, for as long as the page is there; what it lacks as in `english`.
    pub async fn spoken(
        language: Language,
        names: &[&str],
        english: &'static [&'static str],
    ) -> &'static [&'static str] {
        if language == LANGUAGES[0] {
            return english;
        }
        let Ok(file) = fetch::json(&format!("languages/{}.json", language.tag)).await else { return english };
        let in_file = |name: &str| Reflect::get(&file, &JsValue::from(name)).ok()?.as_string();
        let texts = names.iter().zip(english).map(|(name, english)| match in_file(name) {
            Some(theirs) => &*theirs.leak(),
            None => *english,
        });
        Vec::leak(texts.collect())
    }
}
#[cfg(target_arch = "wasm32")]
pub use loading::{load, spoken};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is_is_the_one() {
        assert_eq!(Language::of(["xx", "en-GB", "de"]).map(|language| language.tag), Some("en"));
        assert_eq!(Language::of(["xx"]), None);
    }
}
