// A picture of an output, reduced for the desk: the mean of 4 x 4 samples a pixel.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var picture_sampler: sampler;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) uv: vec2f,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Corner {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return Corner(vec4f(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0, 0.0, 1.0), uv);
}

@fragment
fn fragment(corner: Corner) -> @location(0) vec4f {
    let step = vec2f(dpdx(corner.uv.x), dpdy(corner.uv.y)) / 4.0;
    var sum = vec3f(0.0);
    for (var y = 0; y < 4; y++) {
        for (var x = 0; x < 4; x++) {
            let at = corner.uv + (vec2f(f32(x), f32(y)) - 1.5) * step;
            sum += textureSampleLevel(picture, picture_sampler, at, 0.0).rgb;
        }
    }
    return vec4f(sum / 16.0, 1.0);
}
