// Copies an output's picture, pixel for pixel, to a window's surface of another format.

@group(0) @binding(0) var picture: texture_2d<f32>;

// One step of the surface's depth where that is coarser than the picture's, else 0.
override STEP: f32 = 0.0;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let encoded = textureLoad(picture, vec2i(position.xy), 0).rgb;
    // Interleaved gradient noise (Jimenez 2014).
    let threshold = fract(52.9829189 * fract(dot(floor(position.xy), vec2f(0.06711056, 0.00583715))));
    // Black stays black: a card may round just under half a step up.
    let dither = select(vec3f((threshold - 0.5) * STEP), vec3f(0.0), encoded == vec3f(0.0));
    let dithered = clamp(encoded + dither, vec3f(0.0), vec3f(1.0));
    if TARGET_ENCODES {
        return vec4f(decode_srgb(dithered), 1.0);
    }
    return vec4f(dithered, 1.0);
}
