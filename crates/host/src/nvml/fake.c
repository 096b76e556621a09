/* The part of NVIDIA's library that the program calls, for tests: two GPUs, one of which does not report its power, and a
   part of a GPU (MIG), which reports its name and memory alone.
   EMPTY: a library of something else. REFUSES: no driver is loaded. OLD: what newer drivers added is missing. */

#include <string.h>

#ifdef EMPTY
int something_else(void) { return 0; }
#else

enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9 };

struct gpu {
  const char *uuid, *name;
  unsigned utilisation, milliwatts, degrees;
  unsigned long long used, total;
};
struct utilisation {
  unsigned gpu, memory;
};
struct memory {
  unsigned version;
  unsigned long long total, reserved, free, used;
};

/* The driver numbers them in another order than a user's CUDA_VISIBLE_DEVICES may. */
static struct gpu gpus[] = {
    {"GPU-ffffffff-ffff-ffff-ffff-ffffffffffff", "NVIDIA RTX A2000", 3, 0, 41, 1000000000ULL, 6000000000ULL},
    {"GPU-01234567-89ab-cdef-0123-456789abcdef", "NVIDIA H200", 97, 612345, 64, 102400000000ULL, 150754820096ULL},
    {"MIG-11111111-1111-1111-1111-111111111111", "NVIDIA H200 MIG 1g.18gb", 0, 0, 0, 500000000ULL, 16000000000ULL},
};

static int is_whole(const struct gpu *gpu) { return strncmp(gpu->uuid, "GPU-", 4) == 0; }

#ifdef REFUSES
int nvmlInit_v2(void) { return DRIVER_NOT_LOADED; }
#else
int nvmlInit_v2(void) { return SUCCESS; }
#endif
int nvmlShutdown(void) { return SUCCESS; }

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
  strncpy(version, "580.95.05", length);
  return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, struct gpu **gpu) {
  for (unsigned place = 0; place < sizeof gpus / sizeof *gpus; place++) {
    if (strcmp(uuid, gpus[place].uuid) == 0) {
      *gpu = &gpus[place];
      return SUCCESS;
    }
  }
  return NOT_FOUND;
}

int nvmlDeviceGetName(struct gpu *gpu, char *name, unsigned length) {
  strncpy(name, gpu->name, length);
  return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(struct gpu *gpu, struct utilisation *rates) {
  if (!is_whole(gpu)) return NOT_SUPPORTED;
  rates->gpu = gpu->utilisation;
  rates->memory = 0;
  return SUCCESS;
}

#ifndef OLD
int nvmlDeviceGetMemoryInfo_v2(struct gpu *gpu, struct memory *memory) {
  memory->total = gpu->total;
  memory->reserved = 0;
  memory->free = gpu->total - gpu->used;
  memory->used = gpu->used;
  return SUCCESS;
}
#endif

int nvmlDeviceGetPowerUsage(struct gpu *gpu, unsigned *milliwatts) {
  if (gpu->milliwatts == 0) return NOT_SUPPORTED;
  *milliwatts = gpu->milliwatts;
  return SUCCESS;
}

int nvmlDeviceGetTemperature(struct gpu *gpu, int sensor, unsigned *degrees) {
  if (!is_whole(gpu) || sensor != 0) return NOT_SUPPORTED;
  *degrees = gpu->degrees;
  return SUCCESS;
}
#endif
