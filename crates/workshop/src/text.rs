//! The workshop's words: those of `languages/en.json` whose names begin with `workshop`.

fieldflash::texts!();

/// Has the workshop speak the page's language.
#[cfg(target_arch = "wasm32")]
pub async fn load() {
    let language = fieldflash::text::load().await;
    SPOKEN.set(fieldflash::text::spoken(language, &NAMES, &ENGLISH).await.unwrap_or(&ENGLISH));
}
