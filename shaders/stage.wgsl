// The output mask of a surface, pixel by pixel: what its shape, masks, soft edges and black level leave of a picture. Put
// after the shaders of all that is drawn on a stage. The twin of `MaskTexel::finish` in the stage crate.

// Gain, a quarter of the black offset, coverage.
@group(0) @binding(9) var output_mask: texture_2d<f32>;

// Masks a premultiplied colour as the surface shows it at a pixel; `origin` is the mask's upper left pixel. Applied to
// each of several layers over one another, this comes to the same as once at the end.
fn apply_output_mask(color: vec4f, pixel: vec2f, origin: vec2i) -> vec4f {
    let texel = textureLoad(output_mask, vec2i(pixel) - origin, 0);
    return apply_mask_texel(color, texel.r, texel.g * 0.25, texel.b);
}

// The same with the gain, black offset and coverage of a pixel.
fn apply_mask_texel(color: vec4f, gain: f32, black_offset: f32, coverage: f32) -> vec4f {
    return vec4f(color.rgb * gain + black_offset * color.a, color.a * coverage);
}
