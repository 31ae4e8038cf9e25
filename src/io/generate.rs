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
    /// Density `exp(-|x|) / 2`; real and imaginary part each, if complex.
    Laplace,
    /// Density `x exp(-x^2 / 2)`; real and imaginary part each, if complex.
    Rayleigh,
    /// -1 or 1; real and imaginary part each, if complex.
    Rademacher,
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
    /// The numbers from 0 below `num` in an order that depends on the seed.
    Permutation {
        /// Any number; another one gives another order.
        seed: u64,
        /// How many.
        num: usize,
    },
}

/// 2⁻⁵³, the distance of neighbouring uniform numbers.
const ULP: f64 = 1.0 / (1_u64 << 53) as f64;

impl Generator {
    /// The elements, up to number `last`, among which are the largest and the smallest, with their
    /// numbers. Random numbers are never extreme.
    pub(crate) fn extremes(&self, last: usize) -> Vec<(usize, C128)> {
        let numbers = match self {
            Generator::Random { .. } | Generator::Permutation { .. } => Vec::new(),
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
                        Distribution::Laplace => C128::new(laplace(a), laplace(b)),
                        Distribution::Rayleigh => C128::new(rayleigh(a), rayleigh(b)),
                        Distribution::Rademacher => C128::new(sign(a), sign(b)),
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
            Generator::Permutation { seed, num } => {
                let order = Order::new(seed, num);
                for (k, o) in out.iter_mut().enumerate() {
                    *o = real(order.at(start + k) as f64);
                }
            }
        }
    }
}

/// A number of 53 bits to one of Laplace's distribution, by its inverse.
fn laplace(bits: u64) -> f64 {
    // From (0, 1): the halves are mirrored.
    let x = (bits as f64 + 0.5) * ULP;
    if x < 0.5 { libm::log(2.0 * x) } else { -libm::log(2.0 * (1.0 - x)) }
}

fn rayleigh(bits: u64) -> f64 {
    (-2.0 * libm::log((bits + 1) as f64 * ULP)).sqrt()
}

fn sign(bits: u64) -> f64 {
    if bits & 1 == 0 { -1.0 } else { 1.0 }
}

/// A permutation that is known element by element: Luby and Rackoff's network of rounds over the bits of
/// an element, whose functions are a hash of the seed, repeated until the result is below `num`.
struct Order {
    num: u64,
    /// Bits of each half.
    half: u32,
    keys: [u64; ROUNDS],
}

/// Rounds of the network; few bits need more of them.
const ROUNDS: usize = 12;

impl Order {
    fn new(seed: u64, num: usize) -> Order {
        let bits = u64::BITS - (num.max(2) as u64 - 1).leading_zeros();
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        // Another stream than that of random numbers.
        key[8] = 1;
        let mut rng = ChaCha8Rng::from_seed(key);
        Order {
            num: num as u64,
            half: bits.div_ceil(2),
            keys: std::array::from_fn(|_| rng.next_u64()),
        }
    }

    fn at(&self, number: usize) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let mut x = number as u64;
        loop {
            let (mut left, mut right) = (x >> self.half, x & mask);
            for key in self.keys {
                (left, right) = (right, left ^ (mixed(right ^ key) & mask));
            }
            x = left << self.half | right;
            if x < self.num {
                return x;
            }
        }
    }
}

/// A hash of 64 bits (splitmix64's), of which the low ones are used.
fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
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
    fn a_permutation_has_every_number_once_and_no_order() {
        for n in [1, 2, 3, 5, 16, 17, 1000, 4097] {
            let mut p = values(Generator::Permutation { seed: 3, num: n }, n);
            let fixed = p.iter().enumerate().filter(|&(k, &v)| v == k as f64).count();
            assert!(n < 10 || fixed < 8, "{n}: {fixed} stay");
            p.sort_by(f64::total_cmp);
            assert!(p.iter().enumerate().all(|(k, &v)| v == k as f64), "{n}");
        }
        // Each number is as often in each place, and any two in either order.
        let (n, seeds) = (7, 7000_u64);
        let mut counts = vec![vec![0.0; n]; n];
        let mut rising = 0;
        for seed in 0..seeds {
            let p = values(Generator::Permutation { seed, num: n }, n);
            p.iter().enumerate().for_each(|(k, &v)| counts[k][v as usize] += 1.0);
            rising += u64::from(p[2] < p[5]);
        }
        let mean = seeds as f64 / n as f64;
        // 36 degrees of freedom: 73 in a thousand billion.
        let chi: f64 = counts.iter().flatten().map(|c| (c - mean) * (c - mean) / mean).sum();
        assert!(chi < 100.0, "{chi}");
        assert!((rising as f64 / seeds as f64 - 0.5).abs() < 0.03, "{rising}");
    }

    #[test]
    fn other_distributions_have_their_moments() {
        let n = 200_000;
        let drawn = |distribution| {
            let mut z = vec![C128::default(); n];
            Generator::Random { seed: 5, distribution }.fill(0, &mut z);
            z
        };
        let mean = |z: &[C128], f: &dyn Fn(&C128) -> f64| z.iter().map(f).sum::<f64>() / n as f64;
        let laplace = drawn(Distribution::Laplace);
        assert!(mean(&laplace, &|v| v.re).abs() < 0.02 && mean(&laplace, &|v| v.im).abs() < 0.02);
        assert!((mean(&laplace, &|v| v.re * v.re) - 2.0).abs() < 0.05);
        assert!((mean(&laplace, &|v| v.im.abs()) - 1.0).abs() < 0.02);
        let rayleigh = drawn(Distribution::Rayleigh);
        assert!((mean(&rayleigh, &|v| v.re) - (std::f64::consts::PI / 2.0).sqrt()).abs() < 0.01);
        assert!((mean(&rayleigh, &|v| v.re * v.re) - 2.0).abs() < 0.03);
        assert!(rayleigh.iter().all(|v| v.re >= 0.0 && v.is_finite()));
        let signs = drawn(Distribution::Rademacher);
        assert!(signs.iter().all(|v| v.re.abs() == 1.0 && v.im.abs() == 1.0));
        assert!(
            mean(&signs, &|v| v.re).abs() < 0.01 && mean(&signs, &|v| v.re * v.im).abs() < 0.01
        );
        assert!(laplace.iter().all(|v| v.is_finite()));
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
