//! The values of a look, one by one. See [`LookParameter`].

use super::{Look, look_ranges as range};
use millions_base::Range;

macro_rules! look_parameters {
    ($($variant:ident $name:literal $range:ident $field:ident $([$channel:literal])?, $does:literal;)*) => {
        /// A value of a [`Look`]: what a slider, a fader or a command sets. The weights and the tint are three values each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum LookParameter {
            $(#[doc = $does] $variant,)*
        }

        impl LookParameter {
            /// All of them, in the order of the struct.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its name: the key of a look file, with the channel behind it where the key has three.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it does, in a line.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $does),* }
            }

            /// Its limits.
            #[must_use]
            pub const fn range(self) -> Range {
                match self { $(Self::$variant => range::$range),* }
            }

            /// Its value in a look.
            #[must_use]
            pub const fn get(self, look: &Look) -> f32 {
                match self { $(Self::$variant => look.$field $([$channel])?),* }
            }

            /// Sets its value in a look.
            pub const fn set(self, look: &mut Look, value: f32) {
                match self { $(Self::$variant => look.$field $([$channel])? = value),* }
            }
        }
    };
}

look_parameters! {
    ExposureMatching "exposure_matching" EXPOSURE_MATCHING exposure_matching, "From light as shot (0) to one light for all (1).";
    Clarity "clarity" CLARITY clarity, "Local contrast.";
    Color "color" COLOR color, "From black and white (0) to colour as contributed (1).";
    MixRed "mix_red" MIX mix[0], "How much red counts in the grey.";
    MixGreen "mix_green" MIX mix[1], "How much green counts in the grey.";
    MixBlue "mix_blue" MIX mix[2], "How much blue counts in the grey.";
    Exposure "exposure" EXPOSURE exposure, "Stops of light.";
    Contrast "contrast" CONTRAST contrast, "From flat (-1) to steep (1).";
    Black "black" BLACK black, "The value that becomes black.";
    White "white" WHITE white, "The value that becomes white, above `black`.";
    Gamma "gamma" GAMMA gamma, "Above 1 lifts the middle greys, below 1 lowers them.";
    Vignette "vignette" VIGNETTE vignette, "How much the wall's corners darken.";
    Grain "grain" GRAIN grain, "Film grain.";
    TintRed "tint_red" TINT tint[0], "Red of what white looks like.";
    TintGreen "tint_green" TINT tint[1], "Green of what white looks like.";
    TintBlue "tint_blue" TINT tint[2], "Blue of what white looks like.";
    Halftone "halftone" HALFTONE halftone, "How far the tones are broken into dots.";
    Dots "dots" DOTS dots, "Dots over a tile's height.";
    Stencil "stencil" STENCIL stencil, "How far the tones are cut into black and white.";
    Threshold "threshold" THRESHOLD threshold, "The level of that cut.";
}

impl LookParameter {
    /// The number of parameters.
    pub const COUNT: usize = Self::ALL.len();

    /// The parameter of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_value_of_its_own_within_its_limits() {
        let plain = Look::default();
        for parameter in LookParameter::ALL {
            assert_eq!(LookParameter::named(parameter.name()), Some(parameter));
            assert!(parameter.range().has(parameter.get(&plain).into()), "{}", parameter.name());
            let mut look = plain;
            parameter.set(&mut look, 7.5);
            let changed = LookParameter::ALL.into_iter().filter(|other| other.get(&look) != other.get(&plain));
            assert_eq!(changed.collect::<Vec<_>>(), [parameter]);
        }
    }
}
