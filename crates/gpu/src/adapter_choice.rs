//! The choice of a graphics adapter. See [`DriverChoice`].

use wgpu::{AdapterInfo, Backend, DeviceType};

/// Which driver draws, of those that can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriverChoice {
    /// That of the fastest adapter.
    #[default]
    Usual,
    /// Another than that: another backend of a graphics card, or another card. Where there is none, the usual one.
    Other,
    /// A rasteriser on the processor. Where there is none, any.
    Software,
}

/// What is known of an adapter, by which it is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub kind: DeviceType,
    pub backend: Backend,
}

impl From<AdapterInfo> for Candidate {
    fn from(info: AdapterInfo) -> Self {
        Self { name: info.name, kind: info.device_type, backend: info.backend }
    }
}

impl DriverChoice {
    /// Whether adapters of OpenGL are looked for as well, which takes a second.
    pub const fn takes_every_backend(self) -> bool {
        !matches!(self, Self::Usual)
    }

    /// Returns the places of adapters in the order in which they are tried, of those whose name contains `name`, as far as
    /// there are such. In [`Self::Software`] the name does not count.
    pub fn order(self, adapters: &[Candidate], name: Option<&str>) -> Vec<usize> {
        let wanted = name.filter(|_| self != Self::Software).map(str::to_lowercase);
        let is_named =
            |index: &usize| wanted.as_ref().is_none_or(|wanted| adapters[*index].name.to_lowercase().contains(wanted));
        let mut order: Vec<_> = (0..adapters.len()).filter(is_named).collect();
        order.sort_by_key(|index| (is_gl(&adapters[*index]), speed(adapters[*index].kind)));
        let Some(usual) = order.first().copied() else { return order };
        let is_software = |index: usize| adapters[index].kind == DeviceType::Cpu;
        match self {
            Self::Usual => {}
            Self::Other => order.sort_by_key(|index| {
                let is_usual = *index == usual;
                let other_backend = adapters[*index].backend != adapters[usual].backend;
                (is_software(*index) && !is_software(usual), is_usual, !other_backend)
            }),
            Self::Software => order.sort_by_key(|index| !is_software(*index)),
        }
        order
    }
}

const fn is_gl(adapter: &Candidate) -> bool {
    matches!(adapter.backend, Backend::Gl)
}

const fn speed(kind: DeviceType) -> u8 {
    match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, kind: DeviceType, backend: Backend) -> Candidate {
        Candidate { name: name.to_owned(), kind, backend }
    }

    fn names(choice: DriverChoice, adapters: &[Candidate], name: Option<&str>) -> Vec<String> {
        let of = |index: usize| format!("{} {:?}", adapters[index].name, adapters[index].backend);
        choice.order(adapters, name).into_iter().map(of).collect()
    }

    /// Defends that a driver which hung is not taken again at once, and that the processor is the last resort before it is asked for.
    #[test]
    fn the_other_driver_is_another_backend_and_then_another_card() {
        use DeviceType::{Cpu, DiscreteGpu, IntegratedGpu, Other};
        let adapters = [
            candidate("llvmpipe", Cpu, Backend::Vulkan),
            candidate("inside", IntegratedGpu, Backend::Vulkan),
            candidate("card", DiscreteGpu, Backend::Vulkan),
            candidate("card (GL)", Other, Backend::Gl),
        ];
        let usual = ["card Vulkan", "inside Vulkan", "llvmpipe Vulkan", "card (GL) Gl"];
        assert_eq!(names(DriverChoice::Usual, &adapters, None), usual);
        let other = ["card (GL) Gl", "inside Vulkan", "card Vulkan", "llvmpipe Vulkan"];
        assert_eq!(names(DriverChoice::Other, &adapters, None), other);
        assert_eq!(names(DriverChoice::Software, &adapters, Some("card"))[0], "llvmpipe Vulkan");
        assert_eq!(names(DriverChoice::Other, &adapters, Some("CARD")), ["card (GL) Gl", "card Vulkan"]);
        let alone = [candidate("card", DiscreteGpu, Backend::Vulkan)];
        for choice in [DriverChoice::Usual, DriverChoice::Other, DriverChoice::Software] {
            assert_eq!(names(choice, &alone, None), ["card Vulkan"], "there is nothing else");
        }
        let software = [candidate("llvmpipe", Cpu, Backend::Vulkan), candidate("llvmpipe", Cpu, Backend::Gl)];
        assert_eq!(names(DriverChoice::Other, &software, None)[0], "llvmpipe Gl");
    }
}
