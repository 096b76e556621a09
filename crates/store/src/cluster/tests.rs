//! Shards on disk.
