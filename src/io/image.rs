//! Pictures as arrays: PNG and TIFF, read when their values are needed.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};

use super::array::{Array, Bytes, Compute, Kind};
use super::error::{Error, Result, os_words};
use crate::scalar::DType;
use crate::space::ArrayType;

/// What a picture holds, as its header says.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    rows: usize,
    columns: usize,
    channels: usize,
    dtype: DType,
    whole: bool,
}

/// A picture that is decoded when it is first read.
#[derive(Debug)]
struct Picture {
    path: PathBuf,
    shape: Shape,
    channel: Option<usize>,
}

/// A picture: (rows, columns), or (rows, columns, channels) if it has several and none is chosen. A .npy
/// file is one too.
pub fn open_image(path: &Path, channel: Option<usize>) -> Result<Array> {
    let name = path.display().to_string();
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let array = match ending.as_str() {
        "npy" => Array::open(path, None)?,
        "png" | "tif" | "tiff" => {
            let shape = shape(path)?;
            let mut dims = vec![shape.rows, shape.columns];
            if let Some(chosen) = channel {
                fits(chosen, shape.channels, &name)?;
            } else if shape.channels > 1 {
                dims.push(shape.channels);
            }
            let by = Arc::new(Picture { path: path.to_path_buf(), shape, channel });
            let array = Array::computed(by, ArrayType::new(dims, shape.dtype))?;
            let kind = if shape.whole { Kind::Whole } else { Kind::Number };
            return Ok(array.of_kind(kind).named(name));
        }
        _ => {
            let help = "convert others to one of these";
            return Err(Error::input("it is no .png, .tif, .tiff or .npy")
                .help(help)
                .context(name));
        }
    };
    match channel {
        None => Ok(array),
        Some(chosen) => {
            let channels = if array.ty().dims.len() == 3 { array.ty().dims[2] } else { 1 };
            fits(chosen, channels, &name)?;
            match array.ty().dims.len() {
                3 => array.slice(&format!("..., {chosen}")),
                _ => Ok(array),
            }
        }
    }
}

fn fits(chosen: usize, channels: usize, name: &str) -> Result<()> {
    if chosen < channels {
        return Ok(());
    }
    let s = if channels == 1 { "" } else { "s" };
    Err(Error::input(format!("it has {channels} channel{s}, and no channel {chosen}"))
        .context(name))
}

fn opened(path: &Path) -> Result<BufReader<File>> {
    let name = path.display();
    let file = File::open(path).map_err(|e| {
        let words = match e.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_string(),
            _ => os_words(&e),
        };
        Error::input(format!("cannot open {name}: {words}"))
    })?;
    Ok(BufReader::new(file))
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"))
}

fn undecoded(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::input(format!("cannot decode {}: {error}", path.display()))
}

/// A PNG with palettes and depths below 8 bits expanded.
fn png(path: &Path) -> Result<png::Reader<BufReader<File>>> {
    let mut decoder = png::Decoder::new(opened(path)?);
    decoder.set_transformations(png::Transformations::EXPAND);
    decoder.set_limits(png::Limits { bytes: usize::MAX });
    decoder.read_info().map_err(|e| undecoded(path, e))
}

fn tiff(path: &Path) -> Result<Decoder<BufReader<File>>> {
    let decoder = Decoder::new(opened(path)?).map_err(|e| undecoded(path, e))?;
    Ok(decoder.with_limits(Limits::unlimited()))
}

