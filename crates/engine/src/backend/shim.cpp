// What tch 0.22 does not bind. A tensor crosses as tch's own handle, a pointer to at::Tensor; no exception crosses: a
// failure comes back as a message that the caller frees.

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/record_function.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/version.h>
#ifdef SUPERFUSE_CUDA
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif
#include <dlfcn.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
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

namespace {

c10::Device gpu(std::int32_t device) {
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device)};
}

// The stream that the calling thread gives its work on `device` to.
c10::Stream current(std::int32_t device) {
  return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).getStream(gpu(device));
}

}  // namespace

// LibTorch says so from 2.11 on; before, its own copy of CUDA's runtime is asked.
extern "C" char *superfuse_free_memory(std::int32_t device, std::uint64_t *free) noexcept {
  return guarded([&] {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 11
    *free = at::accelerator::getMemoryInfo(static_cast<c10::DeviceIndex>(device)).first;
#else
    using Asks = int (*)(std::size_t *, std::size_t *);
    const auto asks = reinterpret_cast<Asks>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
    if (asks == nullptr) throw std::runtime_error("CUDA's runtime is not loaded");
    const c10::impl::VirtualGuardImpl cuda(c10::DeviceType::CUDA);
    const c10::Device before = cuda.exchangeDevice(gpu(device));
    std::size_t left = 0, all = 0;
    const int failure = asks(&left, &all);
    cuda.setDevice(before);
    if (failure != 0) throw std::runtime_error("CUDA error " + std::to_string(failure) + " of cudaMemGetInfo");
    *free = left;
#endif
  });
}

// Products of bf16 are summed in f32, which cuBLAS does not do unasked.
extern "C" char *superfuse_set_precision(const char *precision) noexcept {
  return guarded([&] {
    at::globalContext().setFloat32MatmulPrecision(precision);
    at::globalContext().setAllowBF16ReductionCuBLAS(false);
  });
}

extern "C" bool superfuse_sums_in_bf16() noexcept {
  const auto allowed = at::globalContext().allowBF16ReductionCuBLAS();
  using Answer = std::decay_t<decltype(allowed)>;
  // Older versions answer with a bool, newer ones with a choice whose first is the reduced one.
  return std::is_same_v<Answer, bool> ? static_cast<bool>(allowed) : allowed == Answer{};
}

// Asks the system for large pages under a tensor's memory, before it is first written; where it has none, nothing is lost.
extern "C" void superfuse_large_pages(const at::Tensor *tensor) noexcept {
#if defined(__linux__)
  constexpr std::uintptr_t PAGE = 1 << 21;
  const auto begin = reinterpret_cast<std::uintptr_t>(tensor->data_ptr());
  const auto first = (begin + PAGE - 1) / PAGE * PAGE, last = (begin + tensor->nbytes()) / PAGE * PAGE;
  if (first < last) madvise(reinterpret_cast<void *>(first), last - first, MADV_HUGEPAGE);
#else
  static_cast<void>(tensor);
#endif
}

// The calling thread gives its work to stream `place` of `device` from now on. Streams of LibTorch's pool are its own:
// nothing waits for them unasked, and they can be recorded, unlike the default one.
extern "C" char *superfuse_use_stream(std::int32_t device, std::size_t place) noexcept {
  return guarded([&] {
    static std::mutex mutex;
    static std::map<std::pair<std::int32_t, std::size_t>, c10::Stream> streams;
    const c10::impl::VirtualGuardImpl cuda(c10::DeviceType::CUDA);
    const c10::Device on = gpu(device);
    const std::lock_guard<std::mutex> locked(mutex);
    auto found = streams.find({device, place});
    if (found == streams.end()) {
      found = streams.emplace(std::make_pair(device, place), cuda.getStreamFromGlobalPool(on)).first;
    }
    cuda.setDevice(on);
    cuda.exchangeStream(found->second);
  });
}

// Waits until the calling thread's stream on `device` has done all that was given to it. Another stream, which may be
// recording, is left alone.
extern "C" char *superfuse_finish(std::int32_t device) noexcept {
  return guarded([&] { c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).synchronizeStream(current(device)); });
}

// A place in the calling thread's stream on `device`.
extern "C" char *superfuse_mark(std::int32_t device, c10::Event **mark) noexcept {
  return guarded([&] {
    auto made = std::make_unique<c10::Event>(c10::DeviceType::CUDA);
    made->record(current(device));
    *mark = made.release();
  });
}

// Waits until the stream has come to it.
extern "C" char *superfuse_mark_wait(const c10::Event *mark) noexcept {
  return guarded([&] { mark->synchronize(); });
}

extern "C" void superfuse_mark_free(c10::Event *mark) noexcept {
  std::free(guarded([&] { delete mark; }));
}

// Gives memory back that streams keep for themselves. Not while a step is recorded.
extern "C" char *superfuse_empty_cache() noexcept {
  return guarded([&] { at::accelerator::emptyCache(); });
}

#if defined(SUPERFUSE_CUDA) && TORCH_VERSION_MAJOR == 2 && (TORCH_VERSION_MINOR == 10 || TORCH_VERSION_MINOR == 11)
// As declared in ATen/cuda/CUDAContextLight.h of these versions, which wants the headers of cuBLAS, cuSPARSE and cuSOLVER.
struct cublasContext;

namespace at::cuda {

struct WorkspaceMapWithMutex {
  std::map<std::tuple<void *, void *>, at::DataPtr> map;
  std::shared_mutex mutex;
};

TORCH_CUDA_CPP_API cublasContext *getCurrentCUDABlasHandle();
TORCH_CUDA_CPP_API WorkspaceMapWithMutex &cublas_handle_stream_to_workspace();
TORCH_CUDA_CPP_API WorkspaceMapWithMutex &cublaslt_handle_stream_to_workspace();

}  // namespace at::cuda

