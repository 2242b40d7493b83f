//! Instruments from elsewhere, as the command line asks for them. See [`Remote`].

use crate::cli::terminal::print_line;
use std::path::{Path, PathBuf};

use millions_control::{Control, PeopleStatus, Refused};
use millions_desk::PhoneAddress;
use millions_library::Limits;
use millions_remote::dmx::{self, Patch, Protocol};
use millions_remote::osc::{self, OscOptions};
use millions_remote::{ListenAddress, Previews, WaitingPortraits};

/// Which instruments there are.
#[derive(Debug, Default)]
pub struct RemoteOptions {
    /// OSC: where it comes in, and who is told.
    pub osc: OscOptions,
    /// The channels of a lighting console by Art-Net.
    pub art_net: Option<Patch>,
    /// The channels of one by sACN.
    pub sacn: Option<Patch>,
    /// The file of MIDI devices.
    #[cfg(feature = "midi")]
    pub midi: Option<PathBuf>,
    /// HTTP; none without.
    pub http: Option<HttpSettings>,
    /// The folder of photographs into which portraits are admitted; none where nothing is watched.
    pub photographs: Option<PathBuf>,
    /// What a portrait may cost.
    pub limits: Limits,
}

/// How HTTP is served.
#[derive(Debug)]
pub struct HttpSettings {
    /// Where.
    pub listen: ListenAddress,
    /// Whether there is a token for operating.
    pub operate: bool,
    /// Where the tokens are kept.
    pub token_file: Option<PathBuf>,
    /// Names of this machine, besides its own.
    pub names: Vec<String>,
}

/// The instruments of a wall, on threads of their own, and what the wall shares with them.
pub struct Remote {
    /// Where whoever looks asks for pictures of the wall.
    pub previews: Previews,
    /// The addresses that telephones open, with their tokens: for the desk, and for nobody else.
    pub phones: Vec<PhoneAddress>,
    waiting: WaitingPortraits,
    photographs: Option<PathBuf>,
}

impl Remote {
    /// Starts what is asked for. `library` is the folder beside whose tiles portraits wait.
    ///
    /// # Errors
    /// When the tokens cannot be read, or there are no threads.
    pub fn start(options: RemoteOptions, control: &Control, library: &Path) -> anyhow::Result<Self> {
        #[cfg(feature = "midi")]
        if let Some(map) = options.midi {
            millions_remote::midi::start(map, control)?;
        }
        let RemoteOptions { osc, art_net, sacn, http, photographs, limits, .. } = options;
        for (protocol, patch) in [(Protocol::ArtNet, art_net), (Protocol::Sacn, sacn)] {
            if let Some(patch) = patch {
                dmx::start(protocol, patch, control)?;
            }
        }
        let mut remote = Self {
            phones: Vec::new(),
            previews: Previews::default(),
            waiting: WaitingPortraits::open(&library.join("waiting")),
            photographs,
        };
        if let Some(settings) = http {
            remote.phones = remote.serve(settings, osc.listen, limits, control)?;
        }
        if osc.listen.is_some() || !osc.tell.is_empty() {
            osc::start(osc, control)?;
        }
        Ok(remote)
    }

    #[cfg(feature = "http")]
    fn serve(
        &self,
        settings: HttpSettings,
        osc: Option<ListenAddress>,
        limits: Limits,
        control: &Control,
    ) -> anyhow::Result<Vec<PhoneAddress>> {
        use std::sync::Arc;

        use millions_remote::http::{HttpOptions, HttpServer, Portraits};

        let HttpSettings { listen, operate, token_file, names } = settings;
        let portraits = self.photographs.is_some().then(|| Portraits {
            waiting: self.waiting.clone(),
            prepare: Arc::new(move |bytes| prepare(&bytes, limits)),
        });
        let previews = self.previews.clone();
        let options = HttpOptions { listen, operate, token_file, names, osc, previews, portraits };
        let server = HttpServer::start(options, control)?;
        server.invitations().iter().for_each(invite);
        Ok(server.invitations().iter().map(phone_address).collect())
    }

    #[cfg(not(feature = "http"))]
    fn serve(
        &self,
        _: HttpSettings,
        _: Option<ListenAddress>,
        _: Limits,
        _: &Control,
    ) -> anyhow::Result<Vec<PhoneAddress>> {
        anyhow::bail!("this program was built without HTTP")
    }

    /// Adds the portraits that wait.
    pub fn describe(&self, people: &mut PeopleStatus) {
        people.waiting = self.waiting.ids();
    }

    /// Moves a portrait that waits to the photographs, on a thread.
    ///
    /// # Errors
    /// When it does not wait, or nothing is watched.
    pub fn admit(&self, id: &str) -> Result<(), Refused> {
        let Some(photographs) = self.photographs.clone() else {
            return Err(Refused("this wall watches no folder of photographs, so nobody can be admitted".to_owned()));
        };
        self.decide(id, move |waiting, id| waiting.admit(id, &photographs))
    }

    /// Deletes a portrait that waits, on a thread.
    ///
    /// # Errors
    /// When it does not wait.
    pub fn refuse(&self, id: &str) -> Result<(), Refused> {
        self.decide(id, WaitingPortraits::refuse)
    }

