//! What the device says at its serial port.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::collections::VecDeque;
use std::rc::Rc;

use browser::closing;
use fieldflash::config::BAUD;
use fieldflash::port::WebSerial;
use js_sys::Promise;
use leptos::html;
use leptos::prelude::*;
use stm32_bootloader::port::{Instant, LineSettings, Parity, Port, PortError};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use web_sys::SerialPort;

use crate::saving::save;
use crate::t;
use crate::terminal::Terminal;

/// How a line can be set, the usual first.
const PARITIES: [&str; 2] = ["8N1", "8E1"];
/// What a line that is sent ends with: its name, and what it is.
const ENDINGS: [(&str, &str); 4] = [("CR LF", "\r\n"), ("LF", "\n"), ("CR", "\r"), ("", "")];
/// How long is listened at a time: then it is seen whether something is to be sent, or the port to be closed.
const A_WHILE: Duration = Duration::from_millis(50);
/// How long the port may take to send something.
const PATIENCE: Duration = Duration::from_secs(2);
/// So many of the lines are shown; all that are kept are saved.
const SHOWN: usize = 500;

/// The port while it is open, shared by who shows it and who closes it.
#[derive(Debug, Clone, Default)]
pub struct Line(Rc<Open>);

#[derive(Debug, Default)]
struct Open {
    /// It is to be closed.
    ends: Cell<bool>,
    to_send: RefCell<VecDeque<Vec<u8>>>,
    /// Settles once it is closed.
    closed: RefCell<Option<Promise>>,
}

impl Line {
    /// Has the port closed, and gives a promise of that.
    pub fn close(&self) -> Promise {
        self.0.ends.set(true);
        self.0.closed.borrow().clone().unwrap_or_else(|| Promise::resolve(&JsValue::UNDEFINED))
    }

    fn send(&self, bytes: Vec<u8>) {
        self.0.to_send.borrow_mut().push_back(bytes);
    }

