//! The tests of `whole`, with the metadata in a real PostgreSQL and the payloads in a real store that speaks S3's
//! protocol, and what is so only of these.

#[path = "../whole/api.rs"]
mod api;
#[path = "../whole/app.rs"]
mod app;
mod bucket;
#[path = "../whole/command.rs"]
mod command;
#[path = "../whole/compressed.rs"]
mod compressed;
#[path = "../whole/connection.rs"]
mod connection;
#[path = "../whole/crash.rs"]
mod crash;
#[path = "../whole/cross_origin.rs"]
mod cross_origin;
mod database;
#[path = "../whole/download.rs"]
mod download;
#[path = "../whole/elsewhere.rs"]
mod elsewhere;
#[path = "../whole/feed.rs"]
mod feed;
#[path = "../whole/links.rs"]
mod links;
#[path = "../whole/manage.rs"]
mod manage;
#[path = "../whole/outcome.rs"]
mod outcome;
#[path = "../whole/payload.rs"]
mod payload;
mod payload_store;
#[path = "../whole/program.rs"]
mod program;
#[path = "../whole/rollout.rs"]
mod rollout;
#[path = "../whole/server.rs"]
mod server;
#[path = "../whole/signing.rs"]
mod signing;
mod stations;
