//! What is asked of the browser itself: its clock and timers, its address bar, its streams, the names of its errors.

pub use ::browser::{closing, error_message, error_name, error_text, now, settled, sleep, until, within};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use release_feed::{PublicKey, Signature};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, EventTarget, ReadableStreamDefaultReader, Storage, UrlSearchParams};

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    #[wasm_bindgen(js_name = toldOfItself)]
    fn told() -> Vec<String>;
    #[wasm_bindgen(js_name = beginUpdate)]
    fn begin_update() -> Promise;
    #[wasm_bindgen(js_name = endUpdate)]
    fn end_update();
    /// Keeps the screen on while the page is busy, and has the browser ask before it leaves the page.
    pub fn guard(busy: bool);
    #[wasm_bindgen(js_name = atRest)]
    fn rest() -> Promise;
    #[wasm_bindgen(js_name = claimed)]
    fn is_claimed() -> Promise;
    #[wasm_bindgen(js_name = claimPage)]
    fn claim(told: &Closure<dyn Fn(bool)>);
    /// Tells the person what is in `texts`, a title, that the device is safe, and what helps, beside all else; nothing where
    /// there are none. With `takes` there is a button with the text `take`, which takes the page from the other tab, or says
    /// `updating`.
    #[wasm_bindgen(js_name = tellMeanwhile)]
    pub fn tell_meanwhile(code: &str, texts: &Array, takes: bool, take: &str, updating: &str);
}

/// What the browser tells of itself: its platform, its brands, its user agent.
pub fn told_of_itself() -> [String; 3] {
    told().try_into().unwrap_or_default()
}

/// Waits until the page is shown, with all that it was loaded with, and nothing is to be done.
pub async fn at_rest() {
    let _ = settled(&rest()).await;
}

/// An update that is under way in this tab: no other begins one, and none takes the page over.
pub struct UnderWay(());

impl UnderWay {
    /// Begins; `None` where another tab has one under way.
    pub async fn begin() -> Option<Self> {
        // A browser that does not know has nothing against it.
        settled(&begin_update()).await.map_or(true, |mine| mine.is_truthy()).then_some(Self(()))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        end_update();
    }
}

/// Has the page for this tab, and tells `then` whenever that changes: `false` while another tab has it.
pub fn claim_page(then: impl Fn(bool) + 'static) {
    let told = Closure::<dyn Fn(bool)>::new(then);
    claim(&told);
    told.forget();
}

/// Waits until it is known whether this tab has the page.
pub async fn claimed() {
    let _ = settled(&is_claimed()).await;
}

/// Whether the page is shown in another one.
pub fn is_embedded() -> bool {
    web_sys::window().is_some_and(|window| window.parent().is_ok_and(|parent| parent != Some(window)))
}

/// Why this browser reaches no devices, as `before.js` has it; empty where that has nothing to say.
pub fn cannot() -> String {
    let root = web_sys::window().and_then(|window| window.document()?.document_element());
    root.and_then(|root| root.get_attribute("data-cannot")).unwrap_or_default()
}

/// The next piece that a stream brings, `None` at its end.
pub async fn next_piece(reader: &ReadableStreamDefaultReader) -> Result<Option<Vec<u8>>, JsValue> {
    let chunk = JsFuture::from(reader.read()).await?;
    if Reflect::get(&chunk, &"done".into())?.is_truthy() {
        return Ok(None);
    }
    Ok(Some(Reflect::get(&chunk, &"value".into())?.dyn_into::<Uint8Array>()?.to_vec()))
}

/// The browser does not know Ed25519, and says so.
pub struct NoEd25519(pub String);

/// Whether `signature` is that of `message` by `key`.
pub async fn verify_ed25519(key: &PublicKey, signature: &Signature, message: &[u8]) -> Result<bool, NoEd25519> {
    verify(key, signature, message).await.map_err(|error| NoEd25519(error_text(&error)))
}

async fn verify(key: &PublicKey, signature: &Signature, message: &[u8]) -> Result<bool, JsValue> {
    let subtle = web_sys::window().ok_or(JsValue::UNDEFINED)?.crypto()?.subtle();
    let (raw, verify) = (Uint8Array::from(&key.0[..]), Array::of1(&"verify".into()));
    let key = subtle.import_key_with_str("raw", &raw, "Ed25519", false, &verify)?;
    let key: CryptoKey = JsFuture::from(key).await?.unchecked_into();
    let verified = subtle.verify_with_str_and_u8_array_and_u8_array("Ed25519", &key, &signature.0, message)?;
    Ok(JsFuture::from(verified).await?.is_truthy())
}

/// What the browser keeps for this page between visits. Refused where the person has turned it off.
pub fn local_storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// The number of today's day, counted from 1970 on.
pub fn today() -> u32 {
    (js_sys::Date::now() / 86_400_000.0) as u32
}

/// Today's day in UTC, `2026-11-24`.
pub fn day() -> String {
    let mut day = String::from(js_sys::Date::new_0().to_iso_string());
    day.truncate(10);
    day
}

/// The parameters of the page's address, as they stand there.
pub fn query() -> String {
    web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default()
}

/// One of the parameters in `query`, decoded.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    UrlSearchParams::new_with_str(query).ok()?.get(name)
}

/// Has the page's address say `value` for a parameter that is in it, without loading the page anew.
pub fn change_query_parameter(name: &str, value: &str) -> Option<()> {
    let window = web_sys::window()?;
    let url = web_sys::Url::new(&window.location().href().ok()?).ok()?;
    url.search_params().get(name)?;
    url.search_params().set(name, value);
    window.history().ok()?.replace_state_with_url(&JsValue::NULL, "", Some(&url.href())).ok()
}

/// The page's own scheme, host and port.
pub fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Calls `then` whenever a serial port or USB device that the page may use is plugged in or out, for as long as the page is
/// open.
pub fn on_port_change(then: impl Fn() + 'static) {
    let closure = Closure::<dyn Fn()>::new(then);
    for source in ["serial", "usb"].into_iter().filter_map(of_navigator) {
        let source: EventTarget = source.unchecked_into();
        for event in ["connect", "disconnect"] {
            let _ = source.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        }
    }
    closure.forget();
}

/// A part of the navigator that not every browser has, and none in an insecure context: `serial`, `usb`.
pub fn of_navigator(name: &str) -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    Reflect::get(&navigator, &name.into()).ok().filter(JsValue::is_object)
}

/// A JavaScript object with these properties.
pub fn object(properties: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}

/// Takes an element out of the page.
pub fn clear_away(id: &str) {
    if let Some(element) = web_sys::window().and_then(|window| window.document()?.get_element_by_id(id)) {
        element.remove();
    }
}
