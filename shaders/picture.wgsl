// A picture over the whole target or a part of it: a still in the scene's look, the picture of an instant, or black.
// tone.wgsl is put after this file.

struct Picture {
    tone: Tone,
    // The part of the target that it takes, and the part of the picture that is seen there: left, upper, right, lower
    // edge, from the upper left corner, 0 to 1.
    place: vec4f,
    part: vec4f,
    opacity: f32,
    light: f32,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
}

@group(0) @binding(0) var<uniform> picture: Picture;
@group(0) @binding(1) var texels: texture_2d<f32>;
@group(0) @binding(2) var texel_sampler: sampler;
@group(0) @binding(3) var blue_noise: texture_2d<f32>;

// What is drawn: the texels in the look; the texels as they are, pixel for pixel; nothing, which is black.
override IN_LOOK: bool = false;
override AS_IT_IS: bool = false;
// The target encodes sRGB itself, so it has to be given linear light.
override TARGET_ENCODES: bool = false;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) place: vec2f,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Corner {
    let corner = vec2f(f32(index & 1u), f32(index >> 1u));
    let place = mix(picture.place.xy, picture.place.zw, corner);
    return Corner(vec4f(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0), mix(picture.part.xy, picture.part.zw, corner));
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4f {
    if AS_IT_IS {
        return textureLoad(texels, vec2i(corner.position.xy), 0);
    }
    var rgb = vec3f(0.0);
    if IN_LOOK {
        let tone = picture.tone;
        let shot = textureSampleLevel(texels, texel_sampler, corner.place, 0.0).rgb;
        rgb = curve_color(tone, mixed(tone, shot, tone.color), true);
        rgb = onto_the_wall(tone, rgb, true) * tone.tint * picture.light;
        let threshold = textureLoad(blue_noise, vec2i(corner.position.xy) & vec2i(63), 0).r;
        rgb = clamp(rgb + (threshold * (255.0 / 256.0) + (0.5 / 256.0 - 0.5)) * picture.step, vec3f(0.0), vec3f(1.0));
        if TARGET_ENCODES {
            rgb = select(pow((rgb + 0.055) / 1.055, vec3f(2.4)), rgb / 12.92, rgb <= vec3f(0.04045));
        }
    }
    return vec4f(rgb, 1.0) * picture.opacity;
}
