// A head's training step and forward pass on the CPU, fused: a batch is read in place, gradients stay in the cache
// until AdamW has used them, and nothing is allocated.
//
// Compiled once for each instruction set, SUPERFUSE_KERNEL naming its table of functions; kernel.rs chooses among them.
// Every sum has one order that depends on the head's own sizes alone, so a head's numbers do not depend on what else is trained.
// Nothing here comes from a header that emits shared inline functions: the linker would keep one instruction set's copy
// for all.

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace {

// Registers decide how much is worked on at once.
#if defined(__AVX512F__)
constexpr int LANES = 16, BLOCK = 4, GRADIENT_UNITS = 8, GRADIENT_VECTORS = 3;
#elif defined(__AVX2__)
constexpr int LANES = 8, BLOCK = 3, GRADIENT_UNITS = 4, GRADIENT_VECTORS = 3;
#else
constexpr int LANES = 4, BLOCK = 3, GRADIENT_UNITS = 4, GRADIENT_VECTORS = 2;
#endif

// Rows that stay in the second-level cache while every unit passes over them.
constexpr int64_t FORWARD_ROWS = 48;
constexpr int64_t BILINEAR_ROWS = 128;

template <int N>
struct Of {
  typedef float Floats __attribute__((vector_size(N * sizeof(float)), aligned(4), may_alias));
};
typedef Of<LANES>::Floats Vector;

inline Vector load(const float *from) { return *reinterpret_cast<const Vector *>(from); }
inline void store(float *to, Vector value) { *reinterpret_cast<Vector *>(to) = value; }

inline Vector load_part(const float *from, int64_t count) {
  Vector value = {};
  __builtin_memcpy(&value, from, count * sizeof(float));
  return value;
}

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

template <int N>
inline float sum(typename Of<N>::Floats value) {
  if constexpr (N == 2) {
    return value[0] + value[1];
  } else {
    typename Of<N / 2>::Floats half[2];
    __builtin_memcpy(half, &value, sizeof half);
    return sum<N / 2>(half[0] + half[1]);
  }
}

// t[r][u] += x[r] · w[u], lane by lane.
template <int ROWS, int UNITS>
inline void dot(const float *const *x, const float *w, int64_t stride, int64_t width, Vector (&t)[ROWS][UNITS]) {
  int64_t at = 0;
  for (; at + LANES <= width; at += LANES) {
    Vector a[ROWS];
    for (int r = 0; r < ROWS; ++r) a[r] = load(x[r] + at);
    for (int u = 0; u < UNITS; ++u) {
      const Vector b = load(w + u * stride + at);
      for (int r = 0; r < ROWS; ++r) t[r][u] += a[r] * b;
    }
  }
  if (at == width) return;
  for (int u = 0; u < UNITS; ++u) {
    const Vector b = load_part(w + u * stride + at, width - at);
    for (int r = 0; r < ROWS; ++r) t[r][u] += load_part(x[r] + at, width - at) * b;
  }
}

template <int ROWS, int UNITS>
inline void forward_block(const float *const *x, const float *w, int64_t stride, int64_t width, float *out,
                          int64_t out_stride) {
  Vector t[ROWS][UNITS] = {};
  dot<ROWS, UNITS>(x, w, stride, width, t);
  for (int r = 0; r < ROWS; ++r)
    for (int u = 0; u < UNITS; ++u) out[r * out_stride + u] = sum<LANES>(t[r][u]);
}

template <int UNITS>
inline void forward_units(const float *const *x, int64_t count, const float *w, int64_t stride, int64_t width,
                          float *out, int64_t out_stride) {
  int64_t r = 0;
  for (; r + BLOCK <= count; r += BLOCK)
    forward_block<BLOCK, UNITS>(x + r, w, stride, width, out + r * out_stride, out_stride);
  for (; r < count; ++r) forward_block<1, UNITS>(x + r, w, stride, width, out + r * out_stride, out_stride);
}

// out[row][unit] = x[row] · w[unit]
void forward(const float *const *x, int64_t count, const float *w, int64_t stride, int64_t width, int64_t units,
             float *out) {
  for (int64_t first = 0; first < count; first += FORWARD_ROWS) {
    const int64_t rows = smaller(FORWARD_ROWS, count - first);
    float *of_rows = out + first * units;
    int64_t u = 0;
    for (; u + BLOCK <= units; u += BLOCK)
      forward_units<BLOCK>(x + first, rows, w + u * stride, stride, width, of_rows + u, units);
    for (; u < units; ++u) forward_units<1>(x + first, rows, w + u * stride, stride, width, of_rows + u, units);
  }
}

// sums[row] += Σ_i x[row][i] · (w[i] · y[row], lane by lane), over UNITS rows i of a unit's matrix.
template <int ROWS, int UNITS>
inline void bilinear_block(const float *const *x, const float *const *y, const float *w, int64_t m, int64_t i,
                           float *sums) {
  Vector t[ROWS][UNITS] = {};
  dot<ROWS, UNITS>(y, w + i * m, m, m, t);
  for (int r = 0; r < ROWS; ++r) {
    Vector total = load(sums + r * LANES);
    for (int u = 0; u < UNITS; ++u) total += x[r][i + u] * t[r][u];
    store(sums + r * LANES, total);
  }
}

template <int UNITS>
inline void bilinear_units(const float *const *x, const float *const *y, int64_t count, const float *w, int64_t m,
                           int64_t i, float *sums) {
  int64_t r = 0;
  for (; r + BLOCK <= count; r += BLOCK)
    bilinear_block<BLOCK, UNITS>(x + r, y + r, w, m, i, sums + r * LANES);
  for (; r < count; ++r) bilinear_block<1, UNITS>(x + r, y + r, w, m, i, sums + r * LANES);
}

// out[row][k] = x[row]ᵀ W_k y[row], without the outer product.
void bilinear(const float *const *x, const float *const *y, int64_t count, const float *w, int64_t n, int64_t m,
              int64_t units, float *out) {
  alignas(64) float sums[BILINEAR_ROWS * LANES];
  for (int64_t k = 0; k < units; ++k) {
    const float *matrix = w + k * n * m;
    for (int64_t first = 0; first < count; first += BILINEAR_ROWS) {
      const int64_t rows = smaller(BILINEAR_ROWS, count - first);
      memset(sums, 0, rows * LANES * sizeof(float));
      int64_t i = 0;
      for (; i + BLOCK <= n; i += BLOCK) bilinear_units<BLOCK>(x + first, y + first, rows, matrix, m, i, sums);
      for (; i < n; ++i) bilinear_units<1>(x + first, y + first, rows, matrix, m, i, sums);
      for (int64_t r = 0; r < rows; ++r) out[(first + r) * units + k] = sum<LANES>(load(sums + r * LANES));
    }
  }
}

template <int UNITS, int VECTORS>
inline void gradient_block(const float *const *x, int64_t count, const float *d, int64_t d_stride, int64_t at,
                           float *out, int64_t width) {
  Vector t[UNITS][VECTORS] = {};
  for (int64_t r = 0; r < count; ++r) {
    Vector b[VECTORS];
    for (int v = 0; v < VECTORS; ++v) b[v] = load(x[r] + at + v * LANES);
    for (int u = 0; u < UNITS; ++u) {
      const float of_unit = d[r * d_stride + u];
      for (int v = 0; v < VECTORS; ++v) t[u][v] += of_unit * b[v];
    }
  }
  for (int u = 0; u < UNITS; ++u)
    for (int v = 0; v < VECTORS; ++v) store(out + u * width + at + v * LANES, t[u][v]);
}

// out[unit] = Σ_row d[row][unit] · x[row]
template <int UNITS>
void gradient(const float *const *x, int64_t count, const float *d, int64_t d_stride, int64_t width, float *out) {
  int64_t at = 0;
  for (; at + GRADIENT_VECTORS * LANES <= width; at += GRADIENT_VECTORS * LANES)
    gradient_block<UNITS, GRADIENT_VECTORS>(x, count, d, d_stride, at, out, width);
  for (; at + LANES <= width; at += LANES) gradient_block<UNITS, 1>(x, count, d, d_stride, at, out, width);
  for (; at < width; ++at)
    for (int u = 0; u < UNITS; ++u) {
      float total = 0;
      for (int64_t r = 0; r < count; ++r) total += d[r * d_stride + u] * x[r][at];
      out[u * width + at] = total;
    }
}

// What an AdamW step multiplies by (Loshchilov and Hutter 2019), as torch's fused one has it.
struct Adamw {
  float decay, first_rate, second_decay, second_rate, step_size, inverse_root, eps;
};

inline Vector root(Vector value) {
  Vector out;
  for (int lane = 0; lane < LANES; ++lane) out[lane] = __builtin_sqrtf(value[lane]);
  return out;
}

void adamw(float *p, float *m, float *v, const float *g, int64_t count, const Adamw &s) {
  int64_t at = 0;
  for (; at + LANES <= count; at += LANES) {
    const Vector gradient = load(g + at);
    const Vector first = load(m + at) + s.first_rate * (gradient - load(m + at));
    const Vector second = s.second_decay * load(v + at) + s.second_rate * gradient * gradient;
    store(p + at, load(p + at) * s.decay - s.step_size * first / (root(second) * s.inverse_root + s.eps));
    store(m + at, first);
    store(v + at, second);
  }
  for (; at < count; ++at) {
    m[at] += s.first_rate * (g[at] - m[at]);
    v[at] = s.second_decay * v[at] + s.second_rate * g[at] * g[at];
    p[at] = p[at] * s.decay - s.step_size * m[at] / (__builtin_sqrtf(v[at]) * s.inverse_root + s.eps);
  }
}

}  // namespace

