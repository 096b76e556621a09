// A head's training step and forward pass on the CPU, fused: a batch is read in place, gradients stay in the cache
// until AdamW has used them, and nothing is allocated.
//
// Compiled once for each instruction set, SUPERFUSE_KERNEL naming its table of functions; kernel.rs chooses among them.
// Every sum has one order that depends on the head's own sizes alone, so a head's numbers do not depend on what else is trained.
// Nothing here comes from a header that emits shared inline functions: the linker would keep one instruction set's copy
// for all.

#include "adamw.h"
#include "head.h"
#include "mixture.h"
#include "projections.h"
#include "sums.h"

// As in kernel/ffi.rs, field by field.

// A batch or a block of rows: `count` pointers to rows of text (or of the fused vector) and, for tensor fusion, image, of
// which there may be several lists, one behind the other, for the same text.
struct Rows {
  const float *const *text;
  const float *const *image;  // absent: `text` holds the fused vector
  int64_t count, images;
};

namespace {

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

// Sums that never leave the first-level cache, for what the processor can do at most; how many operations they are.
double sums(int64_t times) {
  constexpr int PLACES = 64, WIDTH = 3 * LANES;
  alignas(64) float x[PLACES * WIDTH] = {}, c[PLACES * UNITS_OF_3] = {}, out[UNITS_OF_3 * WIDTH] = {};
  for (int64_t time = 0; time < times; ++time) {
    weighted_sum<GROWS>(Dense{c, UNITS_OF_3}, Stacked{x, WIDTH}, PLACES, UNITS_OF_3, WIDTH, out, WIDTH);
    __asm__ volatile("" : : "r"(out) : "memory");  // what is never read would not be computed
  }
  return 2.0 * PLACES * UNITS_OF_3 * WIDTH * static_cast<double>(times);
}

// Floats of `work` that a forward pass needs beside its results.
int64_t forward_space(const Shape &shape, bool is_pair) {
  return is_pair ? BILINEAR_ROWS * shape.image + (PACKS ? MATRIX_BLOCK * TOGETHER : 0) : shape.text * padded(shape.units);
}

// Floats of `work` for columns that a step packs for a gradient: those of all images of the batch, or of a block of rows.
int64_t packed_space(const Shape &shape, bool is_pair, int64_t count) {
  return !PACKS ? 0 : is_pair ? padded(count * shape.image) : FORWARD_ROWS * TOGETHER;
}

// Floats of `work` that any call with `count` rows, those of every list of images, needs; a step more than others.
int64_t work_space(const Shape *shape, int32_t is_pair, int64_t count, int32_t is_step) {
  const int64_t gradient = is_pair ? GRADIENT_ROWS * shape->image : shape->units * shape->text;
  const int64_t rows = (2 * padded(shape->units) + shape->outputs + GRADIENT_ROWS) * (count < BILINEAR_ROWS ? BILINEAR_ROWS : count);
  const int64_t packed = is_step ? packed_space(*shape, is_pair, count) : 0;
  return forward_space(*shape, is_pair) + packed + padded(gradient) + rows + (shape->units + 1) * (shape->outputs + 1) + LANES * shape->outputs;
}

// One optimiser step: forward, backward of the mean cross-entropy, AdamW. Adds the batch's summed loss and its number
// of right predictions. The head is a gate where it has a mixture; `out`, which may be absent, gets the logits before the
// step, `out_stride` apart.
void step(const Shape *shape, const Rows *rows, const int64_t *labels, const Head *head, const Head *first,
          const Head *second, const Step *of_step, const Mixture *mixture, float *work, double *loss, int64_t *correct,
          float *out, int64_t out_stride) {
  const int64_t count = rows->count, units = shape->units, wide = padded(units), n = shape->text, m = shape->image;
  const int64_t outputs = shape->outputs;
  float *packed = work + forward_space(*shape, rows->image), *g = packed + packed_space(*shape, rows->image, count);
  float *z = g + padded(rows->image ? GRADIENT_ROWS * m : units * n), *d = z + count * wide;
  float *mixed = d + count * wide, *of_logits = mixed + GRADIENT_ROWS * count, *d_bias = of_logits + outputs * count;
  float *d_output = d_bias + units, *d_output_bias = d_output + outputs * units;
  const float share = 1 / static_cast<float>(count);

  const Adamw adam = adamw_of(*of_step);

  memset(d_bias, 0, (units + outputs * (units + 1)) * sizeof(float));
  const Forward to = prepare(*shape, rows->image, head->weight, work);
  const auto there_and_back = [&](const Rows &part, int64_t from) {
    float *of_part = z + from * wide, *logits_part = of_logits + outputs * from, *d_part = d + from * wide;
    first_layer(*shape, to, part, of_part);
    logits(*shape, *head, part.count, of_part, logits_part);
    for (int64_t r = 0; out && r < part.count; ++r)
      memcpy(out + (from + r) * out_stride, logits_part + r * outputs, outputs * sizeof(float));
    if (mixture) {
      mixture_gradient(*mixture, from, logits_part, labels + from, part.count, share, loss, correct);
      return backward(*shape, *head, of_part, logits_part, part.count, d_part, d_bias, d_output, d_output_bias);
    }
    score(logits_part, outputs, labels + from, part.count, loss, correct);
    if (outputs == 2)
      return backward_of_two(*shape, *head, of_part, logits_part, labels + from, part.count, share, d_part, d_bias,
                             d_output + units, d_output_bias + 1);
    cross_entropy_gradient(logits_part, outputs, labels + from, part.count, share);
    backward(*shape, *head, of_part, logits_part, part.count, d_part, d_bias, d_output, d_output_bias);
  };
  if (rows->image) {
    there_and_back(*rows, 0);
    // ∂/∂W_k is Σ_row (d_k · x) yᵀ.
    const Scattered images = {rows->image};
    // Packed once, they are read for the rows of every unit's matrix.
    const bool packs = pays_to_pack(count, units * n, m);
    for (int64_t column = 0; packs && column < columns_together(m); column += TOGETHER) pack(images, count, column, packed + column * count);
    for (int64_t k = 0; k < units; ++k)
      for (int64_t i = 0; i < n; i += GRADIENT_ROWS) {
        const int64_t held = smaller(GRADIENT_ROWS, n - i), at = (k * n + i) * m;
        for (int64_t r = 0; r < count; ++r)
          for (int64_t u = 0; u < held; ++u) mixed[r * held + u] = d[r * wide + k] * rows->text[r][i + u];
        const Dense c = {mixed, held};
        if (packs) {
          const int64_t below = n - i - held, next = at + held * m, of_next = smaller(GRADIENT_ROWS, below ? below : n);
          const Ahead ahead(head->weight + next, first->weight + next, second->weight + next,
                            below || k + 1 < units ? of_next * m : 0, held, m);
          const auto block = [&](int64_t column) { return Stacked{packed + column * count, TOGETHER}; };
          block_sum<BEGINS>(c, images, block, count, held, m, g, ahead);
        } else {
          weighted_sum<BEGINS>(c, images, count, held, m, g, m);
        }
        adamw(head->weight + at, first->weight + at, second->weight + at, g, held * m, adam);
      }
  } else {
    // Rows go forward, back and into the gradient while they are in the cache.
    for (int64_t from = 0; from < count; from += FORWARD_ROWS) {
      const Rows part = {rows->text + from, nullptr, smaller(FORWARD_ROWS, count - from), 1};
      there_and_back(part, from);
      const Dense c = {d + from * wide, wide};
      const Scattered x = {part.text};
      const auto gradient = [&](auto begins) {
        constexpr Sum SUM = decltype(begins)::value;
        const auto block = [&](int64_t column) { return pack(x, part.count, column, packed); };
        if (pays_to_pack(part.count, units, n))
          block_sum<SUM>(c, x, block, part.count, units, n, g, Ahead());
        else
          weighted_sum<SUM>(c, x, part.count, units, n, g, n);
      };
      from == 0 ? gradient(Is<BEGINS>()) : gradient(Is<GROWS>());
    }
    adamw(head->weight, first->weight, second->weight, g, units * n, adam);
  }
  adamw(head->bias, first->bias, second->bias, d_bias, units, adam);
  if (shape->has_output) {
    if (outputs == 2 && !mixture) {
      for (int64_t u = 0; u < units; ++u) d_output[u] = -d_output[units + u];
      d_output_bias[0] = -d_output_bias[1];
    }
    adamw(head->output_weight, first->output_weight, second->output_weight, d_output, outputs * units, adam);
    adamw(head->output_bias, first->output_bias, second->output_bias, d_output_bias, outputs, adam);
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

// Logits [count, outputs].
void logits_of(const Shape *shape, const Rows *rows, const Head *head, float *work, float *out) {
  float *z = work + forward_space(*shape, rows->image);
  each_block(*shape, prepare(*shape, rows->image, head->weight, work), *rows, z, [&](int64_t from, int64_t count) {
    logits(*shape, *head, count, z, out + shape->outputs * from);
  });
}

}  // namespace

extern "C" {

// As in kernel/ffi.rs.
struct Functions {
  int64_t (*work)(const Shape *, int32_t, int64_t, int32_t);
  void (*step)(const Shape *, const Rows *, const int64_t *, const Head *, const Head *, const Head *, const Step *,
               const Mixture *, float *, double *, int64_t *, float *, int64_t);
  void (*hidden)(const Shape *, const Rows *, const float *, int64_t, float *, float *);
  void (*logits)(const Shape *, const Rows *, const Head *, float *, float *);
  void (*score)(const float *, int64_t, const int64_t *, int64_t, double *, int64_t *);
  void (*product)(const float *, const float *, int64_t, float *);
  double (*sums)(int64_t);
  void (*levels)(const Shape *, const Head *, const float *, const float *, const float *, int64_t, const float *,
                 int64_t, const int64_t *, float *, uint8_t *);
  int64_t (*projections_work)(const Model *, int64_t);
  void (*projections_step)(const Model *, const float *const *, const int64_t *, int64_t, const Step *, float *, double *,
                           int64_t *);
  void (*projections_logits)(const Model *, const float *const *, int64_t, float *, float *);
  void (*projections_levels)(const Model *, const float *, const float *, const float *, int64_t, const float *, int64_t,
                             const int64_t *, float *, uint8_t *);
  void (*mixture_levels)(const AtLevels *, int64_t, const Mixture *, int64_t, const float *, int64_t, const int64_t *,
                         float *, uint8_t *);
  void (*mixture_answers)(const Mixture *, float *, int64_t, float *);
};

extern const Functions SUPERFUSE_KERNEL;
const Functions SUPERFUSE_KERNEL = {work_space, step, hidden, logits_of, score, product, sums, levels,
                                    projections_work, projections_step, projections_logits, projections_levels,
                                    mixture_levels, mixture_answers};
}
