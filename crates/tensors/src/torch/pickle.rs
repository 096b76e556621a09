//! A strict machine for the pickles of `torch.save`: it makes lists, dicts, numbers, texts and descriptions of tensors,
//! and refuses every other name of Python. It executes nothing.
//!
//! Own code, and not the crate `pytorch-reader`: that one reads a tensor as a whole, gives no lists of labels,
//! and needs a second `zip` and `tar`.

use super::error::Refusal;
use super::objects;
use super::value::{Heap, Node, Span, Value};

/// Values on the stack, in containers and in the memo at most, all together: enough for ten million labels.
const MOST_VALUES: usize = 1 << 24;

const PROTO: u8 = 0x80;
const FRAME: u8 = 0x95;
const MARK: u8 = b'(';
const STOP: u8 = b'.';
const POP: u8 = b'0';
const NONE: u8 = b'N';
const NEWTRUE: u8 = 0x88;
const NEWFALSE: u8 = 0x89;
const BININT: u8 = b'J';
const BININT1: u8 = b'K';
const BININT2: u8 = b'M';
const LONG1: u8 = 0x8a;
const BINFLOAT: u8 = b'G';
const BINUNICODE: u8 = b'X';
const SHORT_BINUNICODE: u8 = 0x8c;
const BINUNICODE8: u8 = 0x8d;
const BINBYTES: u8 = b'B';
const SHORT_BINBYTES: u8 = b'C';
const BINBYTES8: u8 = 0x8e;
/// Text of Python 2.
const BINSTRING: u8 = b'T';
const SHORT_BINSTRING: u8 = b'U';
const EMPTY_LIST: u8 = b']';
const APPEND: u8 = b'a';
const APPENDS: u8 = b'e';
const EMPTY_TUPLE: u8 = b')';
const TUPLE: u8 = b't';
const TUPLE1: u8 = 0x85;
const TUPLE2: u8 = 0x86;
const TUPLE3: u8 = 0x87;
const EMPTY_DICT: u8 = b'}';
const SETITEM: u8 = b's';
const SETITEMS: u8 = b'u';
const BINPUT: u8 = b'q';
const LONG_BINPUT: u8 = b'r';
const MEMOIZE: u8 = 0x94;
const BINGET: u8 = b'h';
const LONG_BINGET: u8 = b'j';
const GLOBAL: u8 = b'c';
const STACK_GLOBAL: u8 = 0x93;
const REDUCE: u8 = b'R';
const BUILD: u8 = b'b';
const BINPERSID: u8 = b'Q';

/// Reads the pickle to its end: what it holds, and the value that it is.
pub(super) fn read(pickle: Vec<u8>) -> Result<(Heap, Value), Refusal> {
    let heap = Heap { pickle, nodes: Vec::new() };
    let mut machine =
        Machine { heap, at: 0, stack: Vec::new(), marks: Vec::new(), memo: Vec::new(), made: 0 };
    loop {
        let opcode = machine.number::<1>()? as u8;
        if opcode == STOP {
            let value = machine.pop()?;
            return Ok((machine.heap, value));
        }
        machine.step(opcode)?;
    }
}

struct Machine {
    heap: Heap,
    /// The next byte.
    at: usize,
    stack: Vec<Value>,
    /// Heights of the stack at its marks.
    marks: Vec<usize>,
    memo: Vec<Value>,
    /// Values that were put onto the stack or into the memo.
    made: usize,
}

