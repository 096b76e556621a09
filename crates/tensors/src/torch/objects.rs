//! The few names of Python that a pickle of tensors uses, and what is made where it would call them: a description of a
//! tensor, an array or a dict. Nothing is called.

use super::error::{Refusal, printable};
use super::value::{Array, Data, Dtype, Global, Heap, Node, Storage, Tensor, Value};
use crate::element::Element;

/// Dimensions at most, of tensors and of arrays.
const MOST_DIMENSIONS: usize = 64;
/// Storages and types of elements of `torch` by their names.
const ELEMENTS: [(&str, &str, Element); 13] = [
    ("DoubleStorage", "float64", Element::F64),
    ("FloatStorage", "float32", Element::F32),
    ("HalfStorage", "float16", Element::F16),
    ("BFloat16Storage", "bfloat16", Element::Bf16),
    ("LongStorage", "int64", Element::I64),
    ("IntStorage", "int32", Element::I32),
    ("ShortStorage", "int16", Element::I16),
    ("CharStorage", "int8", Element::I8),
    ("ByteStorage", "uint8", Element::U8),
    ("BoolStorage", "bool", Element::Bool),
    // These have no storages of their own.
    ("", "uint16", Element::U16),
    ("", "uint32", Element::U32),
    ("", "uint64", Element::U64),
];

/// The name `name` of the Python module `module`, where it is known.
pub(super) fn global(module: &str, name: &str) -> Result<Global, Refusal> {
    Ok(match (module, name) {
        ("collections", "OrderedDict") => Global::OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Global::RebuildTensor,
        ("torch._utils", "_rebuild_tensor_v3") => Global::RebuildTensorV3,
        ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
        ("torch.storage", "UntypedStorage") => Global::Storage(None),
        ("torch", "Size") => Global::Size,
        ("torch", "device") => Global::Device,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::NumpyReconstruct,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::NumpyScalar,
        ("numpy", "ndarray") => Global::NumpyArray,
        ("numpy", "dtype") => Global::NumpyType,
        ("_codecs", "encode") => Global::Encode,
        ("torch", _) => {
            match ELEMENTS
                .iter()
                .find(|(storage, own, _)| !name.is_empty() && [*storage, *own].contains(&name))
            {
                Some((storage, _, element)) if *storage == name => Global::Storage(Some(*element)),
                Some((.., element)) => Global::TorchType(*element),
                None => return Err(foreign(module, name)),
            }
        }
        _ => return Err(foreign(module, name)),
    })
}

fn foreign(module: &str, name: &str) -> Refusal {
    Refusal::Foreign(printable(&format!("{module}.{name}")))
}

/// What a persistent identifier names: `("storage", torch.FloatStorage, "0", "cpu", 6)`.
pub(super) fn storage(heap: &mut Heap, identifier: Value) -> Result<Value, Refusal> {
    let parts = heap.sequence(identifier).unwrap_or_default();
    let (Some(&kind), Some(&class), Some(&Value::Text(key))) = (parts.first(), parts.get(1), parts.get(2))
    else {
        return Err(Refusal::damaged("it names no storage where one is needed"));
    };
    let (Some("storage"), Some(Node::Global(Global::Storage(element)))) = (heap.text(kind), heap.node(class))
    else {
        return Err(Refusal::damaged("it names no storage where one is needed"));
    };
    let node = Node::Storage(Storage { element: *element, key });
    Ok(heap.push(node))
}

/// What stands for the result of calling `callable` with `arguments`.
pub(super) fn reduce(heap: &mut Heap, callable: Value, arguments: Value) -> Result<Value, Refusal> {
    let Some(&Node::Global(global)) = heap.node(callable) else {
        return Err(Refusal::damaged("it calls what is no function"));
    };
    let Some(given) = heap.sequence(arguments) else {
        return Err(Refusal::damaged("it calls a function without arguments"));
    };
    let argument = |place: usize| given.get(place).copied().unwrap_or(Value::None);
    let node = match global {
        // Its items follow; given as a list of pairs, as protocol 2 never does.
        Global::OrderedDict if given.is_empty() => Node::Dict(Vec::new()),
        Global::RebuildTensor => Node::Tensor(tensor(heap, given, None)?),
        Global::RebuildTensorV3 => {
            let Some(&Node::Global(Global::TorchType(element))) = heap.node(argument(6)) else {
                return Err(Refusal::Unsuitable("tensors of an unknown type".into()));
            };
            Node::Tensor(tensor(heap, given, Some(element))?)
        }
        Global::RebuildParameter | Global::Size => return Ok(argument(0)),
        Global::Device => return Ok(Value::Other),
        Global::NumpyReconstruct => Node::Array(Array::default()),
        Global::NumpyScalar => Node::Array(Array {
            dtype: dtype_of(heap, argument(0)),
            data: data_of(heap, argument(1)),
            ..Array::default()
        }),
        Global::NumpyType => Node::Dtype(numpy_type(heap.text(argument(0)).unwrap_or_default())?),
        Global::Encode => match (argument(0), heap.text(argument(1))) {
            (Value::Text(span), Some("latin1" | "latin-1")) => Node::Latin1(span),
            _ => return Err(Refusal::Foreign("_codecs.encode".into())),
        },
        _ => return Err(Refusal::damaged("it calls a function with other arguments than it has")),
    };
    Ok(heap.push(node))
}

