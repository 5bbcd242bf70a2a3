// <fieldflash-update>: the update page in a page of somebody else's. One script, loaded as it is from where the update page
// lies; docs/embedding.md. The page's build fills in the texts (scripts/embed.mjs).

(() => {
  const TAG = 'fieldflash-update';
  if (customElements.get(TAG)) return;

  /** The words in each language. */
  const TEXTS = {};
  /** Where this script lies, the page does, too. */
  const BESIDE = new URL('./', document.currentScript.src).href;
  /** How long a page that has arrived may say nothing, and one may take to arrive, in ms. */
  const PATIENCE = { arrived: 10_000, loading: 30_000 };
  /** What an attribute sets in the address of the page. */
  const PARAMETERS = {
    product: 'software_type',
    'hardware-version': 'hardware_version',
    'device-serial': 'device_serial',
    'current-version': 'current_version',
    release: 'release',
    cohort: 'cohort',
    baud: 'baud',
    wiring: 'wiring',
    'simulated-speed': 'simulated_speed',
    'simulated-cable': 'simulated_cable',
    language: 'language',
    theme: 'theme',
  };
  /** What becomes an event of the element. */
  const EVENTS = ['ready', 'connected', 'offered', 'started', 'progress', 'ended', 'refused'];
  /** What the page needs of the browser; only it gets that. */
  const ALLOW = 'serial; usb; screen-wake-lock; clipboard-write';
  const STYLE = `
    :host { display: block; position: relative; min-height: 6rem; }
    :host([hidden]) { display: none; }
    iframe { display: block; width: 100%; height: 0; border: 0; color-scheme: auto; visibility: hidden; }
    iframe.there { visibility: visible; }
    p { margin: 0; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
    p[hidden] { display: none; }
    a { color: inherit; }`;

  /** The words for who reads these languages. */
  const words = (...wanted) => {
    const main = (tag) => tag.split('-')[0];
    const tags = wanted.filter(Boolean).flatMap((tag) => Object.keys(TEXTS).filter((known) => main(known) === main(tag)));
    return TEXTS[tags[0] ?? 'en'];
  };

  class FieldflashUpdate extends HTMLElement {
    static observedAttributes = ['src', 'link', ...Object.keys(PARAMETERS)];

    #frame;
    #says = document.createElement('p');
    #origin;
    #timer;
    #isPlanned = false;
    #busy = false;
    #last = {};

    constructor() {
      super();
      const root = this.attachShadow({ mode: 'open' });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      this.#says.setAttribute('role', 'status');
      root.append(this.#says);
    }

    /** Whether an update is under way: the element must stay where it is, as a frame that is moved begins anew. */
    get busy() {
      return this.#busy;
    }

    /** The address of the page, as the attributes have it. */
    get address() {
      const url = new URL(this.getAttribute('src') ?? BESIDE, document.baseURI);
      // What was signed stands as it was signed; what is behind it is only about how the page looks.
      url.search = this.getAttribute('link')?.replace(/^[^?]*\?/, '') ?? url.search;
      const parameters = Object.entries(PARAMETERS)
        .filter(([name]) => this.hasAttribute(name))
        .map(([name, parameter]) => `${parameter}=${encodeURIComponent(this.getAttribute(name))}`);
      url.search = [url.search.slice(1), ...parameters].filter(Boolean).join('&');
      return url;
    }

    connectedCallback() {
      addEventListener('message', this.#hear);
      addEventListener('beforeunload', this.#guard);
      this.#show();
    }

    disconnectedCallback() {
      removeEventListener('message', this.#hear);
      removeEventListener('beforeunload', this.#guard);
      clearTimeout(this.#timer);
      this.#frame?.remove();
      this.#frame = undefined;
      this.#interrupted();
    }

    /** One that is moved by `moveBefore` keeps its frame. */
    connectedMoveCallback() {}

    attributeChangedCallback(name, before, now) {
      if (!this.#frame || before === now || this.#isPlanned) return;
      this.#isPlanned = true;
      // Several may change together.
      queueMicrotask(() => {
        this.#isPlanned = false;
        // An update goes on to its end.
        if (this.isConnected && !this.#busy) this.#show();
      });
    }

    #show() {
      const { address } = this;
      const text = words(this.getAttribute('language'), ...navigator.languages);
      this.#origin = address.origin;
      this.#frame?.remove();
      const frame = Object.assign(document.createElement('iframe'), { allow: ALLOW, title: text.name, src: address.href });
      this.#frame = frame;
      this.#say(text['embed.opening']);
      const wait = (time) => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#unreachable(text), time);
      };
      wait(PATIENCE.loading);
      // Also of what the browser shows in place of a page that is not there, or may not be shown here.
      frame.addEventListener('load', () => frame.classList.contains('there') || wait(PATIENCE.arrived));
      this.shadowRoot.append(frame);
    }

    #say(...parts) {
      this.#says.hidden = parts.length === 0;
      this.#says.replaceChildren(...parts);
    }

    #unreachable(text) {
      const { address } = this;
      address.searchParams.delete('theme');
      const link = Object.assign(document.createElement('a'), { href: address.href, target: '_blank', rel: 'noopener' });
      link.textContent = text['embed.open'];
      this.#say(`${text['embed.unreachable']} `, link);
      this.#tell('refused', { reason: 'unreachable' });
    }

    #hear = ({ source, origin, data }) => {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin) return;
      const { fieldflash: name, height, detail = {} } = data ?? {};
      if (name === 'height' && Number.isFinite(height)) {
        clearTimeout(this.#timer);
        this.#say();
        this.#frame.classList.add('there');
        this.#frame.style.height = `${height}px`;
      }
      if (!EVENTS.includes(name)) return;
      if (name === 'started') this.#busy = true;
      // The page itself may have begun anew.
      if (name === 'ready') this.#interrupted();
      if (name === 'ended') this.#busy = false;
      if (detail.version) this.#last = detail;
      this.#tell(name, name === 'refused' ? { reason: 'origin' } : detail);
    };

    /** An update that was under way had no end that anybody heard of. */
    #interrupted() {
      if (!this.#busy) return;
      this.#busy = false;
      const { from, version } = this.#last;
      this.#tell('ended', { outcome: 'interrupted', from, version });
    }

    #tell(type, detail) {
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    }

    /** The page asks, too, but only where someone has clicked in it. */
    #guard = (event) => {
      if (this.#busy) event.preventDefault();
    };
  }

  customElements.define(TAG, FieldflashUpdate);
})();
