//! Safe bindings to libheif, loaded at run time: one of two modules with `unsafe`.
//!
//! Every function has had its signature since libheif 1.4 (2019); those noted as newer are optional. The structures are
//! the beginnings of libheif's own, to which later versions only append.
#![allow(unsafe_code, reason = "a C library; each block has its argument")]

use std::ffi::{CStr, OsString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::{env, ptr, slice};

use libloading::Library;

use super::error::one_line;

/// The environment variable that names another file than the system's libheif.
pub const VARIABLE: &str = "MILLIONS_LIBHEIF";

#[cfg(target_os = "macos")]
const NAMES: [&str; 4] = [
    "libheif.1.dylib",
    "libheif.dylib",
    // Homebrew's folders, which are not among the system's.
    "/opt/homebrew/lib/libheif.1.dylib",
    "/usr/local/lib/libheif.1.dylib",
];
#[cfg(windows)]
const NAMES: [&str; 3] = ["heif.dll", "libheif.dll", "libheif-1.dll"];
#[cfg(not(any(target_os = "macos", windows)))]
const NAMES: [&str; 2] = ["libheif.so.1", "libheif.so"];

/// The codec of a picture; the numbers are libheif's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Codec {
    Hevc = 1,
    Av1 = 4,
}

/// libheif's error message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

#[repr(C)]
struct Context([u8; 0]);
#[repr(C)]
struct Handle([u8; 0]);
#[repr(C)]
struct Image([u8; 0]);

/// `heif_error`.
#[repr(C)]
struct RawError {
    code: c_int,
    subcode: c_int,
    message: *const c_char,
}

/// The beginning of `heif_decoding_options`, its version 2.
#[repr(C)]
struct DecodingOptions {
    version: u8,
    ignore_transformations: u8,
    progress: [*const c_void; 4],
    convert_hdr_to_8bit: u8,
}

/// The beginning of `heif_color_profile_nclx`, its version 1.
#[repr(C)]
struct Nclx {
    version: u8,
    primaries: c_int,
    transfer: c_int,
    matrix: c_int,
    full_range: u8,
}

/// The beginning of `heif_security_limits`, its version 2 (libheif 1.20); version 1 lacks the last.
#[repr(C)]
struct SecurityLimits {
    version: u8,
    max_image_size_pixels: u64,
    max_number_of_tiles: u64,
    max_bayer_pattern_pixels: u32,
    max_items: u32,
    max_color_profile_size: u32,
    max_memory_block_size: u64,
    max_components: u32,
    max_iloc_extents_per_item: u32,
    max_size_entity_group: u32,
    max_children_per_box: u32,
    max_total_memory: u64,
}

const COLORSPACE_RGB: c_int = 1;
const CHROMA_RGB: c_int = 10;
const CHROMA_RGBA: c_int = 11;
const CHROMA_RRGGBB_LE: c_int = 14;
const CHROMA_RRGGBBAA_LE: c_int = 15;
const CHANNEL_INTERLEAVED: c_int = 10;

/// Declares [`LibHeif`]: its functions by their symbols in the library, and how they are loaded.
macro_rules! functions {
    (
        always { $($name:ident = $symbol:literal ($($argument:ty),*) $(-> $result:ty)?;)* }
        newer { $($newer:ident = $newer_symbol:literal ($($newer_argument:ty),*) $(-> $newer_result:ty)?;)* }
    ) => {
        /// The library's functions.
        pub struct LibHeif {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            $($newer: Option<unsafe extern "C" fn($($newer_argument),*) $(-> $newer_result)?>,)*
            /// Keeps the functions loaded. Never closed: the whole is a static.
            _library: Library,
        }

        impl LibHeif {
            fn load(library: Library) -> Result<Self, String> {
                // SAFETY: the types are those of libheif's headers for these names, and the pointers stay valid as
                // long as the library, which is kept beside them and never closed.
                unsafe {
                    Ok(Self {
                        $($name: *library.get($symbol).map_err(|error| error.to_string())?,)*
                        $($newer: library.get($newer_symbol).ok().map(|symbol| *symbol),)*
                        _library: library,
                    })
                }
            }
        }
    };
}