/// `_rebuild_tensor_v2(storage, offset, size, strides, …)`
fn tensor(heap: &Heap, given: &[Value], element: Option<Element>) -> Result<Tensor, Refusal> {
    let [storage, offset, shape, strides, ..] = *given else {
        return Err(Refusal::damaged("a tensor in it has no storage, place, shape or strides"));
    };
    let Some(&Node::Storage(storage)) = heap.node(storage) else {
        return Err(Refusal::damaged("a tensor in it has no storage"));
    };
    let (Some(offset), Some(shape), Some(strides)) =
        (offset.count(), heap.lengths(shape), heap.lengths(strides))
    else {
        return Err(Refusal::damaged("a tensor in it has no place, shape or strides"));
    };
    let Some(element) = element.or(storage.element) else {
        return Err(Refusal::damaged("a tensor in it has no type"));
    };
    if shape.len() != strides.len() || shape.len() > MOST_DIMENSIONS {
        return Err(Refusal::damaged("a tensor in it has a shape and strides that do not fit together"));
    }
    Ok(Tensor { element, key: storage.key, offset, shape, strides })
}

/// `numpy.dtype("i8", …)`, without its byte order.
fn numpy_type(name: &str) -> Result<Dtype, Refusal> {
    match Element::of_numpy(name) {
        Some((big_endian, element)) => Ok(Dtype { element, big_endian }),
        None if name.starts_with('O') => Err(Refusal::Unsuitable("an array of Python objects".into())),
        None => Err(Refusal::Unsuitable(format!("an array of type `{}`", printable(name)))),
    }
}

/// Gives an object its state. A dict's is its attributes, such as `_metadata`, which are no data.
pub(super) fn build(heap: &mut Heap, object: Value, state: Value) -> Result<(), Refusal> {
    let nothing = || Refusal::damaged("it gives a state to what has none");
    let Value::Node(place) = object else { return Err(nothing()) };
    let part = |number: usize| heap.sequence(state).and_then(|parts| parts.get(number).copied());
    let node = match heap.nodes.get(place) {
        Some(Node::Dict(_)) => return Ok(()),
        // (3, "<", None, …)
        Some(Node::Dtype(dtype)) => {
            let order = part(1).and_then(|order| heap.text(order));
            Node::Dtype(Dtype { big_endian: order == Some(">"), ..*dtype })
        }
        // (1, shape, dtype, Fortran's order?, bytes)
        Some(Node::Array(_)) => {
            let (Some(shape), Some(dtype)) = (
                part(1).and_then(|shape| heap.lengths(shape)),
                part(2).and_then(|dtype| dtype_of(heap, dtype)),
            ) else {
                return Err(Refusal::damaged("an array in it has no shape or type"));
            };
            if shape.len() > MOST_DIMENSIONS {
                return Err(Refusal::damaged("an array in it has more dimensions than NumPy allows"));
            }
            let fortran = part(3) == Some(Value::Bool(true));
            let data = part(4).and_then(|data| data_of(heap, data));
            Node::Array(Array { dtype: Some(dtype), fortran, shape, data })
        }
        _ => return Err(nothing()),
    };
    heap.nodes[place] = node;
    Ok(())
}

fn dtype_of(heap: &Heap, value: Value) -> Option<Dtype> {
    match heap.node(value)? {
        Node::Dtype(dtype) => Some(*dtype),
        _ => None,
    }
}

fn data_of(heap: &Heap, value: Value) -> Option<Data> {
    match (value, heap.node(value)) {
        (Value::Bytes(span), _) => Some(Data::Plain(span)),
        (_, Some(&Node::Latin1(span))) => Some(Data::Latin1(span)),
        _ => None,
    }
}
