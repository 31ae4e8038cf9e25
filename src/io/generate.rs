//! Arrays that a formula gives: constants, ranges, random numbers.
//!
//! An element depends on its number alone, so any box, thread and host sees the same values. Random
//! numbers take logarithm and cosine from the `libm` crate: the system's differ between machines in
//! the last bit.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::scalar::{C128, Scalar};

/// Distribution of random elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Mean 0 and variance 1; real and imaginary part each, if complex.
    Normal,
    /// From 0 to 1, without 1; real and imaginary part each, if complex.
    Uniform,
}

/// A formula for the elements of an array, numbered in C order. Values are computed in double
/// precision and rounded once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Generator {
    /// The same value everywhere.
    Full(C128),
    /// `numpy.arange`: `start + i * step`.
    Arange {
        /// First value.
        start: f64,
        /// Difference of neighbours.
        step: f64,
    },
    /// `numpy.linspace`: `num` values of equal distance, the last of them exactly `stop`.
    Linspace {
        /// First value.
        start: f64,
        /// Last value.
        stop: f64,
        /// Number of values.
        num: usize,
    },
    /// Random numbers; a complex array's real part is the real array of the same seed.
    Random {
        /// Any number; another one gives other values.
        seed: u64,
        /// How they are distributed.
        distribution: Distribution,
    },
}

/// 2⁻⁵³, the distance of neighbouring uniform numbers.
const ULP: f64 = 1.0 / (1_u64 << 53) as f64;

impl Generator {
    /// The elements, up to number `last`, among which are the largest and the smallest, with their
    /// numbers. Random numbers are never extreme.
    pub(crate) fn extremes(&self, last: usize) -> Vec<(usize, C128)> {
        let numbers = match self {
            Generator::Random { .. } => Vec::new(),
            Generator::Full(_) => vec![0],
            Generator::Arange { .. } | Generator::Linspace { .. } => vec![0, last],
        };
        let element = |number: usize| {
            let mut value = [C128::default()];
            self.fill(number, &mut value);
            (number, value[0])
        };
        numbers.into_iter().map(element).collect()
    }

