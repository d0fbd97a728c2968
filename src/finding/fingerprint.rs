//! What a violation is called from one commit to the next.

use std::fmt;

use mlgitops_yaml::{Node, Pointer, Step, Value};

/// The name of a violation at a place: rule, case, environment, place, object, field and the
/// rule's word; never a line, a file, a raw value or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of some parts, in order. FNV-1a of 64 bits: it must be the same in every
    /// release and on every machine.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for part in parts {
            for byte in part.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        Self(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The field a pointer names, with list items by `name` where they have one, so that inserting an
/// item moves no other.
#[must_use]
pub fn field_of(root: &Node, pointer: &Pointer) -> String {
    let mut field = String::new();
    let mut at = Some(root);
    // Below the last item of a list no name is looked for; a map may be wide, and looking slow.
    let is_item = |step: &Step| step.to_string().parse::<usize>().is_ok();
    let items = pointer.0.iter().rposition(is_item).map_or(0, |last| last + 1);
    for (index, step) in pointer.0.iter().enumerate() {
        let step_text = step.to_string();
        let next = at.filter(|_| index < items).and_then(|node| match (&node.value, step) {
            (Value::Map(map), _) => map.get(&step_text_unescaped(step)),
            (Value::Sequence(items), _) => step_text.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        });
        let in_list = matches!(at.map(|node| &node.value), Some(Value::Sequence(_)));
        let name = next.and_then(|node| node.get("name").text()).filter(|_| in_list);
        match name {
            Some(name) => field.push_str(&format!("/[name={name}]")),
            None => field.push_str(&format!("/{step_text}")),
        }
        at = next;
    }
    field
}

fn step_text_unescaped(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    }
}
