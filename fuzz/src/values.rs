//! crates/manifest: quantities, sizes and durations.

use mlgitops_manifest::duration::Duration;
use mlgitops_manifest::quantity::Quantity;
use mlgitops_manifest::size::{Rate, Size};

/// What is decoded has a canonical form that decodes to the same amount.
pub(crate) fn quantity_and_size(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(quantity) = Quantity::decode(text) {
        let again = Quantity::decode(quantity.canonical()).expect("a canonical form is a quantity");
        assert_eq!(again.canonical(), quantity.canonical());
    }
    let _ = (text.parse::<Size>(), text.parse::<Rate>());
}

/// Go's durations and those of the configuration.
pub(crate) fn duration(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = Duration::parse_go(text);
    let _ = Duration::parse_config(text);
}
