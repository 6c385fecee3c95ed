//! Tests of the whole program: one binary, one module a file.

mod architecture;
mod command_line;
mod forgotten;
mod support;
