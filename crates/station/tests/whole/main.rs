//! The whole station over real HTTP, each test with a data folder and a port of its own; `outgrown` runs many of
//! them with another database and another store of payloads.

mod api;
mod app;
mod chosen;
mod command;
mod compressed;
mod connection;
mod crash;
mod crash_managing;
mod cross_origin;
mod database;
mod deployed;
mod download;
mod elsewhere;
mod embedded;
mod feed;
mod gateway;
mod limits;
mod links;
mod live;
mod manage;
mod memfault_cli;
mod openapi;
mod outcome;
mod payload;
mod payload_store;
mod program;
mod rollout;
mod security;
mod server;
mod signing;
mod tls;
mod upstream;
