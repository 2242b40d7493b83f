//! How files that people write are read. Each file declares its keys once ([`Section::keys`]); whoever walks over the
//! declaration either reads a file by it and collects all that is wrong ([`Parser`]), or describes it to an editor
//! ([`describe`]). So what is read and what is described cannot differ.

mod arrays;
mod key_name;
mod parser;
mod schema;
mod value_type;

pub use arrays::{Array, Uniform, UniqueArray};
pub use key_name::KeyName;
pub use key_name::NAMED_KEYS;
pub use parser::{Parser, SectionParser, escaped, read_file};
pub use schema::{alternatives, describe, entitle, object};
pub use value_type::{
    Boolean, EnumValue, Optional, RelativePath, Signed, SpannedValue, StringValue, Subsection, ValueType,
};

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it stands in the file.
    pub name: &'static str,
    /// What it is, for whoever writes the file.
    pub about: &'static str,
    /// Whether it must be there.
    pub required: bool,
}

impl Key {
    /// A key that may be left out.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about, required: false }
    }

    /// A key that must be there.
    pub const fn required(name: &'static str, about: &'static str) -> Self {
        Self { name, about, required: true }
    }
}

/// Who walks over the keys of a table.
pub trait KeyVisitor {
    /// One key: `value` holds what it is when it is left out, and may be given what the file says.
    fn key<T>(&mut self, key: Key, value: &mut T, value_type: &impl ValueType<T>);
}

/// What a table of a file holds.
pub trait Section {
    /// Declares the keys, always all of them in the same order.
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K);

    /// Looks at what is only wrong together, once every key for itself is good.
    fn check(&self, _: &mut SectionParser<'_, '_, '_>) {}
}

/// Declares a struct whose fields are keys of a file: what each is, its type, what it is when it is left out, and what
/// it takes, in one place. `as "name"` where the key is not called as the field; `with` adds another such struct, whose
/// keys stand in the same table.
#[macro_export]
macro_rules! parameters {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[doc = $about:literal])+ $field:ident $(as $key:literal)? : $type:ty = $default:expr, $value_type:expr;)+
        }
        $(with {
            $(#[doc = $flat_about:literal])+ $flat:ident : $flat_type:ty = $flat_default:expr;
        })?
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[doc = $about])+ pub $field: $type,)+
            $($(#[doc = $flat_about])+ pub $flat: $flat_type,)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ $($flat: $flat_default,)? }
            }
        }

        impl $name {
            fn own_keys<K: $crate::KeyVisitor>(&mut self, keys: &mut K) {
                $(
                    // The last name counts: the field's, unless the key has another.
                    let name = [stringify!($field) $(, $key)?];
                    let about = concat!($($about),+);
                    keys.key($crate::Key::new(name[name.len() - 1], about), &mut self.$field, &$value_type);
                )+
                $($crate::Section::keys(&mut self.$flat, keys);)?
            }
        }
    };
}
