// What lies behind learned projections, row by row: from their outputs to the logits, and back.
//
// A tail computes LANES rows at once, or one row at LANES levels of noise: each value is a vector. It has two functions.
// `forward` reads the projections' outputs `z` and gives the logits; what `backward` wants
// of it again goes to `kept`. `backward` gets ∂/∂logits, writes ∂/∂z likewise, and adds to the gradients of the tail's own
// parameters: one vector for each value, in the parameters' order, their lanes to be summed in the end.

#pragma once

#include "head.h"
#include "vector_math.h"

// As in kernel/ffi.rs, field by field.

// One parameter; the moments are absent where it is not trained.
struct Parameter {
  float *value, *first, *second;
  int64_t count;
};

// A linear layer on columns `column` and on of a row, `width` of them; its weight and bias are two parameters.
struct Projection {
  int64_t column, width, units;
};

// A model: `projections`, each with a weight and a bias in `parameters`, then the tail's own parameters.
struct Model {
  const Projection *of;
  const Parameter *parameters;
  int64_t projections, n_parameters;
  int64_t hidden, outputs, rank;
  int32_t tail, activation;
};

namespace {

// One vector of values for each unit.
struct Slice {
  const float *from;
  int64_t stride;
  Vector operator[](int64_t unit) const { return load(from + unit * stride); }
};

// The same, to be written.
struct Target {
  float *to;
  int64_t stride;
  float *at(int64_t unit) const { return to + unit * stride; }
};

inline Vector activated(int32_t activation, Vector z) {
  switch (activation) {
    case RELU: return activate<RELU>(z);
    case GELU: return activate<GELU>(z);
    case TANH: return tanh_of(z);
    default: return z;
  }
}

inline Vector slope_of(int32_t activation, Vector z, Vector after) {
  switch (activation) {
    case RELU: return z > 0 ? Vector{} + 1.0f : Vector{};
    case GELU:
      for (int lane = 0; lane < LANES; ++lane) z[lane] = slope<GELU>(z[lane], after[lane]);
      return z;
    case TANH: return 1.0f - after * after;
    default: return Vector{} + 1.0f;
  }
}

// The tail's own parameters, the first being number 0.
inline const float *own(const Model &model, int64_t place) { return model.parameters[2 * model.projections + place].value; }

inline void add(float *to, Vector value) { store(to, load(to) + value); }

// Logits of the units `after(u)`; weight [outputs, hidden] and bias are the tail's parameters from `place`.
template <typename After>
inline void output(const Model &model, int64_t place, After after, float *logits) {
  const float *weight = own(model, place), *bias = own(model, place + 1);
  for (int64_t k = 0; k < model.outputs; ++k) store(logits + k * LANES, bias[k] + Vector{});
  for (int64_t u = 0; u < model.hidden; ++u) {
    const Vector of_unit = after(u);
    for (int64_t k = 0; k < model.outputs; ++k) add(logits + k * LANES, weight[k * model.hidden + u] * of_unit);
  }
}

// ∂/∂ unit u, whose value is `after`; adds to the output weight's gradient.
inline Vector output_back(const Model &model, int64_t place, int64_t u, Vector after, const float *d_logits, float *d_weight) {
  const float *weight = own(model, place);
  Vector d = {};
  for (int64_t k = 0; k < model.outputs; ++k) {
    const Vector of_logit = load(d_logits + k * LANES);
    d += weight[k * model.hidden + u] * of_logit;
    add(d_weight + (k * model.hidden + u) * LANES, of_logit * after);
  }
  return d;
}

inline void output_bias_back(const Model &model, const float *d_logits, float *d_bias) {
  for (int64_t k = 0; k < model.outputs; ++k) add(d_bias + k * LANES, load(d_logits + k * LANES));
}

// Low-rank fusion: hidden unit k is Σ_s U_ks V_ks + bias_k, `rank` pairs for each unit, then activation and output layer.
// Projections: U and V, unit-major. Own parameters: bias, output weight, output bias.
struct LowRank {
  static int64_t kept(const Model &model) { return model.hidden; }

  static void forward(const Model &model, Slice z, float *kept, float *logits) {
    const int64_t rank = model.rank, second = model.hidden * rank;
    for (int64_t u = 0; u < model.hidden; ++u) {
      Vector sum = own(model, 0)[u] + Vector{};
      for (int64_t at = u * rank; at < (u + 1) * rank; ++at) sum += z[at] * z[second + at];
      store(kept + u * LANES, sum);
    }
    output(model, 1, [&](int64_t u) { return activated(model.activation, load(kept + u * LANES)); }, logits);
  }

