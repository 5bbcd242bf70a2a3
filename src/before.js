// What a person reads before the page's WebAssembly is there, or where it never will be. No module, and nothing that old
// browsers do not know: they are the ones that are told of it. Texts in braces are those of languages/en.json.

(() => {
    const root = document.documentElement;
    // Within another page, that one has a head and a foot.
    if (window.parent !== window) root.className = 'embedded';
    try {
        // What the page had on at the last visit: theme.js puts on what it has now.
        const [css, name] = JSON.parse(localStorage.getItem('fieldflash.theme'));
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets = [sheet];
        if (name) document.title = document.querySelector('#before h1').textContent = name;
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
        ios: '{unsupported.ios}',
        phone: '{unsupported.phone}',
        insecure: '{unsupported.insecure}',
        firefox: '{unsupported.firefox}',
        safari: '{unsupported.safari}',
        where: '{unsupported.where}',
    };
    const say = (text, failed) => {
        const place = document.getElementById('before-status');
        // The page itself is there.
        if (!place) return;
        place.textContent = text;
        place.className = 'notice';
        if (failed) place.setAttribute('data-testid', 'not-started');
    };
    const why = cannot();
    if (why) {
        // The page says it, too, in the person's language.
        root.setAttribute('data-cannot', why);
        say(words[why]);
    }
    const reload = ' Reload the page. If that does not help, update your browser or try another one, and ask whoever looks' +
        ' after your network whether something in it changes or blocks what pages load.';
    if (typeof WebAssembly !== 'object') {
        say('This browser does not run WebAssembly, which this page is made of: it is too old, or was set up that way.' +
            ' Your device was not touched.' + reload, true);
        return;
    }
    const failed = () => say('This page could not be loaded completely, so it was not started. Your device was not touched.' + reload, true);
    // The errors of what is loaded do not bubble.
    addEventListener('error', failed, true);
    addEventListener('unhandledrejection', failed);
})();
