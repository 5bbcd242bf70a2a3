//! The whole station over real HTTP, each test with a data folder and a port of its own.

mod app;
mod command;
mod compressed;
mod crash;
mod cross_origin;
mod download;
mod feed;
mod links;
mod payload;
mod program;
mod server;
