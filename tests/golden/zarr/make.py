"""Makes stores.zip: small Zarr folders as Python writes them, one for each way that they can be stored.

  python tests/golden/zarr/make.py

Pinned, and checked below: zarr 3.1.6, numcodecs 0.16.6, numpy 2.4.6 (made with Python 3.11). No random numbers:
element i of an array, in C order, is the value of `value` below, which the tests know too. Run by hand only.
"""
import os
import shutil
import sys
import tempfile
import zipfile

import numcodecs
import numpy as np
import zarr
from zarr.codecs import (BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec)

PINNED = {"zarr": "3.1.6", "numcodecs": "0.16.6", "numpy": "2.4.6"}
FOUND = {m.__name__: m.__version__ for m in (zarr, numcodecs, np)}
if FOUND != PINNED:
    sys.exit("the stores are pinned to %s, found %s" % (PINNED, FOUND))

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = "b1 i1 i2 i4 i8 u1 u2 u4 u8 f4 f8 c8 c16".split()
SHAPE, CHUNKS = (5, 6), (3, 4)


def value(shape, dtype):
    """Every kind of element has its own values, which it holds exactly."""
    i = np.arange(np.prod(shape, dtype=int))
    kind = np.dtype(dtype).kind
    if kind == "b":
        v = i % 3 == 1
    elif kind == "u":
        v = i % 251
    elif kind == "i":
        v = i % 120 - 60
    else:
        v = i - 7.5 + (0.25j * i if kind == "c" else 0)
    return v.astype(dtype).reshape(shape)


def write(store, dtype="<f8", shape=SHAPE, chunks=CHUNKS, version=2, keep=None, **options):
    """One array; with `keep`, only these elements are written, so that some chunks are missing."""
    if version == 2:
        options = {"compressors": None, "filters": None, **options}
        array = zarr.create_array(store, shape=shape, chunks=chunks, dtype=dtype, zarr_format=2, **options)
    else:
        array = zarr.create_array(store, shape=shape, chunks=chunks, dtype=dtype, **options)
    values = value(shape, dtype)
    if keep is None:
        array[...] = values
    else:
        array[keep] = values[keep]


def main():
    folder = tempfile.mkdtemp()
    at = lambda name: os.path.join(folder, name)

    compressors = {
        "none": None, "gzip": numcodecs.GZip(5), "zlib": numcodecs.Zlib(5), "zstd": numcodecs.Zstd(3),
        "blosc": numcodecs.Blosc(cname="lz4", clevel=5, shuffle=numcodecs.Blosc.SHUFFLE),
        "blosc_zstd": numcodecs.Blosc(cname="zstd", clevel=3, shuffle=numcodecs.Blosc.BITSHUFFLE),
        "blosc_blosclz": numcodecs.Blosc(cname="blosclz", clevel=9, shuffle=numcodecs.Blosc.SHUFFLE),
        "blosc_lz4hc": numcodecs.Blosc(cname="lz4hc", clevel=9, shuffle=numcodecs.Blosc.NOSHUFFLE),
        "blosc_zlib": numcodecs.Blosc(cname="zlib", clevel=9, shuffle=numcodecs.Blosc.BITSHUFFLE),
    }
    for name, compressor in compressors.items():
        # Blosc stores little as it is.
        large = {"shape": (70, 60), "chunks": (64, 33)} if name in ("blosc_blosclz", "blosc_lz4hc", "blosc_zlib") else {}
        write(at("v2_%s.zarr" % name), compressors=compressor, **large)
    write(at("v2_complex.zarr"), "<c8", compressors=compressors["blosc"])
    write(at("v2_fortran.zarr"), order="F", compressors=compressors["zstd"])
    for dtype in (">f8", ">c16", ">i2", ">f4"):
        write(at("v2_big_%s.zarr" % dtype[1:]), dtype, compressors=compressors["gzip"])
    write(at("v2_nested.zarr"), chunk_key_encoding={"name": "v2", "separator": "/"})
    # The chunks [0, 0] and [1, 1] alone are there.
    for name, fill in (("fill", -2.5), ("nan", np.nan), ("no_fill", None)):
        write(at("v2_%s.zarr" % name), keep=(slice(0, 3), slice(0, 4)), fill_value=fill)
    write(at("v2_scalar.zarr"), shape=(), chunks=())
    # A name for every type, in a group, one array a level further down.
    group = zarr.open_group(at("v2_types.zarr"), mode="w", zarr_format=2)
    for t in TYPES:
        write(at("v2_types.zarr/%s" % t), "<" + t if t[1:] != "1" else "|" + t, chunks=SHAPE)
    group.create_group("deep").create_group("down")
    write(at("v2_types.zarr/deep/down/f8"))
    # As the seed's Marchenko data are stored: complex64, four chunks of frequencies, blosc lz4 5 shuffle 1, fill 0.
    write(at("v2_marchenko.zarr"), "<c8", (20, 5, 5), (5, 5, 5), compressors=compressors["blosc"], fill_value=0)

    codecs = {"none": None, "gzip": GzipCodec(level=5), "zstd": ZstdCodec(level=3), "blosc": BloscCodec(cname="lz4"),
              "crc32c": Crc32cCodec()}
    for name, codec in codecs.items():
        write(at("v3_%s.zarr" % name), version=3, compressors=codec)
    write(at("v3_complex.zarr"), "c16", version=3, compressors=codecs["zstd"])
    write(at("v3_big.zarr"), "f8", version=3, compressors=None, serializer=BytesCodec(endian="big"))
    write(at("v3_transposed.zarr"), version=3, filters=[TransposeCodec(order=(1, 0))], compressors=codecs["blosc"])
    write(at("v3_sharded.zarr"), shape=(8, 6), chunks=(2, 3), version=3, shards=(4, 6), compressors=codecs["zstd"])
    write(at("v3_sharded_fill.zarr"), shape=(8, 6), chunks=(2, 3), version=3, shards=(4, 6), fill_value=1.5,
          compressors=codecs["blosc"], keep=(slice(0, 2), slice(0, 3)))
    # Shards inside shards, the outer ones turned, indices at both ends, some chunks missing.
    inner = ShardingCodec(chunk_shape=(2, 2), codecs=[BytesCodec(endian="big"), ZstdCodec(checksum=True)],
                          index_location="start")
    write(at("v3_sharded_twice.zarr"), "c16", (24, 16), (12, 8), 3, (slice(4, 24), slice(0, 16)),
          filters=[TransposeCodec(order=(1, 0))], serializer=ShardingCodec(chunk_shape=(4, 4), codecs=[inner]),
          compressors=codecs["gzip"])
    write(at("v3_fill.zarr"), version=3, fill_value=-2.5, keep=(slice(0, 3), slice(0, 4)))
    zarr.open_group(at("v3_types.zarr"), mode="w")
    for t in TYPES:
        write(at("v3_types.zarr/%s" % np.dtype(t).name), t, version=3, chunks=SHAPE, compressors=None)

    # What is not read: types and codecs that pylopsd does not know.
    write(at("bad_type.zarr"), "<f2", version=3)
    write(at("bad_codec.zarr"), compressors=numcodecs.BZ2(1))
    write(at("bad_codec_v2.zarr"), compressors=numcodecs.LZ4())

    with zipfile.ZipFile(os.path.join(HERE, "stores.zip"), "w", zipfile.ZIP_DEFLATED) as out:
        for where, folders, files in sorted(os.walk(folder)):
            for name in sorted(files):
                path = os.path.join(where, name)
                entry = zipfile.ZipInfo(os.path.relpath(path, folder), (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, open(path, "rb").read())
    shutil.rmtree(folder)


main()
