use millions::demo::Person;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let get = |i: usize, d: u32| args.get(i).and_then(|a| a.parse().ok()).unwrap_or(d);
    let (out, first, cols, rows, w, h, grey) =
        (&args[1], get(2, 0), get(3, 8), get(4, 5), get(5, 240), get(6, 300), get(7, 0));
    let mut sheet = vec![0u8; (cols * w * rows * h * 3) as usize];
    let start = std::time::Instant::now();
    for i in 0..cols * rows {
        let d = Person::invent(7, u64::from(first + i)).draw(w, h);
        for y in 0..h {
            for x in 0..w {
                let p = &d.rgb[((y * w + x) * 3) as usize..][..3];
                let at = ((((i / cols) * h + y) * cols * w + (i % cols) * w + x) * 3) as usize;
                let l = (0.2126 * f32::from(p[0]) + 0.7152 * f32::from(p[1]) + 0.0722 * f32::from(p[2])) as u8;
                sheet[at..at + 3].copy_from_slice(&if grey == 1 { [l; 3] } else { [p[0], p[1], p[2]] });
            }
        }
    }
    let s = start.elapsed().as_secs_f64();
    println!("{:.1} people a second", f64::from(cols * rows) / s);
    image::save_buffer(out, &sheet, cols * w, rows * h, image::ColorType::Rgb8).unwrap();
}
