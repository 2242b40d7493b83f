//! Parts of small pictures, resized.

use millions_resize::{Filter, Part, PixelType, Resizer, Source};

#[test]
fn a_part_is_reduced_to_its_means_by_each_type_of_pixel() {
    let kinds = [PixelType::U8, PixelType::U8x2, PixelType::U8x3, PixelType::U8x4, PixelType::U16x3];
    for pixel in kinds {
        // Columns of 40 and 80 beside a column of 200, which is not in the part.
        let values = [40u16, 80, 200].map(|value| if pixel == PixelType::U16x3 { value * 257 } else { value });
        let channels = pixel.bytes() / if pixel == PixelType::U16x3 { 2 } else { 1 };
        let row = values.iter().flat_map(|value| std::iter::repeat_n(*value, channels));
        let wide: Vec<u16> = row.clone().chain(row).collect();
        // Bytes of 16-bit values begin at an even address where the vector of them does.
        let bytes: Vec<u8> = if pixel == PixelType::U16x3 {
            wide.iter().flat_map(|value| value.to_ne_bytes()).collect()
        } else {
            wide.iter().map(|value| *value as u8).collect()
        };
        let part = Some(Part { x: 0.0, y: 0.0, width: 2.0, height: 2.0 });
        let source = Source { size: [3, 2], bytes: &bytes, part };
        let mean = Resizer::default().resize(source, [1, 1], pixel, Filter::Box).unwrap();
        let expected =
            if pixel == PixelType::U16x3 { (60u16 * 257).to_ne_bytes().repeat(channels) } else { vec![60; channels] };
        assert_eq!(mean, expected, "{pixel:?}");
    }
}

#[test]
fn bytes_of_another_size_and_parts_outside_are_refused() {
    let source = Source { size: [3, 2], bytes: &[0; 5], part: None };
    assert!(Resizer::default().resize(source, [1, 1], PixelType::U8, Filter::Box).is_err());
    let part = Some(Part { x: 2.0, y: 0.0, width: 2.0, height: 2.0 });
    let source = Source { size: [3, 2], bytes: &[0; 6], part };
    assert!(Resizer::default().resize(source, [1, 1], PixelType::U8, Filter::Box).is_err());
}
