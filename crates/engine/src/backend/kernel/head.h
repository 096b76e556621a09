// What lies behind a first layer: activation and output layer, loss, and the way back.
//
// Two classes have code of their own, in which the two logits' difference alone counts.

#pragma once

#include <math.h>

#include "sums.h"

// As in kernel/ffi.rs, field by field.
// Sizes of a head. `units` of the first layer are the logits, `outputs` of them, where there is no output layer.
struct Shape {
  int64_t text, image, units, outputs;
  int32_t has_output, activation;
};

// One head's parameters, or one of their moments.
struct Head {
  float *weight, *bias, *output_weight, *output_bias;
};

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

// Cross-entropy of the right one of two classes, `margin` being its logit less the other one's.
inline float cross_entropy(float margin) {
  return margin > 0 ? log1pf(expf(-margin)) : log1pf(expf(margin)) - margin;
}

// Adds the bias to `z` [count, padded units] in place, and gives the logits of each row, [count, outputs].
void logits(const Shape &shape, const Head &head, int64_t count, float *z, float *out) {
  const int64_t units = shape.units, wide = padded(units), outputs = shape.outputs;
  for (int64_t r = 0; r < count; ++r)
    for (int64_t u = 0; u < units; ++u) z[r * wide + u] += head.bias[u];
  if (!shape.has_output) {
    for (int64_t r = 0; r < count; ++r) memcpy(out + r * outputs, z + r * wide, outputs * sizeof(float));
    return;
  }
  with_activation(shape.activation, [&](auto activation) {
    if (outputs == 2) {
      for (int64_t r = 0; r < count; ++r) {
        float zero = head.output_bias[0], one = head.output_bias[1];
        for (int64_t u = 0; u < units; ++u) {
          const float after = activate<decltype(activation)::value>(z[r * wide + u]);
          zero += head.output_weight[u] * after;
          one += head.output_weight[units + u] * after;
        }
        out[2 * r] = zero, out[2 * r + 1] = one;
      }
      return;
    }
    for (int64_t r = 0; r < count; ++r) {
      float *of_row = out + r * outputs;
      memcpy(of_row, head.output_bias, outputs * sizeof(float));
      for (int64_t u = 0; u < units; ++u) {
        const float after = activate<decltype(activation)::value>(z[r * wide + u]);
        for (int64_t k = 0; k < outputs; ++k) of_row[k] += head.output_weight[k * units + u] * after;
      }
    }
  });
}

// The largest logit's place, the first of equals.
inline int64_t largest(const float *of_row, int64_t outputs) {
  int64_t best = 0;
  for (int64_t k = 1; k < outputs; ++k)
    if (of_row[k] > of_row[best]) best = k;
  return best;
}

// Logarithm of the sum of the logits' exponentials.
inline float log_sum(const float *of_row, int64_t outputs) {
  const float most = of_row[largest(of_row, outputs)];
  float total = 0;
  for (int64_t k = 0; k < outputs; ++k) total += expf(of_row[k] - most);
  return most + logf(total);
}

// Cross-entropy summed over rows, and how many are predicted right: the class of the largest logit, the first of equals.
void score(const float *of_rows, int64_t outputs, const int64_t *labels, int64_t count, double *loss, int64_t *correct) {
  for (int64_t r = 0; r < count; ++r) {
    const float *of_row = of_rows + r * outputs;
    if (outputs == 2) {
      const float margin = of_row[1] - of_row[0];
      *loss += cross_entropy(labels[r] ? margin : -margin);
      *correct += (of_row[1] > of_row[0]) == (labels[r] == 1);
    } else {
      *loss += log_sum(of_row, outputs) - of_row[labels[r]];
      *correct += largest(of_row, outputs) == labels[r];
    }
  }
}

