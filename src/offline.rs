//! What the browser keeps of the page, so that it starts without a network; and what was taken along for then.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Response;

use crate::browser;
use crate::port::module;

/// What knows of the releases that were taken along.
const KEPT: &str = "technician/kept.js";
/// What knows of the outcomes that could not be told yet.
const OUTBOX: &str = "technician/outbox.js";
/// Where the browser keeps those.
const OUTCOMES: &str = "fieldflash.outcomes";

#[wasm_bindgen(module = "/src/offline.js")]
extern "C" {
    #[wasm_bindgen(js_name = keepPage)]
    fn keep(arrived: &Function) -> Promise;
    #[wasm_bindgen(js_name = takeNew)]
    fn take_new() -> Promise;
}

/// Has the page start without a network from its next visit on. Calls `arrived` once a new version of it is there.
pub fn keep_page(arrived: impl Fn() + 'static) {
    let arrived = Closure::<dyn Fn()>::new(arrived).into_js_value();
    spawn_local(async move {
        // Where it cannot be kept, it is there with a network as ever.
        let _ = browser::settled(&keep(arrived.unchecked_ref())).await;
    });
}

/// Takes the new version; `refused` is called where another window of the page keeps it from being taken.
pub fn take_new_version(refused: impl FnOnce() + 'static) {
    spawn_local(async move {
        let _ = browser::settled(&take_new()).await;
        refused();
    });
}

/// The answer to a GET of `address`, where it was taken along.
pub async fn taken_along(address: &str) -> Option<Response> {
    let look = module::function(KEPT, "taken").await.ok()?.call1(&JsValue::UNDEFINED, &address.into()).ok()?;
    browser::settled(&look).await.ok()?.dyn_into().ok()
}

/// Keeps an outcome that could not be told, to be told once there is a network.
pub async fn tell_later(address: &str, project_key: Option<&str>, form: &str) -> Result<(), JsValue> {
    let outcome = [address, project_key.unwrap_or_default(), form].into_iter().map(JsValue::from).collect::<Array>();
    module::function(OUTBOX, "keep").await?.apply(&JsValue::UNDEFINED, &outcome)?;
    Ok(())
}

/// Tells the outcomes that are kept, now and whenever the network is back.
pub fn tell_kept_outcomes() {
    if browser::local_storage().is_some_and(|storage| matches!(storage.get_item(OUTCOMES), Ok(Some(_)))) {
        spawn_local(async {
            if let Ok(send) = module::function(OUTBOX, "send").await {
                let _ = send.call0(&JsValue::UNDEFINED);
            }
        });
    }
}
