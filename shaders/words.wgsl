// Words, in two passes: each letter's coverage from its distance field into a coverage texture, the maximum where letters
// overlap; then that texture in a colour, or as a cut-out through which what is drawn already shows.
// stage.wgsl and colour.wgsl are put after this file.

struct Words {
    // The part of the target in which there are letters: left, upper, right, lower edge, 0 to 1.
    area: vec4f,
    // Of the letters, as the wall shows it: encoded R, G, B.
    color: vec3f,
    opacity: f32,
    // The output mask's upper left pixel.
    mask_origin: vec2i,
    // Twice a field's spread, as a part of the side of an atlas layer.
    range: f32,
}

@group(0) @binding(0) var<uniform> words: Words;
@group(0) @binding(1) var field_atlas: texture_2d_array<f32>;
@group(0) @binding(2) var field_sampler: sampler;
// Written by the first pass, read by the second.
@group(0) @binding(3) var coverages: texture_2d<f32>;

// The surface is warped, or has an output mask.
override STAGED: bool = false;
// The letters are cut out of black.
override CUT_OUT: bool = false;

struct Letter {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
    @location(1) @interpolate(flat) layer: u32,
}

@vertex
fn letter_vertex(@location(0) position: vec4f, @location(1) uv: vec2f, @location(2) layer: u32) -> Letter {
    return Letter(position, uv, layer);
}

@fragment
fn letter_fragment(letter: Letter) -> @location(0) vec4f {
    let inside = textureSampleLevel(field_atlas, field_sampler, letter.uv, letter.layer, 0.0).r - 0.5;
    // The area of a pixel in the atlas layer, which scales the field's distances to pixels.
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
    if CUT_OUT {
        color = vec4f(0.0, 0.0, 0.0, words.opacity * (1.0 - covered));
    }
    if STAGED {
        color = apply_output_mask(color, position.xy, words.mask_origin);
    }
    if TARGET_ENCODES && color.a > 0.0 {
        let rgb = color.rgb / color.a;
        color = vec4f(decode_srgb(rgb) * color.a, color.a);
    }
    return color;
}
