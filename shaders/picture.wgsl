// A picture over a part of the target: a still in the scene's look, a snapshot, an effect's result, the operator's overlay,
// or black. tone.wgsl, stage.wgsl and colour.wgsl are put after this file.

struct Picture {
    tone: Tone,
    // The output mask's upper left pixel.
    mask_origin: vec2i,
    opacity: f32,
    light: f32,
    // One step of the output's depth, 1/255 for 8 bit.
    step: f32,
}

@group(0) @binding(0) var<uniform> picture: Picture;
@group(0) @binding(1) var texels: texture_2d<f32>;
@group(0) @binding(2) var texel_sampler: sampler;
@group(0) @binding(3) var blue_noise: texture_2d<f32>;

// What is drawn: the texels in the look; the texels pixel for pixel; the texels, premultiplied and interpolated; with none
// of them black.
override IN_LOOK: bool = false;
override COPY: bool = false;
override STRETCHED: bool = false;
// The surface is warped, or has an output mask.
override STAGED: bool = false;

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
    if COPY {
        return textureLoad(texels, vec2i(corner.position.xy), 0);
    }
    let tone = picture.tone;
    var color = vec4f(0.0, 0.0, 0.0, 1.0);
    if IN_LOOK {
        let shot = textureSample(texels, texel_sampler, corner.place);
        let rgb = curve_color(tone, mixed(tone, shot.rgb, tone.color), true);
        color = vec4f(calibrated(tone, rgb, true) * tone.tint * picture.light, 1.0);
    }
    if STRETCHED {
        color = textureSampleLevel(texels, texel_sampler, corner.place, 0.0);
    }
    if STAGED {
        color = apply_output_mask(color, corner.position.xy, picture.mask_origin);
    }
    if IN_LOOK || STAGED {
        let threshold = textureLoad(blue_noise, vec2i(corner.position.xy) & vec2i(63), 0).r;
        let dither = (threshold * (255.0 / 256.0) + (0.5 / 256.0 - 0.5)) * picture.step;
        color = vec4f(clamp(color.rgb + dither, vec3f(0.0), vec3f(1.0)), color.a);
    }
    if IN_LOOK && TARGET_ENCODES {
        color = vec4f(decode_srgb(color.rgb), color.a);
    }
    return color * picture.opacity;
}