    fn decide(
        &self,
        id: &str,
        decide: impl FnOnce(&WaitingPortraits, &str) -> Result<(), String> + Send + 'static,
    ) -> Result<(), Refused> {
        if !self.waiting.has(id) {
            return Err(Refused(format!("no portrait {id} waits")));
        }
        let (waiting, id) = (self.waiting.clone(), id.to_owned());
        let work = move || {
            if let Err(error) = decide(&waiting, &id) {
                tracing::error!("portrait {id} still waits: {error}");
            }
        };
        let started = std::thread::Builder::new().name("waiting portraits".into()).spawn(work);
        started.map(drop).map_err(|error| Refused(format!("it still waits: {error}")))
    }
}

/// The longer side of a portrait that was sent, in pixels; and the quality of its JPEG.
#[cfg(feature = "http")]
const PORTRAIT_SIDE: u32 = 2048;
#[cfg(feature = "http")]
const PORTRAIT_QUALITY: u8 = 92;

/// Reads a photograph of any kind and makes a JPEG of its pixels alone, upright: where it was taken, and when, stays with whoever
/// sent it.
#[cfg(feature = "http")]
fn prepare(bytes: &[u8], limits: Limits) -> Result<Vec<u8>, String> {
    let picture = millions_library::Thumbnail::of(bytes, PORTRAIT_SIDE, limits)?;
    let pixels: Vec<u8> = picture.rgb.into_iter().flatten().collect();
    jpeg(&pixels, picture.size, jpeg_encoder::ColorType::Rgb, PORTRAIT_QUALITY)
}

#[cfg(feature = "http")]
fn jpeg(
    pixels: &[u8],
    [width, height]: [u32; 2],
    kind: jpeg_encoder::ColorType,
    quality: u8,
) -> Result<Vec<u8>, String> {
    let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err("it is too large for a JPEG".to_owned());
    };
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, quality);
    encoder.encode(pixels, width, height, kind).map_err(|error| error.to_string())?;
    Ok(jpeg)
}

/// The quality of a preview: small rather than beautiful.
#[cfg(feature = "http")]
const PREVIEW_QUALITY: u8 = 70;

/// Returns the JPEG of a preview, of R, G, B, A.
#[cfg(feature = "http")]
pub fn preview_jpeg(pixels: &[u8], size: [u32; 2]) -> Option<Vec<u8>> {
    jpeg(pixels, size, jpeg_encoder::ColorType::Rgba, PREVIEW_QUALITY).ok()
}

#[cfg(feature = "http")]
const fn allows(invitation: &millions_remote::http::Invitation) -> &'static str {
    use millions_remote::http::Role;

    match invitation.role {
        Role::View => "see the wall, and to send portraits",
        Role::Operate => "operate the wall",
    }
}

/// An address as the desk shows it.
#[cfg(feature = "http")]
fn phone_address(invitation: &millions_remote::http::Invitation) -> PhoneAddress {
    PhoneAddress {
        allows: allows(invitation).to_owned(),
        url: invitation.urls.first().cloned().unwrap_or_default(),
        code: invitation.code(),
        is_local: invitation.is_local,
    }
}

/// Prints the address of the page, and its code where somebody can see it. It goes to the terminal and not to the log: the log is
/// shown to whoever looks.
#[cfg(feature = "http")]
fn invite(invitation: &millions_remote::http::Invitation) {
    use std::io::IsTerminal as _;

    print_line!("To {}: {}", allows(invitation), invitation.urls.join("  "));
    if invitation.is_local {
        print_line!("Only this machine reaches that; for telephones in the same network: --http 0.0.0.0:PORT");
    } else if let Some(code) = invitation.qr().filter(|_| std::io::stdout().is_terminal()) {
        print_line!("{code}");
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    #[test]
    fn a_portrait_is_made_of_pixels_alone() {
        let pixels: Vec<u8> = (0..3000 * 1000).flat_map(|n: u32| [(n % 251) as u8, 90, 40]).collect();
        let plain = jpeg(&pixels, [3000, 1000], jpeg_encoder::ColorType::Rgb, 90).unwrap();
        // An EXIF segment that turns it, and says where it was taken.
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0secret place";
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let tagged = [&plain[..2], &[0xff, 0xe1], &length, exif, &plain[2..]].concat();
        let prepared = prepare(&tagged, Limits::default()).unwrap();
        assert!(!prepared.windows(6).any(|part| part == b"secret" || part == b"Exif\0\0"));
        let picture = millions_library::Thumbnail::of(&prepared, 4096, Limits::default()).unwrap();
        assert_eq!((picture.size[1], picture.size[0].abs_diff(683) <= 1), (PORTRAIT_SIDE, true), "upright and smaller");
        for wrong in [&b""[..], b"<html>", &tagged[..200], &[0xff; 3000]] {
            assert!(prepare(wrong, Limits::default()).is_err());
        }
        assert!(prepare(&tagged, Limits { max_pixels: 1000, ..Limits::default() }).is_err());
    }
}
