"""Tomography.

PyLops' `CT2D` is ASTRA in single precision. The values here are those of its definition in double precision; where ASTRA
is installed (they were made beside astra-toolbox 2.5.0), its own are compared with them. Strips are left out of that if
one of their sides is closer to rows than to columns and the middle of the fan is not, or the other way round: ASTRA then
loses corners of pixels.
"""
import importlib.util

import numpy as np
import pylops

import golden
from golden import CX, Inline, T, case

ASTRA = importlib.util.find_spec("astra") is not None


class Declared:
    """dims and dtype of an operator"""

    def __init__(self, **p):
        self.dims, self.dimsd = p["dims"], (len(p["thetas"]), p["det_count"])
        self.dtype = np.dtype(p.get("dtype", "float64"))

    def matvec(self, x):
        raise NotImplementedError

    rmatvec = matvec


golden.TYPES["CT2D"] = Declared


def left(d, s):
    """part of a unit pixel to the left of a ray of slope s that passes its centre at distance d"""
    low, high = abs(1 - s) / 2, (1 + s) / 2
    u = np.clip(abs(d), low, high)
    part = np.minimum(abs(d), low) + (u - low) * (1 + (high - u) / min(s, 1)) / 2
    return 0.5 + np.sign(d) * min(1, 1 / s) * part


def matrix(dims, det_width, det_count, thetas, proj_geom_type="parallel", source_origin_dist=0, origin_detector_dist=0,
           projector_type="strip", **_):
    ny, nx = dims
    fan, far = proj_geom_type == "fanflat", source_origin_dist + origin_detector_dist
    x, y = np.arange(nx) - nx / 2 + 0.5, ny / 2 - 0.5 - np.arange(ny)
    w = np.zeros((len(thetas), det_count, ny, nx))
    sound = np.ones(w.shape[:2], bool)
    for a, j in np.ndindex(w.shape[:2]):
        s, c = np.sin(thetas[a]), np.cos(thetas[a])
        source = np.array([s, -c]) * source_origin_dist

        def ray(u):
            if not fan:
                return np.array([c, s]) * u, np.array([s, -c])
            return source, np.array([c, s]) * u + np.array([-s, c]) * origin_detector_dist - source

        def crossing(u):
            """where the ray crosses every row, or column, and its slope"""
            p, d = ray(u)
            if down:
                return p[0] + (y - p[1]) * d[0] / d[1] + nx / 2 - 0.5, abs(d[0] / d[1])
            return ny / 2 - 0.5 - p[1] - (x - p[0]) * d[1] / d[0], abs(d[1] / d[0])

        u = (j + 0.5 - det_count / 2) * det_width
        d = ray(u)[1]
        down = abs(d[0]) < abs(d[1])
        i = np.arange(nx if down else ny)
        if projector_type == "strip":
            (c0, s0), (c1, s1) = crossing(u - det_width / 2), crossing(u + det_width / 2)
            sides = [abs(ray(v)[1]) for v in (u - det_width / 2, u + det_width / 2)]
            sound[a, j] = all((d[0] < d[1]) == (abs(s) < abs(c)) for d in sides)
            v = abs(left(c1[:, None] - i, s1) - left(c0[:, None] - i, s0)) / det_width
        else:
            c0, slope = crossing(u)
            away = abs(c0[:, None] - i)
            v = 1 - away if projector_type == "linear" else np.minimum(((1 + slope) / 2 - away) / slope, 1)
            v = np.maximum(v, 0) * np.hypot(1, slope)
        w[a, j] = v if down else v.T
        if projector_type == "strip" and fan:
            w[a, j] *= d @ d / far / np.hypot(x - source[0], y[:, None] - source[1])
    return w.reshape(len(thetas) * det_count, ny * nx), sound.ravel()


def formula(x, p):
    ours, sound = matrix(**p)
    if ASTRA and not (p.get("proj_geom_type") == "fanflat" and p.get("projector_type") == "linear"):
        op = pylops.medical.CT2D(engine="cpu", **dict(p, dtype="float32"))
        theirs = np.array([op.matvec(e.astype("float32")) for e in np.eye(x.size)]).T
        back = np.array([op.rmatvec(e.astype("float32")) for e in np.eye(len(theirs))])
        assert sound.sum() > len(sound) / 2 and abs(ours - theirs)[sound].max() < 2e-5, p
        assert abs(ours - back)[sound].max() < 2e-5, p
    return ours @ x.ravel()


# No ray along the border of two pixels: ASTRA gives all of it to one, which depends on rounding.
thetas = Inline([0.1, 0.7, 0.9, 1.7, 2.4, 3.0, 4.1, 5.3, 6.1])
FAN = dict(proj_geom_type="fanflat", source_origin_dist=9.0, origin_detector_dist=5.5)
for dims, width, count in (([5, 4], 1.0, 7), ([3, 6], 0.625, 6), ([4, 4], 2.5, 3), ([1, 5], 1.0, 4), ([4, 1], 1.5, 2)):
    for projector in ("strip", "line", "linear"):
        for fan in ({}, FAN):
            t = T("CT2D", dims=dims, det_width=width, det_count=count, thetas=thetas, projector_type=projector, **fan)
            case(t, forward=formula, adjoint="dense")
case(T("CT2D", dims=[6, 5], det_width=1.0, det_count=7, thetas=thetas, **CX), forward=formula, adjoint="dense")
case(T("CT2D", dims=[4, 5], det_width=1.0, det_count=6, thetas=Inline([0.25]), **FAN, **CX), forward=formula, adjoint="dense")
