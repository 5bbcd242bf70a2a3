//! The whole station over real HTTP, each test with a data folder and a port of its own; `outgrown` runs the
//! same tests with another database and another store of payloads.

mod app;
mod command;
mod connection;
mod crash;
mod cross_origin;
mod database;
mod elsewhere;
mod embedded;
mod feed;
mod manage;
mod payload;
mod payload_store;
mod program;
mod rollout;
mod server;
mod signing;
