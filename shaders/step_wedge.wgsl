// The test picture's grey wedge, as the wall will show it: gamma, black, white and paint are at work on it.
// tone.wgsl is put after this file.

struct Chart {
    tone: Tone,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
}

@group(0) @binding(0) var<uniform> chart: Chart;

// The target encodes sRGB itself, so it has to be given linear light.
override TARGET_ENCODES: bool = false;

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
// neighbour's level, so that one sees the first that can be told from it.
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
    let tone = chart.tone;
    var rgb = onto_the_wall(tone, vec3f(level(corner.place)), true) * tone.tint;
    // Interleaved gradient noise (Jimenez, "Next Generation Post Processing in Call of Duty: Advanced Warfare").
    let noise = fract(52.9829189 * fract(dot(corner.position.xy, vec2f(0.06711056, 0.00583715)))) - 0.5;
    rgb = clamp(rgb + noise * chart.step, vec3f(0.0), vec3f(1.0));
    if TARGET_ENCODES {
        rgb = select(pow((rgb + 0.055) / 1.055, vec3f(2.4)), rgb / 12.92, rgb <= vec3f(0.04045));
    }
    return vec4f(rgb, 1.0);
}
