//! The whole station over real HTTP, each test with a data folder and a port of its own; `postgres` runs the same tests
//! on the other database.

mod app;
mod command;
mod compressed;
mod connection;
mod crash;
mod cross_origin;
mod database;
mod deployed;
mod download;
mod embedded;
mod feed;
mod gateway;
mod limits;
mod links;
mod manage;
mod payload;
mod program;
mod rollout;
mod server;
mod signing;
mod tls;
mod upstream;
