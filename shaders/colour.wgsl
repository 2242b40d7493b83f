// Encoding for the target. Put after the shaders whose colours are computed as encoded sRGB.

// The target encodes sRGB itself, so it takes linear light.
override TARGET_ENCODES: bool = false;

// Decodes sRGB to linear light (IEC 61966-2-1).
fn decode_srgb(encoded: vec3f) -> vec3f {
    return select(pow((encoded + 0.055) / 1.055, vec3f(2.4)), encoded / 12.92, encoded <= vec3f(0.04045));
}
