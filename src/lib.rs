//! The page: a Leptos app that updates a device.