fn shape(path: &Path) -> Result<Shape> {
    let dims = |w: u32, h: u32| (h as usize, w as usize);
    if is_png(path) {
        let reader = png(path)?;
        let (rows, columns) = dims(reader.info().width, reader.info().height);
        let channels = reader.output_color_type().0.samples();
        return Ok(Shape { rows, columns, channels, dtype: DType::Float32, whole: true });
    }
    let mut decoder = tiff(path)?;
    let (w, h) = decoder.dimensions().map_err(|e| undecoded(path, e))?;
    let (rows, columns) = dims(w, h);
    let (channels, bits) = match decoder.colortype().map_err(|e| undecoded(path, e))? {
        ColorType::Gray(bits) => (1, bits),
        ColorType::GrayA(bits) => (2, bits),
        ColorType::RGB(bits) | ColorType::YCbCr(bits) => (3, bits),
        ColorType::RGBA(bits) | ColorType::CMYK(bits) => (4, bits),
        ColorType::Multiband { bit_depth, num_samples } => (usize::from(num_samples), bit_depth),
        other => return Err(undecoded(path, format!("its colours are {other:?}"))),
    };
    use tiff::tags::{SampleFormat, Tag};
    let formats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat);
    let float = formats
        .map_err(|e| undecoded(path, e))?
        .is_some_and(|all| all.contains(&SampleFormat::IEEEFP.to_u16()));
    if bits < 8 {
        return Err(undecoded(path, format!("its samples have {bits} bits")));
    }
    let dtype = if bits <= 16 || (float && bits <= 32) { DType::Float32 } else { DType::Float64 };
    Ok(Shape { rows, columns, channels, dtype, whole: !float })
}

/// All samples of a picture, channels last.
fn samples(path: &Path) -> Result<Vec<f64>> {
    if is_png(path) {
        let mut reader = png(path)?;
        let size = reader.output_buffer_size();
        let size = size.ok_or_else(|| undecoded(path, "it is larger than any memory"))?;
        let mut bytes = vec![0; size];
        let frame = reader.next_frame(&mut bytes).map_err(|e| undecoded(path, e))?;
        let bytes = &bytes[..frame.buffer_size()];
        return Ok(match frame.bit_depth {
            png::BitDepth::Sixteen => {
                let (pairs, _) = bytes.as_chunks::<2>();
                pairs.iter().map(|&pair| f64::from(u16::from_be_bytes(pair))).collect()
            }
            _ => bytes.iter().map(|&b| f64::from(b)).collect(),
        });
    }
    let decoded = tiff(path)?.read_image().map_err(|e| undecoded(path, e))?;
    fn wide<T: Copy>(values: &[T], to: impl Fn(T) -> f64) -> Vec<f64> {
        values.iter().map(|&v| to(v)).collect()
    }
    Ok(match decoded {
        DecodingResult::U8(v) => wide(&v, f64::from),
        DecodingResult::U16(v) => wide(&v, f64::from),
        DecodingResult::U32(v) => wide(&v, f64::from),
        DecodingResult::U64(v) => wide(&v, |x| x as f64),
        DecodingResult::I8(v) => wide(&v, f64::from),
        DecodingResult::I16(v) => wide(&v, f64::from),
        DecodingResult::I32(v) => wide(&v, f64::from),
        DecodingResult::I64(v) => wide(&v, |x| x as f64),
        DecodingResult::F16(v) => wide(&v, f64::from),
        DecodingResult::F32(v) => wide(&v, f64::from),
        DecodingResult::F64(v) => v,
    })
}

/// Values as the bytes that they are in memory.
struct Values<T>(Vec<T>);

impl<T: bytemuck::Pod> AsRef<[u8]> for Values<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl Compute for Picture {
    fn compute(&self) -> Result<Bytes> {
        let (all, shape) = (samples(&self.path)?, self.shape);
        let pixels = shape.rows * shape.columns;
        if all.len() != pixels * shape.channels {
            let found =
                format!("{} samples where {} are promised", all.len(), pixels * shape.channels);
            return Err(undecoded(&self.path, found));
        }
        let kept: Vec<f64> = match self.channel {
            None => all,
            Some(channel) => all.into_iter().skip(channel).step_by(shape.channels).collect(),
        };
        Ok(match shape.dtype {
            DType::Float32 => Arc::new(Values(kept.iter().map(|&x| x as f32).collect())),
            _ => Arc::new(Values(kept)),
        })
    }

    fn working_bytes(&self, _: usize) -> usize {
        let Shape { rows, columns, channels, .. } = self.shape;
        // Decoded, and wide.
        rows.saturating_mul(columns).saturating_mul(channels).saturating_mul(24)
    }
}