functions! {
    always {
        get_version = b"heif_get_version\0" () -> *const c_char;
        have_decoder = b"heif_have_decoder_for_format\0" (c_int) -> c_int;
        context_alloc = b"heif_context_alloc\0" () -> *mut Context;
        context_free = b"heif_context_free\0" (*mut Context);
        context_read = b"heif_context_read_from_memory_without_copy\0"
            (*mut Context, *const c_void, usize, *const c_void) -> RawError;
        context_primary = b"heif_context_get_primary_image_handle\0" (*mut Context, *mut *mut Handle) -> RawError;
        context_max_side = b"heif_context_set_maximum_image_size_limit\0" (*mut Context, c_int);
        handle_release = b"heif_image_handle_release\0" (*const Handle);
        handle_width = b"heif_image_handle_get_width\0" (*const Handle) -> c_int;
        handle_height = b"heif_image_handle_get_height\0" (*const Handle) -> c_int;
        handle_coded_width = b"heif_image_handle_get_ispe_width\0" (*const Handle) -> c_int;
        handle_coded_height = b"heif_image_handle_get_ispe_height\0" (*const Handle) -> c_int;
        handle_bits = b"heif_image_handle_get_luma_bits_per_pixel\0" (*const Handle) -> c_int;
        handle_has_alpha = b"heif_image_handle_has_alpha_channel\0" (*const Handle) -> c_int;
        handle_icc_size = b"heif_image_handle_get_raw_color_profile_size\0" (*const Handle) -> usize;
        handle_icc = b"heif_image_handle_get_raw_color_profile\0" (*const Handle, *mut c_void) -> RawError;
        handle_nclx = b"heif_image_handle_get_nclx_color_profile\0" (*const Handle, *mut *mut Nclx) -> RawError;
        nclx_free = b"heif_nclx_color_profile_free\0" (*mut Nclx);
        options_alloc = b"heif_decoding_options_alloc\0" () -> *mut DecodingOptions;
        options_free = b"heif_decoding_options_free\0" (*mut DecodingOptions);
        decode = b"heif_decode_image\0"
            (*const Handle, *mut *mut Image, c_int, c_int, *const DecodingOptions) -> RawError;
        image_release = b"heif_image_release\0" (*const Image);
        image_width = b"heif_image_get_width\0" (*const Image, c_int) -> c_int;
        image_height = b"heif_image_get_height\0" (*const Image, c_int) -> c_int;
        image_plane = b"heif_image_get_plane_readonly\0" (*const Image, c_int, *mut c_int) -> *const u8;
        image_bits = b"heif_image_get_bits_per_pixel_range\0" (*const Image, c_int) -> c_int;
        image_nclx = b"heif_image_get_nclx_color_profile\0" (*const Image, *mut *mut Nclx) -> RawError;
    }
    newer {
        init = b"heif_init\0" (*const c_void) -> RawError; // 1.13
        context_max_threads = b"heif_context_set_max_decoding_threads\0" (*mut Context, c_int); // 1.13
        handle_is_premultiplied = b"heif_image_handle_is_premultiplied_alpha\0" (*const Handle) -> c_int; // 1.12
        context_limits = b"heif_context_get_security_limits\0" (*const Context) -> *mut SecurityLimits; // 1.19
    }
}

/// Returns the library, loaded at the first call and kept until the program ends.
///
/// # Errors
/// The linker's text, when it is not on this machine or cannot be loaded.
pub fn libheif() -> Result<&'static LibHeif, &'static str> {
    static OPENED: OnceLock<Result<LibHeif, String>> = OnceLock::new();
    OPENED.get_or_init(LibHeif::open).as_ref().map_err(String::as_str)
}

