// Words: first each letter's coverage, from its distance field, into a picture of coverages, the larger counting where
// letters overlap; then that picture as light, or as a window onto what is there already.

struct Words {
    // The part of the target in which there are letters: left, upper, right, lower edge, 0 to 1.
    area: vec4f,
    // How white the letters are: as the wall shows it, R, G, B.
    color: vec3f,
    opacity: f32,
    // The light map's upper left pixel.
    map_origin: vec2i,
    // Texels of a page's side times the spread of a field, twice.
    range: f32,
}

@group(0) @binding(0) var<uniform> words: Words;
@group(0) @binding(1) var fields: texture_2d_array<f32>;
@group(0) @binding(2) var field_sampler: sampler;
// Of the picture before, for the second step.
@group(0) @binding(3) var coverages: texture_2d<f32>;

// The surface is warped, or not lit in full everywhere.
override STAGED: bool = false;
// The letters are a window: everything else goes dark.
override WINDOW: bool = false;
// The target encodes sRGB itself, so it has to be given linear light.
override TARGET_ENCODES: bool = false;

struct Letter {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
    @location(1) @interpolate(flat) page: u32,
}

@vertex
fn letter_vertex(@location(0) position: vec4f, @location(1) uv: vec2f, @location(2) page: u32) -> Letter {
    return Letter(position, uv, page);
}

@fragment
fn letter_fragment(letter: Letter) -> @location(0) vec4f {
    let inside = textureSampleLevel(fields, field_sampler, letter.uv, letter.page, 0.0).r - 0.5;
    // The distance in pixels that the field's greatest value means, twice: by how much of the page a pixel takes.
    let pixel = abs(determinant(mat2x2f(dpdx(letter.uv), dpdy(letter.uv))));
    return vec4f(clamp(inside * words.range * inverseSqrt(max(pixel, 1e-12)) + 0.5, 0.0, 1.0));
}

@vertex
fn area_vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let place = mix(words.area.xy, words.area.zw, vec2f(f32(index & 1u), f32(index >> 1u)));
    return vec4f(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0);
}

@fragment
fn area_fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let covered = textureLoad(coverages, vec2i(position.xy), 0).r;
    var color = vec4f(words.color, 1.0) * (covered * words.opacity);
    if WINDOW {
        color = vec4f(0.0, 0.0, 0.0, words.opacity * (1.0 - covered));
    }
    if STAGED {
        color = on_stage(color, position.xy, words.map_origin);
    }
    if TARGET_ENCODES && color.a > 0.0 {
        let rgb = color.rgb / color.a;
        let light = select(pow((rgb + 0.055) / 1.055, vec3f(2.4)), rgb / 12.92, rgb <= vec3f(0.04045));
        color = vec4f(light * color.a, color.a);
    }
    return color;
}
