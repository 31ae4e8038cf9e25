//! Windows in time of redatuming and deconvolution, smoothed forth and back.

use rayon::prelude::*;

/// SciPy's `filtfilt(ones(n) / n, 1, x)`: a running mean over the last `n` samples, forth and then
/// back, of the signal that goes on by its own point reflection at both ends over `3 n` samples.
///
/// The signal has more samples than `3 n`; a shorter one is an error, as in SciPy.
pub fn smooth(signal: &mut [f64], n: usize) -> Result<(), String> {
    if n == 0 {
        return Ok(());
    }
    let (length, edge) = (signal.len(), n.saturating_mul(3));
    if length <= edge {
        return Err(format!(
            "smoothing over {n} samples needs more than {edge} samples; there are {length}"
        ));
    }
    let (first, last) = (signal[0], signal[length - 1]);
    let before = (1..=edge).rev().map(|i| 2.0 * first - signal[i]);
    let after = (1..=edge).map(|i| 2.0 * last - signal[length - 1 - i]);
    let extended: Vec<f64> = before.chain(signal.iter().copied()).chain(after).collect();
    // A filter in its steady state sees the first sample for ever before it.
    let mean = |x: &[f64]| -> Vec<f64> {
        let at = |i: usize, j: usize| x[i.saturating_sub(j)];
        (0..x.len()).map(|i| (0..n).map(|j| at(i, j) / n as f64).sum()).collect()
    };
    let mut forth = mean(&extended);
    forth.reverse();
    let mut back = mean(&forth);
    back.reverse();
    signal.copy_from_slice(&back[edge..edge + length]);
    Ok(())
}

/// Marchenko's window, `[2 nt - 1, receivers]`: 1 at times whose distance from 0 is less than
/// `trav - toff`, rounded to whole samples, else 0; smoothed in time.
///
/// Traveltimes before `toff` leave an empty window, those after the last sample a full one; PyLops
/// takes the former from the end of the axis.
pub fn two_sided(
    trav: &[f64],
    toff: f64,
    dt: f64,
    nt: usize,
    nsmooth: usize,
) -> Result<Vec<f64>, String> {
    let length = (2 * nt).saturating_sub(1);
    let column = |(number, &time): (usize, &f64)| {
        if !time.is_finite() {
            return Err(format!("traveltime {number} is {time}"));
        }
        // NumPy rounds halves to even; the cast clamps.
        let end = ((time - toff) / dt).round_ties_even() as usize;
        let inside = |i: usize| i.abs_diff(nt - 1) < end;
        let mut window: Vec<f64> = (0..length).map(|i| f64::from(u8::from(inside(i)))).collect();
        smooth(&mut window, nsmooth)?;
        Ok(window)
    };
    let columns: Vec<Result<Vec<f64>, String>> = trav.par_iter().enumerate().map(column).collect();
    let columns = columns.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok((0..length).flat_map(|i| columns.iter().map(move |c| c[i])).collect())
}

/// The window of causal times, `[2 nt - 1]`: 0 before the middle, 1 from there; smoothed.
pub fn causal(nt: usize, nsmooth: usize) -> Result<Vec<f64>, String> {
    let length = (2 * nt).saturating_sub(1);
    let mut window: Vec<f64> = (0..length).map(|i| f64::from(u8::from(i + 1 >= nt))).collect();
    smooth(&mut window, nsmooth)?;
    Ok(window)
}