// LibTorch keeps a workspace of cuBLAS, 32 MiB on some GPUs, for each pair of a handle and a stream, and threads that come
// and go make ever new pairs: gives back those of the calling thread on its stream, which has to be done with them.
extern "C" char *superfuse_forget_workspaces() noexcept {
  return guarded([] {
    void *const handle = at::cuda::getCurrentCUDABlasHandle();
    void *const stream = c10::cuda::getCurrentCUDAStream().stream();
    for (auto *kept : {&at::cuda::cublas_handle_stream_to_workspace(), &at::cuda::cublaslt_handle_stream_to_workspace()}) {
      const std::unique_lock<std::shared_mutex> locked(kept->mutex);
      kept->map.erase({handle, stream});
    }
  });
}
#else
extern "C" char *superfuse_forget_workspaces() noexcept { return nullptr; }
#endif

#ifdef SUPERFUSE_CUDA
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

// A recorded step with its memory.
struct Recorded {
  at::cuda::CUDAGraph graph;
  at::cuda::MempoolId_t pool = at::cuda::graph_pool_handle();
  c10::DeviceIndex device = static_cast<c10::DeviceIndex>(c10::cuda::current_device());

  // A recording that fails leaves LibTorch's allocators recording: every later request for memory would fail.
  void abandon() noexcept {
    std::free(guarded([&] { allocator::endAllocateToPool(device, pool); }));
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 11
    std::free(guarded([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool); }));
#endif
    // Released here where the recording came to no end, else with the graph.
    bool is_whole = false;
    std::free(guarded([&] { is_whole = graph.pool() == pool; }));
    std::free(guarded([&] { graph.reset(); }));
    if (is_whole) return;
    std::free(guarded([&] {
      if (allocator::get()->getPoolUseCount(device, pool) > 0) allocator::releasePool(device, pool);
    }));
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 11
    std::free(guarded([&] { at::getHostAllocator(at::kCUDA)->release_pool(pool); }));
#endif
  }
};

}  // namespace

extern "C" char *superfuse_graph_begin(Recorded **recorded) noexcept {
  return guarded([&] {
    auto made = std::make_unique<Recorded>();
    try {
      // Other threads may still do what a capture of theirs would not allow.
      made->graph.capture_begin(made->pool, cudaStreamCaptureModeThreadLocal);
    } catch (...) {
      made->abandon();
      throw;
    }
    *recorded = made.release();
  });
}

extern "C" char *superfuse_graph_end(Recorded *recorded) noexcept {
  return guarded([&] {
    try {
      recorded->graph.capture_end();
    } catch (...) {
      recorded->abandon();
      throw;
    }
  });
}

extern "C" char *superfuse_graph_replay(Recorded *recorded) noexcept {
  return guarded([&] { recorded->graph.replay(); });
}

extern "C" void superfuse_graph_free(Recorded *recorded) noexcept {
  std::free(guarded([&] { delete recorded; }));
}
#else
namespace {
char *without_cuda() noexcept {
  return guarded([] { throw std::runtime_error("this program was built without CUDA's headers"); });
}
}  // namespace

extern "C" char *superfuse_graph_begin(void **) noexcept { return without_cuda(); }
extern "C" char *superfuse_graph_end(void *) noexcept { return without_cuda(); }
extern "C" char *superfuse_graph_replay(void *) noexcept { return without_cuda(); }
extern "C" void superfuse_graph_free(void *) noexcept {}
#endif

// For tests: the operations that the calling thread gives to LibTorch, in order, one a line, each behind a space for every
// operation that it is part of.
namespace {

struct Watched {
  at::CallbackHandle handle = 0;
  std::string operations, indent;
};

thread_local Watched watched;

}  // namespace

extern "C" char *superfuse_watch() noexcept {
  return guarded([] {
    watched = {};
    const auto begins = [](const at::RecordFunction &operation) -> std::unique_ptr<at::ObserverContext> {
      watched.operations += watched.indent + operation.name() + '\n';
      watched.indent += ' ';
      return nullptr;
    };
    const auto ends = [](const at::RecordFunction &, at::ObserverContext *) { watched.indent.pop_back(); };
    const auto both = at::RecordFunctionCallback(begins, ends).scopes({at::RecordScope::FUNCTION});
    watched.handle = at::addThreadLocalCallback(both);
  });
}

// Ends it; the caller frees the answer.
extern "C" char *superfuse_watched() noexcept {
  std::free(guarded([] { at::removeCallback(watched.handle); }));
  return strdup(watched.operations.c_str());
}

// The 16 bytes of the UUID of CUDA's device `device`, as its driver knows it; of a part of a GPU (MIG) the part's. CUDA's
// runtime has loaded the driver where there is such a device.
extern "C" char *superfuse_gpu_uuid(std::int32_t device, std::uint8_t *uuid) noexcept {
  return guarded([&] {
    void *const driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    if (driver == nullptr) throw std::runtime_error("CUDA's driver is not loaded");
    using GetDevice = int (*)(int *, int);
    using GetUuid = int (*)(std::uint8_t *, int);
    const auto get_device = reinterpret_cast<GetDevice>(dlsym(driver, "cuDeviceGet"));
    const auto get_uuid = reinterpret_cast<GetUuid>(dlsym(driver, "cuDeviceGetUuid_v2"));
    int handle = 0;
    const bool known = get_device != nullptr && get_uuid != nullptr && get_device(&handle, device) == 0 &&
                       get_uuid(uuid, handle) == 0;
    dlclose(driver);
    if (!known) throw std::runtime_error("CUDA's driver does not say the UUID of device " + std::to_string(device));
  });
}
