//! Cosines and sines of turns.

/// `cos(2 pi x)` and `sin(2 pi x)` of numbers of turns below 2^49, to a few units of the last place. A turn's
/// nearest quarter is taken off exactly; within an eighth of a turn the polynomials are those of fdlibm's
/// `k_sin.c` and `k_cos.c`.
#[inline(always)]
pub(super) fn turns<const N: usize>(turns: &[f64; N]) -> ([f64; N], [f64; N]) {
    /// Added to a number, it leaves the nearest whole one in the last bits.
    const WHOLE: f64 = (3u64 << 51) as f64;
    let (mut cos, mut sin) = ([0.0; N], [0.0; N]);
    for l in 0..N {
        let quarters = 4.0f64.mul_add(turns[l], WHOLE);
        let quarter = quarters.to_bits();
        let x = (quarters - WHOLE).mul_add(-0.25, turns[l]) * std::f64::consts::TAU;
        let z = x * x;
        let (c, s) = (cosine(z), (z * x).mul_add(sine(z), x));
        let odd = quarter & 1 == 1;
        let (c, s) = if odd { (s, c) } else { (c, s) };
        cos[l] = f64::from_bits(c.to_bits() ^ ((quarter.wrapping_add(1) & 2) << 62));
        sin[l] = f64::from_bits(s.to_bits() ^ ((quarter & 2) << 62));
    }
    (cos, sin)
}

/// `cos x` of `z = x^2`
#[inline(always)]
fn cosine(z: f64) -> f64 {
    let r = (-1.135_964_755_778_819_5e-11f64).mul_add(z, 2.087_572_321_298_175e-9);
    let r = r.mul_add(z, -2.755_731_435_139_066_3e-7);
    let r = r.mul_add(z, 2.480_158_728_947_673e-5);
    let r = r.mul_add(z, -1.388_888_888_887_411e-3);
    let r = r.mul_add(z, 4.166_666_666_666_66e-2);
    let half = 0.5 * z;
    let w = 1.0 - half;
    w + ((1.0 - w) - half + z * z * r)
}

/// `(sin x - x) / x^3` of `z = x^2`
#[inline(always)]
fn sine(z: f64) -> f64 {
    let r = 1.589_690_995_211_55e-10f64.mul_add(z, -2.505_076_025_340_686_3e-8);
    let r = r.mul_add(z, 2.755_731_370_707_006_8e-6);
    let r = r.mul_add(z, -1.984_126_982_985_795e-4);
    let r = r.mul_add(z, 8.333_333_333_322_49e-3);
    r.mul_add(z, -1.666_666_666_666_663_2e-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_those_of_the_library() {
        let mut largest = 0.0f64;
        for k in -4000..4000 {
            let x = f64::from(k) * 0.000_728 + f64::from(k % 7) * 11.0;
            let (c, s) = turns(&[x]);
            let angle = (x - x.round()) * std::f64::consts::TAU;
            largest = largest.max((c[0] - angle.cos()).abs()).max((s[0] - angle.sin()).abs());
        }
        assert!(largest < 5e-16, "{largest}");
        let quarters = [0.0, 0.25, 0.5, 0.75, -0.25, 3.0, -7.5, 1e9 + 0.25];
        let (c, s) = turns(&quarters);
        assert_eq!(c.map(|v| v + 0.0), [1.0, 0.0, -1.0, 0.0, 0.0, 1.0, -1.0, 0.0]);
        assert_eq!(s.map(|v| v + 0.0), [0.0, 1.0, 0.0, -1.0, -1.0, 0.0, 0.0, 1.0]);
    }
}
