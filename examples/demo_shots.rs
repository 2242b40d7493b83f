use millions::demo::{Person, photograph};
fn main() {
    let (w, h) = (512u32, 512u32);
    let (cols, rows) = (7u32, 4u32);
    let mut sheet = image::RgbImage::new(cols * 270, rows * 270);
    for i in 0..cols * rows {
        let p = photograph(&Person::invent(7, u64::from(i) + 500)).unwrap();
        let img = image::RgbImage::from_raw(1, 1, vec![0; 3]).unwrap();
        let _ = (img, w, h);
        let mut d = jpeg_decoder::Decoder::new(p.jpeg.as_slice());
        let px = d.decode().unwrap();
        let info = d.info().unwrap();
        let mut im = image::DynamicImage::ImageRgb8(
            image::RgbImage::from_raw(info.width.into(), info.height.into(), px).unwrap(),
        );
        im.apply_orientation(image::metadata::Orientation::from_exif(p.orientation).unwrap());
        let im = im.thumbnail(266, 266).into_rgb8();
        image::imageops::overlay(&mut sheet, &im, ((i % cols) * 270).into(), ((i / cols) * 270).into());
    }
    sheet.save("/tmp/shots.png").unwrap();
}
