// A head's training step and forward pass on the CPU, fused: a batch is read in place, gradients stay in the cache
// until AdamW has used them, and nothing is allocated.
//
// Compiled once for each instruction set, SUPERFUSE_KERNEL naming its table of functions; kernel.rs chooses among them.
// Every sum has one order that depends on the head's own sizes alone, so a head's numbers do not depend on what else is trained.
// Nothing here comes from a header that emits shared inline functions: the linker would keep one instruction set's copy
// for all.

#include "sums.h"

#include <math.h>

namespace {

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

// A batch or a block of rows: `count` pointers to rows of text (or of the fused vector) and, for tensor fusion, image, of
// which there may be several lists, one behind the other, for the same text.
struct Rows {
  const float *const *text;
  const float *const *image;  // absent: `text` holds the fused vector
  int64_t count, images;
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

Forward prepare(const Shape &shape, bool is_pair, const float *weight, float *work) {
  if (is_pair) return {weight, nullptr, 0, work};
  return prepare(weight, shape.text, shape.text, shape.units, work);
}

// [images · count, padded units]
void first_layer(const Shape &shape, const Forward &to, const Rows &rows, float *out) {
  if (rows.image)
    bilinear(to, rows.text, rows.image, rows.count, rows.images, shape.text, shape.image, shape.units, out);
  else
    forward(to, rows.text, rows.count, shape.text, shape.units, out);
}

// Adds the bias to `z` [count, padded units] in place, and gives both logits of each row.
void logits(const Shape &shape, const Head &head, int64_t count, float *z, float *out) {
  const int64_t units = shape.units, wide = padded(units);
  for (int64_t r = 0; r < count; ++r)
    for (int64_t u = 0; u < units; ++u) z[r * wide + u] += head.bias[u];
  if (!shape.has_output) {
    for (int64_t r = 0; r < count; ++r) out[2 * r] = z[r * wide], out[2 * r + 1] = z[r * wide + 1];
    return;
  }
  with_activation(shape.activation, [&](auto activation) {
    for (int64_t r = 0; r < count; ++r) {
      float zero = head.output_bias[0], one = head.output_bias[1];
      for (int64_t u = 0; u < units; ++u) {
        const float after = activate<decltype(activation)::value>(z[r * wide + u]);
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

// ∂/∂ the first layer before its activation, [count, padded units], from the logits, a row being `share` of the batch; adds to
// the other gradients, of the output layer those of class 1.
void backward(const Shape &shape, const Head &head, const float *z, const float *logits, const int64_t *labels,
              int64_t count, float share, float *d, float *d_bias, float *d_output, float *d_output_bias) {
  const int64_t units = shape.units, wide = padded(units);
  with_activation(shape.activation, [&](auto activation) {
    constexpr int ACTIVATION = decltype(activation)::value;
    for (int64_t r = 0; r < count; ++r) {
      const float margin = logits[2 * r + 1] - logits[2 * r];
      const float d_one = (1 / (1 + expf(-margin)) - static_cast<float>(labels[r])) * share;
      const float *before = z + r * wide;
      float *of_row = d + r * wide;
      if (!shape.has_output) {
        of_row[0] = -d_one, of_row[1] = d_one;
      } else {
        for (int64_t u = 0; u < units; ++u) {
          const float after = activate<ACTIVATION>(before[u]);
          const float weight = head.output_weight[units + u] - head.output_weight[u];
          d_output[u] += d_one * after;
          of_row[u] = d_one * weight * slope<ACTIVATION>(before[u], after);
        }
        *d_output_bias += d_one;
      }
      for (int64_t u = 0; u < units; ++u) d_bias[u] += of_row[u];
    }
  });
}

// Sums that never leave the first-level cache, for what the processor can do at most; how many operations they are.
double sums(int64_t times) {
  constexpr int PLACES = 64, WIDTH = 3 * LANES;
  alignas(64) float x[PLACES * WIDTH] = {}, c[PLACES * UNITS_OF_3] = {}, out[UNITS_OF_3 * WIDTH] = {};
  for (int64_t time = 0; time < times; ++time) {
    weighted_sum<GROWS>(Dense{c, UNITS_OF_3}, Stacked{x, WIDTH, nullptr}, PLACES, UNITS_OF_3, WIDTH, out, WIDTH);
    __asm__ volatile("" : : "r"(out) : "memory");  // what is never read would not be computed
  }
  return 2.0 * PLACES * UNITS_OF_3 * WIDTH * static_cast<double>(times);
}

// Floats of `work` that a forward pass needs beside its results.
int64_t forward_space(const Shape &shape, bool is_pair) {
  return is_pair ? BILINEAR_ROWS * shape.image : shape.text * padded(shape.units);
}

// Floats of `work` that any call with `count` rows, those of every list of images, needs.
int64_t work_space(const Shape *shape, int32_t is_pair, int64_t count) {
  const int64_t gradient = is_pair ? GRADIENT_ROWS * shape->image : shape->units * shape->text;
  const int64_t rows = (2 * padded(shape->units) + 2 + GRADIENT_ROWS) * (count < BILINEAR_ROWS ? BILINEAR_ROWS : count);
  return forward_space(*shape, is_pair) + padded(gradient) + rows + 5 * shape->units + 4;
}

// One optimiser step: forward, backward of the mean cross-entropy, AdamW. Adds the batch's summed loss and its number
// of right predictions.
void step(const Shape *shape, const Rows *rows, const int64_t *labels, const Head *head, const Head *first,
          const Head *second, const Step *of_step, float *work, double *loss, int64_t *correct) {
  const int64_t count = rows->count, units = shape->units, wide = padded(units), n = shape->text, m = shape->image;
  float *g = work + forward_space(*shape, rows->image);
  float *z = g + padded(rows->image ? GRADIENT_ROWS * m : units * n), *d = z + count * wide;
  float *mixed = d + count * wide, *of_logits = mixed + GRADIENT_ROWS * count, *d_bias = of_logits + 2 * count;
  float *d_output = d_bias + units, *d_output_bias = d_output + 2 * units;
  const float share = 1 / static_cast<float>(count);

  const Adamw adam = {
      static_cast<float>(1 - of_step->learning_rate * of_step->weight_decay),
      static_cast<float>(1 - of_step->beta1),
      static_cast<float>(of_step->beta2),
      static_cast<float>(1 - of_step->beta2),
      static_cast<float>(of_step->learning_rate / (1 - pow(of_step->beta1, of_step->count))),
      static_cast<float>(1 / sqrt(1 - pow(of_step->beta2, of_step->count))),
      static_cast<float>(of_step->eps),
  };

  memset(d_bias, 0, (3 * units + 2) * sizeof(float));
  const Forward to = prepare(*shape, rows->image, head->weight, work);
  const auto there_and_back = [&](const Rows &part, int64_t from) {
    float *of_part = z + from * wide, *logits_part = of_logits + 2 * from;
    first_layer(*shape, to, part, of_part);
    logits(*shape, *head, part.count, of_part, logits_part);
    score(logits_part, labels + from, part.count, loss, correct);
    backward(*shape, *head, of_part, logits_part, labels + from, part.count, share, d + from * wide, d_bias,
             d_output + units, d_output_bias + 1);
  };
  if (rows->image) {
    there_and_back(*rows, 0);
    // ∂/∂W_k is Σ_row (d_k · x) yᵀ.
    for (int64_t k = 0; k < units; ++k)
      for (int64_t i = 0; i < n; i += GRADIENT_ROWS) {
        const int64_t held = smaller(GRADIENT_ROWS, n - i), at = (k * n + i) * m;
        for (int64_t r = 0; r < count; ++r)
          for (int64_t u = 0; u < held; ++u) mixed[r * held + u] = d[r * wide + k] * rows->text[r][i + u];
        weighted_sum<BEGINS>(Dense{mixed, held}, Scattered{rows->image}, count, held, m, g, m);
        adamw(head->weight + at, first->weight + at, second->weight + at, g, held * m, adam);
      }
  } else {
    // Rows go forward, back and into the gradient while they are in the cache.
    for (int64_t from = 0; from < count; from += FORWARD_ROWS) {
      const Rows part = {rows->text + from, nullptr, smaller(FORWARD_ROWS, count - from), 1};
      there_and_back(part, from);
      const Dense c = {d + from * wide, wide};
      if (from == 0)
        weighted_sum<BEGINS>(c, Scattered{part.text}, part.count, units, n, g, n);
      else
        weighted_sum<GROWS>(c, Scattered{part.text}, part.count, units, n, g, n);
    }
    adamw(head->weight, first->weight, second->weight, g, units * n, adam);
  }
  adamw(head->bias, first->bias, second->bias, d_bias, units, adam);
  if (shape->has_output) {
    // What raises the logit of one class lowers that of the other.
    for (int64_t u = 0; u < units; ++u) d_output[u] = -d_output[units + u];
    d_output_bias[0] = -d_output_bias[1];
    adamw(head->output_weight, first->output_weight, second->output_weight, d_output, 2 * units, adam);
    adamw(head->output_bias, first->output_bias, second->output_bias, d_output_bias, 2, adam);
  }
}

// Calls `take` with each block of rows and the first layer of it without bias, [rows, padded units].
template <typename Take>
void each_block(const Shape &shape, const Forward &to, const Rows &rows, float *z, Take take) {
  // Tensor fusion divides rows by itself, and reads a matrix once for all of them.
  const int64_t block = rows.image ? rows.count : FORWARD_ROWS;
  for (int64_t from = 0; from < rows.count; from += block) {
    const Rows part = {rows.text + from, rows.image, smaller(block, rows.count - from), rows.images};
    first_layer(shape, to, part, z);
    take(from, part.count * part.images);
  }
}

// The linear part of the first layer, or of some of its columns, without bias: [images · count, units]. `stride` is a unit's
// distance from the next one in `weight`.
void hidden(const Shape *shape, const Rows *rows, const float *weight, int64_t stride, float *work, float *out) {
  const int64_t units = shape->units, wide = padded(units);
  float *z = work + forward_space(*shape, rows->image);
  const Forward to = rows->image ? prepare(*shape, true, weight, work) : prepare(weight, stride, shape->text, units, work);
  each_block(*shape, to, *rows, z, [&](int64_t from, int64_t count) {
    for (int64_t r = 0; r < count; ++r) memcpy(out + (from + r) * units, z + r * wide, units * sizeof(float));
  });
}

// Product fusion of one row: x_j·y_j, then x_j·y_{n−1−j}.
void product(const float *x, const float *y, int64_t n, float *out) {
  for (int64_t j = 0; j < n; ++j) out[j] = x[j] * y[j];
  for (int64_t j = 0; j < n; ++j) out[n + j] = x[j] * y[n - 1 - j];
}

// Logits [count, 2].
void logits_of(const Shape *shape, const Rows *rows, const Head *head, float *work, float *out) {
  float *z = work + forward_space(*shape, rows->image);
  each_block(*shape, prepare(*shape, rows->image, head->weight, work), *rows, z, [&](int64_t from, int64_t count) {
    logits(*shape, *head, count, z, out + 2 * from);
  });
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
  void (*hidden)(const Shape *, const Rows *, const float *, int64_t, float *, float *);
  void (*logits)(const Shape *, const Rows *, const Head *, float *, float *);
  void (*score)(const float *, const int64_t *, int64_t, double *, int64_t *);
  void (*product)(const float *, const float *, int64_t, float *);
  double (*sums)(int64_t);
  void (*levels)(const Shape *, const Head *, const float *, const float *, const float *, int64_t, const float *,
                 int64_t, const int64_t *, uint8_t *);
};

extern const Functions SUPERFUSE_KERNEL;
const Functions SUPERFUSE_KERNEL = {work_space, step, hidden, logits_of, score_of, product, sums, levels};
}
