//! The ratio of vertical velocity to pressure, which the operators of two components share.

use crate::io::Formula;
use crate::operators::entry::Checker;
use crate::operators::spectral::SpectralFilter;
use crate::scalar::DType;
use crate::space::ArrayType;
use crate::synthetics::wavenumbers::Obliquity;

/// What the operators' parameters say of receivers, time and the medium.
pub(super) struct Keys<'a> {
    pub(super) nt: usize,
    pub(super) nr: &'a [usize],
    pub(super) dt: f64,
    pub(super) dr: &'a [f64],
    pub(super) rho: f64,
    pub(super) vel: f64,
    pub(super) nffts: Option<&'a [usize]>,
    pub(super) critical: f64,
    pub(super) ntaper: usize,
}

/// Percentage of wavenumbers that are kept.
pub(super) fn all_percent() -> f64 {
    100.0
}

/// Samples of the taper.
pub(super) fn ten() -> usize {
    10
}

impl Keys<'_> {
    /// Dims `(*nr, nt)` of a wavefield, and the filter from pressure to velocity, or back.
    pub(super) fn read(
        &self,
        topressure: bool,
        dtype: DType,
        at: &mut Checker<'_>,
    ) -> Option<(Vec<usize>, SpectralFilter)> {
        at.count("nt", self.nt)?;
        let dims = at.fits("nr", [self.nr, &[self.nt]].concat())?;
        let n = self.nr.len();
        let label = format!("expected one sampling for each of {n} axes of receivers");
        at.require(self.dr.len() == n, "dr", label)?;
        self.dr.iter().try_for_each(|&dr| at.step("dr", dr))?;
        at.step("dt", self.dt)?;
        for (key, value) in [("rho", self.rho), ("vel", self.vel), ("critical", self.critical)] {
            let label = format!("expected a number above 0, found {value}");
            at.require(value > 0.0 && value.is_finite(), key, label)?;
        }
        let nffts = self.nffts.map_or_else(|| dims.clone(), <[usize]>::to_vec);
        let label = format!("expected {} lengths: of receivers, then of time", n + 1);
        at.require(nffts.len() == n + 1, "nffts", label)?;
        let nffts = at.fits("nffts", nffts)?;
        at.count("ntaper", self.ntaper)?;
        let shortest = nffts.iter().copied().min().unwrap_or(0);
        let label = format!(
            "a taper of {} samples needs transforms of more than {}, found {shortest}",
            self.ntaper,
            self.ntaper.saturating_mul(3)
        );
        at.require(shortest > self.ntaper.saturating_mul(3), "ntaper", label)?;
        let factors = Obliquity {
            axes: nffts.iter().copied().zip(self.dr.iter().copied().chain([self.dt])).collect(),
            rho: self.rho,
            vel: self.vel,
            critical: self.critical / 100.0,
            ntaper: self.ntaper,
            topressure,
            evanescent: self.critical > 100.0 && dtype.is_complex(),
        };
        let halved = (!dtype.is_complex()).then_some(n);
        let all = nffts.iter().product();
        let (scratch, mut bins) = (if halved.is_some() { all } else { 0 }, nffts.clone());
        if halved.is_some() {
            bins[n] = bins[n] / 2 + 1;
        }
        let ty = ArrayType::new(bins, DType::of(factors.evanescent, dtype.is_double()));
        let run: Box<crate::io::Evaluate> = match halved {
            Some(_) => Box::new(move |_| factors.factors_of_real_data()),
            None => Box::new(move |_| factors.factors()),
        };
        let formula = Formula { inputs: Vec::new(), ty, scratch, run };
        let filter = at.made("nffts", formula.array())?.named("obliquity");
        Some((dims, SpectralFilter { nffts, halved, filter }))
    }
}
