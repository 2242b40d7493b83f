// A picture over a part of the target: a still in the scene's look, the picture of an instant, what is laid over
// everything for the operator, or black. tone.wgsl and stage.wgsl are put after this file.

struct Picture {
    tone: Tone,
    // The light map's upper left pixel.
    map_origin: vec2i,
    opacity: f32,
    light: f32,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
}

@group(0) @binding(0) var<uniform> picture: Picture;
@group(0) @binding(1) var texels: texture_2d<f32>;
@group(0) @binding(2) var texel_sampler: sampler;
@group(0) @binding(3) var blue_noise: texture_2d<f32>;

// What is drawn: the texels in the look; the texels pixel for pixel; the texels, premultiplied; nothing, which is black.
override IN_LOOK: bool = false;
override AS_IT_IS: bool = false;
override STRETCHED: bool = false;
// The surface is warped, or not lit in full everywhere.
override STAGED: bool = false;
// The target encodes sRGB itself, so it has to be given linear light.
override TARGET_ENCODES: bool = false;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) place: vec2f,
}

@vertex
fn vertex(@location(0) position: vec4f, @location(1) place: vec2f) -> Corner {
    return Corner(position, place);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4f {
    if AS_IT_IS {
        return textureLoad(texels, vec2i(corner.position.xy), 0);
    }
    let tone = picture.tone;
    var color = vec4f(0.0, 0.0, 0.0, 1.0);
    if IN_LOOK {
        let shot = textureSample(texels, texel_sampler, corner.place);
        let rgb = curve_color(tone, mixed(tone, shot.rgb, tone.color), true);
        color = vec4f(onto_the_wall(tone, rgb, true) * tone.tint * picture.light, 1.0);
    }
    if STRETCHED {
        color = textureSampleLevel(texels, texel_sampler, corner.place, 0.0);
    }
    if STAGED {
        color = on_stage(color, corner.position.xy, picture.map_origin);
    }
    if IN_LOOK || STAGED {
        let threshold = textureLoad(blue_noise, vec2i(corner.position.xy) & vec2i(63), 0).r;
        let dither = (threshold * (255.0 / 256.0) + (0.5 / 256.0 - 0.5)) * picture.step;
        color = vec4f(clamp(color.rgb + dither, vec3f(0.0), vec3f(1.0)), color.a);
    }
    if IN_LOOK && TARGET_ENCODES {
        let rgb = color.rgb;
        color = vec4f(select(pow((rgb + 0.055) / 1.055, vec3f(2.4)), rgb / 12.92, rgb <= vec3f(0.04045)), color.a);
    }
    return color * picture.opacity;
}