impl Machine {
    fn step(&mut self, opcode: u8) -> Result<(), Refusal> {
        match opcode {
            PROTO => self.number::<1>().map(drop),
            FRAME => self.number::<8>().map(drop),
            MARK => {
                self.count_one()?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            POP => self.pop().map(drop),
            NONE => self.push(Value::None),
            NEWTRUE => self.push(Value::Bool(true)),
            NEWFALSE => self.push(Value::Bool(false)),
            BININT | BININT1 | BININT2 | LONG1 | BINFLOAT => {
                let value = self.read_number(opcode)?;
                self.push(value)
            }
            BINUNICODE | BINSTRING => self.text::<4>(),
            SHORT_BINUNICODE | SHORT_BINSTRING => self.text::<1>(),
            BINUNICODE8 => self.text::<8>(),
            BINBYTES => self.bytes::<4>(),
            SHORT_BINBYTES => self.bytes::<1>(),
            BINBYTES8 => self.bytes::<8>(),
            EMPTY_LIST => self.make(Node::List(Vec::new())),
            EMPTY_TUPLE => self.make(Node::Tuple(Vec::new())),
            EMPTY_DICT => self.make(Node::Dict(Vec::new())),
            TUPLE | TUPLE1 | TUPLE2 | TUPLE3 => {
                let values = match opcode {
                    TUPLE => self.above_mark()?,
                    _ => self.last(usize::from(opcode - TUPLE1) + 1)?,
                };
                self.make(Node::Tuple(values))
            }
            APPEND | APPENDS => {
                let values = if opcode == APPEND { self.last(1)? } else { self.above_mark()? };
                self.append(&values)
            }
            SETITEM | SETITEMS => {
                let values = if opcode == SETITEM { self.last(2)? } else { self.above_mark()? };
                self.set_items(&values)
            }
            BINPUT | LONG_BINPUT | MEMOIZE => self.remember(opcode),
            BINGET | LONG_BINGET => self.recall(opcode),
            GLOBAL | STACK_GLOBAL => self.global(opcode),
            REDUCE => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                let value = objects::reduce(&mut self.heap, callable, arguments)?;
                // A tensor's shape and strides are copies: one tuple may be named by many.
                if let Some(Node::Tensor(tensor)) = self.heap.node(value) {
                    self.count(tensor.shape.len() + tensor.strides.len())?;
                }
                self.push(value)
            }
            BUILD => {
                let (state, object) = (self.pop()?, self.top()?);
                objects::build(&mut self.heap, object, state)
            }
            BINPERSID => {
                let identifier = self.pop()?;
                let value = objects::storage(&mut self.heap, identifier)?;
                self.push(value)
            }
            // What makes instances of classes, sets and texts of Python 1 is among these.
            other => Err(Refusal::Foreign(format!("the pickle's instruction {other:#04x}"))),
        }
    }

    /// The next bytes of the pickle.
    fn take(&mut self, length: usize) -> Result<Span, Refusal> {
        let (from, to) = (self.at, self.at.saturating_add(length));
        if to > self.heap.pickle.len() {
            return Err(Refusal::damaged("its pickle ends early"));
        }
        self.at = to;
        Ok(Span { from, to })
    }

    /// `N` bytes, little-endian, without a sign.
    fn number<const N: usize>(&mut self) -> Result<u64, Refusal> {
        let span = self.take(N)?;
        Ok(little_endian(self.heap.bytes(span)))
    }

    fn read_number(&mut self, opcode: u8) -> Result<Value, Refusal> {
        Ok(match opcode {
            BININT => Value::Int(i64::from(self.number::<4>()? as u32 as i32)),
            BININT1 => Value::Int(self.number::<1>()? as i64),
            BININT2 => Value::Int(self.number::<2>()? as i64),
            BINFLOAT => Value::Float(f64::from_bits(self.number::<8>()?.swap_bytes())),
            _ => {
                let length = self.number::<1>()? as usize;
                let span = self.take(length)?;
                let bytes = self.heap.bytes(span);
                if length > 8 { Value::Other } else { Value::Int(signed(bytes)) }
            }
        })
    }

    fn text<const N: usize>(&mut self) -> Result<(), Refusal> {
        let length = self.number::<N>()?;
        let span = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.push(Value::Text(span))
    }

    fn bytes<const N: usize>(&mut self) -> Result<(), Refusal> {
        let length = self.number::<N>()?;
        let span = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.push(Value::Bytes(span))
    }

    fn count_one(&mut self) -> Result<(), Refusal> {
        self.count(1)
    }

    fn count(&mut self, values: usize) -> Result<(), Refusal> {
        self.made += values;
        if self.made > MOST_VALUES {
            return Err(Refusal::Unsuitable(format!("more than {MOST_VALUES} values outside its tensors")));
        }
        Ok(())
    }

    fn push(&mut self, value: Value) -> Result<(), Refusal> {
        self.count_one()?;
        self.stack.push(value);
        Ok(())
    }