// The types below stand in kernel.rs again, field by field.
extern "C" {

// A batch or a block of rows: `count` pointers to rows of text (or of the fused vector) and, for tensor fusion, image.
struct Rows {
  const float *const *text;
  const float *const *image;  // absent: `text` holds the fused vector
  int64_t count;
};

// Sizes of a head. `units` of the first layer are the two logits where there is no output layer.
struct Shape {
  int64_t text, image, units;
  int32_t has_output, activation;
};

// One head's parameters, or one of their moments.
struct Head {
  float *weight, *bias, *output_weight, *output_bias;
};

struct Step {
  double learning_rate, beta1, beta2, weight_decay, eps;
  double count;  // of steps, this one included
};
}

namespace {

enum Activation { RELU, IDENTITY, GELU, TANH };

template <int VALUE>
struct Constant {
  static constexpr int value = VALUE;
};

// Calls `work` with the activation as a constant, so that loops are made for each.
template <typename Work>
inline void with_activation(int32_t activation, Work work) {
  switch (activation) {
    case RELU: return work(Constant<RELU>());
    case GELU: return work(Constant<GELU>());
    case TANH: return work(Constant<TANH>());
    default: return work(Constant<IDENTITY>());
  }
}

constexpr float ROOT_HALF = 0.70710678118654752f, ROOT_TWO_PI = 2.5066282746310002f;

template <int ACTIVATION>
inline float activate(float z) {
  if constexpr (ACTIVATION == RELU) return z < 0 ? 0 : z;  // a NaN stays one
  if constexpr (ACTIVATION == GELU) return 0.5f * z * (1 + erff(z * ROOT_HALF));
  if constexpr (ACTIVATION == TANH) return tanhf(z);
  return z;
}

template <int ACTIVATION>
inline Vector activate(Vector z) {
  if constexpr (ACTIVATION == RELU) return z < 0 ? Vector{} : z;
  if constexpr (ACTIVATION == IDENTITY) return z;
  for (int lane = 0; lane < LANES; ++lane) z[lane] = activate<ACTIVATION>(z[lane]);
  return z;
}

// Derivative at `z`, `after` being its activation.
template <int ACTIVATION>
inline float slope(float z, float after) {
  if constexpr (ACTIVATION == RELU) return z > 0 ? 1 : 0;
  if constexpr (ACTIVATION == GELU) return 0.5f * (1 + erff(z * ROOT_HALF)) + z * expf(-0.5f * z * z) / ROOT_TWO_PI;
  if constexpr (ACTIVATION == TANH) return 1 - after * after;
  return 1;
}

// Cross-entropy of the right class, `margin` being its logit less the other one's.
inline float cross_entropy(float margin) {
  return margin > 0 ? log1pf(expf(-margin)) : log1pf(expf(margin)) - margin;
}

void first_layer(const Shape &shape, const Rows &rows, const float *weight, float *out) {
  if (rows.image)
    bilinear(rows.text, rows.image, rows.count, weight, shape.text, shape.image, shape.units, out);
  else
    forward(rows.text, rows.count, weight, shape.text, shape.text, shape.units, out);
}

// Adds the bias to `z` [count, units] in place, and gives both logits of each row.
void logits(const Shape &shape, const Head &head, int64_t count, float *z, float *out) {
  const int64_t units = shape.units;
  for (int64_t r = 0; r < count; ++r)
    for (int64_t u = 0; u < units; ++u) z[r * units + u] += head.bias[u];
  if (!shape.has_output) {
    memcpy(out, z, 2 * count * sizeof(float));
    return;
  }
  with_activation(shape.activation, [&](auto activation) {
    for (int64_t r = 0; r < count; ++r) {
      float zero = head.output_bias[0], one = head.output_bias[1];
      for (int64_t u = 0; u < units; ++u) {
        const float after = activate<decltype(activation)::value>(z[r * units + u]);
        zero += head.output_weight[u] * after;
        one += head.output_weight[units + u] * after;
      }
      out[2 * r] = zero, out[2 * r + 1] = one;
    }
  });
}

// Loss summed over rows, and how many are predicted right: class 1 where its logit is the larger one.
void score(const float *of_rows, const int64_t *labels, int64_t count, double *loss, int64_t *correct) {
  for (int64_t r = 0; r < count; ++r) {
    const float margin = of_rows[2 * r + 1] - of_rows[2 * r];
    *loss += cross_entropy(labels[r] ? margin : -margin);
    *correct += (of_rows[2 * r + 1] > of_rows[2 * r]) == (labels[r] == 1);
  }
}

// The optimiser's side of a step.
struct Update {
  const Head &head, &first, &second;
  const Adamw &adam;
  float *gradient;
};

// Rows `from` … of the first layer's weight, UNITS at a time: ∂/∂w is Σ_row d[row] · x[row]. Where it got to.
template <int UNITS>
int64_t update_units(const float *const *x, int64_t count, const float *d, int64_t width, int64_t units, int64_t from,
                     const Update &to) {
  for (; from + UNITS <= units; from += UNITS) {
    gradient<UNITS>(x, count, d + from, units, width, to.gradient);
    const int64_t at = from * width;
    adamw(to.head.weight + at, to.first.weight + at, to.second.weight + at, to.gradient, UNITS * width, to.adam);
  }
  return from;
}

// Likewise of the matrix of unit k: ∂/∂W_k is Σ_row (d_k · x) yᵀ. `mixed` is working space, [count, UNITS].
template <int UNITS>
int64_t update_matrix(const Rows &rows, const float *d, const Shape &shape, int64_t k, int64_t from, float *mixed,
                      const Update &to) {
  for (; from + UNITS <= shape.text; from += UNITS) {
    for (int64_t r = 0; r < rows.count; ++r)
      for (int u = 0; u < UNITS; ++u) mixed[r * UNITS + u] = d[r * shape.units + k] * rows.text[r][from + u];
    gradient<UNITS>(rows.image, rows.count, mixed, UNITS, shape.image, to.gradient);
    const int64_t at = (k * shape.text + from) * shape.image;
    adamw(to.head.weight + at, to.first.weight + at, to.second.weight + at, to.gradient, UNITS * shape.image, to.adam);
  }
  return from;
}

// ∂/∂ the first layer before its activation, [count, units], from the logits; adds to the other gradients, of which
// those of class 0 are those of class 1 turned round.
void backward(const Shape &shape, const Head &head, const float *z, const float *logits, const int64_t *labels,
              int64_t count, float *d, float *d_bias, float *d_output, float *d_output_bias) {
  const int64_t units = shape.units;
  const float share = 1 / static_cast<float>(count);
  with_activation(shape.activation, [&](auto activation) {
    constexpr int ACTIVATION = decltype(activation)::value;
    for (int64_t r = 0; r < count; ++r) {
      const float margin = logits[2 * r + 1] - logits[2 * r];
      const float d_one = (1 / (1 + expf(-margin)) - static_cast<float>(labels[r])) * share;
      const float *before = z + r * units;
      float *of_row = d + r * units;
      if (!shape.has_output) {
        of_row[0] = -d_one, of_row[1] = d_one;
      } else {
        for (int64_t u = 0; u < units; ++u) {
          const float after = activate<ACTIVATION>(before[u]);
          const float weight = head.output_weight[units + u] - head.output_weight[u];
          d_output[units + u] += d_one * after;
          of_row[u] = d_one * weight * slope<ACTIVATION>(before[u], after);
        }
        d_output_bias[1] += d_one;
      }
      for (int64_t u = 0; u < units; ++u) d_bias[u] += of_row[u];
    }
  });
  if (!shape.has_output) return;
  for (int64_t u = 0; u < units; ++u) d_output[u] = -d_output[units + u];
  d_output_bias[0] = -d_output_bias[1];
}

// Floats of `work` that a step of `count` rows needs.
int64_t work_space(const Shape *shape, int32_t is_pair, int64_t count) {
  const int64_t width = is_pair ? shape->image : shape->text;
  return (2 * shape->units + 2 + GRADIENT_UNITS) * count + GRADIENT_UNITS * width + 3 * shape->units + 2;
}

// One optimiser step: forward, backward of the mean cross-entropy, AdamW. Adds the batch's summed loss and its number
// of right predictions.
void step(const Shape *shape, const Rows *rows, const int64_t *labels, const Head *head, const Head *first,
          const Head *second, const Step *of_step, float *work, double *loss, int64_t *correct) {
  const int64_t count = rows->count, units = shape->units;
  const int64_t width = rows->image ? shape->image : shape->text;
  float *g = work, *z = g + GRADIENT_UNITS * width, *d = z + count * units, *mixed = d + count * units;
  float *of_logits = mixed + GRADIENT_UNITS * count, *d_bias = of_logits + 2 * count;
  float *d_output = d_bias + units, *d_output_bias = d_output + 2 * units;

  const Adamw adam = {
      static_cast<float>(1 - of_step->learning_rate * of_step->weight_decay),
      static_cast<float>(1 - of_step->beta1),
      static_cast<float>(of_step->beta2),
      static_cast<float>(1 - of_step->beta2),
      static_cast<float>(of_step->learning_rate / (1 - pow(of_step->beta1, of_step->count))),
      static_cast<float>(1 / sqrt(1 - pow(of_step->beta2, of_step->count))),
      static_cast<float>(of_step->eps),
  };
  const Update to = {*head, *first, *second, adam, g};

  first_layer(*shape, *rows, head->weight, z);
  logits(*shape, *head, count, z, of_logits);
  score(of_logits, labels, count, loss, correct);
  memset(d_bias, 0, (3 * units + 2) * sizeof(float));
  backward(*shape, *head, z, of_logits, labels, count, d, d_bias, d_output, d_output_bias);

  if (rows->image) {
    for (int64_t k = 0; k < units; ++k) {
      int64_t from = update_matrix<GRADIENT_UNITS>(*rows, d, *shape, k, 0, mixed, to);
      update_matrix<1>(*rows, d, *shape, k, from, mixed, to);
    }
  } else {
    int64_t from = update_units<GRADIENT_UNITS>(rows->text, count, d, width, units, 0, to);
    from = update_units<2>(rows->text, count, d, width, units, from, to);
    update_units<1>(rows->text, count, d, width, units, from, to);
  }
  adamw(head->bias, first->bias, second->bias, d_bias, units, adam);
  if (shape->has_output) {
    adamw(head->output_weight, first->output_weight, second->output_weight, d_output, 2 * units, adam);
    adamw(head->output_bias, first->output_bias, second->output_bias, d_output_bias, 2, adam);
  }
}

// The linear part of the first layer, or of some of its columns, without bias: [count, units]. `stride` is a unit's
// distance from the next one in `weight`.
void hidden(const Shape *shape, const Rows *rows, const float *weight, int64_t stride, float *out) {
  if (rows->image)
    first_layer(*shape, *rows, weight, out);
  else
    forward(rows->text, rows->count, weight, stride, shape->text, shape->units, out);
}

// Product fusion of one row: x_j·y_j, then x_j·y_{n−1−j}.
void product(const float *x, const float *y, int64_t n, float *out) {
  for (int64_t j = 0; j < n; ++j) out[j] = x[j] * y[j];
  for (int64_t j = 0; j < n; ++j) out[n + j] = x[j] * y[n - 1 - j];
}

// Logits [count, 2]; `z` [count, units] is working space.
void logits_of(const Shape *shape, const Rows *rows, const Head *head, float *z, float *out) {
  first_layer(*shape, *rows, head->weight, z);
  logits(*shape, *head, rows->count, z, out);
}

// Adds the summed cross-entropy of `logits` [count, 2] and the number of right predictions.
void score_of(const float *logits, const int64_t *labels, int64_t count, double *loss, int64_t *correct) {
  score(logits, labels, count, loss, correct);
}

// Which rows are predicted right at each level α: the first layer before its activation is
// clean + α·linear + α²·cross, each [count, units], the bias included in `clean`. `alphas` holds n_levels values, a
// multiple of the lanes for which `right`, [count, n_levels], has room.
void levels(const Shape *shape, const Head *head, const float *clean, const float *linear,
            const float *cross, int64_t count, const float *alphas, int64_t n_levels, const int64_t *labels,
            uint8_t *right) {
  const int64_t units = shape->units;
  with_activation(shape->has_output ? shape->activation : IDENTITY, [&](auto activation) {
    for (int64_t r = 0; r < count; ++r) {
      const float *a = clean + r * units, *b = linear + r * units, *c = cross ? cross + r * units : nullptr;
      for (int64_t at = 0; at < n_levels; at += LANES) {
        const Vector alpha = load(alphas + at);
        const auto before = [&](int64_t u) {
          const Vector z = a[u] + alpha * b[u];
          return c ? z + alpha * alpha * c[u] : z;
        };
        Vector zero, one;
        if (shape->has_output) {
          zero = head->output_bias[0] + Vector{}, one = head->output_bias[1] + Vector{};
          for (int64_t u = 0; u < units; ++u) {
            const Vector after = activate<decltype(activation)::value>(before(u));
            zero += head->output_weight[u] * after;
            one += head->output_weight[units + u] * after;
          }
        } else {
          zero = before(0), one = before(1);
        }
        for (int lane = 0; lane < LANES; ++lane)
          right[r * n_levels + at + lane] = (one[lane] > zero[lane]) == (labels[r] == 1);
      }
    }
  });
}

}  // namespace

extern "C" {

// As in kernel.rs.
struct Functions {
  int64_t (*work)(const Shape *, int32_t, int64_t);
  void (*step)(const Shape *, const Rows *, const int64_t *, const Head *, const Head *, const Head *, const Step *,
               float *, double *, int64_t *);
  void (*hidden)(const Shape *, const Rows *, const float *, int64_t, float *);
  void (*logits)(const Shape *, const Rows *, const Head *, float *, float *);
  void (*score)(const float *, const int64_t *, int64_t, double *, int64_t *);
  void (*product)(const float *, const float *, int64_t, float *);
  void (*levels)(const Shape *, const Head *, const float *, const float *, const float *, int64_t, const float *,
                 int64_t, const int64_t *, uint8_t *);
};

extern const Functions SUPERFUSE_KERNEL;
const Functions SUPERFUSE_KERNEL = {work_space, step, hidden, logits_of, score_of, product, levels};
}
