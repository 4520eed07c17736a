//! What a server and the commands beside it have to agree on, since they run as processes of their own.

/// The version of the program. Every part of it has the same one; a server says its own in `/api/status`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The address of a server that nobody configured.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:4700";

/// The name under which `staffel connect` and `staffel doctor` introduce themselves over MCP. Whoever calls under it is
/// no agent, and the board does not show it.
pub const PROBE: &str = "staffel-doctor";
