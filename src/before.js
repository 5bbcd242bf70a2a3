// What a person reads before the page's WebAssembly is there, or where it never will be. No module, and nothing that old
// browsers do not know: they are the ones that are told of it. Texts in braces are those of languages/en.json; the same in
// the other languages are in before/, of which the person's is loaded (scripts/seal.mjs).

(() => {
    const root = document.documentElement;
    // Within another page, that one has a head and a foot.
    if (window.parent !== window) root.className = 'embedded';
    let own;
    try {
        // What the page had on at the last visit: theme.js puts on what it has now.
        const [css, name] = JSON.parse(localStorage.getItem('fieldflash.theme'));
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets = [sheet];
        own = name;
        if (own) document.title = document.querySelector('#before h1').textContent = own;
    } catch (error) {
        // There is none, or this browser keeps none.
    }
    const { userAgent, maxTouchPoints } = navigator;
    const is = pattern => pattern.test(userAgent);
    /** Why this browser reaches no devices, if it does not: iPads say that they are Macs, but no Mac is touched. */
    const cannot = () => {
        if ('serial' in navigator || 'usb' in navigator) return;
        if (is(/iPhone|iPad|iPod/) || is(/Macintosh/) && maxTouchPoints > 1) return 'ios';
        if (is(/Android/)) return 'phone';
        if (window.isSecureContext === false) return 'insecure';
        if (is(/Firefox\//)) return 'firefox';
        if (is(/Safari\//) && !is(/Chrome|Chromium|Edg/)) return 'safari';
        return 'where';
    };
    const words = {
        'unsupported.ios': '{unsupported.ios}',
        'unsupported.phone': '{unsupported.phone}',
        'unsupported.insecure': '{unsupported.insecure}',
        'unsupported.firefox': '{unsupported.firefox}',
        'unsupported.safari': '{unsupported.safari}',
        'unsupported.where': '{unsupported.where}',
        'before.no-webassembly': '{before.no-webassembly}',
        'before.not-loaded': '{before.not-loaded}',
        'before.reload': '{before.reload}',
    };
    const place = () => document.getElementById('before-status');
    /** Says all that is known in the language by now. The status may be of two texts. */
    const speak = () => [].forEach.call(document.querySelectorAll('#before [data-says]'), it => {
        const texts = it.getAttribute('data-says').split(' ').map(name => words[name]);
        if (texts[0]) it.textContent = texts.join(' ');
    });
    const say = (texts, failed) => {
        const status = place();
        // The page itself is there.
        if (!status) return;
        status.setAttribute('data-says', texts);
        status.className = 'notice';
        if (failed) status.setAttribute('data-testid', 'not-started');
        speak();
    };

    /** The languages that there are. */
    const tags = '{tags}'.split(' ');
    /** The one of a tag: as `Language::of` in src/text/language.rs has it. */
    const languageOf = tag => {
        const parts = String(tag).toLowerCase().split('-');
        const otherScript = parts[0] === 'zh' && parts.some(part => /^(hant|hk|mo|tw)$/.test(part));
        const very = tags.filter(it => it.toLowerCase() === parts.join('-'));
        return very.concat(otherScript ? [] : tags.filter(it => it.split('-')[0] === parts[0]))[0];
    };
    const chosen = () => {
        try {
            return new URLSearchParams(location.search).get('language') || localStorage.getItem('fieldflash.language');
        } catch (_) {
            // A browser that keeps nothing for this page.
        }
    };
    const tag = [chosen()].concat(navigator.languages || navigator.language).map(languageOf).filter(Boolean)[0];
    if (tag && tag !== 'en' && window.fetch) {
        fetch('before/' + tag + '.json').then(answer => answer.json()).then(theirs => {
            if (!place()) return;
            Object.assign(words, theirs, own ? { name: own } : {});
            root.lang = tag;
            root.dir = /^(ar|fa|he|ur)/.test(tag) ? 'rtl' : 'ltr';
            document.title = words.name;
            speak();
        }).catch(() => {});
    }

    const why = cannot();
    if (why) {
        // The page says it, too.
        root.setAttribute('data-cannot', why);
        say('unsupported.' + why);
    }
    if (typeof WebAssembly !== 'object') {
        say('before.no-webassembly before.reload', true);
        return;
    }
    const failed = () => say('before.not-loaded before.reload', true);
    // The errors of what is loaded do not bubble.
    addEventListener('error', failed, true);
    addEventListener('unhandledrejection', failed);
})();
