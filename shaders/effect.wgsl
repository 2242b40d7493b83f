
// Put after an effect's own text, which defines
//     fn effect(p: vec2f) -> vec3f
// from (0, 0), upper left, to (1, 1), lower right; encoded R, G, B, 0 to 1.

struct EffectFrame {
    // Width and height in pixels.
    size: vec2f,
    // Seconds of the show, modulo one hour: a 32-bit float keeps no milliseconds of longer times.
    time: f32,
    // Width over height.
    aspect: f32,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
}

@group(0) @binding(0) var<uniform> frame: EffectFrame;
@group(0) @binding(1) var effect_picture: texture_2d<f32>;
@group(0) @binding(2) var effect_sampler: sampler;
@group(0) @binding(3) var effect_noise: texture_2d<f32>;

// The picture so far, encoded; clamped to its edges.
fn picture(p: vec2f) -> vec3f {
    return textureSampleLevel(effect_picture, effect_sampler, p, 0.0).rgb;
}

@vertex
fn effect_vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0);
}

@fragment
fn effect_fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let rgb = clamp(effect(position.xy / frame.size), vec3f(0.0), vec3f(1.0));
    let threshold = textureLoad(effect_noise, vec2i(position.xy) & vec2i(63), 0).r;
    // Black stays black.
    let dither = (threshold * (255.0 / 256.0) + (0.5 / 256.0 - 0.5)) * frame.step;
    return vec4f(select(rgb + dither, vec3f(0.0), rgb == vec3f(0.0)), 1.0);
}
