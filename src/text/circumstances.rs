//! Where a person meets a failure: on which system, in which browser. What helps them hinges on it.

use core::cell::OnceCell;

/// An operating system, as far as remedies differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Windows.
    Windows,
    /// macOS.
    Mac,
    /// Linux on a computer.
    Linux,
    /// ChromeOS.
    ChromeOs,
    /// Android.
    Android,
}

/// A browser, as far as remedies differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// Chromium that calls itself nothing else: on Ubuntu it comes as a snap.
    Chromium,
    /// Firefox.
    Firefox,
    /// Another one.
    Other,
}

/// What hinges on where the page is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// The system, where it can be told.
    pub system: Option<System>,
    /// The browser, where it can be told.
    pub browser: Option<Browser>,
}

/// What tells each system, looked for in this order: Android says that it is a Linux, too.
const SYSTEMS: [(&str, System); 7] = [
    ("Android", System::Android),
    ("CrOS", System::ChromeOs),
    ("Chrome OS", System::ChromeOs),
    ("Windows", System::Windows),
    ("macOS", System::Mac),
    ("Macintosh", System::Mac),
    ("Linux", System::Linux),
];

/// What Chromium calls itself when it is sold under another name (`userAgentData.brands`, or the end of the user agent).
const SOLD: [&str; 6] = ["Google Chrome", "Edge", "Edg/", "Opera", "OPR/", "Brave"];

impl Circumstances {
    /// What a browser tells of itself: `platform` and `brands` as in `navigator.userAgentData`, empty where it has none,
    /// and its user agent.
    pub fn told(platform: &str, brands: &str, agent: &str) -> Self {
        // The platform is the one thing that is not there for show.
        let told_by = |text: &str| SYSTEMS.into_iter().find(|(name, _)| text.contains(name)).map(|(_, system)| system);
        let sold = || SOLD.iter().any(|name| brands.contains(name) || agent.contains(name));
        let browser = match () {
            _ if agent.contains("Firefox/") => Some(Browser::Firefox),
            // Chrome's user agent alone does not tell it from Chromium.
            _ if brands.contains("Chromium") && !sold() => Some(Browser::Chromium),
            _ if agent.is_empty() => None,
            _ => Some(Browser::Other),
        };
        Self { system: told_by(platform).or_else(|| told_by(agent)), browser }
    }

    /// Those of this page.
    pub fn here() -> Self {
        thread_local! {
            static HERE: OnceCell<Circumstances> = const { OnceCell::new() };
        }
        HERE.with(|here| *here.get_or_init(observed))
    }
}

#[cfg(target_arch = "wasm32")]
fn observed() -> Circumstances {
    let [platform, brands, agent] = crate::browser::told_of_itself();
    Circumstances::told(&platform, &brands, &agent)
}

#[cfg(not(target_arch = "wasm32"))]
fn observed() -> Circumstances {
    Circumstances::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chrome 156 says this much on each system, whatever else it is.
    fn chrome(system: &str) -> String {
        format!("Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36")
    }

    #[test]
    fn each_system_is_told_by_the_platform_or_else_by_the_user_agent() {
        for (platform, in_agent, system) in [
            ("Windows", "Windows NT 10.0; Win64; x64", System::Windows),
            ("macOS", "Macintosh; Intel Mac OS X 10_15_7", System::Mac),
            ("Linux", "X11; Linux x86_64", System::Linux),
            ("Chrome OS", "X11; CrOS x86_64 14541.0.0", System::ChromeOs),
            ("Android", "Linux; Android 10; K", System::Android),
        ] {
            assert_eq!(Circumstances::told(platform, "", "").system, Some(system));
            assert_eq!(Circumstances::told("", "", &chrome(in_agent)).system, Some(system));
        }
    }

    #[test]
    fn a_tablet_that_asks_for_desktop_pages_is_told_by_its_platform() {
        assert_eq!(Circumstances::told("Android", "", &chrome("X11; Linux x86_64")).system, Some(System::Android));
    }

    #[test]
    fn chromium_is_told_from_what_is_made_of_it() {
        let browser = |brands: &str| Circumstances::told("Linux", brands, &chrome("X11; Linux x86_64")).browser;
        assert_eq!(browser("Chromium,Not=A?Brand"), Some(Browser::Chromium));
        assert_eq!(browser("Chromium,Google Chrome,Not=A?Brand"), Some(Browser::Other));
        assert_eq!(browser("Microsoft Edge,Chromium"), Some(Browser::Other));
        let firefox = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0";
        assert_eq!(Circumstances::told("", "", firefox).browser, Some(Browser::Firefox));
    }

    #[test]
    fn what_says_nothing_tells_nothing() {
        assert_eq!(Circumstances::told("", "", ""), Circumstances::default());
    }
}
