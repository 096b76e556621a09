// Would three products of bf16 tiles (AMX) beat f32 sums for xᵀW of tensor fusion at width 768? Stands alone; nothing of the
// program uses it.
//
//   g++ -O3 -std=c++17 -mavx512f -mamx-tile -mamx-bf16 -o /tmp/amx benches/amx.cpp && /tmp/amx
//
// half[r][j] = Σ_i x[r][i] · W[i][j] for one hidden unit: 128 rows (then 32), W of 768 × 768, one thread. Ways:
//   f32          sums as the program's kernel makes them, 8 rows × 3 vectors at once
//   bf16         one product of factors rounded to bf16
//   bf16 × 3     each factor split into two bf16 parts; high·high + high·low + low·high, summed in f32
// W is split anew for each repeat, as a step would have to, since AdamW has changed it; `x` is split once before all units.
// Worth building where `bf16 × 3` beats `f32` 1.5 times or more. Prints GFLOP/s of useful operations (2·rows·768·768, for three
// products too) and the largest error against f64, as a share of the largest value.

#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cpuid.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

constexpr int N = 768, MOST_ROWS = 128, REPEATS = 200, LANES = 16;
// A tile: 16 rows of 64 bytes. Of the left factor 16 rows × 32 values; of the right one 16 pairs of rows × 16 columns.
constexpr int TILE_ROWS = 16, TILE_DEPTH = 32, TILE_COLUMNS = 16;

typedef uint16_t Bf16;

static Bf16 rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return static_cast<Bf16>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float widened(Bf16 value) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  float out;
  memcpy(&out, &bits, 4);
  return out;
}

template <typename T>
static T *lines(size_t count) {
  void *out = nullptr;
  if (posix_memalign(&out, 64, count * sizeof(T))) abort();
  memset(out, 0, count * sizeof(T));
  return static_cast<T *>(out);
}

// Whether processor and kernel have tiles of bf16; Linux wants to be asked before they are used.
static const char *refusal() {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return "this processor does not say what it has";
  if (!(d >> 24 & 1) || !(d >> 22 & 1)) return "this processor has no AMX tiles of bf16 (amx_tile, amx_bf16)";
  if (!(b >> 16 & 1)) return "this processor has no AVX-512";
  constexpr int REQUEST = 0x1023, TILE_DATA = 18;  // ARCH_REQ_XCOMP_PERM
  if (syscall(SYS_arch_prctl, REQUEST, TILE_DATA)) return "the system does not allow AMX tiles (arch_prctl; Linux 5.16 or newer)";
  return nullptr;
}

static void sums_f32(const float *x, const float *w, int rows, float *out) {
  constexpr int UNITS = 8, VECTORS = 3, BLOCK = 128;
  for (int first = 0; first < N; first += BLOCK)
    for (int column = 0; column < N; column += VECTORS * LANES)
      for (int r = 0; r < rows; r += UNITS) {
        __m512 t[UNITS][VECTORS];
        for (int u = 0; u < UNITS; ++u)
          for (int v = 0; v < VECTORS; ++v)
            t[u][v] = first ? _mm512_load_ps(out + (r + u) * N + column + v * LANES) : _mm512_setzero_ps();
        for (int i = first; i < first + BLOCK; ++i) {
          __m512 b[VECTORS];
          for (int v = 0; v < VECTORS; ++v) b[v] = _mm512_load_ps(w + i * N + column + v * LANES);
          for (int u = 0; u < UNITS; ++u) {
            const __m512 c = _mm512_set1_ps(x[(r + u) * N + i]);
            for (int v = 0; v < VECTORS; ++v) t[u][v] = _mm512_fmadd_ps(c, b[v], t[u][v]);
          }
        }
        for (int u = 0; u < UNITS; ++u)
          for (int v = 0; v < VECTORS; ++v) _mm512_store_ps(out + (r + u) * N + column + v * LANES, t[u][v]);
      }
}

// x into its high and its low part, [rows, N] each.
static void split_rows(const float *x, int rows, Bf16 *high, Bf16 *low) {
  for (int at = 0; at < rows * N; ++at) {
    high[at] = rounded(x[at]);
    low[at] = rounded(x[at] - widened(high[at]));
  }
}

// 16 floats to bf16, to the nearest.
static inline __m512i to_bf16(__m512 value) {
  const __m512i bits = _mm512_castps_si512(value);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  return _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
}

// W into parts as tiles want them: rows i and i + 1 of a column beside each other, [N / 2, N, 2]. Without `low` the high part
// alone.
static void split_matrix(const float *w, Bf16 *high, Bf16 *low) {
  for (int i = 0; i < N; i += 2)
    for (int column = 0; column < N; column += LANES) {
      const __m512 even = _mm512_load_ps(w + i * N + column), odd = _mm512_load_ps(w + (i + 1) * N + column);
      const __m512i a = to_bf16(even), b = to_bf16(odd);
      const int64_t at = static_cast<int64_t>(i) * N + 2 * column;
      _mm512_store_si512(high + at, _mm512_or_si512(a, _mm512_slli_epi32(b, 16)));
      if (!low) continue;
      const __m512 even_left = _mm512_sub_ps(even, _mm512_castsi512_ps(_mm512_slli_epi32(a, 16)));
      const __m512 odd_left = _mm512_sub_ps(odd, _mm512_castsi512_ps(_mm512_slli_epi32(b, 16)));
      _mm512_store_si512(low + at, _mm512_or_si512(to_bf16(even_left), _mm512_slli_epi32(to_bf16(odd_left), 16)));
    }
}

struct alignas(64) TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
};

