// The look, live. The twin of src/tone.rs: `shade` and `curve` there say what each step means.

struct Tone {
    grey_from_chroma: vec2f,
    color: f32,
    scale: f32,
    offset: f32,
    power: f32,
    contrast: f32,
    vignette: f32,
    tint_grain: vec4f,
}

fn s_curve(value: vec3f, contrast: f32) -> vec3f {
    return value + contrast * (value * value * (3.0 - 2.0 * value) - value);
}

// Black and white from luma alone: one channel.
fn curve_grey(tone: Tone, value: f32, with_gamma: bool) -> f32 {
    var lifted = clamp(value * tone.scale + tone.offset, 0.0, 1.0);
    if with_gamma {
        lifted = pow(lifted, tone.power);
    }
    return lifted + tone.contrast * (lifted * lifted * (3.0 - 2.0 * lifted) - lifted);
}

// Any look: luma 0 to 1, chroma Cb and Cr −0.5 to 0.5; gives encoded R, G, B without the tint.
fn curve_color(tone: Tone, luma: f32, chroma: vec2f, with_gamma: bool) -> vec3f {
    let grey = luma + dot(chroma, tone.grey_from_chroma);
    let rgb = vec3f(
        luma + 1.5748 * chroma.y,
        luma - 0.187324 * chroma.x - 0.468124 * chroma.y,
        luma + 1.8556 * chroma.x,
    );
    let mixed = vec3f(grey) + (rgb - vec3f(grey)) * tone.color;
    var lifted = clamp(mixed * tone.scale + tone.offset, vec3f(0.0), vec3f(1.0));
    if with_gamma {
        lifted = pow(lifted, vec3f(tone.power));
    }
    return s_curve(lifted, tone.contrast);
}