    fn make(&mut self, node: Node) -> Result<(), Refusal> {
        let value = self.heap.push(node);
        self.push(value)
    }

    /// The lowest place above the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Value, Refusal> {
        let value = self.top()?;
        self.stack.pop();
        Ok(value)
    }

    fn top(&self) -> Result<Value, Refusal> {
        match self.stack.last() {
            Some(&value) if self.stack.len() > self.floor() => Ok(value),
            _ => Err(Refusal::damaged("its pickle needs a value that is not there")),
        }
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value>, Refusal> {
        match self.stack.len().checked_sub(count) {
            Some(from) if from >= self.floor() => Ok(self.stack.split_off(from)),
            _ => Err(Refusal::damaged("its pickle needs values that are not there")),
        }
    }

    fn above_mark(&mut self) -> Result<Vec<Value>, Refusal> {
        let from = self.marks.pop().ok_or_else(|| Refusal::damaged("its pickle needs a mark"))?;
        Ok(self.stack.split_off(from))
    }

    fn append(&mut self, values: &[Value]) -> Result<(), Refusal> {
        let top = self.top()?;
        match top {
            Value::Node(place) => match self.heap.nodes.get_mut(place) {
                Some(Node::List(list)) => list.extend_from_slice(values),
                _ => return Err(Refusal::damaged("its pickle appends to what is no list")),
            },
            _ => return Err(Refusal::damaged("its pickle appends to what is no list")),
        }
        Ok(())
    }

    fn set_items(&mut self, values: &[Value]) -> Result<(), Refusal> {
        let Value::Node(place) = self.top()? else {
            return Err(Refusal::damaged("its pickle sets items of what is no dict"));
        };
        let Some(Node::Dict(items)) = self.heap.nodes.get_mut(place) else {
            return Err(Refusal::damaged("its pickle sets items of what is no dict"));
        };
        let (pairs, rest) = values.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Refusal::damaged("its pickle has a key without a value"));
        }
        items.extend(pairs.iter().map(|&[key, value]| (key, value)));
        Ok(())
    }

    /// Puts the top into the memo, whose places are numbered as they come.
    fn remember(&mut self, opcode: u8) -> Result<(), Refusal> {
        let place = match opcode {
            BINPUT => self.number::<1>()? as usize,
            LONG_BINPUT => self.number::<4>()? as usize,
            _ => self.memo.len(),
        };
        let value = self.top()?;
        self.count_one()?;
        if place > self.memo.len() {
            return Err(Refusal::damaged("its pickle leaves out places of its memo"));
        }
        match self.memo.get_mut(place) {
            Some(known) => *known = value,
            None => self.memo.push(value),
        }
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<(), Refusal> {
        let place = match opcode {
            BINGET => self.number::<1>()?,
            _ => self.number::<4>()?,
        } as usize;
        match self.memo.get(place) {
            Some(&value) => self.push(value),
            None => Err(Refusal::damaged("its pickle needs a value that is not in its memo")),
        }
    }

    fn global(&mut self, opcode: u8) -> Result<(), Refusal> {
        let (module, name) = if opcode == GLOBAL {
            (self.line()?, self.line()?)
        } else {
            let name = self.pop()?;
            let module = self.pop()?;
            let (Value::Text(module), Value::Text(name)) = (module, name) else {
                return Err(Refusal::damaged("its pickle has a name that is no text"));
            };
            (module, name)
        };
        let text = |span: Span| String::from_utf8_lossy(self.heap.bytes(span)).into_owned();
        let known = objects::global(&text(module), &text(name))?;
        self.make(Node::Global(known))
    }

    /// Up to the next line feed, which is skipped.
    fn line(&mut self) -> Result<Span, Refusal> {
        let rest = self.heap.pickle.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|&byte| byte == b'\n') else {
            return Err(Refusal::damaged("its pickle ends within a name"));
        };
        let span = self.take(length)?;
        self.at += 1;
        Ok(span)
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// At most eight bytes in two's complement.
fn signed(bytes: &[u8]) -> i64 {
    let unused = 64 - 8 * bytes.len().min(8) as u32;
    let number = little_endian(bytes).checked_shl(unused).unwrap_or(0) as i64;
    number.checked_shr(unused).unwrap_or(0)
}
