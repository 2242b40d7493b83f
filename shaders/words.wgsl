// Words: first each letter's coverage, from its distance field, into a picture of coverages, the larger counting where
// letters overlap; then that picture as light, or as a window onto what is there already.

struct Words {
    // The part of the target in which there are letters: left, upper, right, lower edge, 0 to 1.
    area: vec4f,
    // How white the letters are: as the wall shows it, R, G, B.
    color: vec3f,
    opacity: f32,
}

@group(0) @binding(0) var<uniform> words: Words;
@group(0) @binding(1) var fields: texture_2d_array<f32>;
@group(0) @binding(2) var field_sampler: sampler;
// Of the picture before, for the second step.
@group(0) @binding(3) var coverages: texture_2d<f32>;

// The letters are a window: everything else goes dark.
override WINDOW: bool = false;
// The target encodes sRGB itself, so it has to be given linear light.
override TARGET_ENCODES: bool = false;

struct Letter {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
    // The distance in pixels that the field's greatest value means, twice.
    @location(1) @interpolate(flat) range_px: f32,
    @location(2) @interpolate(flat) page: u32,
}

@vertex
fn letter_vertex(
    @location(0) position: vec2f,
    @location(1) uv: vec2f,
    @location(2) range_px: f32,
    @location(3) page: u32,
) -> Letter {
    return Letter(vec4f(position, 0.0, 1.0), uv, range_px, page);
}

@fragment
fn letter_fragment(letter: Letter) -> @location(0) vec4f {
    let inside = textureSampleLevel(fields, field_sampler, letter.uv, letter.page, 0.0).r - 0.5;
    return vec4f(clamp(inside * letter.range_px + 0.5, 0.0, 1.0));
}

@vertex
fn area_vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let place = mix(words.area.xy, words.area.zw, vec2f(f32(index & 1u), f32(index >> 1u)));
    return vec4f(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0);
}

@fragment
fn area_fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let covered = textureLoad(coverages, vec2i(position.xy), 0).r;
    if WINDOW {
        // Multiplied with what is there.
        return vec4f(1.0 - words.opacity * (1.0 - covered));
    }
    var rgb = words.color;
    if TARGET_ENCODES {
        rgb = select(pow((rgb + 0.055) / 1.055, vec3f(2.4)), rgb / 12.92, rgb <= vec3f(0.04045));
    }
    return vec4f(rgb, 1.0) * (covered * words.opacity);
}
