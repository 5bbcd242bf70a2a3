//! All that is shown of a session once it has begun.

use leptos::prelude::*;

use super::details::DetailsForm;
use super::later::{FlashMap, Workshop};
use super::log::Log;
use super::outcome::Ending;
use super::overview::Overview;
use super::shown::{Shown, so};
use super::technician::{self, Technician};
use super::working::Working;
use crate::session::{Model, Session, Stage};

/// How it ended, what is under way, what there is to know, and what else can be done.
#[component]
pub fn Cards(session: Session) -> impl IntoView {
    technician::begin(session);
    let stage = Memo::new(move |_| session.model.with(Model::shown));
    let connected = move || session.model.with(|model| model.device.is_some());
    view! {
        <Shown when=so(move || stage.get() == Stage::Ended)><Ending session/></Shown>
        <Working session/>
        <Shown when=so(connected)>
            <Overview session/>
            <DetailsForm session/>
            <FlashMap session/>
        </Shown>
        <Workshop session/>
        <Log session/>
        {session.is_for_technicians().then(|| view! { <Technician/> })}
    }
}