    /// Opens the port, tells what comes until it is closed or gone, and closes it. Says why it ended, where nobody wanted it.
    async fn listen(&self, port: SerialPort, line: LineSettings, tell: impl Fn(&[u8])) -> Result<(), String> {
        closing::finished().await;
        let mut port = WebSerial::open(port, line).await.map_err(|error| format!("{error:?}"))?;
        let mut buffer = [0; 4096];
        while !self.0.ends.get() {
            let next = self.0.to_send.borrow_mut().pop_front();
            if let Some(bytes) = next {
                let deadline = port.now() + PATIENCE;
                port.write(&bytes, deadline).await.map_err(|error| error.to_string())?;
            }
            let deadline: Instant = port.now() + A_WHILE;
            match port.read(&mut buffer, deadline).await {
                Ok(count) => tell(&buffer[..count]),
                Err(PortError::TimedOut) => {}
                // A wrong rate, most likely: what follows may be right.
                Err(PortError::Line(_)) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }
}

/// The monitor.
#[component]
pub fn Monitor(line: Line, port: SerialPort) -> impl IntoView {
    let line = StoredValue::new_local(line);
    let port = StoredValue::new_local(port);
    let terminal = StoredValue::new(Terminal::default());
    // Counts up when there is something new to be shown.
    let changed = RwSignal::new(0u32);
    let (is_open, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let (baud, parity) = (RwSignal::new("115200".to_owned()), RwSignal::new(Parity::None));
    let (stamped, hex, ending, typed) =
        (RwSignal::new(false), RwSignal::new(false), RwSignal::new(ENDINGS[0].1), RwSignal::new(String::new()));
    let began = browser::now();
    let since = move || browser::now().saturating_sub(began);

    let open = move |_| {
        let Some(baud) = baud.get_untracked().trim().parse().ok().filter(|baud| BAUD.contains(baud)) else {
            problem.set(Some(t!(WorkshopBadBaud, least = BAUD.start(), most = BAUD.end())));
            return;
        };
        problem.set(None);
        is_open.set(true);
        let settings = LineSettings { baud, parity: parity.get_untracked() };
        let (line, port) = (line.get_value(), port.get_value());
        line.0.ends.set(false);
        let listening = line.clone();
        let closed = future_to_promise(async move {
            let tell = |bytes: &[u8]| {
                terminal.update_value(|terminal| terminal.take(since(), bytes, hex.get_untracked()));
                changed.update(|count| *count = count.wrapping_add(1));
            };
            let result = listening.listen(port, settings, tell).await;
            closing::finished().await;
            is_open.try_set(false);
            problem.try_set(result.err().map(|reason| t!(WorkshopMonitorEnded, reason = reason)));
            Ok(JsValue::UNDEFINED)
        });
        *line.0.closed.borrow_mut() = Some(closed);
    };
    let close = move |_| drop(line.with_value(Line::close));
    let send = move || {
        let mut bytes = typed.get_untracked().into_bytes();
        let text = typed.get_untracked();
        bytes.extend_from_slice(ending.get_untracked().as_bytes());
        line.with_value(|line| line.send(bytes));
        terminal.update_value(|terminal| terminal.say(since(), &format!("> {text}")));
        changed.update(|count| *count = count.wrapping_add(1));
        typed.set(String::new());
    };
    let shown = move || {
        changed.get();
        terminal.with_value(|terminal| terminal.text(stamped.get(), hex.get(), SHOWN))
    };
    let clear = move |_| {
        terminal.set_value(Terminal::default());
        changed.update(|count| *count = count.wrapping_add(1));
    };
    let save_all = move |_| {
        let text = terminal.with_value(|terminal| {
            terminal.text(stamped.get_untracked(), hex.get_untracked(), crate::terminal::MOST_LINES)
        });
        save("monitor.txt", text.as_bytes());
    };
    let output = NodeRef::<html::Pre>::new();
    // What is new is seen, unless the person has gone back to what was before.
    Effect::new(move |_| {
        changed.get();
        if let Some(output) = output.get()
            && output.scroll_height() - output.scroll_top() as i32 <= 2 * output.client_height()
        {
            request_animation_frame(move || output.set_scroll_top(output.scroll_height().into()));
        }
    });
    let switch = |id: &'static str, label: &'static str, value: RwSignal<bool>| {
        view! {
            <label class="choice">
                <input type="checkbox" data-testid=id prop:checked=move || value.get()
                    on:change:target=move |event| value.set(event.target().checked())/>
                {label}
            </label>
        }
    };
    view! {
        <section class="card workshop" aria-labelledby="monitor-title" data-testid="monitor">
            <h2 id="monitor-title">{t!(WorkshopMonitor)}</h2>
            <p>{t!(WorkshopMonitorHow)}</p>
            <div class="pair">
                <div>
                    <label for="monitor-baud">{t!(WorkshopBaud)}</label>
                    <input id="monitor-baud" data-testid="monitor-baud" inputmode="numeric" list="monitor-bauds" autocomplete="off"
                        prop:value=move || baud.get() disabled=move || is_open.get()
                        on:input:target=move |event| baud.set(event.target().value())/>
                    <datalist id="monitor-bauds">
                        {["9600", "38400", "57600", "115200", "230400", "460800", "921600"].map(|baud| view! { <option value=baud/> }).collect_view()}
                    </datalist>
                </div>
                <div>
                    <label for="monitor-parity">{t!(WorkshopParity)}</label>
                    <select id="monitor-parity" data-testid="monitor-parity" disabled=move || is_open.get()
                        on:change:target=move |event| parity.set(if event.target().value() == PARITIES[1] { Parity::Even } else { Parity::None })>
                        {PARITIES.map(|name| view! { <option value=name>{name}</option> }).collect_view()}
                    </select>
                </div>
            </div>
            <p class="problem" role="alert" data-testid="monitor-problem">{problem}</p>
            <div class="buttons">
                <Show when=move || is_open.get() fallback=move || view! {
                    <button data-testid="monitor-open" on:click=open>{t!(WorkshopMonitorOpen)}</button>
                }>
                    <button data-testid="monitor-close" on:click=close>{t!(WorkshopMonitorClose)}</button>
                </Show>
                <button data-testid="monitor-save" on:click=save_all>{t!(WorkshopMonitorSave)}</button>
                <button data-testid="monitor-clear" on:click=clear>{t!(WorkshopMonitorClear)}</button>
            </div>
            {switch("monitor-stamps", t!(WorkshopMonitorStamps), stamped)}
            {switch("monitor-hex", t!(WorkshopMonitorHex), hex)}
            <pre node_ref=output tabindex="0" dir="ltr" class="monitor" data-testid="monitor-output" aria-label=t!(WorkshopMonitor)>{shown}</pre>
            <form class="send" on:submit=move |event| { event.prevent_default(); send(); }>
                <label for="monitor-line">{t!(WorkshopMonitorLine)}</label>
                <div class="pair">
                    <input id="monitor-line" data-testid="monitor-line" autocomplete="off" spellcheck="false" dir="ltr"
                        prop:value=move || typed.get() on:input:target=move |event| typed.set(event.target().value())/>
                    <select data-testid="monitor-ending" aria-label=t!(WorkshopMonitorEnding)
                        on:change:target=move |event| {
                            let wanted = event.target().value();
                            ending.set(ENDINGS.into_iter().find(|(name, _)| *name == wanted).map_or("", |(_, ending)| ending));
                        }>
                        {ENDINGS.map(|(name, _)| view! { <option value=name>{if name.is_empty() { t!(WorkshopMonitorNoEnding) } else { name }}</option> }).collect_view()}
                    </select>
                </div>
                <button type="submit" data-testid="monitor-send" disabled=move || !is_open.get()>{t!(WorkshopMonitorSend)}</button>
            </form>
        </section>
    }
}
