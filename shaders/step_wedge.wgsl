// The test picture's step wedge, with the output's calibration: gamma, black, white and wall colour.
// tone.wgsl and colour.wgsl are put after this file.

struct StepWedge {
    tone: Tone,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
}

@group(0) @binding(0) var<uniform> step_wedge: StepWedge;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) place: vec2f,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Corner {
    let place = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return Corner(vec4f(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0), place);
}

// Eleven steps; an even ramp; then, left, steps of 2 % up from black, and right, down from white, each a square in its
// neighbour's level, so that the first distinguishable step shows.
fn level(place: vec2f) -> f32 {
    if place.y < 0.4 {
        return floor(place.x * 11.0) / 10.0;
    }
    if place.y < 0.6 {
        return place.x;
    }
    let steps = place.x * 12.0;
    let number = floor(steps);
    let inside = abs(vec2f(fract(steps), (place.y - 0.6) / 0.4) - 0.5);
    let is_square = max(inside.x, inside.y) < 0.3;
    if number < 6.0 {
        return select(0.0, (number + 1.0) * 0.02, is_square);
    }
    return select(1.0, 1.0 - (12.0 - number) * 0.02, is_square);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4f {
    let tone = step_wedge.tone;
    var rgb = calibrated(tone, vec3f(level(corner.place)), true) * tone.tint;
    // Interleaved gradient noise (Jimenez, "Next Generation Post Processing in Call of Duty: Advanced Warfare").
    let noise = fract(52.9829189 * fract(dot(corner.position.xy, vec2f(0.06711056, 0.00583715)))) - 0.5;
    rgb = clamp(rgb + noise * step_wedge.step, vec3f(0.0), vec3f(1.0));
    if TARGET_ENCODES {
        rgb = decode_srgb(rgb);
    }
    return vec4f(rgb, 1.0);
}
