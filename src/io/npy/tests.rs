//! Tests of `npy.rs`.

use proptest::prelude::*;

use super::*;
use crate::io::ErrorKind;

fn header(text: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([2, 0]);
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

fn read(bytes: &[u8]) -> Result<Header> {
    let mut rest = bytes;
    Header::read(&mut rest, "a.npy")
}

#[track_caller]
fn refused(bytes: &[u8], part: &str) {
    let error = read(bytes).expect_err("a wrong header is refused");
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.to_string().starts_with("cannot read a.npy: "), "{error}");
    assert!(error.to_string().contains(part), "{error}");
    assert!(error.to_string().len() < 1000, "{} bytes", error.to_string().len());
}

#[test]
fn headers_are_numpys_own_bytes() {
    // Written by NumPy 2.4.6.
    let numpy = |dict: &str, spaces: usize, length: u8| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend([length, 0]);
        bytes.extend(dict.bytes());
        bytes.extend(vec![b' '; spaces]);
        bytes.push(b'\n');
        bytes
    };
    for (dims, shape, total) in [
        (vec![], "()", 128),
        (vec![3], "(3,)", 128),
        (vec![0, 5], "(0, 5)", 128),
        (vec![123456789], "(123456789,)", 128),
        (vec![1; 20], "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)", 192),
    ] {
        let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let expected = numpy(&dict, total - 11 - dict.len(), (total - 10) as u8);
        let ours = header_bytes(&ArrayType::new(dims.clone(), DType::Float64));
        assert_eq!(ours, expected, "{}", String::from_utf8_lossy(&ours));
        let back = read(&ours).unwrap();
        assert_eq!((back.dims, back.data_offset), (dims, total as u64));
    }
}

#[test]
fn literals_are_read_as_python_writes_them() {
    for text in [
        "{'descr': '>c8', 'fortran_order': True, 'shape': (3, 4), }    \n",
        "{\"shape\":(3,4),\"fortran_order\":True,\"descr\":\">c8\"}",
        " { 'shape' : ( 3L , 4L , ) , 'descr':'>c8', 'fortran_order' : True , } ",
    ] {
        let h = read(&header(text)).unwrap();
        let dtype = StoredType { kind: ElementKind::Complex64, big_endian: true };
        assert_eq!((h.dtype, h.fortran, h.dims), (dtype, true, vec![3, 4]), "{text}");
        assert_eq!(h.data_offset as usize, 12 + text.len());
    }
    let mut version_3 = header("{'descr': '|b1', 'fortran_order': False, 'shape': ()}");
    version_3[6] = 3;
    assert_eq!(read(&version_3).unwrap().dtype.kind, ElementKind::Bool);
}

#[test]
fn hostile_headers_are_refused_with_a_reason() {
    let of = |descr: &str, shape: &str| {
        header(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"))
    };
    refused(b"", "it is empty");
    refused(b"\x93NUM", "does not begin with");
    refused(b"\x93NUMPY\x01", "truncated inside");
    refused(b"\x93NUMPY\x09\x00\x10\x00", "version is 9.0");
    refused(b"1.0 2.0 3.0\n", "seems to be text");
    refused(b"\x89HDF\r\n\x1a\n", "HDF5");
    refused(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "claims to be 4294967295 bytes");
    refused(&header("{'descr': '<f8'")[..20], "truncated inside");
    refused(&of("'<f8'", "(1000000000000, 1000000000000)"), "larger than any memory");
    refused(&of("'<f8'", "(4294967296, 4294967296)"), "larger than any memory");
    refused(&of("'<f8'", "(0, 4294967296, 4294967296)"), "larger than any memory");
    refused(&of("'<f8'", "(99999999999999999999999,)"), "larger than any memory");
    refused(&of("'<f8'", &format!("({})", "1,".repeat(65))), "65 axes");
    refused(&of("'<f8'", "(-1,)"), "negative length");
    refused(&of("'<f8'", "(3"), "should have");
    refused(&of("'<f8'", "(3 4)"), "should have ')'");
    refused(&of("'<f8'", "3"), "should have '('");
    refused(&of("'<f8'", &"(".repeat(100_000)), "should have a length");
    refused(&of(&"(".repeat(100_000), "(3,)"), "without an end");
    refused(&of("[('x', '<f8'), ('y', '<i4', (2,))]", "(3,)"), "structured");
    refused(&of("'|O'", "(3,)"), "object (dtype \"|O\")");
    refused(&of("'|O'", "(3,)"), "np.save(path, a.astype(\"float64\"))");
    refused(&of("'<U5'", "(3,)"), "text");
    refused(&of("'<M8[ns]'", "(3,)"), "datetime64");
    refused(&of("'<f2'", "(3,)"), "a.astype(\"float32\")");
    refused(&of("'<f16'", "(3,)"), "extended-precision");
    refused(&of("''", "(3,)"), "unknown");
    refused(&of("'é'", "(3,)"), "unknown");
    refused(&header("{'descr': '<f8', 'shape': (3,)}"), "no 'fortran_order'");
    refused(&header("{'descr': '<f8', 'fortran_order': False}"), "no 'shape'");
    refused(&header("{}"), "no 'descr'");
    refused(&header("{'colour': 3}"), "unknown key");
    refused(&header("{'colour': 3}"), "unknown key \"colour\": \"{'colour': 3}\"");
    refused(&header("{'descr': '<f8', 'fortran_order': 1}"), "True or False");
    refused(&header("{'descr': '<f8"), "without an end");
    refused(&header("{'descr': '<f8', 'fortran_order': False, 'shape': ()} x"), "goes on");
}

#[test]
fn a_short_file_is_told_with_both_numbers() {
    let h = read(&header_bytes(&ArrayType::new([3, 4], DType::Float64))).unwrap();
    assert!(h.check_length(128 + 96, "a.npy").is_ok());
    assert!(h.check_length(1000, "a.npy").is_ok());
    let error = h.check_length(223, "a.npy").unwrap_err();
    assert!(error.to_string().contains("holds 223 bytes, its header promises 224"), "{error}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_header_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        version in 0_u8..5,
    ) {
        let _ = read(&bytes);
        let mut magic = MAGIC.to_vec();
        magic.extend([version, 0, 150, 0]);
        magic.extend(&bytes);
        let _ = read(&magic);
    }

    #[test]
    fn no_mutation_makes_a_header_panic(
        at in 0_usize..70,
        byte in any::<u8>(),
        text in "[(){}\\[\\],:'\"L0-9 TrueFalsedcshpf<>|=-]{0,40}",
    ) {
        let mut bytes = header_bytes(&ArrayType::new([3, 4], DType::Float64));
        bytes[at] = byte;
        bytes.splice(at + 1..at + 1, text.bytes());
        if let Ok(h) = read(&bytes) {
            // Whatever is accepted can be computed with.
            let _ = h.data_bytes();
            let _ = h.check_length(1 << 20, "a.npy");
        }
    }
}
