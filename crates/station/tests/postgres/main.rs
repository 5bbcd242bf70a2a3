//! The tests of `whole`, with the metadata in a real PostgreSQL, and what is so only of that.

#[path = "../whole/app.rs"]
mod app;
#[path = "../whole/command.rs"]
mod command;
#[path = "../whole/connection.rs"]
mod connection;
#[path = "../whole/crash.rs"]
mod crash;
#[path = "../whole/cross_origin.rs"]
mod cross_origin;
mod database;
#[path = "../whole/feed.rs"]
mod feed;
#[path = "../whole/manage.rs"]
mod manage;
mod outgrown;
#[path = "../whole/payload.rs"]
mod payload;
#[path = "../whole/program.rs"]
mod program;
#[path = "../whole/rollout.rs"]
mod rollout;
#[path = "../whole/server.rs"]
mod server;
