// The look: the same arithmetic as crates/wall/src/tone/shade.rs, which explains each step and gives its source.

struct Tone {
    mix: vec3f,
    color: f32,
    scale: f32,
    offset: f32,
    power: f32,
    contrast: f32,
    tint: vec3f,
    grain: f32,
    halftone: f32,
    dots: f32,
    stencil: f32,
    threshold: f32,
    clarity: f32,
    wall_power: f32,
    wall_black: f32,
    wall_range: f32,
    vignette: f32,
}

// A portrait's exposure and white-balance matching; see `ToneCorrection` in crates/wall/src/tone/figures.rs, packed by
// crates/gpu/src/tone_terms.rs.
struct ToneCorrection {
    exposure_matching: f32,
    // Divided by √(1 − veil), so that white stays white.
    gain: f32,
    veil: f32,
    burn: f32,
    knee: f32,
    lift: f32,
    lift_over_knee: f32,
    clarity: f32,
    color: f32,
    gains: vec3f,
}

const LEAST_EDGE: f32 = 0.03;
const AROUND_IS_DARK: f32 = 0.3;

// The weight of a point of the tile, −0.5 to 0.5 each way, as background rather than face, 0 to 1.
fn surroundings(place: vec2f) -> f32 {
    let p = (place + vec2f(0.0, 0.03)) * vec2f(1.0 / 0.62, 1.0 / 0.6);
    let part = clamp((dot(p, p) - 0.25) * (1.0 / 0.75), 0.0, 1.0);
    return part * part * (3.0 - 2.0 * part);
}

// Develops an encoded value as shot: exposure, veil, burnt-in background, highlight shoulder. See `develop`.
fn develop_grey(correction: ToneCorrection, value: f32, around: f32) -> f32 {
    let exposed = max(value * correction.gain, 0.0);
    let clear = min(sqrt(max(exposed * exposed - correction.veil, 0.0)), 1.0);
    let placed = clear - correction.burn * around * clear * (1.0 - clear);
    let above = max(placed - correction.knee, 0.0);
    return min(placed, correction.knee) + above * (1.0 + correction.lift) / (1.0 + correction.lift_over_knee * above);
}

fn develop_color(correction: ToneCorrection, value: vec3f, around: f32) -> vec3f {
    let exposed = max(value * correction.gain, vec3f(0.0));
    let clear = min(sqrt(max(exposed * exposed - correction.veil, vec3f(0.0))), vec3f(1.0));
    let placed = clear - correction.burn * around * clear * (1.0 - clear);
    let above = max(placed - correction.knee, vec3f(0.0));
    return min(placed, vec3f(correction.knee)) + above * (1.0 + correction.lift) / (1.0 + correction.lift_over_knee * above);
}

// The tone curve of the look: levels, gamma, contrast.
fn curve_grey(tone: Tone, value: f32, with_gamma: bool) -> f32 {
    var lifted = clamp(value * tone.scale + tone.offset, 0.0, 1.0);
    if with_gamma {
        lifted = pow(lifted, tone.power);
    }
    return lifted + tone.contrast * (lifted * lifted * (3.0 - 2.0 * lifted) - lifted);
}

fn curve_color(tone: Tone, value: vec3f, with_gamma: bool) -> vec3f {
    var lifted = clamp(value * tone.scale + tone.offset, vec3f(0.0), vec3f(1.0));
    if with_gamma {
        lifted = pow(lifted, vec3f(tone.power));
    }
    return lifted + tone.contrast * (lifted * lifted * (3.0 - 2.0 * lifted) - lifted);
}

// Encoded R, G, B as shot, of luma 0 to 1 and chroma Cb, Cr −0.5 to 0.5 (BT.709).
fn rgb_of(luma: f32, chroma: vec2f) -> vec3f {
    return vec3f(
        luma + 1.5748 * chroma.y,
        luma - 0.187324 * chroma.x - 0.468124 * chroma.y,
        luma + 1.8556 * chroma.x,
    );
}

// Mixes colour down to grey by the look's channel weights; `color` 1 keeps all of it.
fn mixed(tone: Tone, rgb: vec3f, color: f32) -> vec3f {
    let grey = vec3f(dot(rgb, tone.mix));
    return grey + (rgb - grey) * color;
}

// A halftone screen, then a stencil's cut into black and white. `phase` is the position in dots, `slope` the gradient of the grey
// from texel to texel, `around` the weight as background.
fn halftoned(tone: Tone, grey: f32, phase: vec2f, dot_px: f32, slope: f32, around: f32) -> f32 {
    let waves = cos(6.2831853 * phase);
    let threshold = 0.5 + 0.25 * (waves.x + waves.y);
    let dots = clamp((grey - threshold) / max(2.2 / dot_px, LEAST_EDGE) + 0.5, 0.0, 1.0);
    let visible = clamp((dot_px - 2.0) * 0.5, 0.0, 1.0);
    let with_dots = grey + (dots - grey) * tone.halftone * visible;
    let edge = tone.threshold + AROUND_IS_DARK * around;
    let cut = clamp((with_dots - edge) / max(slope, LEAST_EDGE) + 0.5, 0.0, 1.0);
    return with_dots + (cut - with_dots) * tone.stencil;
}

// The output's calibration: gamma, then black and white level.
fn calibrated(tone: Tone, value: vec3f, with_gamma: bool) -> vec3f {
    var shown = value;
    if with_gamma {
        shown = pow(max(value, vec3f(0.0)), vec3f(tone.wall_power));
    }
    return shown * tone.wall_range + tone.wall_black;
}