static void configure() {
  TileConfig config = {};
  config.palette = 1;
  for (int tile = 0; tile < 8; ++tile) config.bytes[tile] = 64, config.rows[tile] = TILE_ROWS;
  _tile_loadconfig(&config);
}

// 32 rows × 32 columns at once: tiles 0 to 3 hold the sums, 4 and 5 rows, 6 and 7 columns. With `x_low` and `w_low` three
// products go into the same sums.
static void sums_tiles(const Bf16 *x, const Bf16 *x_low, const Bf16 *w, const Bf16 *w_low, int rows, float *out) {
  __asm__ volatile("" : : : "memory");  // what was written for the tiles is there before they are loaded
  constexpr int STRIDE_X = N * sizeof(Bf16), STRIDE_W = 2 * N * sizeof(Bf16), STRIDE_OUT = N * sizeof(float);
  for (int column = 0; column < N; column += 2 * TILE_COLUMNS)
    for (int r = 0; r < rows; r += 2 * TILE_ROWS) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      const auto product = [&](const Bf16 *left, const Bf16 *right) {
        for (int i = 0; i < N; i += TILE_DEPTH) {
          _tile_loadd(4, left + r * N + i, STRIDE_X);
          _tile_loadd(5, left + (r + TILE_ROWS) * N + i, STRIDE_X);
          _tile_loadd(6, right + i * N + 2 * column, STRIDE_W);
          _tile_loadd(7, right + i * N + 2 * (column + TILE_COLUMNS), STRIDE_W);
          _tile_dpbf16ps(0, 4, 6);
          _tile_dpbf16ps(1, 4, 7);
          _tile_dpbf16ps(2, 5, 6);
          _tile_dpbf16ps(3, 5, 7);
        }
      };
      if (x_low) product(x_low, w), product(x, w_low);  // small ones first
      product(x, w);
      _tile_stored(0, out + r * N + column, STRIDE_OUT);
      _tile_stored(1, out + r * N + column + TILE_COLUMNS, STRIDE_OUT);
      _tile_stored(2, out + (r + TILE_ROWS) * N + column, STRIDE_OUT);
      _tile_stored(3, out + (r + TILE_ROWS) * N + column + TILE_COLUMNS, STRIDE_OUT);
    }
}

// Seconds of the fastest of some repeats, each on another matrix, so that it comes from as far away as in training.
template <typename Work>
static double fastest(const std::vector<float *> &matrices, Work work) {
  double least = 1e9;
  for (int repeat = 0; repeat < REPEATS; ++repeat) {
    const auto began = std::chrono::steady_clock::now();
    work(matrices[repeat % matrices.size()]);
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  return least;
}

int main() {
  if (const char *why = refusal()) {
    fprintf(stderr, "amx: %s: nothing to measure here\n", why);
    return 2;
  }
  float *x = lines<float>(MOST_ROWS * N), *out = lines<float>(MOST_ROWS * N);
  uint32_t state = 1;
  const auto draw = [&] { return static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) / 8388608.0f - 1; };
  for (int at = 0; at < MOST_ROWS * N; ++at) x[at] = draw();
  std::vector<float *> matrices(8);
  for (float *&w : matrices) {
    w = lines<float>(N * N);
    for (int at = 0; at < N * N; ++at) w[at] = draw() * 0.05f;
  }
  Bf16 *x_high = lines<Bf16>(MOST_ROWS * N), *x_low = lines<Bf16>(MOST_ROWS * N);
  Bf16 *w_high = lines<Bf16>(N * N), *w_low = lines<Bf16>(N * N);
  split_rows(x, MOST_ROWS, x_high, x_low);
  configure();

  printf("| way | rows | µs | GFLOP/s | beside f32 | largest error |\n| --- | --- | --- | --- | --- | --- |\n");
  bool is_right = true;
  for (int rows : {MOST_ROWS, 32}) {
    std::vector<double> exact(rows * N);
    double largest = 0;
    for (int r = 0; r < rows; ++r)
      for (int i = 0; i < N; ++i)
        for (int j = 0; j < N; ++j) exact[r * N + j] += static_cast<double>(x[r * N + i]) * matrices[0][i * N + j];
    for (double value : exact) largest = std::max(largest, std::fabs(value));
    double of_f32 = 0;
    const auto measure = [&](const char *way, double allowed, auto work) {
      work(matrices[0]);
      double error = 0;
      for (int at = 0; at < rows * N; ++at) error = std::max(error, std::fabs(out[at] - exact[at]) / largest);
      const double seconds = fastest(matrices, work);
      if (of_f32 == 0) of_f32 = seconds;
      printf("| %s | %d | %.1f | %.0f | %.2f | %.1e%s |\n", way, rows, seconds * 1e6, 2.0 * rows * N * N / seconds / 1e9,
             of_f32 / seconds, error, error <= allowed ? "" : " WRONG");
      is_right &= error <= allowed;
    };
    measure("f32", 5e-6, [&](const float *w) { sums_f32(x, w, rows, out); });
    measure("bf16, with its split", 2e-2, [&](const float *w) {
      split_matrix(w, w_high, nullptr);
      sums_tiles(x_high, nullptr, w_high, nullptr, rows, out);
    });
    measure("bf16 × 3, with its split", 5e-5, [&](const float *w) {
      split_matrix(w, w_high, w_low);
      sums_tiles(x_high, x_low, w_high, w_low, rows, out);
    });
    // What tiles could do at most were W kept split.
    split_matrix(matrices[0], w_high, w_low);
    measure("bf16 × 3, split before", 5e-5, [&](const float *) { sums_tiles(x_high, x_low, w_high, w_low, rows, out); });
  }
  _tile_release();
  return is_right ? 0 : 1;
}
