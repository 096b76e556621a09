//! What a pickle of `torch.save` may hold: plain values, and containers and tensors by their places in one list, so that
//! nothing is copied and nothing recurses.

use crate::element::Element;

/// A value on the machine's stack or in a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
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
pub struct Span {
    /// First byte.
    pub from: usize,
    /// One past its last.
    pub to: usize,
}

/// What is made of several values.
#[derive(Clone, Debug)]
pub enum Node {
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A dict, ordered or not: keys and values in their order.
    Dict(Vec<(Value, Value)>),
    /// One of the few names that are known; it is never called.
    Global(Global),
    /// One of the archive's storages.
    Storage(Storage),
    /// A view of one.
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
pub enum Global {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `torch.FloatStorage`, …; none is the storage without a type.
    Storage(Option<Element>),
    /// `torch.float32`, …
    TorchType(Element),
    /// `torch._utils._rebuild_tensor_v2`
    RebuildTensor,
    /// `torch._utils._rebuild_tensor_v3`
    RebuildTensorV3,
    /// `torch._utils._rebuild_parameter`
    RebuildParameter,
    /// `torch.Size`
    Size,
    /// `torch.device`
    Device,
    /// `numpy.core.multiarray._reconstruct`
    NumpyReconstruct,
    /// `numpy.core.multiarray.scalar`
    NumpyScalar,
    /// `numpy.ndarray`
    NumpyArray,
    /// `numpy.dtype`
    NumpyType,
    /// `_codecs.encode`
    Encode,
}

/// One of the archive's storages.
#[derive(Clone, Copy, Debug)]
pub struct Storage {
    /// What its elements are, where it says so.
    pub element: Option<Element>,
    /// Its name in the archive's folder `data`.
    pub key: Span,
}

/// A view of a storage; all in elements.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// What its elements are.
    pub element: Element,
    /// The storage's name in the archive's folder `data`.
    pub key: Span,
    /// Its first element.
    pub offset: usize,
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// From an element to the next of each dimension.
    pub strides: Vec<usize>,
}

/// What the elements of a `numpy` array are.
#[derive(Clone, Copy, Debug)]
pub struct Dtype {
    /// What they are.
    pub element: Element,
    /// Most significant byte first.
    pub big_endian: bool,
}

/// A `numpy` array, whose elements lie in the pickle.
#[derive(Clone, Debug, Default)]
pub struct Array {
    /// None before its state is read.
    pub dtype: Option<Dtype>,
    /// First index fastest.
    pub fortran: bool,
    /// Length of each dimension; a scalar has none.
    pub shape: Vec<usize>,
    /// Its elements. None before its state is read.
    pub data: Option<Data>,
}

/// Bytes in the pickle.
#[derive(Clone, Copy, Debug)]
pub enum Data {
    /// As they are.
    Plain(Span),
    /// A character for each byte.
    Latin1(Span),
}

/// The pickle and what is made of it.
pub struct Heap {
    /// The pickle.
    pub pickle: Vec<u8>,
    /// Containers and tensors, in the order in which they are made.
    pub nodes: Vec<Node>,
}

impl Heap {
    /// The node of a value that has one.
    pub fn node(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(place) => self.nodes.get(place),
            _ => None,
        }
    }

    /// The bytes of a span.
    pub fn bytes(&self, span: Span) -> &[u8] {
        self.pickle.get(span.from..span.to).unwrap_or_default()
    }

    /// A text, where the value is one in UTF-8.
    pub fn text(&self, value: Value) -> Option<&str> {
        match value {
            Value::Text(span) => std::str::from_utf8(self.bytes(span)).ok(),
            _ => None,
        }
    }

    /// The values of a tuple or a list.
    pub fn sequence(&self, value: Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::Tuple(values) | Node::List(values) => Some(values),
            _ => None,
        }
    }

    /// A sequence of lengths or places.
    pub fn lengths(&self, value: Value) -> Option<Vec<usize>> {
        self.sequence(value)?.iter().map(|&value| value.count()).collect()
    }

    /// Appends a node.
    pub fn push(&mut self, node: Node) -> Value {
        self.nodes.push(node);
        Value::Node(self.nodes.len() - 1)
    }
}

impl Value {
    /// A whole number from 0 on.
    pub fn count(self) -> Option<usize> {
        match self {
            Self::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
    }
}

impl Tensor {
    /// Whether the elements lie one after the other, the last index fastest, or the first for Fortran's order. A dimension of
    /// one may have any stride.
    pub fn lies_in_order(&self, fortran: bool) -> bool {
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