impl LibHeif {
    fn open() -> Result<Self, String> {
        let names: Vec<OsString> = match env::var_os(VARIABLE) {
            Some(name) => vec![name],
            None => NAMES.map(OsString::from).to_vec(),
        };
        let mut failure = String::new();
        for name in names {
            // SAFETY: loading runs the library's initialisers. libheif's register its decoders and nothing else; whoever
            // can put another library under its name on the search path, or set the variable, commands this process anyway.
            match unsafe { Library::new(&name) } {
                Ok(library) => {
                    let heif = Self::load(library)?;
                    if let Some(init) = heif.init {
                        // SAFETY: null asks for the defaults. Called once, and never undone.
                        let error = unsafe { init(ptr::null()) };
                        heif.result(&error).map_err(|Failure(reason)| reason)?;
                    }
                    return Ok(heif);
                }
                Err(error) if failure.is_empty() => failure = error.to_string(),
                Err(_) => {}
            }
        }
        Err(failure)
    }

    /// The library's version, such as 1.15.1.
    pub fn version(&self) -> String {
        // SAFETY: a static string, or null.
        unsafe { text((self.get_version)()) }
    }

    /// Whether the library decodes a codec: decoders are plug-ins, which distributions may package separately.
    pub fn decodes(&self, codec: Codec) -> bool {
        // SAFETY: any number is a valid argument.
        unsafe { (self.have_decoder)(codec as c_int) != 0 }
    }

    #[allow(clippy::unused_self, reason = "the message lies in the library, which is there as long as `self`")]
    fn result(&self, error: &RawError) -> Result<(), Failure> {
        if error.code == 0 {
            return Ok(());
        }
        // SAFETY: the message lives as long as the context of the call, which the caller still has.
        Err(Failure(unsafe { text(error.message) }))
    }
}

/// Converts a C string to a text of one line.
///
/// # Safety
/// `string` is null or points to a null-terminated string.
unsafe fn text(string: *const c_char) -> String {
    if string.is_null() {
        return "no reason given".into();
    }
    // SAFETY: by the caller.
    one_line(&unsafe { CStr::from_ptr(string) }.to_string_lossy().trim())
}

/// A picture's colour space, as code points of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePoints {
    pub primaries: u8,
    pub transfer: u8,
}

/// The primary picture of a file, before decoding.
pub struct Primary<'a> {
    heif: &'static LibHeif,
    context: *mut Context,
    handle: *mut Handle,
    /// The file, which libheif reads from without a copy.
    _bytes: PhantomData<&'a [u8]>,
}

impl<'a> Primary<'a> {
    /// Finds the primary picture of a file. A picture of more than `max_pixels`, or that needs blocks of more than
    /// `max_bytes`, fails here or in [`Self::decode`], where the version has such limits.
    ///
    /// # Errors
    /// libheif's message.
    pub fn open(heif: &'static LibHeif, bytes: &'a [u8], max_pixels: u64, max_bytes: u64) -> Result<Self, Failure> {
        // SAFETY: no arguments.
        let context = unsafe { (heif.context_alloc)() };
        if context.is_null() {
            return Err(Failure("there is no memory left".into()));
        }
        let mut primary = Self { heif, context, handle: ptr::null_mut(), _bytes: PhantomData };
        if let Some(limits) = heif.context_limits {
            // SAFETY: the structure is the context's own and may be written to. It is at least of version 1, and the
            // field of version 2 is touched only where its version says that it is there.
            unsafe {
                let limits = limits(context);
                if !limits.is_null() {
                    (*limits).max_image_size_pixels = max_pixels;
                    (*limits).max_memory_block_size = max_bytes;
                    if (*limits).version >= 2 {
                        (*limits).max_total_memory = max_bytes;
                    }
                }
            }
        }
        if let Some(max_threads) = heif.context_max_threads {
            // SAFETY: the context is there. 0 decodes tiles on this thread: photographs are decoded in parallel instead.
            unsafe { max_threads(context, 0) };
        }
        // SAFETY: the context is there, and the bytes outlive it by `'a`.
        let error = unsafe { (heif.context_read)(context, bytes.as_ptr().cast(), bytes.len(), ptr::null()) };
        heif.result(&error)?;
        // SAFETY: as before; the handle is written on success only.
        let error = unsafe { (heif.context_primary)(context, &raw mut primary.handle) };
        heif.result(&error)?;
        if primary.handle.is_null() {
            return Err(Failure("there is no primary picture".into()));
        }
        if heif.context_limits.is_none() {
            // Older versions check the size in the header only, not the sum of the tiles.
            let (width, height) = primary.coded_size();
            let side = c_int::try_from(width.max(height).saturating_add(1)).unwrap_or(c_int::MAX);
            // SAFETY: the context is there.
            unsafe { (heif.context_max_side)(context, side) };
        }
        Ok(primary)
    }

