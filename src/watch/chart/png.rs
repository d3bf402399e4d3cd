//! Storing a drawing as PNG with a palette: a third of the size that full colour takes.
//!
//! A chart has few colours, and some hundreds of blends at its edges. The 256 most used ones are kept; a
//! rarer blend becomes the nearest of those, which no eye can tell.

use std::cmp::Reverse;
use std::collections::HashMap;

use resvg::tiny_skia::Pixmap;

use super::ChartError;

type Colour = [u8; 3];

/// Stores an opaque picture.
pub(super) fn encode(picture: &Pixmap) -> Result<Vec<u8>, ChartError> {
    let colours: Vec<Colour> = picture.pixels().iter().map(|p| [p.red(), p.green(), p.blue()]).collect();
    let (palette, index) = palette(&colours);
    let pixels: Vec<u8> = colours.iter().map(|colour| index.get(colour).copied().unwrap_or(0)).collect();

    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(::png::ColorType::Indexed);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(::png::Compression::Balanced);
    // Differences of palette indices mean nothing.
    encoder.set_filter(::png::Filter::NoFilter);
    let failed = |error: ::png::EncodingError| ChartError::Picture(error.to_string());
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

/// The palette, and for each colour its place there.
fn palette(colours: &[Colour]) -> (Vec<Colour>, HashMap<Colour, u8>) {
    let mut uses: HashMap<Colour, usize> = HashMap::new();
    for run in colours.chunk_by(|a, b| a == b) {
        *uses.entry(run[0]).or_default() += run.len();
    }
    let mut sorted: Vec<(Colour, usize)> = uses.into_iter().collect();
    // The colour itself decides between equals, so that the same chart is always the same file.
    sorted.sort_by_key(|&(colour, uses)| (Reverse(uses), colour));
    let palette: Vec<Colour> = sorted.iter().take(256).map(|&(colour, _)| colour).collect();
    let index = sorted.iter().map(|&(colour, _)| (colour, nearest(&palette, colour))).collect();
    (palette, index)
}

fn nearest(palette: &[Colour], colour: Colour) -> u8 {
    let distance = |other: &Colour| -> u32 {
        other.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let best = (0_u8..=255).zip(palette).min_by_key(|(_, other)| distance(other));
    best.map_or(0, |(index, _)| index)
}
