// The wall: each pixel of a row strip looks up its cell, and the cell's tile in its slot.
//
// The mesh is cut along the rows (crates/wall/src/strips.rs), so a pixel's place in its row's loop is interpolated.
// tone.wgsl, stage.wgsl and colour.wgsl are put after this file.

struct Frame {
    // A cell's size in tiles, each way.
    cell_in_tiles: vec2f,
    // 0 in a blackout, else 1.
    light: f32,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
    // Changes with the picture of the grain.
    grain_seed: u32,
    // 1 where the rows stand upright.
    columns: u32,
    // The output mask's upper left pixel.
    mask_origin: vec2i,
    // The mask's values at all pixels that are drawn, with UNIFORM_MASK.
    gain: f32,
    black_offset: f32,
    coverage: f32,
    // The least texels that a pixel wants.
    texels_a_pixel: f32,
    // The distance from tile to tile, in tiles; for sprites endless.
    period: vec2f,
    // The target's upper left pixel in the whole picture: not 0 in a part of a poster.
    target_origin: vec2i,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> tone: Tone;
// Tiles in one light: exposure-matched luma, and local contrast as `local_contrast` reads it.
@group(0) @binding(2) var matched_tiles: texture_2d_array<f32>;
// Tiles as shot: luma, and luma without the colour cast.
@group(0) @binding(3) var shot_tiles: texture_2d_array<f32>;
@group(0) @binding(4) var tile_sampler: sampler;
// A cell's word: x and y of its tile in 8 texels (8 bits each), the layer (8 bits), the tile's level (3 bits: 8 texels a side,
// 16, 32 …), and by how much coarser it is read at the least, in quarters of a level (5 bits); all ones for no tile.
@group(0) @binding(5) var<storage, read> cells: array<u32>;
// Read only WITH_DETAILS: a visible cell's presence (10 bits); and with OVER its opacity (10 bits), how far its
// tile is turned towards the viewer (10 bits), and 1 for a cell of rows, whose gap is opaque too, 0 for a sprite.
@group(0) @binding(6) var<storage, read> details: array<u32>;
// Read only WITH_TONE_TERMS: a cell's `ToneCorrection`, packed by crates/gpu/src/tone_terms.rs.
@group(0) @binding(7) var<storage, read> tone_terms: array<vec4u>;
@group(0) @binding(8) var blue_noise: texture_2d<f32>;
@group(0) @binding(10) var repeat_sampler: sampler;
// Cb and Cr, of half as many texels each way.
@group(0) @binding(11) var chroma_tiles: texture_2d_array<f32>;

override WITH_CHROMA: bool = false;
override WITH_DETAILS: bool = false;
// Each cell has exposure matching and colour of its own.
override WITH_TONE_TERMS: bool = false;
// Local contrast, with the terms of each cell.
override WITH_CLARITY: bool = false;
// Full exposure matching for all, in grey, as the tiles hold it already.
override PREMATCHED: bool = false;
// A gamma other than 1. A constant: a driver would compute both sides of so short a branch.
override WITH_GAMMA: bool = false;
// A halftone screen, or a stencil's cut into black and white.
override WITH_HALFTONE: bool = false;
// Grain, or a tint.
override WITH_GRAIN: bool = false;
// Blended over what is drawn already, by the opacity of each cell.
override OVER: bool = false;
// The surface is warped, or has an output mask.
override STAGED: bool = false;
// Four samples a pixel, of a level that is finer by half a mip: for what has the bandwidth.
override SUPERSAMPLED: bool = false;
// The output mask has one value at all pixels that are drawn.
override UNIFORM_MASK: bool = false;

// The side of a layer of the tile cache, 2048 texels, as a power of two.
const LAYER_SIDE_LOG2: u32 = 11u;
const NO_TILE: u32 = 0xffffffffu;

struct Strip {
    @builtin(position) position: vec4f,
    @location(0) in_row: vec2f,
    @location(1) from_centre: vec2f,
    // The row's first cell in `cells`, the number of its cells, the first of them that is visible, and that one's place among
    // the visible cells; of a strip of one cell its word, 0, 0 and its place.
    @location(2) @interpolate(flat) loop_cells: vec4u,
    // The side in texels at which the tiles are read, as a power of two.
    @location(3) @interpolate(flat) wanted_log2: f32,
    // The tile's size on the output, in pixels.
    @location(4) @interpolate(flat) tile_px: vec2f,
    // How far from the left, upper, right and lower edge the tile fades in, in tiles.
    @location(5) @interpolate(flat) feather: vec4f,
}

@vertex
fn vertex(
    @location(0) position: vec4f,
    @location(1) from_centre: vec2f,
    @location(2) in_row: vec2f,
    @location(3) loop_cells: vec4u,
    @location(4) wanted_log2: f32,
    @location(5) tile_px: vec2f,
    @location(6) feather: vec4f,
) -> Strip {
    return Strip(position, in_row, from_centre, loop_cells, wanted_log2, tile_px, feather);
}

// Film grain, before it is weighted by the middle greys. The sum of two halves of one hash (multiply-xorshift, after
// Wellons' "Prospecting for Hash Functions"): a triangular distribution, so most grains are faint.
fn grain(p: vec2f) -> f32 {
    var hash = u32(p.x) * 0x9e3779b1u ^ u32(p.y) * 0x85ebca77u ^ frame.grain_seed;
    hash = (hash ^ (hash >> 15u)) * 0x2c1b3c6du;
    hash ^= hash >> 12u;
    let speck = f32(hash & 0xffffu) + f32(hash >> 16u) - 65535.0;
    return speck * (0.3 / 65535.0) * tone.grain;
}

fn tone_correction(index: u32) -> ToneCorrection {
    let words = tone_terms[index * 2u];
    let gain_veil = unpack2x16float(words.x);
    let matching_burn = unpack2x16float(words.y);
    let knee_lift = unpack2x16float(words.z);
    let clarity_shoulder = unpack2x16float(words.w);
    var correction: ToneCorrection;
    correction.exposure_matching = matching_burn.x;
    correction.gain = gain_veil.x;
    correction.veil = gain_veil.y;
    correction.burn = matching_burn.y;
    correction.knee = knee_lift.x;
    correction.lift = knee_lift.y;
    correction.lift_over_knee = clarity_shoulder.y;
    correction.clarity = clarity_shoulder.x;
    if WITH_CHROMA {
        let more = tone_terms[index * 2u + 1u];
        let blue_color = unpack2x16float(more.y);
        correction.gains = vec3f(unpack2x16float(more.x), blue_color.x);
        correction.color = blue_color.y;
    }
    return correction;
}

// Where a cell's tile lies, and the mip that it is read at. Lengths are in layers: a layer is 1 wide at each mip.
struct Slot {
    origin: vec2f,
    side: f32,
    // A texel of the coarsest mip that is read.
    texel: f32,
    layer: u32,
    // A fraction blends two mips.
    mip: f32,
    // The mip of a single texel.
    last_mip: f32,
}

// 2 to the power of an integer, by its bits (IEEE 754 binary32): a rasteriser on the CPU divides slowly.
fn power_of_two(exponent: i32) -> f32 {
    return bitcast<f32>(u32(exponent + 127) << 23u);
}

// The inverse of a power of two, by its bits.
fn inverse_of_power(power: f32) -> f32 {
    return bitcast<f32>((254u << 23u) - bitcast<u32>(power));
}

// The logarithm to base 2, within 0.09, and exact for powers of two: the exponent, and the mantissa in place of its logarithm.
fn rough_log2(value: f32) -> f32 {
    return f32(bitcast<u32>(value)) * (1.0 / 8388608.0) - 127.0;
}

fn slot_of(cell: u32, wanted_log2: f32) -> Slot {
    let level_log2 = i32((cell >> 24u) & 7u) + 3;
    let fade = f32(cell >> 27u) * 0.25;
    let mip = clamp(f32(level_log2) - wanted_log2, fade, f32(level_log2));
    let texel = power_of_two(i32(ceil(mip)) - i32(LAYER_SIDE_LOG2));
    let origin = vec2f(f32(cell & 0xffu), f32((cell >> 8u) & 0xffu)) * power_of_two(3 - i32(LAYER_SIDE_LOG2));
    let side = power_of_two(level_log2 - i32(LAYER_SIDE_LOG2));
    return Slot(origin, side, texel, (cell >> 16u) & 0xffu, mip, f32(level_log2));
}

// The texture coordinates of a place in the tile. Half a texel from the slot's edge is as far as a bilinear sample stays inside
// it. In whole 256ths of a texel, which is as fine as samplers are, and which makes the picture the same wherever a tile lies.
fn tile_uv(slot: Slot, from_middle: vec2f, texel: f32) -> vec2f {
    let place = clamp((from_middle + 0.5) * slot.side, vec2f(0.5 * texel), vec2f(slot.side - 0.5 * texel));
    let step = texel * (1.0 / 256.0);
    return slot.origin + round(place * inverse_of_power(step)) * step;
}

fn sample_texel(plane: texture_2d_array<f32>, slot: Slot, from_middle: vec2f) -> vec2f {
    return sample_uv(plane, slot, tile_uv(slot, from_middle, slot.texel));
}

// A tile's channels at a pixel whose middle is `from_middle`, where a pixel is `pixel` tiles large.
fn sample_tile(plane: texture_2d_array<f32>, slot: Slot, from_middle: vec2f, pixel: vec2f) -> vec2f {
    if !SUPERSAMPLED {
        return sample_texel(plane, slot, from_middle);
    }
    // In the middles of the pixel's quarters, all as far inside the slot as `tile_uv` is.
    let reach = vec2f(0.5 * (slot.side - slot.texel));
    let quarter = min(pixel * (0.25 * slot.side), reach);
    let middle = slot.origin + 0.5 * slot.side + clamp(from_middle * slot.side, quarter - reach, reach - quarter);
    let low = middle - quarter;
    let high = middle + quarter;
    return (sample_uv(plane, slot, low) + sample_uv(plane, slot, high)
        + sample_uv(plane, slot, vec2f(low.x, high.y)) + sample_uv(plane, slot, vec2f(high.x, low.y))) * 0.25;
}

fn sample_uv(plane: texture_2d_array<f32>, slot: Slot, uv: vec2f) -> vec2f {
    return textureSampleLevel(plane, tile_sampler, uv, slot.layer, slot.mip).rg;
}

// A tile's local contrast, of what `matched_tiles` hold of it: how much brighter it is than its surroundings.
fn local_contrast(matched: vec2f) -> f32 {
    return (matched.g - 128.0 / 255.0) * 2.0;
}

// The same for chroma, of half as many texels; for a tile of one texel that of the mip before.
fn sample_chroma(slot: Slot, from_middle: vec2f) -> vec2f {
    let mip = min(slot.mip, slot.last_mip - 1.0);
    let texel = power_of_two(i32(ceil(mip)) + 1 - i32(LAYER_SIDE_LOG2));
    return textureSampleLevel(chroma_tiles, tile_sampler, tile_uv(slot, from_middle, texel), slot.layer, mip).rg
        - 128.0 / 255.0;
}

// How much of a pixel tiles cover, each way: a box filter one pixel wide over this tile and those beside it, exact for tiles of half
// a pixel and more. With the next ones left out, pixels between two would be too dark, and small tiles would beat with the pixels.
fn covered(from_middle: vec2f, period: vec2f, tile_px: vec2f) -> vec2f {
    let place = abs(from_middle) * tile_px;
    let edge = 0.5 * tile_px + 0.5;
    let next_edge = edge - period * tile_px;
    let own = min(clamp(edge - place, vec2f(0.0), vec2f(1.0)), tile_px);
    return own + clamp(next_edge + place, vec2f(0.0), vec2f(1.0)) + clamp(next_edge - place, vec2f(0.0), vec2f(1.0));
}

// An ordered dither with a blue-noise threshold map, in steps of the output, −0.5 to 0.5.
fn dither(pixel: vec2f) -> f32 {
    let threshold = textureSampleLevel(blue_noise, repeat_sampler, pixel * (1.0 / 64.0), 0.0).r;
    return threshold * (255.0 / 256.0) + (0.5 / 256.0 - 0.5);
}

@fragment
fn fragment(strip: Strip) -> @location(0) vec4f {
    var column = 0.0;
    var cell = strip.loop_cells.x;
    if strip.loop_cells.y > 0u {
        column = floor(strip.in_row.x);
        // A window may go on from the loop's end at its beginning.
        let in_loop = strip.loop_cells.z + u32(column);
        cell = cells[strip.loop_cells.x + in_loop - select(0u, strip.loop_cells.y, in_loop >= strip.loop_cells.y)];
    }
    let index = strip.loop_cells.w + u32(column);
    let in_row = vec2f(strip.in_row.x - column, strip.in_row.y);
    // From the tile's middle, in tiles: the tile is −0.5 to 0.5, the gap is outside.
    var from_middle = (select(in_row, in_row.yx, frame.columns == 1u) - 0.5) * frame.cell_in_tiles;
    var tile_px = strip.tile_px;
    var wanted_log2 = strip.wanted_log2;
    if STAGED {
        // In perspective a tile's size in pixels varies: it follows from the screen-space derivatives.
        let derivatives = abs(vec4f(dpdx(strip.in_row), dpdy(strip.in_row)));
        let cells = vec2f(length(derivatives.xz), length(derivatives.yw));
        tile_px = 1.0 / max(select(cells, cells.yx, frame.columns == 1u) * frame.cell_in_tiles, vec2f(0.00001));
        // As `Sampling::read_log2` in crates/gpu/src/wanted_tiles.rs.
        let side_log2 = rough_log2(max(tile_px.x, tile_px.y) * frame.texels_a_pixel);
        let mip = round(side_log2);
        wanted_log2 = mip + clamp((side_log2 - mip) * 4.0 + select(0.0, 1.0, mip > 2.0), 0.0, 1.0);
    }

    var presence = select(frame.light, 0.0, cell == NO_TILE);
    var opacity = 1.0;
    var gap = 1.0;
    var period = frame.period;
    if WITH_DETAILS {
        let detail = details[index];
        presence *= f32(detail & 0x3ffu) / 1023.0;
        if OVER {
            opacity = f32((detail >> 10u) & 0x3ffu) / 1023.0;
            // Turned about its upright axis, a tile is as much narrower.
            let turned = max(f32((detail >> 20u) & 0x3ffu) / 1023.0, 0.001);
            from_middle.x /= turned;
            tile_px.x *= turned;
            period.x /= turned;
            gap = f32(detail >> 30u) * smoothstep(0.6, 1.0, turned);
        }
    }

    let slot = slot_of(cell, wanted_log2);
    let pixel = 1.0 / tile_px;
    var matched: vec2f;
    if PREMATCHED || WITH_CLARITY {
        matched = sample_tile(matched_tiles, slot, from_middle, pixel);
    }
    var shot: vec2f;
    if !PREMATCHED {
        shot = sample_tile(shot_tiles, slot, from_middle, pixel);
    }

    let coverage = covered(from_middle, period, tile_px);
    let vignette = 1.0 - tone.vignette * dot(strip.from_centre, strip.from_centre);
    var inside = coverage.x * coverage.y;
    if OVER {
        let edges = vec4f(0.5 + from_middle, 0.5 - from_middle);
        let feathered = smoothstep(vec4f(0.0), max(strip.feather, vec4f(0.0001)), edges);
        // An edge without a feather is as soft as its pixels are large.
        let faded = select(vec4f(1.0), feathered, strip.feather > vec4f(0.0));
        inside *= faded.x * faded.y * faded.z * faded.w * opacity;
    }
    let light = presence * inside * vignette;

    var correction: ToneCorrection;
    var around = 0.0;
    var detail = 0.0;
    if WITH_TONE_TERMS || WITH_HALFTONE {
        around = surroundings(from_middle);
    }
    if WITH_TONE_TERMS {
        correction = tone_correction(index);
        if WITH_CLARITY {
            detail = correction.clarity * local_contrast(matched);
        }
    }
    var rgb: vec3f;
    if WITH_CHROMA {
        rgb = rgb_of(shot.r, sample_chroma(slot, from_middle));
        if WITH_TONE_TERMS {
            rgb = mixed(tone, rgb * (1.0 + (correction.gains - 1.0) * correction.exposure_matching), correction.color);
            rgb = develop_color(correction, rgb, around) + detail;
        } else {
            rgb = mixed(tone, rgb, tone.color);
        }
        rgb = curve_color(tone, rgb, WITH_GAMMA);
    } else {
        var grey = shot.r;
        if WITH_TONE_TERMS {
            grey = develop_grey(correction, grey + (shot.g - grey) * correction.exposure_matching, around) + detail;
        }
        if PREMATCHED {
            grey = matched.r + tone.clarity * local_contrast(matched);
        }
        rgb = vec3f(curve_grey(tone, grey, WITH_GAMMA));
    }
    if WITH_HALFTONE {
        // The screen is fixed to the tile, at the 45° of print.
        let in_heights = from_middle * vec2f(tile_px.x / tile_px.y, 1.0);
        let phase = vec2f(in_heights.x + in_heights.y, in_heights.x - in_heights.y) * (tone.dots * 0.70710678);
        let grey = dot(rgb, vec3f(0.2126, 0.7152, 0.0722));
        // The slope to the next pixels in the tile: a derivative would be wrong along the edges of the mesh.
        let right = from_middle + vec2f(pixel.x, 0.0);
        let below = from_middle + vec2f(0.0, pixel.y);
        var steepness = tone.scale * (1.0 + 0.5 * max(tone.contrast, 0.0));
        if WITH_TONE_TERMS {
            steepness *= correction.gain * (1.0 + 0.5 * correction.lift) * (1.0 + correction.clarity);
        }
        var here = shot.r;
        var next: vec2f;
        if PREMATCHED {
            here = matched.r;
            next = vec2f(sample_texel(matched_tiles, slot, right).r, sample_texel(matched_tiles, slot, below).r);
            steepness *= 1.0 + tone.clarity;
        } else {
            next = vec2f(sample_texel(shot_tiles, slot, right).r, sample_texel(shot_tiles, slot, below).r);
        }
        let rise = abs(next - here);
        let slope = (rise.x + rise.y) * steepness;
        let inked = halftoned(tone, grey, phase, tile_px.y / tone.dots, slope, around);
        // In colour, ink and paper keep the hue.
        rgb = clamp(rgb + (inked - grey), vec3f(0.0), vec3f(1.0));
    }
    if WITH_GRAIN {
        rgb = clamp(rgb + grain(strip.position.xy + vec2f(frame.target_origin)) * (rgb * (1.0 - rgb) + 0.05), vec3f(0.0), vec3f(1.0));
    }
    if WITH_CHROMA || WITH_GRAIN {
        rgb = calibrated(tone, rgb, WITH_GAMMA) * light * tone.tint;
    } else if WITH_GAMMA {
        rgb = vec3f(calibrated(tone, rgb, true).r * light);
    } else {
        rgb = vec3f((rgb.r * tone.wall_range + tone.wall_black) * light);
    }
    var color = vec4f(rgb, 1.0);
    if OVER {
        color.a = max(inside, gap * opacity);
    }
    if UNIFORM_MASK {
        color = apply_mask_texel(color, frame.gain, frame.black_offset, frame.coverage);
    } else if STAGED {
        color = apply_output_mask(color, strip.position.xy, frame.mask_origin);
    }
    let dithered = color.rgb + dither(strip.position.xy) * frame.step;
    if TARGET_ENCODES {
        // Black stays black: a card may round just under half a step up when it encodes.
        return vec4f(select(decode_srgb(max(dithered, vec3f(0.0))), vec3f(0.0), color.rgb == vec3f(0.0)), color.a);
    }
    return vec4f(dithered, color.a);
}
