//! Pictures small enough for the repository.

use std::collections::HashMap;
use std::io::Cursor;

type Colour = [u8; 3];

/// The same picture in its 256 most frequent colours: the others are shades at the edges of letters, and their
/// nearest looks the same.
pub(crate) fn small(picture: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(Cursor::new(picture)).read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("it fits into memory")];
    let frame = reader.next_frame(&mut bytes).expect("a whole picture");
    let samples = frame.color_type.samples();
    let pixels: Vec<Colour> =
        bytes.chunks_exact(samples).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();

    let mut counts: HashMap<Colour, u32> = HashMap::new();
    for pixel in &pixels {
        *counts.entry(*pixel).or_default() += 1;
    }
    let mut palette: Vec<Colour> = counts.keys().copied().collect();
    palette.sort_by_key(|colour| (std::cmp::Reverse(counts[colour]), *colour));
    palette.truncate(256);
    let index: HashMap<Colour, u8> =
        counts.keys().map(|colour| (*colour, nearest(&palette, *colour))).collect();
    let indices: Vec<u8> = pixels.iter().map(|pixel| index[pixel]).collect();

    let mut packed = Vec::new();
    let mut encoder = png::Encoder::new(&mut packed, frame.width, frame.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    // Differences of indices mean nothing.
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("it can be written");
    writer.write_image_data(&indices).expect("it can be written");
    writer.finish().expect("it can be written");
    packed
}

fn nearest(palette: &[Colour], colour: Colour) -> u8 {
    let distance = |other: &Colour| -> u32 {
        other.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let best = palette.iter().enumerate().min_by_key(|(_, other)| distance(other));
    best.and_then(|(at, _)| u8::try_from(at).ok()).expect("a palette has 1 to 256 colours")
}
