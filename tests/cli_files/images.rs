//! Pictures as arrays.

use crate::common::{Folder, Stored};
use tiff::encoder::{TiffEncoder, colortype};

fn png(color: png::ColorType, depth: png::BitDepth, size: (u32, u32), data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![0, 0, 0, 10, 20, 30, 255, 255, 255]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

fn tiff<C: colortype::ColorType>(size: (u32, u32), data: &[C::Inner]) -> Vec<u8>
where
    [C::Inner]: tiff::encoder::TiffValue,
{
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    encoder.write_image::<C>(size.0, size.1, data).unwrap();
    bytes.into_inner()
}

const FILE: &str = r#"
[arrays]
gray  = { image = { file = "gray.png" } }
deep  = { image = { file = "deep.png", channel = 0 } }
color = { image = { file = "color.png" }, dtype = "float32" }
green = { image = { file = "color.png", channel = 1 } }
named = { image = { file = "palette.png", channel = 2 } }
tiff  = { image = { file = "gray.tif" } }
float = { image = { file = "float.tiff" }, slice = "::-1" }
plain = { image = { file = "plain.npy", channel = 1 } }

[outputs]
gray  = { path = "gray.npy", apply = { to = "gray" } }
deep  = { path = "deep.npy", apply = { to = "deep" } }
color = { path = "color.npy", apply = { to = "color" } }
green = { path = "green.npy", apply = { to = "green" } }
named = { path = "named.npy", apply = { to = "named" } }
tiff  = { path = "tiff.npy", apply = { to = "tiff" } }
float = { path = "float.npy", apply = { to = "float" } }
out   = { path = "out.npy", apply = { to = "plain" } }
"#;

fn folder(text: &str) -> Folder {
    use png::{BitDepth, ColorType};
    let folder = Folder::of(text);
    let rgb: Vec<u8> = (0..18).map(|k| 10 * k).collect();
    folder.put(
        "gray.png",
        &png(ColorType::Grayscale, BitDepth::Eight, (3, 2), &[0, 1, 2, 253, 254, 255]),
    );
    folder
        .put("deep.png", &png(ColorType::Grayscale, BitDepth::Sixteen, (2, 1), &[1, 2, 255, 255]));
    folder.put("color.png", &png(ColorType::Rgb, BitDepth::Eight, (3, 2), &rgb));
    folder.put("palette.png", &png(ColorType::Indexed, BitDepth::Eight, (3, 1), &[1, 0, 2]));
    folder.put("gray.tif", &tiff::<colortype::Gray16>((2, 2), &[0, 1000, 2000, 65535]));
    folder.put("float.tiff", &tiff::<colortype::Gray32Float>((2, 2), &[0.5, -1.5, 2.25, 1e6]));
    let cube = Stored::new(&[1, 2, 2], "float64", &[1.0, 2.0, 3.0, 4.0]);
    folder.write("plain.npy", &cube);
    folder
}

#[test]
fn pictures_are_read_as_they_are_stored() {
    let folder = folder(FILE);
    let ran = folder.ran("solve problem.toml --quiet");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let rgb: Vec<f64> = (0..18).map(|k| f64::from(10 * k)).collect();
    for (file, dtype, dims, values) in [
        ("gray.npy", "float64", vec![2, 3], vec![0.0, 1.0, 2.0, 253.0, 254.0, 255.0]),
        ("deep.npy", "float64", vec![1, 2], vec![258.0, 65535.0]),
        ("color.npy", "float32", vec![2, 3, 3], rgb.clone()),
        ("green.npy", "float64", vec![2, 3], rgb.iter().copied().skip(1).step_by(3).collect()),
        ("named.npy", "float64", vec![1, 3], vec![30.0, 0.0, 255.0]),
        ("tiff.npy", "float64", vec![2, 2], vec![0.0, 1000.0, 2000.0, 65535.0]),
        ("float.npy", "float32", vec![2, 2], vec![2.25, 1e6, 0.5, -1.5]),
        ("out.npy", "float64", vec![1, 2], vec![2.0, 4.0]),
    ] {
        let found = folder.read(file, dtype).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!((found.dims, found.values), (dims, values), "{file}");
    }
    let check = folder.ran("check problem.toml").text();
    assert!(check.contains("color.png, channel 1"), "{check}");
}

#[test]
fn wrong_pictures_are_told() {
    let said = |from: &str, to: &str| {
        let folder = folder(&FILE.replace(from, to));
        folder.put("broken.png", b"\x89PNG\r\n\x1a\nand no more");
        folder.put("photo.jpg", b"\xff\xd8\xff");
        let ran = folder.ran("check problem.toml");
        assert_eq!(ran.code, Some(2), "{}{}", ran.text(), ran.stderr);
        ran.stderr
    };
    let text = said("channel = 1 } }\nnamed", "channel = 3 } }\nnamed");
    assert!(text.contains("color.png: it has 3 channels, and no channel 3"), "{text}");
    assert!(text.contains("problem.toml:6:51"), "{text}");
    let text = said("\"gray.png\"", "\"none.png\"");
    assert!(text.contains("cannot open none.png: no such file"), "{text}");
    let text = said("\"gray.png\"", "\"broken.png\"");
    assert!(text.contains("cannot decode broken.png"), "{text}");
    let text = said("\"gray.png\"", "\"photo.jpg\"");
    assert!(text.contains("it is no .png, .tif, .tiff or .npy"), "{text}");
    // An output does not overwrite a picture that is read.
    let text = said("path = \"out.npy\"", "path = \"plain.npy\"");
    assert!(text.contains("output `out` would overwrite array `plain`"), "{text}");
}