    /// Width and height in pixels, after cropping and orientation.
    pub fn size(&self) -> (u32, u32) {
        self.sides(self.heif.handle_width, self.heif.handle_height)
    }

    /// Width and height in pixels as coded.
    pub fn coded_size(&self) -> (u32, u32) {
        self.sides(self.heif.handle_coded_width, self.heif.handle_coded_height)
    }

    fn sides(
        &self,
        width: unsafe extern "C" fn(*const Handle) -> c_int,
        height: unsafe extern "C" fn(*const Handle) -> c_int,
    ) -> (u32, u32) {
        // SAFETY: the handle is there from `open` to `drop`.
        let sides = unsafe { [width(self.handle), height(self.handle)] };
        let [width, height] = sides.map(|side| u32::try_from(side).unwrap_or(0));
        (width, height)
    }

    /// Bits per value; 8 where the file does not say.
    pub fn bits(&self) -> u32 {
        // SAFETY: the handle is there.
        let bits = unsafe { (self.heif.handle_bits)(self.handle) };
        u32::try_from(bits).ok().filter(|bits| (1..=16).contains(bits)).unwrap_or(8)
    }

    /// Whether there is an alpha channel that the colours are not premultiplied by.
    pub fn has_alpha(&self) -> bool {
        // SAFETY: the handle is there.
        unsafe {
            (self.heif.handle_has_alpha)(self.handle) != 0
                && self.heif.handle_is_premultiplied.is_none_or(|premultiplied| premultiplied(self.handle) == 0)
        }
    }

    /// The embedded ICC profile.
    pub fn icc(&self) -> Option<Vec<u8>> {
        // SAFETY: the handle is there.
        let size = unsafe { (self.heif.handle_icc_size)(self.handle) };
        // Bounds the allocation, for the size is what the file says.
        if size == 0 || size > 64 << 20 {
            return None;
        }
        let mut profile = vec![0; size];
        // SAFETY: libheif writes as many bytes as it has just said, and the buffer has that size.
        let error = unsafe { (self.heif.handle_icc)(self.handle, profile.as_mut_ptr().cast()) };
        self.heif.result(&error).is_ok().then_some(profile)
    }

    /// The colour space in the file's boxes.
    pub fn code_points(&self) -> Option<CodePoints> {
        let mut nclx = ptr::null_mut();
        // SAFETY: the handle is there, and the pointer may be written to.
        let error = unsafe { (self.heif.handle_nclx)(self.handle, &raw mut nclx) };
        self.heif.result(&error).ok().and_then(|()| code_points(self.heif, nclx))
    }

    /// Decodes to interleaved RGB, or RGBA if [`Self::has_alpha`]: with 8 bits per value, or, if `wide`, with the file's
    /// bits, which must be more than 8.
    ///
    /// # Errors
    /// libheif's message.
    pub fn decode(&self, wide: bool) -> Result<Pixels, Failure> {
        let alpha = self.has_alpha();
        let chroma = match (wide, alpha) {
            (false, false) => CHROMA_RGB,
            (false, true) => CHROMA_RGBA,
            (true, false) => CHROMA_RRGGBB_LE,
            (true, true) => CHROMA_RRGGBBAA_LE,
        };
        let mut image = ptr::null_mut();
        // SAFETY: options come from libheif and go back to it; their field is of version 2, and written only where
        // they are of that version. The handle is there, and the pointer may be written to.
        let error = unsafe {
            let options = (self.heif.options_alloc)();
            if !options.is_null() && (*options).version >= 2 {
                (*options).convert_hdr_to_8bit = u8::from(!wide);
            }
            let error = (self.heif.decode)(self.handle, &raw mut image, COLORSPACE_RGB, chroma, options);
            (self.heif.options_free)(options);
            error
        };
        self.heif.result(&error)?;
        if image.is_null() {
            return Err(Failure("nothing was decoded".into()));
        }
        let values = if alpha { 4 } else { 3 };
        Pixels::new(self.heif, image, values, if wide { 2 } else { 1 })
    }
}