    /// Elements from number `start` on.
    pub(crate) fn fill<T: Scalar>(&self, start: usize, out: &mut [T]) {
        let real = |value: f64| T::from_c128(C128::new(value, 0.0));
        match *self {
            Generator::Full(value) => out.fill(T::from_c128(value)),
            Generator::Arange { start: first, step } => {
                // NumPy takes the step from its first two values, rounded as they are.
                let delta = (first + step) - first;
                for (k, o) in out.iter_mut().enumerate() {
                    *o = match start + k {
                        1 => real(first + step),
                        i => real(first + i as f64 * delta),
                    };
                }
            }
            Generator::Linspace { start: first, stop, num } => {
                let delta = stop - first;
                let div = num.saturating_sub(1) as f64;
                let step = delta / div;
                for (k, o) in out.iter_mut().enumerate() {
                    let i = start + k;
                    *o = real(if num > 1 && i == num - 1 {
                        stop
                    } else if num <= 1 {
                        first
                    } else if step == 0.0 {
                        // A step too small for a double, as NumPy minds.
                        i as f64 / div * delta + first
                    } else {
                        i as f64 * step + first
                    });
                }
            }
            Generator::Random { seed, distribution } => {
                let mut key = [0; 32];
                key[..8].copy_from_slice(&seed.to_le_bytes());
                let mut rng = ChaCha8Rng::from_seed(key);
                // An element owns four 32-bit words of the stream.
                rng.set_word_pos(start as u128 * 4);
                for o in out {
                    let (a, b) = (rng.next_u64() >> 11, rng.next_u64() >> 11);
                    *o = T::from_c128(match distribution {
                        Distribution::Uniform => C128::new(a as f64 * ULP, b as f64 * ULP),
                        Distribution::Normal => {
                            // Box and Muller: radius from (0, 1], angle from [0, 1).
                            let radius = (-2.0 * libm::log((a + 1) as f64 * ULP)).sqrt();
                            let angle = std::f64::consts::TAU * (b as f64 * ULP);
                            // The imaginary part is left uncomputed where nobody keeps it.
                            let im =
                                if T::DTYPE.is_complex() { radius * libm::sin(angle) } else { 0.0 };
                            C128::new(radius * libm::cos(angle), im)
                        }
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(generator: Generator, n: usize) -> Vec<f64> {
        let mut out = vec![0.0; n];
        generator.fill(0, &mut out);
        out
    }

    #[test]
    fn ranges_are_numpys_to_the_last_bit() {
        // np.arange(0.1, 1.05, 0.1)[[0, 1, 2, 3, 9]] and np.linspace(-0.3, 1.1, 8), NumPy 2.4.6.
        let a = values(Generator::Arange { start: 0.1, step: 0.1 }, 10);
        assert_eq!([a[0], a[1], a[2], a[3], a[9]], [0.1, 0.2, 0.30000000000000004, 0.4, 1.0]);
        let l = values(Generator::Linspace { start: -0.3, stop: 1.1, num: 8 }, 8);
        let numpy = [
            -0.3,
            -0.09999999999999998,
            0.10000000000000003,
            0.3000000000000001,
            0.5,
            0.7,
            0.9000000000000001,
            1.1,
        ];
        assert_eq!(l, numpy);
        assert_eq!(values(Generator::Linspace { start: 3.0, stop: 5.0, num: 1 }, 1), [3.0]);
        assert_eq!(values(Generator::Linspace { start: 2.0, stop: 2.0, num: 3 }, 3), [2.0; 3]);
    }

    #[test]
    fn random_numbers_are_fixed_for_all_time() {
        let normal = Generator::Random { seed: 42, distribution: Distribution::Normal };
        let uniform = Generator::Random { seed: 42, distribution: Distribution::Uniform };
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        // Computed from RFC 8439's block function with 8 rounds, in Python, where the last bit of
        // the second differs for glibc's sake.
        assert_eq!(bits(values(normal, 2)), [0xbfd4_ad11_5658_33c5, 0xbfe9_aa69_5f98_3523]);
        assert_eq!(bits(values(uniform, 2)), [0x3fd6_49cd_1c46_63ea, 0x3fdf_950d_87d9_3f24]);
    }

    #[test]
    fn random_numbers_have_their_distribution_and_their_seed() {
        let n = 100_000;
        for seed in [0, 1, u64::MAX] {
            let mut z = vec![C128::default(); n];
            Generator::Random { seed, distribution: Distribution::Normal }.fill(0, &mut z);
            let mean = |f: &dyn Fn(&C128) -> f64| z.iter().map(f).sum::<f64>() / n as f64;
            assert!(mean(&|v| v.re).abs() < 0.015 && mean(&|v| v.im).abs() < 0.015);
            assert!((mean(&|v| v.re * v.re) - 1.0).abs() < 0.03);
            assert!((mean(&|v| v.im * v.im) - 1.0).abs() < 0.03);
            assert!((mean(&|v| v.re.powi(4)) - 3.0).abs() < 0.2);
            assert!(mean(&|v| v.re * v.im).abs() < 0.015);
            assert!(
                z.windows(2).map(|w| w[0].re * w[1].re).sum::<f64>().abs() / (n as f64) < 0.015
            );
            let u = values(Generator::Random { seed, distribution: Distribution::Uniform }, n);
            assert!(u.iter().all(|v| (0.0..1.0).contains(v)));
            assert!((u.iter().sum::<f64>() / n as f64 - 0.5).abs() < 0.005);
        }
        let first =
            |seed| values(Generator::Random { seed, distribution: Distribution::Normal }, 1);
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn an_element_depends_on_its_number_only() {
        let generator = Generator::Random { seed: 7, distribution: Distribution::Normal };
        let whole = values(generator, 200);
        for start in [0, 1, 3, 63, 64, 130] {
            let mut part = vec![0.0; 70];
            generator.fill(start, &mut part);
            assert_eq!(part, whole[start..start + 70]);
        }
        let mut single = vec![0_f32; 200];
        generator.fill(0, &mut single);
        assert!(single.iter().zip(&whole).all(|(&s, &d)| s == d as f32));
        let mut complex = vec![C128::default(); 200];
        generator.fill(0, &mut complex);
        assert!(complex.iter().zip(&whole).all(|(c, &d)| c.re == d));
    }
}