  static void backward(const Model &model, Slice z, const float *kept, const float *d_logits, Target dz,
                       float *gradients) {
    const int64_t rank = model.rank, second = model.hidden * rank;
    float *d_weight = gradients + model.hidden * LANES, *d_bias = d_weight + model.outputs * model.hidden * LANES;
    for (int64_t u = 0; u < model.hidden; ++u) {
      const Vector before = load(kept + u * LANES), after = activated(model.activation, before);
      const Vector d = output_back(model, 1, u, after, d_logits, d_weight) * slope_of(model.activation, before, after);
      add(gradients + u * LANES, d);
      for (int64_t at = u * rank; at < (u + 1) * rank; ++at) {
        store(dz.at(at), d * z[second + at]);
        store(dz.at(second + at), d * z[at]);
      }
    }
    output_bias_back(model, d_logits, d_bias);
  }
};

// Gated fusion: h = g∘tanh U + (1 − g)∘tanh V with g = σ(G), then the output layer. Projections: U, V and, where the gate
// reads the inputs, G. Own parameters: where it reads the projections, weight [hidden, 2·hidden] and bias of G; then output
// weight and bias.
struct Gated {
  static bool reads_projections(const Model &model) { return model.projections == 2; }
  static int64_t place(const Model &model) { return reads_projections(model) ? 2 : 0; }
  static int64_t kept(const Model &model) { return 3 * model.hidden; }

  static void forward(const Model &model, Slice z, float *kept, float *logits) {
    const int64_t hidden = model.hidden;
    for (int64_t u = 0; u < hidden; ++u) {
      Vector gate;
      if (reads_projections(model)) {
        gate = own(model, 1)[u] + Vector{};
        const float *weight = own(model, 0) + u * 2 * hidden;
        for (int64_t at = 0; at < 2 * hidden; ++at) gate += weight[at] * z[at];
      } else {
        gate = z[2 * hidden + u];
      }
      store(kept + u * LANES, tanh_of(z[u]));
      store(kept + (hidden + u) * LANES, tanh_of(z[hidden + u]));
      store(kept + (2 * hidden + u) * LANES, logistic(gate));
    }
    output(model, place(model), [&](int64_t u) { return unit(hidden, kept, u); }, logits);
  }

  static Vector unit(int64_t hidden, const float *kept, int64_t u) {
    const Vector a = load(kept + u * LANES), b = load(kept + (hidden + u) * LANES), g = load(kept + (2 * hidden + u) * LANES);
    return b + g * (a - b);
  }

  static void backward(const Model &model, Slice z, const float *kept, const float *d_logits, Target dz,
                       float *gradients) {
    const int64_t hidden = model.hidden;
    float *d_gate_weight = gradients, *d_gate_bias = gradients + 2 * hidden * hidden * LANES;
    float *d_weight = reads_projections(model) ? d_gate_bias + hidden * LANES : gradients;
    for (int64_t u = 0; u < hidden; ++u) {
      const Vector a = load(kept + u * LANES), b = load(kept + (hidden + u) * LANES), g = load(kept + (2 * hidden + u) * LANES);
      const Vector d = output_back(model, place(model), u, unit(hidden, kept, u), d_logits, d_weight);
      store(dz.at(u), d * g * (1.0f - a * a));
      store(dz.at(hidden + u), d * (1.0f - g) * (1.0f - b * b));
      const Vector d_gate = d * (a - b) * g * (1.0f - g);
      if (!reads_projections(model)) {
        store(dz.at(2 * hidden + u), d_gate);
        continue;
      }
      add(d_gate_bias + u * LANES, d_gate);
      for (int64_t at = 0; at < 2 * hidden; ++at) add(d_gate_weight + (u * 2 * hidden + at) * LANES, d_gate * z[at]);
    }
    // What goes back through the gate's own layer comes last: every unit's place in `dz` is set by then.
    for (int64_t u = 0; reads_projections(model) && u < hidden; ++u) {
      const Vector a = load(kept + u * LANES), b = load(kept + (hidden + u) * LANES), g = load(kept + (2 * hidden + u) * LANES);
      Vector d = {};
      for (int64_t k = 0; k < model.outputs; ++k) d += own(model, 2)[k * hidden + u] * load(d_logits + k * LANES);
      const Vector d_gate = d * (a - b) * g * (1.0f - g);
      for (int64_t at = 0; at < 2 * hidden; ++at) add(dz.at(at), own(model, 0)[u * 2 * hidden + at] * d_gate);
    }
    output_bias_back(model, d_logits, d_weight + model.outputs * hidden * LANES);
  }
};

// Calls `work` with the tail; the numbers are those of `Projected::of` in kernel/projections.rs.
template <typename Work>
inline void with_tail(const Model &model, Work work) {
  switch (model.tail) {
    case 0: return work(LowRank());
    default: return work(Gated());
  }
}

}  // namespace
