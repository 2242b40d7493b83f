//! The parser of the TOML files that people write: scenes, looks, shows and stages.
//!
//! Each table of a file is a [`Section`], which declares its keys once: name, description, default and [`ValueType`]. The
//! declaration is visited ([`KeyVisitor`]) either by the [`Parser`], which takes a text, fills in the values and collects
//! [diagnostics](millions_base::Diagnostics), or by [`describe`], which produces the JSON Schema for editors: so what is
//! read and what is described cannot differ. [`parameters!`] declares a struct and its section at once.

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod arrays;
mod key_name;
mod parser;
mod schema;
mod value_type;

pub use arrays::{Array, Uniform, UniqueArray};
pub use key_name::{KeyName, NAMED_KEYS};
pub use parser::{Parser, SectionParser, escaped, read_file};
pub use schema::{alternatives, describe, entitle, object};
pub use value_type::{
    Boolean, EnumValue, Optional, RelativePath, Signed, SpannedValue, StringValue, Subsection, ValueType,
};

/// A key of a section.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The name in the file.
    pub name: &'static str,
    /// The description in the JSON Schema, and the help where a required key is missing.
    pub description: &'static str,
    /// Whether it is required.
    pub required: bool,
}

impl Key {
    /// Declares an optional key.
    pub const fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description, required: false }
    }

    /// Declares a required key.
    pub const fn required(name: &'static str, description: &'static str) -> Self {
        Self { name, description, required: true }
    }
}

/// A visitor of the keys of a section.
pub trait KeyVisitor {
    /// Visits a key. `value` holds its default, and may be set to what the file says.
    fn key<T>(&mut self, key: Key, value: &mut T, value_type: &impl ValueType<T>);
}

/// A table of a file, with its keys.
pub trait Section {
    /// Visits the keys, always all of them in the same order.
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K);

    /// Checks what depends on several keys, once each of them is valid.
    fn check(&self, _: &mut SectionParser<'_, '_, '_>) {}
}

/// Declares a struct whose fields are the keys of a section: each with its description (the doc comment), type, default and
/// value type. `as "name"` names the key otherwise than the field; `with` adds the keys of another section to the same
/// table; `check` names a method of the struct for [`Section::check`].
#[macro_export]
macro_rules! parameters {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[doc = $doc:literal])+ $field:ident $(as $key:literal)? : $type:ty = $default:expr, $value_type:expr;)+
        }
        $(with {
            $(#[doc = $flat_doc:literal])+ $flat:ident : $flat_type:ty = $flat_default:expr;
        })?
        $(check $check:ident)?
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
            $($(#[doc = $flat_doc])+ pub $flat: $flat_type,)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ $($flat: $flat_default,)? }
            }
        }

        impl $crate::Section for $name {
            fn keys<K: $crate::KeyVisitor>(&mut self, keys: &mut K) {
                $(
                    // The last name counts: the field's, unless the key has another.
                    let name = [stringify!($field) $(, $key)?];
                    let description = concat!($($doc),+);
                    keys.key($crate::Key::new(name[name.len() - 1], description), &mut self.$field, &$value_type);
                )+
                $($crate::Section::keys(&mut self.$flat, keys);)?
            }

            $(fn check(&self, section: &mut $crate::SectionParser<'_, '_, '_>) {
                self.$check(section);
            })?
        }
    };
}
