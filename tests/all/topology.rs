//! The topology of a cluster: the new writer is found before DNS leads there, and no lie of a topology leads astray.

mod aurora;
mod blue_green;
mod calm;
mod lies;
mod names;
mod new_writer;
mod proxied;
mod settings;
