//! What lets Syncmedic run, and be tested, without accounts and servers.
