//! PDF of one page that one picture fills: written front to back, with nothing kept but the places of its objects. A small writer
//! of our own, for what is in crates builds the file in memory.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::page::MM_PER_INCH;
use super::rows::{Channels, PictureHeader};

/// Points an inch.
const POINTS: f64 = 72.0;
/// The most units of a page's side that viewers show; above it a unit is larger than a point.
const MOST_UNITS: f64 = 14_400.0;

/// Counts the bytes that are written.
struct Counted<W> {
    out: W,
    written: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A PDF that is written.
struct Pdf<W> {
    out: Counted<W>,
    /// The places of the objects 1, 2 and so on.
    places: Vec<u64>,
}

impl<W: Write> Pdf<W> {
    /// Writes the next object.
    fn object(&mut self, body: impl FnOnce(&mut Counted<W>) -> io::Result<()>) -> io::Result<()> {
        self.places.push(self.out.written);
        writeln!(self.out, "{} 0 obj", self.places.len())?;
        body(&mut self.out)?;
        writeln!(self.out, "\nendobj")
    }

    /// Writes the next object, of a stream that is there already.
    fn stream(&mut self, keys: &str, bytes: &[u8]) -> io::Result<()> {
        self.object(|out| {
            writeln!(out, "<< {keys} /Length {} >>\nstream", bytes.len())?;
            out.write_all(bytes)?;
            write!(out, "\nendstream")
        })
    }
}

/// Writes a PDF.
pub(super) fn write(
    out: impl Write,
    header: &PictureHeader,
    profile: &[u8],
    bands: &mut dyn Iterator<Item = Vec<u8>>,
) -> io::Result<()> {
    let mut pdf = Pdf { out: Counted { out, written: 0 }, places: Vec::new() };
    let points = header.page.size_mm.map(|side| side / MM_PER_INCH * POINTS);
    let unit = (points[0].max(points[1]) / MOST_UNITS).max(1.0);
    let [width, height] = points.map(|side| side / unit);
    let bleed = header.page.bleed_mm / MM_PER_INCH * POINTS / unit;
    let (channels, device) = match header.channels {
        Channels::Grey => (1, "/DeviceGray"),
        Channels::Rgb => (3, "/DeviceRGB"),
    };
    // Bytes above 127 in the second line say that the file is binary.
    pdf.out.write_all(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")?;
    pdf.object(|out| write!(out, "<< /Type /Catalog /Pages 2 0 R >>"))?;
    pdf.object(|out| write!(out, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"))?;
    pdf.object(|out| {
        write!(out, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.4} {height:.4}]")?;
        write!(out, " /BleedBox [0 0 {width:.4} {height:.4}]")?;
        write!(out, " /TrimBox [{bleed:.4} {bleed:.4} {:.4} {:.4}]", width - bleed, height - bleed)?;
        if unit > 1.0 {
            write!(out, " /UserUnit {unit:.6}")?;
        }
        write!(out, " /Resources << /XObject << /Wall 6 0 R >> >> /Contents 4 0 R >>")
    })?;
    pdf.stream("", format!("q {width:.4} 0 0 {height:.4} 0 0 cm /Wall Do Q").as_bytes())?;
    pdf.stream(&format!("/N {channels} /Alternate {device}"), profile)?;
    let mut length = 0;
    pdf.object(|out| {
        write!(out, "<< /Type /XObject /Subtype /Image /Width {} /Height {}", header.size.x, header.size.y)?;
        write!(
            out,
            " /ColorSpace [/ICCBased 5 0 R] /BitsPerComponent 8 /Filter /FlateDecode /DecodeParms << /Predictor 15"
        )?;
        write!(out, " /Colors {channels} /BitsPerComponent 8 /Columns {} >>", header.size.x)?;
        writeln!(out, " /Length 7 0 R >>\nstream")?;
        let began = out.written;
        write_rows(&mut *out, header, bands)?;
        length = out.written - began;
        write!(out, "\nendstream")
    })?;
    pdf.object(|out| write!(out, "{length}"))?;
    pdf.object(|out| write!(out, "<< /Producer (millions {}) >>", env!("CARGO_PKG_VERSION")))?;
    let Pdf { mut out, places } = pdf;
    let (table, count) = (out.written, places.len() + 1);
    write!(out, "xref\n0 {count}\n0000000000 65535 f \n")?;
    for place in places {
        writeln!(out, "{place:010} 00000 n ")?;
    }
    write!(out, "trailer\n<< /Size {count} /Root 1 0 R /Info 8 0 R >>\nstartxref\n{table}\n%%EOF\n")?;
    out.flush()
}

/// Compresses rows, each after a byte that says how it is predicted, as in PNG: from the pixel before or from the row above,
/// whichever leaves less.
fn write_rows(out: impl Write, header: &PictureHeader, bands: &mut dyn Iterator<Item = Vec<u8>>) -> io::Result<()> {
    const SUB: u8 = 1;
    const UP: u8 = 2;
    let channels = header.channels.count();
    let mut compressed = ZlibEncoder::new(out, Compression::new(6));
    let mut above = vec![0; header.row_bytes()];
    let (mut sub, mut up) = (Vec::new(), Vec::new());
    let cost = |row: &[u8]| row.iter().map(|byte| u64::from(byte.cast_signed().unsigned_abs())).sum::<u64>();
    for band in bands {
        for row in band.chunks_exact(header.row_bytes()) {
            sub.clear();
            sub.extend_from_slice(&row[..channels]);
            sub.extend(row[channels..].iter().zip(row).map(|(now, before)| now.wrapping_sub(*before)));
            up.clear();
            up.extend(row.iter().zip(&above).map(|(now, before)| now.wrapping_sub(*before)));
            let (kind, best) = if cost(&up) < cost(&sub) { (UP, &up) } else { (SUB, &sub) };
            compressed.write_all(&[kind])?;
            compressed.write_all(best)?;
            above.copy_from_slice(row);
        }
    }
    compressed.finish().map(drop)
}
