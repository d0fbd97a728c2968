//! SARIF as the standard and as GitHub want it.
