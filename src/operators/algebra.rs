//! Operators made of operators: products, sums, multiples, powers, adjoints, parts.

use crate::graph::{self, Value, conjugate, simplify, transpose};
use crate::operators::{Op, Operator, data};
use crate::scalar::{C128, DType};
use crate::space::ArrayType;

/// Casts and reshapes a value to the model of an operator, keeping a wider element type.
pub(super) fn as_model(x: &Value, model: &ArrayType) -> graph::Result<Value> {
    x.cast(x.dtype().promote(model.dtype)).reshape(&model.dims)
}

/// `A B`
#[derive(Debug)]
pub struct Product(pub Op, pub Op);

impl Operator for Product {
    fn model(&self) -> ArrayType {
        self.1.model()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let y = self.1.forward(x)?;
        self.0.forward(&as_model(&y, &self.0.model())?)
    }
}

/// `A + B + ...`, of one or more operators.
#[derive(Debug)]
pub struct OperatorSum(pub Vec<Op>);

impl Operator for OperatorSum {
    fn model(&self) -> ArrayType {
        let types: Vec<ArrayType> = self.0.iter().map(|op| op.model()).collect();
        // Dims of the first operator that has more than one axis, else of the first.
        let shaped = types.iter().find(|ty| ty.dims.len() > 1).unwrap_or(&types[0]);
        let dtype = types.iter().fold(types[0].dtype, |d, ty| d.promote(ty.dtype));
        ArrayType::new(shaped.dims.clone(), dtype)
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let parts: graph::Result<Vec<Value>> =
            self.0.iter().map(|op| op.forward(&as_model(x, &op.model())?)).collect();
        let parts = parts?;
        let shaped = parts.iter().find(|y| y.dims().len() > 1).unwrap_or(&parts[0]);
        let dims = shaped.dims().to_vec();
        let parts: graph::Result<Vec<Value>> = parts.iter().map(|y| y.reshape(&dims)).collect();
        Value::sum_of(&parts?)
    }
}

/// `c A`
#[derive(Debug)]
pub struct Scaled(pub C128, pub Op);

impl Operator for Scaled {
    fn model(&self) -> ArrayType {
        let model = self.1.model();
        let complex = self.0.im != 0.0 || model.dtype.is_complex();
        ArrayType::new(model.dims, DType::of(complex, model.dtype.is_double()))
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        Ok(self.1.forward(x)?.scale(self.0))
    }
}

/// `A ** n`
#[derive(Debug)]
pub struct Power(pub Op, pub u32);

impl Operator for Power {
    fn model(&self) -> ArrayType {
        self.0.model()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let model = self.0.model();
        (0..self.1).try_fold(x.clone(), |y, _| self.0.forward(&as_model(&y, &model)?))
    }
}

/// `A.H`
#[derive(Debug)]
pub struct Adjoint {
    op: Op,
    data: ArrayType,
}

impl Adjoint {
    /// The adjoint of an operator.
    pub fn new(op: Op) -> graph::Result<Self> {
        let data = data(op.as_ref())?;
        Ok(Adjoint { op, data })
    }
}

/// The program of an operator for a model as wide as `y`, a value with its data's dims.
fn widened(op: &Op, data: &ArrayType, y: &Value) -> graph::Result<graph::Program> {
    let model = op.model();
    let wide = if y.dtype() == data.dtype {
        model
    } else {
        let complex =
            model.dtype.is_complex() || (y.dtype().is_complex() && !data.dtype.is_complex());
        let double = model.dtype.is_double() || y.dtype().is_double();
        ArrayType::new(model.dims, DType::of(complex, double))
    };
    let built = Value::program(&[wide], |x| Ok(vec![op.forward(&x[0])?]))?;
    simplify(&built)
}

impl Operator for Adjoint {
    fn model(&self) -> ArrayType {
        self.data.clone()
    }

    fn forward(&self, y: &Value) -> graph::Result<Value> {
        let forward = widened(&self.op, &self.data, y)?;
        let y = y.cast(forward.output_types()[0].dtype);
        y.apply_transposed(&forward)
    }
}

/// `A.T`
#[derive(Debug)]
pub struct Transposed(Adjoint);

impl Transposed {
    /// The transpose of an operator.
    pub fn new(op: Op) -> graph::Result<Self> {
        Adjoint::new(op).map(Transposed)
    }
}

impl Operator for Transposed {
    fn model(&self) -> ArrayType {
        self.0.model()
    }

    fn forward(&self, y: &Value) -> graph::Result<Value> {
        let forward = widened(&self.0.op, &self.0.data, y)?;
        let y = y.cast(forward.output_types()[0].dtype);
        Ok(y.apply(&conjugate(&transpose(&forward)?)?))
    }
}

/// `A.conj()`
#[derive(Debug)]
pub struct Conjugate(pub Op);

impl Operator for Conjugate {
    fn model(&self) -> ArrayType {
        self.0.model()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        Ok(x.apply(&conjugate(&program_for(&self.0, x.dtype())?)?))
    }
}

/// The program of an operator on values whose element type may be wider than the model's.
pub(super) fn program_for(op: &Op, dtype: DType) -> graph::Result<graph::Program> {
    let model = ArrayType::new(op.model().dims, dtype);
    Value::program(&[model], |x| Ok(vec![op.forward(&x[0])?]))
}

/// `RealPart(A)`: the real part of the data of a real model, PyLops' `toreal`.
#[derive(Debug)]
pub struct RealPart(pub Op);

impl Operator for RealPart {
    fn model(&self) -> ArrayType {
        let model = self.0.model();
        ArrayType::new(model.dims, model.dtype.real())
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        Ok(self.0.forward(&as_model(x, &self.0.model())?)?.real())
    }
}

/// `ImagPart(A)`: the imaginary part of the data of a real model, PyLops' `toimag`.
#[derive(Debug)]
pub struct ImagPart(pub Op);

impl Operator for ImagPart {
    fn model(&self) -> ArrayType {
        let model = self.0.model();
        ArrayType::new(model.dims, model.dtype.real())
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        Ok(self.0.forward(&as_model(x, &self.0.model())?)?.imag())
    }
}

/// An operator with chunk lengths for its model and data.
#[derive(Debug)]
pub struct Chunked {
    /// The operator.
    pub op: Op,
    /// Chunk lengths of the model.
    pub model: Option<Vec<usize>>,
    /// Chunk lengths of the data.
    pub data: Option<Vec<usize>>,
}

impl Operator for Chunked {
    fn model(&self) -> ArrayType {
        self.op.model()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        Ok(self.op.forward(&x.chunked(self.model.clone()))?.chunked(self.data.clone()))
    }

    fn is_explicit(&self) -> bool {
        self.op.is_explicit()
    }
}
