//! What a pickle of `torch.save` may hold: plain values, and containers and tensors by their places in one list, so that
//! nothing is copied and nothing recurses.

use super::super::element::Element;

/// A value on the machine's stack or in a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Text, by where it lies in the pickle.
    Text(Span),
    /// Bytes, by where they lie in the pickle.
    Bytes(Span),
    /// A node of [`Heap`].
    Node(usize),
    /// What is neither a number nor text, and harmless: a device, a type of elements, a whole number beyond `i64`.
    Other,
}

/// Where something lies in the pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// First byte.
    pub(super) from: usize,
    /// One past its last.
    pub(super) to: usize,
}

/// What is made of several values.
#[derive(Clone, Debug)]
pub(super) enum Node {
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// One of the few names that are known; it is never called.
    Global(Global),
    Storage(Storage),
    Tensor(Tensor),
    /// `numpy.dtype`, with the byte order once it is known.
    Dtype(Dtype),
    /// `numpy.ndarray`, or a scalar of `numpy`, which has no dimensions.
    Array(Array),
    /// Bytes that lie in the pickle as text, a character each (`_codecs.encode(…, "latin1")`).
    Latin1(Span),
}

/// The names of Python that a data set may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    /// `torch.FloatStorage`, …; none is the storage without a type.
    Storage(Option<Element>),
    /// `torch.float32`, …
    TorchType(Element),
    RebuildTensor,
    RebuildTensorV3,
    RebuildParameter,
    Size,
    Device,
    NumpyReconstruct,
    NumpyScalar,
    NumpyArray,
    NumpyType,
    Encode,
}

/// One of the archive's storages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage {
    /// What its elements are, where it says so.
    pub(super) element: Option<Element>,
    /// Its name in the archive's folder `data`.
    pub(super) key: Span,
}

/// A view of a storage; all in elements.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) element: Element,
    pub(super) key: Span,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

/// What the elements of a `numpy` array are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dtype {
    pub(super) element: Element,
    pub(super) big_endian: bool,
}

/// A `numpy` array, whose elements lie in the pickle.
#[derive(Clone, Debug, Default)]
pub(super) struct Array {
    /// None before its state is read.
    pub(super) dtype: Option<Dtype>,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
    pub(super) data: Option<Data>,
}

/// Bytes in the pickle.
#[derive(Clone, Copy, Debug)]
pub(super) enum Data {
    Plain(Span),
    /// A character for each byte.
    Latin1(Span),
}

/// Why a pickle is not read.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It contradicts itself or ends early.
    Damaged(String),
    /// It needs something of Python, by name.
    Foreign(String),
    /// It holds something that is not read.
    Unsuitable(String),
}

/// The pickle and what is made of it.
pub(super) struct Heap {
    /// The pickle.
    pub(super) pickle: Vec<u8>,
    /// Containers and tensors, in the order in which they are made.
    pub(super) nodes: Vec<Node>,
}

impl Heap {
    /// The node of a value that has one.
    pub(super) fn node(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(place) => self.nodes.get(place),
            _ => None,
        }
    }

    /// The bytes of a span.
    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        self.pickle.get(span.from..span.to).unwrap_or_default()
    }

    /// A text, where the value is one in UTF-8.
    pub(super) fn text(&self, value: Value) -> Option<&str> {
        match value {
            Value::Text(span) => std::str::from_utf8(self.bytes(span)).ok(),
            _ => None,
        }
    }

    /// The values of a tuple or a list.
    pub(super) fn sequence(&self, value: Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::Tuple(values) | Node::List(values) => Some(values),
            _ => None,
        }
    }

    /// A sequence of lengths or places.
    pub(super) fn lengths(&self, value: Value) -> Option<Vec<usize>> {
        self.sequence(value)?.iter().map(|&value| value.count()).collect()
    }

    /// Appends a node.
    pub(super) fn push(&mut self, node: Node) -> Value {
        self.nodes.push(node);
        Value::Node(self.nodes.len() - 1)
    }
}

impl Value {
    /// A whole number from 0 on.
    pub(super) fn count(self) -> Option<usize> {
        match self {
            Self::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
    }
}

impl Refusal {
    /// A pickle that does not fit together.
    pub(super) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }
}

impl Tensor {
    /// Whether the elements lie one after the other, the last index fastest, or the first for Fortran's order. A dimension of
    /// one may have any stride.
    pub(super) fn lies_in_order(&self, fortran: bool) -> bool {
        let mut dimensions: Vec<(usize, usize)> =
            self.shape.iter().copied().zip(self.strides.iter().copied()).collect();
        if !fortran {
            dimensions.reverse();
        }
        let mut expected = 1_usize;
        dimensions.into_iter().filter(|&(length, _)| length != 1).all(|(length, stride)| {
            let is_expected = stride == expected;
            expected = expected.saturating_mul(length);
            is_expected
        })
    }
}
