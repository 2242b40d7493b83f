// Marks for mapping: lines, rings and discs, in pixels of the upright output.

struct Marks {
    // Width and height of the picture of marks in pixels.
    size: vec2f,
}

@group(0) @binding(0) var<uniform> marks: Marks;

struct Mark {
    @builtin(position) position: vec4f,
    @location(0) at: vec2f,
    @location(1) @interpolate(flat) ends: vec4f,
    @location(2) @interpolate(flat) color: vec4f,
    // Half the width of the line; the radius of a ring, 0 where it is none.
    @location(3) @interpolate(flat) shape: vec2f,
}

@vertex
fn vertex(
    @builtin(vertex_index) corner: u32,
    @location(0) ends: vec4f,
    @location(1) color: vec4f,
    @location(2) shape: vec2f,
) -> Mark {
    // A rectangle along the line, a pixel larger than it all around.
    let along = ends.zw - ends.xy;
    let length = length(along);
    let direction = select(vec2f(1.0, 0.0), along / length, length > 0.001);
    let extent = shape.x + shape.y + 1.0;
    let side = vec2f(f32(corner & 1u), f32(corner >> 1u)) * 2.0 - 1.0;
    let middle = (ends.xy + ends.zw) * 0.5;
    let at = middle + direction * side.x * (length * 0.5 + extent) + vec2f(-direction.y, direction.x) * side.y * extent;
    let place = at / marks.size;
    return Mark(vec4f(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0), at, ends, color, shape);
}

@fragment
fn fragment(mark: Mark) -> @location(0) vec4f {
    let from_first = mark.at - mark.ends.xy;
    let along = mark.ends.zw - mark.ends.xy;
    let nearest = along * clamp(dot(from_first, along) / max(dot(along, along), 0.000001), 0.0, 1.0);
    let distance = abs(length(from_first - nearest) - mark.shape.y);
    let coverage = clamp(mark.shape.x - distance + 0.5, 0.0, 1.0) * mark.color.a;
    return vec4f(mark.color.rgb * coverage, coverage);
}
