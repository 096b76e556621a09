// What tch 0.22 does not bind. A tensor crosses as tch's own handle, a pointer to at::Tensor; no exception crosses: a
// failure comes back as a message that the caller frees.

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/ops/_fused_adamw.h>
#include <torch/version.h>
#include <cstdint>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::vector<at::Tensor> list(at::Tensor *const *tensors, std::size_t count) {
  std::vector<at::Tensor> result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) result.push_back(*tensors[i]);
  return result;
}

// What `work` fails with, as a message; nothing where it does not fail.
template <typename Work>
char *guarded(Work work) noexcept {
  try {
    work();
    return nullptr;
  } catch (const std::exception &error) {
    return strdup(error.what());
  } catch (...) {
    return strdup("unknown C++ exception");
  }
}

}  // namespace

extern "C" char *superfuse_fused_adamw(at::Tensor *const *parameters, at::Tensor *const *gradients,
                                       at::Tensor *const *first_moments,
                                       at::Tensor *const *second_moments, std::size_t count,
                                       const at::Tensor *step, double learning_rate, double beta1,
                                       double beta2, double weight_decay, double eps) noexcept {
  return guarded([&] {
    const std::vector<at::Tensor> steps(count, *step);
    at::_fused_adamw_(list(parameters, count), list(gradients, count), list(first_moments, count),
                      list(second_moments, count), /*max_exp_avg_sqs=*/{}, steps, learning_rate, beta1,
                      beta2, weight_decay, eps, /*amsgrad=*/false, /*maximize=*/false);
  });
}

extern "C" char *superfuse_free_memory(std::int32_t device, std::uint64_t *free) noexcept {
  return guarded([&] {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 11
    *free = at::accelerator::getMemoryInfo(static_cast<c10::DeviceIndex>(device)).first;
#else
    throw std::runtime_error("this LibTorch does not say what is free");
#endif
  });
}

extern "C" char *superfuse_set_precision(const char *precision) noexcept {
  return guarded([&] { at::globalContext().setFloat32MatmulPrecision(precision); });
}
