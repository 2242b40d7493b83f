// The light of a surface, pixel by pixel: what masks, soft edges and the black level leave of a picture. Put after the
// shaders of all that is drawn on a stage. The twin of `finish` in src/stage/light_map.rs.

// Weight, a quarter of the lift, cover.
@group(0) @binding(9) var light_map: texture_2d<f32>;

// A colour that covers what is below it as far as its alpha says, premultiplied, as the surface shows it at a pixel.
// `origin` is the map's upper left pixel. Over and over, colours on colours, this comes to the same as once at the end.
fn on_stage(color: vec4f, pixel: vec2f, origin: vec2i) -> vec4f {
    let light = textureLoad(light_map, vec2i(pixel) - origin, 0);
    return lit(color, light.r, light.g * 0.25, light.b);
}

// The same with the weight, lift and cover of a pixel.
fn lit(color: vec4f, weight: f32, lift: f32, cover: f32) -> vec4f {
    return vec4f(color.rgb * weight + lift * color.a, color.a * cover);
}
