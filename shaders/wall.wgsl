// The wall: each pixel of a row strip finds its cell, and the cell's tile in the pages.
//
// The mesh comes cut along the rows (src/wall/strips.rs), so a pixel knows its place in its row's loop by
// interpolation. tone.wgsl is put after this file.

struct Frame {
    // The slot that a tile of this plan has, in 256ths of a texel of luma.
    slot_size: vec2f,
    // A cell's size in tiles, each way.
    cell_in_tiles: vec2f,
    // The tile's size on the output, in pixels.
    tile_px: vec2f,
    // 0 in a blackout, else 1.
    light: f32,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
    // Changes with the picture of the grain.
    grain_seed: u32,
    padding: u32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> tone: Tone;
@group(0) @binding(2) var luma_pages: texture_2d_array<f32>;
@group(0) @binding(3) var chroma_pages: texture_2d_array<f32>;
@group(0) @binding(4) var page_sampler: sampler;
// A cell's word: x and y of its slot in texels (11 bits each), then the page (10 bits).
@group(0) @binding(5) var<storage, read> cells: array<u32>;
// Read only WITH_DETAILS: width and height of the cell's own slot (11 bits each), then its presence (10 bits), which is
// 0 where nobody stands.
@group(0) @binding(6) var<storage, read> details: array<u32>;

override WITH_CHROMA: bool = false;
override WITH_DETAILS: bool = false;
// A gamma other than 1. A constant, for a driver would compute both sides of so short a branch.
override WITH_GAMMA: bool = false;
// Grain, or a tint.
override WITH_GRAIN: bool = false;
// The target encodes sRGB itself, so it has to be given linear light.
override TARGET_ENCODES: bool = false;

const PAGE_SIDE: f32 = 2048.0;

struct Strip {
    @builtin(position) position: vec4f,
    @location(0) in_row: vec2f,
    @location(1) from_centre: vec2f,
    @location(2) @interpolate(flat) first_cell: u32,
}

@vertex
fn vertex(
    @location(0) position: vec4f,
    @location(1) from_centre: vec2f,
    @location(2) in_row: vec2f,
    @location(3) first_cell: u32,
) -> Strip {
    return Strip(position, in_row, from_centre, first_cell);
}

// Silver shows its grain in the middle greys; what this gives is still to be weighed by them. The sum of two halves of
// one hash (a multiply-xorshift one, after Wellons' "Prospecting for Hash Functions"), so that most grains are faint.
fn grain(p: vec2f) -> f32 {
    var hash = u32(p.x) * 0x9e3779b1u ^ u32(p.y) * 0x85ebca77u ^ frame.grain_seed;
    hash = (hash ^ (hash >> 15u)) * 0x2c1b3c6du;
    hash ^= hash >> 12u;
    let speck = f32(hash & 0xffffu) + f32(hash >> 16u) - 65535.0;
    return speck * (0.3 / 65535.0) * tone.tint_grain.w;
}

fn decode_srgb(encoded: vec3f) -> vec3f {
    return select(pow((encoded + 0.055) / 1.055, vec3f(2.4)), encoded / 12.92, encoded <= vec3f(0.04045));
}

@fragment
fn fragment(strip: Strip) -> @location(0) vec4f {
    let column = floor(strip.in_row.x);
    let index = strip.first_cell + u32(column);
    let cell = cells[index];
    // From the tile's middle, in tiles: the tile is −0.5 to 0.5, the gap is outside.
    let from_middle = (vec2f(strip.in_row.x - column, strip.in_row.y) - 0.5) * frame.cell_in_tiles;

    var slot_size = frame.slot_size;
    var presence = frame.light;
    if WITH_DETAILS {
        let detail = details[index];
        slot_size = vec2f(f32((detail & 0x7ffu) << 8u), f32((detail >> 3u) & 0x7ff00u));
        presence *= f32(detail >> 22u) / 1023.0;
    }

    // Half a texel from the slot's edge is as far as a bilinear sample stays inside it. In whole 256ths of a texel, which
    // is as fine as samplers are, and which makes the picture the same wherever in the pages a tile happens to lie.
    let origin = vec2f(f32((cell & 0x7ffu) << 8u), f32((cell >> 3u) & 0x7ff00u));
    let texel = round(clamp((from_middle + 0.5) * slot_size, vec2f(128.0), slot_size - 128.0));
    let uv = (origin + texel) * (1.0 / (256.0 * PAGE_SIDE));
    let page = cell >> 22u;
    let luma = textureSampleLevel(luma_pages, page_sampler, uv, page, 0.0).r;

    // How much of the pixel the tile covers: the pixel is a box one pixel wide about its middle.
    let covered = clamp((0.5 - abs(from_middle)) * frame.tile_px + 0.5, vec2f(0.0), vec2f(1.0));
    let dimmed = 1.0 - tone.vignette * dot(strip.from_centre, strip.from_centre);
    let light = presence * covered.x * covered.y * dimmed;

    // A screen's pattern, not noise: its blue spectrum hides it (Jimenez, "Next Generation Post Processing in Call of
    // Duty: Advanced Warfare": interleaved gradient noise).
    let dither =
        (fract(52.9829189 * fract(dot(strip.position.xy, vec2f(0.06711056, 0.00583715)))) - 0.5) * frame.step;

    var rgb: vec3f;
    if WITH_CHROMA {
        let half_size = slot_size * 0.5;
        let half_texel = round(clamp((from_middle + 0.5) * half_size, vec2f(128.0), half_size - 128.0));
        let chroma_uv = (origin * 0.5 + half_texel) * (2.0 / (256.0 * PAGE_SIDE));
        let chroma = textureSampleLevel(chroma_pages, page_sampler, chroma_uv, page, 0.0).rg - 128.0 / 255.0;
        rgb = curve_color(tone, luma, chroma, WITH_GAMMA);
        if WITH_GRAIN {
            rgb = clamp(rgb + grain(strip.position.xy) * (rgb * (1.0 - rgb) + 0.05), vec3f(0.0), vec3f(1.0));
        }
        rgb = rgb * light;
    } else {
        var grey = curve_grey(tone, luma, WITH_GAMMA);
        if WITH_GRAIN {
            grey = clamp(grey + grain(strip.position.xy) * (grey * (1.0 - grey) + 0.05), 0.0, 1.0);
        }
        rgb = vec3f(grey * light);
    }
    if WITH_CHROMA || WITH_GRAIN {
        rgb = rgb * tone.tint_grain.rgb + dither;
    } else {
        rgb = vec3f(rgb.r + dither);
    }
    if TARGET_ENCODES {
        rgb = decode_srgb(max(rgb, vec3f(0.0)));
    }
    return vec4f(rgb, 1.0);
}
