"""Derivatives, Laplacian, gradient."""
import itertools

from golden import CX, T, case

shapes = (([7], 0), ([5, 4], 0), ([4, 6], 1), ([3, 5, 4], 1))
for dims, axis in shapes:
    for kind in ("forward", "backward"):
        case(T("FirstDerivative", dims=dims, axis=axis, kind=kind, sampling=2.0))
    for order, edge in itertools.product((3, 5), (False, True)):
        case(T("FirstDerivative", dims=dims, axis=axis, kind="centered", order=order, edge=edge, sampling=0.5))
    for kind in ("forward", "backward"):
        case(T("SecondDerivative", dims=dims, axis=axis, kind=kind, sampling=0.5))
    for edge in (False, True):
        case(T("SecondDerivative", dims=dims, axis=axis, kind="centered", edge=edge, sampling=2.0))
case(T("FirstDerivative", dims=[6]))
case(T("FirstDerivative", dims=[3, 5]))
case(T("FirstDerivative", dims=[5, 2, 3], axis=-3))
case(T("FirstDerivative", dims=[3, 5], axis=-1, edge=True, sampling=0.25, order=5, **CX))
for kind in ("forward", "backward", "centered"):
    case(T("FirstDerivative", dims=[4, 3], axis=0, kind=kind, edge=True, **CX))
    case(T("SecondDerivative", dims=[4, 3], axis=0, kind=kind, edge=True, **CX))
case(T("FirstDerivative", dims=[4], kind="forward", edge=True))
case(T("SecondDerivative", dims=[6]))
case(T("SecondDerivative", dims=[2, 5, 2], axis=-2, edge=True))
case(T("SecondDerivative", dims=[2, 5], axis=-1, sampling=0.5, **CX))
# Short axes, where PyLops has an answer that its own adjoint agrees with.
for n in (1, 2, 3, 4, 5):
    for kind, order, edge in (("forward", 3, False), ("backward", 3, False), ("centered", 3, False),
                              ("centered", 3, True), ("centered", 5, False), ("centered", 5, True)):
        case(T("FirstDerivative", dims=[n, 2], axis=0, kind=kind, order=order, edge=edge), skip_wrong=True)
    for kind, edge in (("forward", False), ("backward", False), ("centered", False), ("centered", True)):
        case(T("SecondDerivative", dims=[n, 2], axis=0, kind=kind, edge=edge), skip_wrong=True)
# Laplacian
case(T("Laplacian", dims=[5, 4]))
case(T("Laplacian", dims=[3, 4, 5]))
for dims, axes, weights, sampling in (([5, 4], [0, 1], [1.0, 2.0], [0.5, 2.0]), ([5, 4], [1, 0], [3.0, -1.0], [1.0, 0.5]),
                                      ([3, 4, 3], [0, 2], [1.0, 0.5], [1.0, 1.0]),
                                      ([3, 4, 3], [0, 1, 2], [1.0, 2.0, 3.0], [1.0, 0.5, 0.25]),
                                      ([4, 3], [0], [2.0], [0.5]), ([6], [0], [1.5], [1.0])):
    for kind, edge in (("centered", False), ("centered", True), ("forward", False), ("backward", False)):
        case(T("Laplacian", dims=dims, axes=axes, weights=weights, sampling=sampling, kind=kind, edge=edge))
case(T("Laplacian", dims=[4, 5], axes=[-2, -1], weights=[1.0, 0.5], edge=True, **CX))
case(T("Laplacian", dims=[3, 4, 3], axes=[0, 1, 2], weights=[1.0, 1.0, 1.0], sampling=[1.0, 1.0, 2.0], **CX))
# Gradient
for dims in ([5, 4], [3, 4, 3], [6]):
    for kind, edge in (("centered", False), ("centered", True), ("forward", False), ("backward", False)):
        case(T("Gradient", dims=dims, kind=kind, edge=edge))
case(T("Gradient", dims=[4, 3], sampling=0.5))
case(T("Gradient", dims=[4, 3], sampling=[0.5, 2.0], kind="forward"))
case(T("Gradient", dims=[3, 1, 4], sampling=[1.0, 2.0, 4.0], kind="backward"))
case(T("Gradient", dims=[4, 3], sampling=[0.5, 2.0], edge=True, **CX))