impl Drop for Primary<'_> {
    fn drop(&mut self) {
        // SAFETY: both are owned by this value and not used again.
        unsafe {
            if !self.handle.is_null() {
                (self.heif.handle_release)(self.handle);
            }
            (self.heif.context_free)(self.context);
        }
    }
}

/// Reads the code points from the structure that libheif allocated, and frees it.
fn code_points(heif: &LibHeif, nclx: *mut Nclx) -> Option<CodePoints> {
    if nclx.is_null() {
        return None;
    }
    // SAFETY: libheif has just returned it, filled, for the caller to free once.
    let (primaries, transfer) = unsafe {
        let found = ((*nclx).primaries, (*nclx).transfer);
        (heif.nclx_free)(nclx);
        found
    };
    Some(CodePoints { primaries: u8::try_from(primaries).ok()?, transfer: u8::try_from(transfer).ok()? })
}

/// A decoded picture, in libheif's memory.
pub struct Pixels {
    heif: &'static LibHeif,
    image: *mut Image,
    pub width: u32,
    pub height: u32,
    first: *const u8,
    stride: usize,
    row_bytes: usize,
}

impl Pixels {
    /// Takes ownership of `image`, with `values` values of `value_bytes` bytes per pixel.
    fn new(heif: &'static LibHeif, image: *mut Image, values: usize, value_bytes: usize) -> Result<Self, Failure> {
        let mut pixels = Self { heif, image, width: 0, height: 0, first: ptr::null(), stride: 0, row_bytes: 0 };
        let mut stride: c_int = 0;
        // SAFETY: the image is there from here to `drop`.
        let sides = unsafe {
            pixels.first = (heif.image_plane)(image, CHANNEL_INTERLEAVED, &raw mut stride);
            [(heif.image_width)(image, CHANNEL_INTERLEAVED), (heif.image_height)(image, CHANNEL_INTERLEAVED)]
        };
        [pixels.width, pixels.height] = sides.map(|side| u32::try_from(side).unwrap_or(0));
        pixels.stride = usize::try_from(stride).unwrap_or(0);
        pixels.row_bytes = pixels.width as usize * values * value_bytes;
        if pixels.first.is_null() || pixels.row_bytes == 0 || pixels.height == 0 || pixels.stride < pixels.row_bytes {
            return Err(Failure("the decoded picture has no pixels".into()));
        }
        Ok(pixels)
    }

    /// The rows from the top, without padding.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.height as usize).map(|row| {
            // SAFETY: libheif's plane has `height` rows, `stride` bytes apart, each of at least `row_bytes`, which `new`
            // has checked against the stride; and it stays where it is until the image is released, in `drop`.
            unsafe { slice::from_raw_parts(self.first.add(row * self.stride), self.row_bytes) }
        })
    }

    /// Bits per value.
    pub fn bits(&self) -> u32 {
        // SAFETY: the image is there.
        let bits = unsafe { (self.heif.image_bits)(self.image, CHANNEL_INTERLEAVED) };
        u32::try_from(bits).ok().filter(|bits| (8..=16).contains(bits)).unwrap_or(8)
    }

    /// The colour space in the coded picture.
    pub fn code_points(&self) -> Option<CodePoints> {
        let mut nclx = ptr::null_mut();
        // SAFETY: the image is there, and the pointer may be written to.
        let error = unsafe { (self.heif.image_nclx)(self.image, &raw mut nclx) };
        self.heif.result(&error).ok().and_then(|()| code_points(self.heif, nclx))
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        // SAFETY: the image is owned by this value and not used again.
        unsafe { (self.heif.image_release)(self.image) };
    }
}