// ∂/∂ the first layer before its activation, [count, padded units], from the two logits, a row being `share` of the batch;
// adds to the other gradients, of the output layer those of class 1: what raises the logit of one class lowers the other's.
void backward_of_two(const Shape &shape, const Head &head, const float *z, const float *logits, const int64_t *labels,
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

// The gradient of the mean cross-entropy, in place of the logits: (softmax − one-hot) · share.
void cross_entropy_gradient(float *logits, int64_t outputs, const int64_t *labels, int64_t count, float share) {
  for (int64_t r = 0; r < count; ++r) {
    float *of_row = logits + r * outputs;
    const float total = log_sum(of_row, outputs);
    for (int64_t k = 0; k < outputs; ++k) of_row[k] = (expf(of_row[k] - total) - (labels[r] == k)) * share;
  }
}

// ∂/∂ the first layer before its activation, [count, padded units], from ∂/∂ the logits, [count, outputs]; adds to the
// other gradients.
void backward(const Shape &shape, const Head &head, const float *z, const float *d_logits, int64_t count, float *d,
              float *d_bias, float *d_output, float *d_output_bias) {
  const int64_t units = shape.units, wide = padded(units), outputs = shape.outputs;
  with_activation(shape.activation, [&](auto activation) {
    constexpr int ACTIVATION = decltype(activation)::value;
    for (int64_t r = 0; r < count; ++r) {
      const float *before = z + r * wide, *d_row = d_logits + r * outputs;
      float *of_row = d + r * wide;
      if (!shape.has_output) {
        memcpy(of_row, d_row, outputs * sizeof(float));
      } else {
        for (int64_t u = 0; u < units; ++u) {
          const float after = activate<ACTIVATION>(before[u]);
          float d_after = 0;
          for (int64_t k = 0; k < outputs; ++k) {
            d_output[k * units + u] += d_row[k] * after;
            d_after += d_row[k] * head.output_weight[k * units + u];
          }
          of_row[u] = d_after * slope<ACTIVATION>(before[u], after);
        }
        for (int64_t k = 0; k < outputs; ++k) d_output_bias[k] += d_row[k];
      }
      for (int64_t u = 0; u < units; ++u) d_bias[u] += of_row[u];
    }
  });
}

// Whether the largest of a lane's logits, each a vector, is that of the label.
inline void right_lanes(const float *logits, int64_t outputs, int64_t label, uint8_t *out) {
  for (int lane = 0; lane < LANES; ++lane) {
    int64_t best = 0;
    for (int64_t k = 1; k < outputs; ++k)
      if (logits[k * LANES + lane] > logits[best * LANES + lane]) best = k;
    out[lane] = best == label;
  }
}

// Which rows are predicted right at each level α: the first layer before its activation is
// clean + α·linear + α²·cross, each [count, units], the bias included in `clean`. `alphas` holds n_levels values, a
// multiple of the lanes for which `right`, [count, n_levels], has room. `work` has a vector for each output.
void levels(const Shape *shape, const Head *head, const float *clean, const float *linear,
            const float *cross, int64_t count, const float *alphas, int64_t n_levels, const int64_t *labels,
            float *work, uint8_t *right) {
  const int64_t units = shape->units, outputs = shape->outputs;
  with_activation(shape->has_output ? shape->activation : IDENTITY, [&](auto activation) {
    for (int64_t r = 0; r < count; ++r) {
      const float *a = clean + r * units, *b = linear + r * units, *c = cross ? cross + r * units : nullptr;
      for (int64_t at = 0; at < n_levels; at += LANES) {
        const Vector alpha = load(alphas + at);
        const auto before = [&](int64_t u) {
          const Vector z = a[u] + alpha * b[u];
          return c ? z + alpha * alpha * c[u] : z;
        };
        uint8_t *out = right + r * n_levels + at;
        if (outputs == 2) {
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
          for (int lane = 0; lane < LANES; ++lane) out[lane] = (one[lane] > zero[lane]) == (labels[r] == 1);
          continue;
        }
        for (int64_t k = 0; k < outputs; ++k)
          store(work + k * LANES, shape->has_output ? head->output_bias[k] + Vector{} : before(k));
        for (int64_t u = 0; shape->has_output && u < units; ++u) {
          const Vector after = activate<decltype(activation)::value>(before(u));
          for (int64_t k = 0; k < outputs; ++k)
            store(work + k * LANES, load(work + k * LANES) + head->output_weight[k * units + u] * after);
        }
        right_lanes(work, outputs, labels[r], out);
      }
    }
  });
}

}  // namespace
