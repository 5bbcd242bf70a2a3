//! The client against the simulated chip.
