//! Starts the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(fieldflash::view::Page);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is a web page. Build it with ./dev build, or try it with ./dev run.");
    std::process::exit(2);
}
